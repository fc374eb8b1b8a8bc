import { expect, it } from "vitest";
import type { Json, Operator } from "@/api/types";
import {
  type Condition,
  conditionProblem,
  conditionWords,
  dateBounds,
  EMPTY_TREE,
  type FieldKind,
  type FilterField,
  type Group,
  matches,
  OPERATOR_WORDS,
  OPERATORS,
  readTree,
  replaceAt,
  usable,
  withOperator,
} from "@/lib/filters";

const field = (key: string, kind: FieldKind): FilterField => ({ key, kind, type: "flag", label: `The ${key}` });
const FIELDS = [
  field("key", "text"),
  field("active", "boolean"),
  field("rollout", "whole"),
  field("created_at", "date"),
  field("tags", "tags"),
];
const of = (key: string, operator: Operator, value?: Json): Condition => ({ key, operator, value, type: "flag" });

const BETA: Record<string, Json> = {
  key: "beta-editor",
  active: true,
  rollout: 50,
  created_at: "2026-05-20T23:59:59Z",
  tags: ["editor", "web"],
};
const NONE: Record<string, Json> = { key: "none", active: false, tags: [] };

it.each<[Condition, boolean, boolean]>([
  [of("key", "exact", "beta-editor"), true, false],
  [of("key", "exact", "Beta-editor"), false, false],
  [of("key", "in", ["none", "other"]), false, true],
  [of("key", "not_in", ["none", "other"]), true, false],
  [of("key", "icontains", "EDIT"), true, false],
  [of("key", "not_icontains", "edit"), false, true],
  [of("key", "regex", "^beta"), true, false],
  [of("key", "not_regex", "^beta"), false, true],
  [of("active", "exact", true), true, false],
  [of("active", "is_not", true), false, true],
  [of("rollout", "gt", 50), false, false],
  [of("rollout", "gte", 50), true, false],
  [of("rollout", "lt", 51), true, false],
  [of("rollout", "lte", 49), false, false],
  [of("rollout", "between", [0, 50]), true, false],
  [of("rollout", "not_between", [0, 50]), false, true],
  [of("rollout", "exact", [10, 50]), true, false],
  [of("rollout", "exact", "50"), false, false],
  [of("rollout", "is_not", 50), false, true],
  [of("rollout", "is_set"), true, false],
  [of("rollout", "is_not_set"), false, true],
  [of("created_at", "is_date_exact", "2026-05-20"), true, false],
  [of("created_at", "is_date_before", "2026-05-20"), false, false],
  [of("created_at", "is_date_before", "2026-05-21"), true, false],
  [of("created_at", "is_date_after", "2026-05-20"), false, false],
  [of("created_at", "is_date_after", "2026-05-19"), true, false],
  [of("created_at", "is_date_after", "2026-05-20T12:00:00Z"), true, false],
  [of("tags", "exact", "web"), true, false],
  [of("tags", "is_not", "web"), false, true],
  [of("tags", "is_set"), true, false],
])("%j fits the first %s and the second %s", (condition, first, second) => {
  const fits = (row: Record<string, Json>) => matches(condition, FIELDS, ({ key }) => row[key]);
  expect([fits(BETA), fits(NONE)]).toEqual([first, second]);
});

it("groups combine, and an empty one holds always", () => {
  const [yes, no] = [of("active", "exact", true), of("rollout", "gt", 99)];
  const fits = (tree: Group) => matches(tree, FIELDS, ({ key }) => BETA[key]);
  expect(fits(EMPTY_TREE)).toBe(true);
  expect(fits({ type: "AND", values: [yes, no] })).toBe(false);
  expect(fits({ type: "OR", values: [no, { type: "AND", values: [yes] }] })).toBe(true);
});

it("every operator has words, and what no list here can do is not guessed", () => {
  for (const operator of Object.values(OPERATORS).flat()) expect(OPERATOR_WORDS[operator]).toBeTruthy();
  expect(() => matches(of("key", "semver_gt", "1.0"), FIELDS, () => "2.0")).toThrow("semver_gt");
  expect(() => matches({ key: "kee", value: 1 }, FIELDS, () => 1)).toThrow("kee");
});

