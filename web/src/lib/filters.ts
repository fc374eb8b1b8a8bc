/** Filter trees: conditions on fields, nested in groups of AND and OR. The shape is the server's. */

import type { Json, Operator } from "@/api/types";

/** What a field holds, which says how it can be compared. */
export type FieldKind = "text" | "version" | "whole" | "number" | "boolean" | "date" | "json" | "tags";

export interface FilterField {
  key: string;
  /** Whose field it is: `event`, `person`, `flag`, ... */
  type: string;
  kind: FieldKind;
  /** Its name for people. */
  label: string;
  /** Values to choose from. */
  values?: string[];
}

export interface Condition {
  key: string;
  value?: Json;
  /** `exact` when absent. */
  operator?: Operator;
  /** `event` when absent. */
  type?: string;
}

export interface Group {
  type: "AND" | "OR";
  values: FilterNode[];
}

export type FilterNode = Group | Condition;

/** The positions that lead from the outermost group to a node. */
export type NodePath = number[];

export const EMPTY_TREE: Group = { type: "AND", values: [] };

export function isGroup(node: FilterNode): node is Group {
  return "values" in node;
}

const SET: Operator[] = ["is_set", "is_not_set"];
const LISTS: Operator[] = ["in", "not_in"];
const TEXT: Operator[] = ["exact", "is_not", ...LISTS, "icontains", "not_icontains", "regex", "not_regex", ...SET];
const NUMBER: Operator[] = ["exact", "is_not", "gt", "gte", "lt", "lte", "between", "not_between", ...LISTS, ...SET];
const SEMVER: Operator[] = [
  "semver_eq",
  "semver_neq",
  "semver_gt",
  "semver_gte",
  "semver_lt",
  "semver_lte",
  "semver_tilde",
  "semver_caret",
  "semver_wildcard",
];

export const OPERATORS: Record<FieldKind, Operator[]> = {
  text: TEXT,
  version: [...TEXT, ...SEMVER],
  tags: TEXT,
  whole: NUMBER,
  number: NUMBER,
  boolean: ["exact", "is_not", ...SET],
  date: ["is_date_exact", "is_date_before", "is_date_after", ...SET],
  json: ["icontains", "not_icontains", ...SET],
};

export const OPERATOR_WORDS: Record<Operator, string> = {
  exact: "is",
  is_not: "is not",
  in: "is one of",
  not_in: "is none of",
  icontains: "contains",
  not_icontains: "does not contain",
  regex: "matches",
  not_regex: "does not match",
  gt: "is more than",
  gte: "is at least",
  lt: "is less than",
  lte: "is at most",
  between: "is between",
  not_between: "is not between",
  is_set: "has a value",
  is_not_set: "has no value",
  is_date_exact: "is on",
  is_date_before: "is before",
  is_date_after: "is after",
  semver_eq: "is version",
  semver_neq: "is not version",
  semver_gt: "is later than version",
  semver_gte: "is version or later",
  semver_lt: "is earlier than version",
  semver_lte: "is version or earlier",
  semver_tilde: "has the minor version of",
  semver_caret: "is compatible with version",
  semver_wildcard: "is within version",
};

/** What is written beside an operator. */
export type ValueShape = "none" | "one" | "several" | "range";

/** `exact` and others take a list, too: one that has one keeps it. */
export function valueShape({ operator = "exact", value }: Condition): ValueShape {
  if (SET.includes(operator)) return "none";
  if (operator === "between" || operator === "not_between") return "range";
  return LISTS.includes(operator) || Array.isArray(value) ? "several" : "one";
}

export const fieldId = (of: { key: string; type?: string }) => `${of.type ?? "event"}.${of.key}`;

export function fieldOf(condition: Condition, fields: FilterField[]): FilterField | undefined {
  return fields.find((field) => fieldId(field) === fieldId(condition));
}

export function startCondition(field: FilterField): Condition {
  const operator = OPERATORS[field.kind][0] ?? "exact";
  const start: Condition = { key: field.key, type: field.type, operator };
  return field.kind === "boolean" ? { ...start, value: true } : start;
}

