import { expect, it } from "vitest";
import type { Json } from "@/api/types";
import { mergePatch } from "@/lib/merge-patch";

it.each<[string, Json, Json, Json]>([
  ["nothing", { a: 1, b: [1] }, { b: [1], a: 1 }, {}],
  ["a value", { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
  ["what is new and what went", { a: 1 }, { b: { c: 2 } }, { a: null, b: { c: 2 } }],
  ["a field deep inside", { a: { b: 1, c: 2, d: 3 } }, { a: { b: 1, c: 5 } }, { a: { c: 5, d: null } }],
  ["a list as a whole", { a: [1, 2] }, { a: [1] }, { a: [1] }],
  ["another kind of value", { a: { b: 1 } }, { a: [1] }, { a: [1] }],
  ["a field that is not set", { a: 1 }, { a: undefined }, { a: null }],
])("the patch for %s", (_name, before, after, patch) => {
  expect(mergePatch(before, after)).toEqual(patch);
});
