/** What is different between two values: field by field, and within long texts line by line. */

import type { Json } from "@/api/types";

/** A field with what stood there and what stands there; `undefined` where there is none. */
export interface FieldChange {
  /** Keys and positions joined by dots, e.g. `groups.0.rollout`; empty for the whole. */
  path: string;
  before: Json | undefined;
  after: Json | undefined;
}

export function fieldChanges(before: Json | undefined, after: Json | undefined, path = ""): FieldChange[] {
  if (same(before, after)) return [];
  const [left, right] = [fieldsOf(before), fieldsOf(after)];
  const alike = left && right && Array.isArray(before) === Array.isArray(after);
  // Of a whole that is new or gone, every field came or went; elsewhere a field is shown with all that is in it.
  const whole = path === "" && ((left && isNone(after)) || (right && isNone(before)));
  if (!alike && !whole) return [{ path, before, after }];
  const keys = [...new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])];
  if (keys.length === 0) return [{ path, before, after }];
  return keys.flatMap((key) => fieldChanges(left?.[key], right?.[key], path === "" ? key : `${path}.${key}`));
}

const isNone = (value: Json | undefined) => value === null || value === undefined;

function fieldsOf(value: Json | undefined): Record<string, Json> | null {
  if (value === null || typeof value !== "object") return null;
  return Array.isArray(value) ? Object.fromEntries(value.entries()) : (value as Record<string, Json>);
}

/** Equal as JSON: the order of keys does not matter. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [fieldsOf(a) ?? {}, fieldsOf(b) ?? {}];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && same(left[key], right[key]));
}

export interface DiffLine {
  kind: "same" | "removed" | "added";
  text: string;
}

/** Beyond this, comparing every line with every other one takes longer than anybody reads. */
const MOST_CELLS = 1_000_000;

/** Lines that went, came and stayed, by the longest common sequence. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  if (a.length * b.length > MOST_CELLS) return [...marked("removed", a), ...marked("added", b)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] =
        a[i] === b[j]
          ? (longest[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(longest[(i + 1) * width + j] ?? 0, longest[i * width + j + 1] ?? 0);
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      lines.push({ kind: "same", text: a[i] ?? "" });
      [i, j] = [i + 1, j + 1];
    } else if ((longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0)) {
      lines.push({ kind: "removed", text: a[i] ?? "" });
      i += 1;
    } else {
      lines.push({ kind: "added", text: b[j] ?? "" });
      j += 1;
    }
  }
  return [...lines, ...marked("removed", a.slice(i)), ...marked("added", b.slice(j))];
}

function marked(kind: DiffLine["kind"], lines: string[]): DiffLine[] {
  return lines.map((text) => ({ kind, text }));
}
