/** How values are written for people. */

import type { Cell, Unit } from "@/api/types";

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
/** For what would be rounded to zero, which it is not. */
const tiny = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

export function formatNumber(value: number): string {
  return (value !== 0 && Math.abs(value) < 0.01 ? tiny : number).format(value);
}

/** A number of an axis: short, and different from its neighbours where they are close to zero. */
export function formatCompact(value: number): string {
  return Math.abs(value) < 1 ? formatNumber(value) : compact.format(value);
}

export function formatCell(value: Cell, unit: Unit = "none"): string {
  if (value === null) return "none";
  if (value === "") return "(empty)";
  if (typeof value !== "number") return String(value);
  return unit === "percent" ? `${formatNumber(value)}%` : formatNumber(value);
}

/** The unit as a word, empty where the number speaks for itself. */
export function unitWord(unit: Unit): string {
  return unit === "none" || unit === "percent" ? "" : unit;
}

export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}

/** The time that something still takes, as far as anybody can say. */
export function formatLeft(milliseconds: number): string {
  if (milliseconds < 1500) return "about a second left";
  if (milliseconds < 90_000) return `about ${Math.round(milliseconds / 1000)} seconds left`;
  const hours = milliseconds / 3_600_000;
  if (hours < 1.5) return `about ${Math.round(hours * 60)} minutes left`;
  return hours < 36 ? `about ${Math.round(hours)} hours left` : `about ${Math.round(hours / 24)} days left`;
}

/** An instant as it stands in the data, without the noise of seconds that are zero. */
export function formatInstant(instant: string): string {
  return instant
    .replace("T", " ")
    .replace(/\.\d+/, "")
    .replace(/(Z|\+00:00)$/, " UTC");
}

/** JSON indented; other text, such as SQL, as it is. */
export function prettyQuery(query: string): string {
  try {
    return JSON.stringify(JSON.parse(query), null, 2);
  } catch {
    return query;
  }
}

/** A message of the server, which names a step in lower case, as a sentence. Names of tools and fields stay as they are. */
export function sentence(message: string): string {
  const text = message.trim();
  const end = /[.!?:;]$/.test(text) || text === "" ? "" : ".";
  const first = /^\w+_\w/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase();
  return first + text.slice(1) + end;
}

const DAY = 86_400_000;

/** When something was, for a list: the time today, else the date. */
export function formatWhen(instant: string, now: Date = new Date()): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return "";
  if (now.getTime() - date.getTime() < DAY && now.getDate() === date.getDate()) {
    return date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  }
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}