it.each<[Condition, string | null]>([
  [of("key", "exact", "a"), null],
  [of("key", "exact"), "A value is needed."],
  [of("key", "in", []), "A value is needed."],
  [of("key", "in", ["a", ""]), "A value is needed."],
  [of("key", "regex", "("), "This is no regular expression."],
  [of("key", "gt", 5), "The key can't be compared like this."],
  [of("kee", "exact", "a"), "There is no field kee here."],
  [{ key: "key", value: "a" }, "There is no field key here."],
  [of("rollout", "gt", "5"), "A number is needed."],
  [of("rollout", "between", [5]), "Both bounds are needed."],
  [of("rollout", "between", [9, 5]), "The first bound is above the second."],
  [of("active", "exact", "yes"), "Yes or no is needed."],
  [of("created_at", "is_date_after", "May"), "A date is needed, such as 2026-05-20 or -7d."],
  [of("created_at", "is_date_after", "-7d"), null],
  [of("rollout", "is_set"), null],
])("the problem of %j is %j", (condition, problem) => {
  expect(conditionProblem(condition, FIELDS)).toBe(problem);
});

it("what can't be used yet is left out, with groups that are empty then", () => {
  const whole = of("key", "exact", "a");
  const tree: Group = {
    type: "OR",
    values: [of("key", "exact"), { type: "AND", values: [of("key", "in", [])] }, whole],
  };
  expect(usable(tree, FIELDS)).toEqual({ type: "OR", values: [whole] });
});

it("another operator keeps the value where it goes with it", () => {
  expect(withOperator(of("key", "exact", "a"), "in").value).toEqual(["a"]);
  expect(withOperator(of("key", "in", ["a", "b"]), "icontains").value).toBe("a");
  expect(withOperator(of("rollout", "gt", 5), "between").value).toBeUndefined();
  expect(withOperator(of("rollout", "between", [1, 5]), "not_between").value).toEqual([1, 5]);
  expect(withOperator(of("rollout", "between", [1, 5]), "gt").value).toBeUndefined();
  expect("value" in withOperator(of("key", "exact", "a"), "is_set")).toBe(false);
});

it("nodes are replaced and taken away where they stand", () => {
  const [a, b, c] = ["a", "b", "c"].map((value) => of("key", "exact", value)) as [Condition, Condition, Condition];
  const tree: Group = { type: "AND", values: [a, { type: "OR", values: [b] }] };
  expect(replaceAt(tree, [1, 0], c)).toEqual({ type: "AND", values: [a, { type: "OR", values: [c] }] });
  expect(replaceAt(tree, [1, 0], null)).toEqual({ type: "AND", values: [a, { type: "OR", values: [] }] });
  expect(replaceAt(tree, [0], null).values).toHaveLength(1);
  expect(replaceAt(tree, [], EMPTY_TREE)).toBe(EMPTY_TREE);
});

it.each<[Json, string]>([
  ["a", "neither"],
  [null, "neither"],
  [{ type: "XOR", values: [] }, "XOR"],
  [{ type: "AND", values: [{ value: 1 }] }, "no key"],
  [[{ key: "a", operator: "like" }], "like"],
])("%j is no tree", (json, message) => {
  expect(() => readTree(json)).toThrow(message);
});

it("a list and a single condition are trees", () => {
  const condition = of("key", "exact", "a");
  expect(readTree([condition])).toEqual({ type: "AND", values: [condition] });
  expect(readTree(condition)).toEqual({ type: "AND", values: [condition] });
});

it.each<[Condition, string]>([
  [of("rollout", "between", [1, 5]), "The rollout is between 1 and 5"],
  [of("key", "in", ["a", "b"]), "The key is one of a or b"],
  [of("active", "exact", true), "The active is yes"],
  [of("tags", "is_not_set"), "The tags has no value"],
  [{ key: "other", value: 1 }, "other is 1"],
])("%j in words", (condition, words) => {
  expect(conditionWords(condition, FIELDS)).toBe(words);
});

it("a relative date is a day before now", () => {
  const now = Date.parse("2026-05-20T15:00:00Z");
  expect(dateBounds("-1d", now)).toEqual({
    from: Date.parse("2026-05-19T00:00:00Z"),
    until: Date.parse("2026-05-20T00:00:00Z"),
  });
  expect(dateBounds("2026-13-45")).toBeNull();
});