/** The condition with another operator; a value that does not go with it is left out. */
export function withOperator(condition: Condition, operator: Operator): Condition {
  const { value, ...rest } = condition;
  const next: Condition = { ...rest, operator };
  const before = valueShape(condition);
  const after = valueShape(next);
  if (after === "none" || value === undefined) return next;
  const list = Array.isArray(value) ? value : [value];
  if (after === "several") return { ...next, value: list };
  if (after === "range") return before === "range" ? { ...next, value } : next;
  return before === "range" || list[0] === undefined ? next : { ...next, value: list[0] };
}

/** The tree with another node at a place; `null` takes the node away. */
export function replaceAt(tree: Group, path: NodePath, node: FilterNode | null): Group {
  const [at, ...rest] = path;
  if (at === undefined) return node && isGroup(node) ? node : tree;
  const values = tree.values.flatMap((each, index): FilterNode[] => {
    if (index !== at) return [each];
    if (rest.length === 0) return node ? [node] : [];
    return [isGroup(each) ? replaceAt(each, rest, node) : each];
  });
  return { ...tree, values };
}

export function conditions(node: FilterNode): Condition[] {
  return isGroup(node) ? node.values.flatMap(conditions) : [node];
}

/** Why a condition can't be used as it stands; `null` where it can. */
export function conditionProblem(condition: Condition, fields: FilterField[]): string | null {
  const field = fieldOf(condition, fields);
  if (!field) return `There is no field ${condition.key} here.`;
  const operator = condition.operator ?? "exact";
  if (!OPERATORS[field.kind].includes(operator)) return `${field.label} can't be compared like this.`;
  const { value } = condition;
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  switch (valueShape(condition)) {
    case "none":
      return null;
    case "range":
      if (list.length !== 2 || list.some((each) => typeof each !== "number")) return "Both bounds are needed.";
      return (list[0] as number) > (list[1] as number) ? "The first bound is above the second." : null;
    default:
      if (list.length === 0 || list.some((each) => each === "")) return "A value is needed.";
      return valueProblem(field, operator, list);
  }
}

function valueProblem(field: FilterField, operator: Operator, list: Json[]): string | null {
  const all = (type: string) => list.every((value) => typeof value === type);
  if ((field.kind === "whole" || field.kind === "number") && !all("number")) return "A number is needed.";
  if (field.kind === "boolean" && !all("boolean")) return "Yes or no is needed.";
  if (field.kind === "date" && list.some((value) => dateBounds(value) === null)) {
    return "A date is needed, such as 2026-05-20 or -7d.";
  }
  if ((operator === "regex" || operator === "not_regex") && list.some((value) => readPattern(value) === null)) {
    return "This is no regular expression.";
  }
  return null;
}

/** The tree without what can't be used yet, and without groups that are empty then. */
export function usable(tree: Group, fields: FilterField[]): Group {
  const values = tree.values.flatMap((node): FilterNode[] => {
    if (!isGroup(node)) return conditionProblem(node, fields) === null ? [node] : [];
    const group = usable(node, fields);
    return group.values.length > 0 ? [group] : [];
  });
  return { ...tree, values };
}

/** `Rollout is at least 50`. */
export function conditionWords(condition: Condition, fields: FilterField[]): string {
  const label = fieldOf(condition, fields)?.label ?? condition.key;
  const { value } = condition;
  const words = (each: Json) => (typeof each === "boolean" ? (each ? "yes" : "no") : String(each));
  const shape = valueShape(condition);
  const list = Array.isArray(value) ? value.map(words) : value === undefined ? [] : [words(value)];
  const joined = shape === "range" ? list.join(" and ") : list.join(" or ");
  return [label, OPERATOR_WORDS[condition.operator ?? "exact"], joined].filter(Boolean).join(" ");
}

/** Reads a tree from JSON: a group, or a list of conditions that must all hold. Anything else throws. */
export function readTree(json: Json): Group {
  const node = Array.isArray(json) ? { type: "AND", values: json } : json;
  const read = readNode(node);
  if (!isGroup(read)) return { type: "AND", values: [read] };
  return read;
}

