/** What picture fits a table, and the table as series for that picture. */

import type { Cell, Column, ResultSnapshot, Table, Unit } from "@/api/types";
import { formatCell } from "@/lib/format";

export type ResultKind = "number" | "line" | "bar" | "table" | "empty";

export interface ChartSeries {
  name: string;
  unit: Unit;
  values: (number | null)[];
}

export interface ChartData {
  categories: string[];
  series: ChartSeries[];
  /** Series or bars beyond those drawn. */
  left: number;
  /** Rows that stand for many values or for none: they are no bars, as they would dwarf the others. */
  collective?: string[];
}

/** Lines that can still be told apart. */
export const MAX_LINES = 8;
/** Bars that fit under each other. */
export const MAX_BARS = 20;

const COLLECTIVE = new Set(["Other", "None"]);

const columnsOf = (table: Table, role: Column["role"]) =>
  table.columns.flatMap((column, index) => (column.role === role ? [{ ...column, index }] : []));

/** The picture that the table's shape asks for. */
export function resultKind(table: Table): ResultKind {
  const measures = columnsOf(table, "measure");
  const labels = columnsOf(table, "label");
  if (table.rows.length === 0) return "empty";
  if (measures.length === 0 || labels.length > 1) return "table";
  if (table.rows.length === 1 && measures.length === 1) return "number";
  if (columnsOf(table, "time").length === 1) return isSeries(table) ? "line" : "table";
  // Bars of different units under each other would compare what can't be compared.
  return new Set(measures.map((measure) => measure.unit)).size === 1 ? "bar" : "table";
}

/**
 * Whether each row has a place of its own on a line: a known time, and no other row at it under the same label. Where
 * each label has a time of its own, such as when it was first seen, there are points and no lines.
 */
function isSeries(table: Table): boolean {
  const time = columnsOf(table, "time")[0]?.index ?? 0;
  const label = columnsOf(table, "label")[0];
  const kinds = new Set(table.rows.map((row) => typeof row[time]));
  const places = new Set(
    table.rows.map(
      (row) => `${formatCell(row[time] ?? null)}\u0000${label ? formatCell(row[label.index] ?? null) : ""}`,
    ),
  );
  const distinct = (index: number) => new Set(table.rows.map((row) => row[index])).size;
  const isScattered = label && distinct(label.index) === table.rows.length && distinct(time) > 1;
  const isKnown = kinds.size === 1 && (kinds.has("string") || kinds.has("number"));
  return isKnown && !isScattered && places.size === table.rows.length;
}

/** The times of a column come in one ISO form, whose text sorts by time, except that a `Z` sorts behind a fraction. */
function compareTimes(a: Cell, b: Cell): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const text = (time: Cell) => String(time).replace(/Z$/, "");
  return text(a) < text(b) ? -1 : Number(text(a) > text(b));
}

/** Whether the last bucket of a time series is not over yet. */
export function isLastPartial(result: ResultSnapshot): boolean {
  const timed = result.table.columns.some((column) => column.role === "time");
  const told = result.warnings.some((warning) => warning.code === "partial_period");
  return timed && (told || result.provenance?.range?.partial === true);
}

/** The measures, with a number behind each title that stands before: names tell series apart, in the legend, too. */
function namedMeasures(table: Table) {
  const seen = new Map<string, number>();
  return columnsOf(table, "measure").map((measure) => {
    const times = (seen.get(measure.title) ?? 0) + 1;
    seen.set(measure.title, times);
    return times === 1 ? measure : { ...measure, title: `${measure.title} (${times})` };
  });
}

const numberOf = (cell: Cell | undefined) => (typeof cell === "number" ? cell : null);

/** A category for each bucket in the order of time, whatever that of the rows; a series for each label and measure. */
export function timeSeries(table: Table): ChartData {
  const time = columnsOf(table, "time")[0]?.index ?? 0;
  const label = columnsOf(table, "label")[0];
  const measures = namedMeasures(table);
  const times = table.rows.map((row) => row[time] ?? null).sort(compareTimes);
  const categories = [...new Set(times.map((each) => formatCell(each)))];
  const position = new Map(categories.map((category, index) => [category, index]));
  const series = new Map<string, ChartSeries>();
  for (const row of table.rows) {
    for (const measure of measures) {
      const of = label ? formatCell(row[label.index] ?? null) : "";
      const name = [of, of && measures.length === 1 ? "" : measure.title].filter(Boolean).join(", ");
      const key = `${of}\u0000${measure.index}`;
      const line = series.get(key) ?? { name, unit: measure.unit, values: categories.map(() => null) };
      line.values[position.get(formatCell(row[time] ?? null)) ?? 0] = numberOf(row[measure.index]);
      series.set(key, line);
    }
  }
  const all = [...series.values()];
  return { categories, series: all.slice(0, MAX_LINES), left: Math.max(0, all.length - MAX_LINES) };
}

/** A category for each row, or for each measure where there is one row without a name. */
export function barSeries(table: Table): ChartData {
  const names = table.columns.flatMap((column, index) => (column.role === "measure" ? [] : [index]));
  const measures = namedMeasures(table);
  const only = table.rows.length === 1 && names.length === 0 ? table.rows[0] : undefined;
  if (only) {
    const values = measures.map((measure) => numberOf(only[measure.index]));
    const categories = measures.map((measure) => measure.title);
    return { categories, series: [{ name: "", unit: measures[0]?.unit ?? "none", values }], left: 0 };
  }
  const nameOf = (row: Cell[]) => names.map((index) => formatCell(row[index] ?? null)).join(", ");
  const single = table.rows.filter((row) => !COLLECTIVE.has(nameOf(row)));
  // Where nothing else is there, Other and None are the result.
  const drawable = single.length > 0 ? single : table.rows;
  const rows = drawable.slice(0, MAX_BARS);
  const categories = rows.map(nameOf);
  const series = measures.map((measure) => ({
    name: measure.title,
    unit: measure.unit,
    values: rows.map((row) => numberOf(row[measure.index])),
  }));
  const collective = table.rows
    .filter((row) => !drawable.includes(row))
    .map(
      (row) => `${nameOf(row)} ${measures.map(({ index, unit }) => formatCell(row[index] ?? null, unit)).join(", ")}`,
    );
  return { categories, series, left: drawable.length - rows.length, collective };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A bucket's name on an axis: `18 May` for `2015-05-18`, everything else as it is. */
export function shortBucket(bucket: string): string {
  const parts = /^\d{4}-(\d\d)-(\d\d)( \d\d:\d\d)?$/.exec(bucket);
  const month = MONTHS[Number(parts?.[1]) - 1];
  return parts && month ? `${Number(parts[2])} ${month}${parts[3] ?? ""}` : bucket;
}
