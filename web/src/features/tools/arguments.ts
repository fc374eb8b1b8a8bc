/** A call's arguments on one line. */

import type { Json, ToolCallView } from "@/api/types";
import { toolUi } from "@/app/products";

export function argumentLine(call: Pick<ToolCallView, "tool" | "arguments">): string {
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