function readNode(json: Json): FilterNode {
  if (json === null || typeof json !== "object") throw new Error("a filter is neither a group nor a condition");
  const node = json as Partial<Group & Condition>;
  if (Array.isArray(node.values)) {
    if (node.type !== "AND" && node.type !== "OR") throw new Error(`a group of filters is ${String(node.type)}`);
    return { type: node.type, values: node.values.map(readNode) };
  }
  if (typeof node.key !== "string") throw new Error("a condition has no key");
  if (node.operator !== undefined && !(node.operator in OPERATOR_WORDS)) {
    throw new Error(`the operator ${node.operator} is not known`);
  }
  return json as Condition;
}

/** Whether something fits a tree. Conditions must be usable; `read` gives the value of a field. */
export function matches(
  node: FilterNode,
  fields: FilterField[],
  read: (field: FilterField) => Json | undefined,
): boolean {
  if (isGroup(node)) {
    const fits = (each: FilterNode) => matches(each, fields, read);
    return node.values.length === 0 || (node.type === "AND" ? node.values.every(fits) : node.values.some(fits));
  }
  const field = fieldOf(node, fields);
  if (!field) throw new Error(`there is no field ${node.key}`);
  const value = read(field);
  // Of tags, one that fits is enough; none at all count as missing.
  const held = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  const operator = node.operator ?? "exact";
  if (operator === "is_set") return held.length > 0;
  if (operator === "is_not_set") return held.length === 0;
  const positive = NEGATIVE[operator];
  const wanted = Array.isArray(node.value) ? node.value : [node.value];
  const one = held.some((each) => compare(each, positive ?? operator, wanted));
  // A negative condition holds for what is missing, too.
  return positive ? !one : one;
}

const NEGATIVE: Partial<Record<Operator, Operator>> = {
  is_not: "exact",
  not_in: "in",
  not_icontains: "icontains",
  not_regex: "regex",
  not_between: "between",
};

function compare(held: Json, operator: Operator, wanted: Json[]): boolean {
  const text = typeof held === "string" ? held : JSON.stringify(held);
  const number = typeof held === "number" ? held : Number.NaN;
  const bound = typeof wanted[0] === "number" ? wanted[0] : Number.NaN;
  switch (operator) {
    case "exact":
    case "in":
      return wanted.includes(held);
    case "icontains":
      return wanted.some((each) => text.toLowerCase().includes(String(each).toLowerCase()));
    case "regex":
      return wanted.some((each) => readPattern(each)?.test(text) ?? false);
    case "gt":
      return number > bound;
    case "gte":
      return number >= bound;
    case "lt":
      return number < bound;
    case "lte":
      return number <= bound;
    case "between":
      return number >= bound && number <= (typeof wanted[1] === "number" ? wanted[1] : Number.NaN);
    case "is_date_exact":
    case "is_date_before":
    case "is_date_after":
      return compareDates(text, operator, wanted[0]);
    default:
      throw new Error(`lists on this page can't be filtered by ${operator}`);
  }
}

function readPattern(pattern: Json): RegExp | null {
  try {
    return new RegExp(String(pattern), "u");
  } catch {
    return null;
  }
}

function compareDates(held: string, operator: Operator, wanted: Json): boolean {
  const at = Date.parse(held);
  const bounds = dateBounds(wanted);
  if (!bounds || Number.isNaN(at)) return false;
  if (operator === "is_date_before") return at < bounds.from;
  if (operator === "is_date_after") return at >= bounds.until;
  return at >= bounds.from && at < bounds.until;
}

const DAY = 86_400_000;

/** From when until when a date is, in milliseconds: a day in UTC, or an instant; `-7d` is a day before now. */
export function dateBounds(value: Json, now: number = Date.now()): { from: number; until: number } | null {
  const text = String(value);
  const back = /^-(\d{1,4})d$/.exec(text)?.[1];
  const day = back === undefined ? text : new Date(now - Number(back) * DAY).toISOString().slice(0, 10);
  if (/^\d{4}-\d{2}-\d{2}$/.test(day)) {
    const from = Date.parse(`${day}T00:00:00Z`);
    return Number.isNaN(from) ? null : { from, until: from + DAY };
  }
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text)) return null;
  const from = Date.parse(text);
  return Number.isNaN(from) ? null : { from, until: from + 1 };
}
