/** JSON for people: fields with their values, texts as texts, and only what lies deeper as JSON. */

import type { Json } from "@/api/types";
import { Facts } from "@/ui/facts";

export function JsonFacts({ value }: { value: Json }) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return <JsonValue value={value} />;
  const fields = Object.entries(value);
  if (fields.length === 0) return <p className="text-sm text-muted">nothing</p>;
  return <Facts facts={fields.map(([key, each]) => [key, <JsonValue key={key} value={each} />])} />;
}

/** A value as text; `code` where it is JSON. */
export function jsonText(value: Json): { text: string; code: boolean } {
  if (typeof value === "string") return { text: value === "" ? "(empty)" : value, code: false };
  if (value === null || typeof value !== "object") return { text: String(value), code: false };
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string")) {
    return { text: value.join(", "), code: false };
  }
  const short = JSON.stringify(value);
  return { text: short.length <= SHORT ? short : JSON.stringify(value, null, 2), code: true };
}

/** JSON of up to so many characters stays on one line. */
const SHORT = 48;

function JsonValue({ value }: { value: Json }) {
  const { text, code } = jsonText(value);
  return (
    <span className={`whitespace-pre-wrap [overflow-wrap:anywhere] ${code ? "font-mono text-xs" : ""}`}>{text}</span>
  );
}
