/** Which cells of a result's table count persons, and how an actors query names such a cell. */

import type { Cell, Json, ResultSnapshot, Table } from "@/api/types";
import { formatCell } from "@/lib/format";
import { field, listAt, textAt } from "@/lib/json-read";

/** One number of a result, as the server knows it. Which fields there are depends on the kind of the query. */
export interface ActorsCell {
  series?: number;
  day?: string;
  breakdown?: Json;
  compare?: "current" | "previous";
  funnelStep?: number;
  row?: number;
  column?: number;
  status?: string;
  intervals?: number;
  source?: string;
  target?: string;
}

/** The query with a number, and which of its numbers. */
export interface ActorsSource {
  source: Record<string, Json>;
  cell: ActorsCell;
}

/** What is behind the cell at a row and a column, both from 0; `null` where that is nobody, or can't be named. */
export type ActorsOf = (row: number, column: number) => ActorsSource | null;

type Query = Record<string, Json>;

const OTHER = "$$_posthog_breakdown_other_$$";
const NONE = "$$_posthog_breakdown_null_$$";

const KINDS: Record<string, (query: Query, result: ResultSnapshot) => ActorsOf> = {
  TrendsQuery: ofTrends,
  FunnelsQuery: ofFunnels,
  RetentionQuery: ofRetention,
  LifecycleQuery: ofLifecycle,
  StickinessQuery: ofStickiness,
  PathsQuery: ofPaths,
};

const COUNTS = new Set(["persons", "events", "sessions"]);

const nobody: ActorsOf = () => null;

/** Finds the persons behind the cells of a result. */
export function actorsOf(result: ResultSnapshot): ActorsOf {
  const query = queryOf(result);
  const find = query && KINDS[textAt(query, "kind") ?? ""]?.(query, result);
  if (!find) return nobody;
  return (row, column) => {
    const value = result.table.rows[row]?.[column];
    const counts = COUNTS.has(result.table.columns[column]?.unit ?? "none");
    return counts && typeof value === "number" && value > 0 ? find(row, column) : null;
  };
}

/** What a cell's number is, in words: `page views, 2015-05-18`. */
export function cellName(table: Table, row: number, column: number): string {
  const labels = table.columns.filter(({ role }) => role === "label").length;
  const cells = table.columns.flatMap(({ role, title }, at) => {
    const value = table.rows[row]?.[at];
    if (role === "measure" || value === undefined) return [];
    return role === "label" && labels > 1 ? [`${title} ${formatCell(value)}`] : [formatCell(value)];
  });
  return [table.columns[column]?.title, ...cells].join(", ");
}

function queryOf({ provenance }: ResultSnapshot): Query | null {
  if (!provenance) return null;
  try {
    const query: Json = JSON.parse(provenance.query);
    return query && typeof query === "object" && !Array.isArray(query) ? (query as Query) : null;
  } catch {
    return null;
  }
}

const TOTALS = new Set(["BoldNumber", "ActionsBarValue", "ActionsPie", "WorldMap", "ActionsTable"]);

/** A time column unless there is one total, a label column where there is a breakdown, then each series' numbers. */
function ofTrends(source: Query, { table, provenance }: ResultSnapshot): ActorsOf {
  const filter = field(source, "trendsFilter");
  const smoothed = field(filter, "smoothingIntervals");
  const calculated = textAt(filter, "formula") !== null || listAt(filter, "formulaNodes").length > 0;
  if (calculated || (typeof smoothed === "number" && smoothed > 1)) return nobody;
  const isTotal = TOTALS.has(textAt(filter, "display") ?? "");
  const breakdown = field(source, "breakdownFilter") ?? null;
  const compares = field(field(source, "compareFilter"), "compare") === true;
  const labels = (isTotal ? 0 : 1) + (breakdown ? 1 : 0);
  const width = compares ? 4 : 1;
  const repeated = repeatedRows(table, labels);
  const isHours = textAt(source, "interval") === "hour";
  return (row, column) => {
    const cells = table.rows[row] ?? [];
    const place = column - labels;
    // Beside the current number and the previous one stand their difference and its percent.
    const part = place % width;
    if (place < 0 || part > 1 || repeated.has(rowKey(cells, labels))) return null;
    // The table has no days of the previous range.
    if (part === 1 && !isTotal) return null;
    const day = isTotal ? undefined : bucketDay(cells[0], isHours, provenance?.range?.date_from);
    const value = breakdown ? breakdownValue(cells[labels - 1], breakdown) : undefined;
    if (day === null || value === null) return null;
    const cell: ActorsCell = {
      series: Math.floor(place / width),
      ...(day === undefined ? {} : { day }),
      ...(value === undefined ? {} : { breakdown: value }),
      ...(compares ? { compare: part === 1 ? "previous" : "current" } : {}),
    };
    return { source, cell };
  };
}

