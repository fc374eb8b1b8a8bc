import { expect, it } from "vitest";
import type { Json } from "@/api/types";
import { fieldChanges, lineDiff, same } from "@/lib/diff";

it.each<[string, Json, Json, [string, unknown, unknown][]]>([
  ["nothing", { a: 1, b: [1] }, { b: [1], a: 1 }, []],
  ["a field", { a: 1, b: 2 }, { a: 1, b: 3 }, [["b", 2, 3]]],
  ["a field deep inside", { a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 2 }] } }, [["a.b.0.c", 1, 2]]],
  ["a field that came", { a: 1 }, { a: 1, b: { c: 2 } }, [["b", undefined, { c: 2 }]]],
  ["a field that went", { a: 1, b: [2] }, { a: 1 }, [["b", [2], undefined]]],
  ["null and absent", { a: null }, {}, [["a", null, undefined]]],
  [
    "something new",
    null,
    { key: "beta", on: true },
    [
      ["key", undefined, "beta"],
      ["on", undefined, true],
    ],
  ],
  ["something deleted", { key: "beta" }, null, [["key", "beta", undefined]]],
  ["another kind of value", { a: [1] }, { a: "1" }, [["a", [1], "1"]]],
  ["a whole that is no object", "a", "b", [["", "a", "b"]]],
  ["an entry that was put in", { a: [1, 2] }, { a: [1, 2, 3] }, [["a.2", undefined, 3]]],
  ["an empty object", {}, null, [["", {}, null]]],
])("the change of %s", (_name, before, after, changes) => {
  expect(fieldChanges(before, after).map(({ path, before: from, after: to }) => [path, from, to])).toEqual(changes);
});

it("equal is what is equal as JSON", () => {
  expect(same({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
  expect(same([1, 2], [2, 1])).toBe(false);
  expect(same({}, [])).toBe(false);
  expect(same({ a: undefined }, { b: 1 })).toBe(false);
});

it("lines stay, go and come in order", () => {
  const signs = { same: " ", removed: "-", added: "+" };
  const diff = (before: string, after: string) => lineDiff(before, after).map((line) => signs[line.kind] + line.text);
  expect(diff("SELECT 1\nFROM a\nLIMIT 5", "SELECT 1\nFROM b\nLIMIT 5")).toEqual([
    " SELECT 1",
    "-FROM a",
    "+FROM b",
    " LIMIT 5",
  ]);
  expect(diff("a", "a\nb")).toEqual([" a", "+b"]);
  expect(diff("x\na", "a")).toEqual(["-x", " a"]);
});

it("texts of thousands of lines are shown one after the other", () => {
  const text = (name: string) => Array.from({ length: 1100 }, (_, line) => `${name} ${line}`).join("\n");
  const lines = lineDiff(text("a"), text("b"));
  expect(lines).toHaveLength(2200);
  expect([lines[0]?.kind, lines.at(-1)?.kind]).toEqual(["removed", "added"]);
});
