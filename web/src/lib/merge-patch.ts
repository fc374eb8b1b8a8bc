/** JSON merge patches (RFC 7396): objects are merged, lists and values replaced, `null` takes a field away. */

import type { Json } from "@/api/types";
import { same } from "@/lib/diff";

/** The patch that makes one object the other. A field that is to be `null` can't be told from one that is to go. */
export function mergePatch(before: Json, after: Json): Record<string, Json> {
  const [left, right] = [fields(before), fields(after)];
  const patch: Record<string, Json> = {};
  for (const key of Object.keys(left)) if (right[key] === undefined) patch[key] = null;
  for (const [key, value] of Object.entries(right)) {
    if (value === undefined || same(left[key], value)) continue;
    patch[key] = isObject(left[key]) && isObject(value) ? mergePatch(left[key], value) : value;
  }
  return patch;
}

function isObject(value: Json | undefined): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function fields(value: Json): Record<string, Json> {
  return isObject(value) ? (value as Record<string, Json>) : {};
}