/** A step's row repeats for each value of the breakdown. */
function ofFunnels(source: Query, { table }: ResultSnapshot): ActorsOf {
  const steps = listAt(source, "series").length;
  const breakdown = field(source, "breakdownFilter") ?? null;
  const persons = breakdown ? 2 : 1;
  // Other views of a funnel have other tables.
  const isOfSteps = table.columns[persons - 1]?.name === "step" && steps > 0 && table.rows.length % steps === 0;
  if (!isOfSteps) return nobody;
  const repeated = repeatedRows(table, persons);
  return (row, column) => {
    const cells = table.rows[row] ?? [];
    if (column !== persons || repeated.has(rowKey(cells, persons))) return null;
    const value = breakdown ? breakdownValue(cells[0], breakdown) : undefined;
    if (value === null) return null;
    const cell = { funnelStep: (row % steps) + 1, ...(value === undefined ? {} : { breakdown: value }) };
    return { source, cell };
  };
}

/**
 * A row an interval, behind one of all of them where there are several; then who began, and who came back. With a
 * breakdown there are such rows for each value, which stands before them.
 */
function ofRetention(source: Query, { table }: ResultSnapshot): ActorsOf {
  const breakdown = field(source, "breakdownFilter") ?? null;
  const labels = breakdown ? 2 : 1;
  const repeated = repeatedRows(table, labels);
  const startAt = (row: number) => table.rows[row]?.[labels - 1];
  return (row, column) => {
    const cells = table.rows[row] ?? [];
    if (startAt(row) === "all" || repeated.has(rowKey(cells, labels))) return null;
    const value = breakdown ? breakdownValue(cells[0], breakdown) : undefined;
    if (value === null) return null;
    let first = row;
    while (first > 0 && (!breakdown || table.rows[first - 1]?.[0] === cells[0])) first -= 1;
    const together = startAt(first) === "all" ? 1 : 0;
    const cell = { row: row - first - together, column: column - labels };
    return { source, cell: value === undefined ? cell : { ...cell, breakdown: value } };
  };
}

/** A row an interval, a column a status. */
function ofLifecycle(source: Query, { table }: ResultSnapshot): ActorsOf {
  return (row, column) => {
    const day = table.rows[row]?.[0];
    const status = table.columns[column]?.name;
    return typeof day === "string" && status ? { source, cell: { day, status } } : null;
  };
}

/** A row a number of intervals; two columns a series: who did it on so many, and on at least so many. */
function ofStickiness(source: Query, { table }: ResultSnapshot): ActorsOf {
  return (row, column) => {
    const intervals = Number.parseInt(String(table.rows[row]?.[0]), 10);
    if (!Number.isInteger(intervals)) return null;
    // The query asked for one of the two; the same query asks for the other one.
    const computedAs = column % 2 === 1 ? "non_cumulative" : "cumulative";
    const stickinessFilter = { ...(field(source, "stickinessFilter") as Query | undefined), computedAs };
    return { source: { ...source, stickinessFilter }, cell: { series: (column - 1) >> 1, intervals } };
  };
}

/** A row an edge: the number of the step, where it goes from, and where to. */
function ofPaths(source: Query, { table }: ResultSnapshot): ActorsOf {
  return (row) => {
    const [step, from, to] = table.rows[row] ?? [];
    const number = Number(step);
    if (!step || !Number.isInteger(number) || typeof from !== "string" || typeof to !== "string") return null;
    return { source, cell: { source: `${number}_${from}`, target: `${number + 1}_${to}` } };
  };
}

/** The server's name of a bucket: hours are shown without their seconds, and those of a single day without the day. */
function bucketDay(label: Cell | undefined, isHours: boolean, from: string | undefined): string | null {
  if (typeof label !== "string") return null;
  if (!isHours) return label;
  if (label.length === 16) return `${label}:00`;
  return label.length === 5 && from ? `${from.slice(0, 10)} ${label}:00` : null;
}

/** The value that a label of a breakdown stands for. */
function breakdownValue(label: Cell | undefined, breakdown: Json): Json | null {
  if (typeof label !== "string") return null;
  if (label === "Other") return OTHER;
  if (label === "None") return NONE;
  if (listAt(breakdown, "breakdowns").length < 2) {
    // The server compares the digits of a number as a text, too, but not a truth value.
    return label === "true" || label === "false" ? label === "true" : label;
  }
  try {
    return JSON.parse(label);
  } catch {
    // Several cohorts are told apart by their names.
    return label;
  }
}

const rowKey = (cells: Cell[], labels: number) => JSON.stringify(cells.slice(0, labels));

/**
 * Rows that can't be told apart by their labels: a value of the data may be called as the rest is, `Other`, and clocks
 * show an hour twice when they are put back.
 */
function repeatedRows({ rows }: Table, labels: number): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const row of rows) {
    const key = rowKey(row, labels);
    if (seen.has(key)) repeated.add(key);
    seen.add(key);
  }
  return repeated;
}
