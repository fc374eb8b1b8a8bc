/** Reading JSON of unknown shape without ever failing. */

import type { Json } from "@/api/types";

export function field(value: Json | undefined, key: string): Json | undefined {
  return value && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, Json>)[key] : undefined;
}

export function textAt(value: Json | undefined, key: string): string | null {
  const text = field(value, key);
  return typeof text === "string" && text !== "" ? text : null;
}

export function listAt(value: Json | undefined, key: string): Json[] {
  const list = field(value, key);
  return Array.isArray(list) ? list : [];
}
