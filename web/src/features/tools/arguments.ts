/** A call's arguments on one line. */

import type { Json, ToolCallView } from "@/api/types";
import { toolUi } from "@/app/products";

/** What these are called with is shown in a place of its own, where no number of it looks like a fact. */
const SHOWN_ELSEWHERE = new Set(["ask_user", "todo_write"]);

export function argumentLine(call: Pick<ToolCallView, "tool" | "arguments">): string {
  if (SHOWN_ELSEWHERE.has(call.tool)) return "";
  return toolUi(call.tool)?.summary?.(call.arguments) ?? compactJson(call.arguments);
}

/** `key: value` pairs without the noise of quotes and outer braces. */
export function compactJson(value: Json): string {
  if (value === null) return "";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map(inner).join(", ");
  return Object.entries(value)
    .map(([key, each]) => `${key}: ${inner(each)}`)
    .join(" · ");
}

function inner(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
