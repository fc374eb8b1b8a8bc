/** Results of `query_retention`: the share that comes back in each later interval, of all or of each value. */

import { useMemo } from "react";
import type { Json, ResultSnapshot, Table } from "@/api/types";
import type { ResultProps } from "@/app/product";
import { barSeries, type ChartData, MAX_BARS, MAX_LINES, timeSeries } from "@/lib/chart";
import { field, textAt } from "@/lib/json-read";
import { Chart } from "@/ui/chart";
import { ActorsFrame } from "./actors-frame";
import { breakdownOf, nameOf, period } from "./summaries";

export interface RetentionPicture {
  kind: "bar" | "line";
  data: ChartData;
}

/** A bar an interval; with a breakdown a line a value, or a bar each where there is one later interval. */
export function retentionPicture({ columns, rows }: Table): RetentionPicture | null {
  // What numbers of events add up to is called after their property, so only the unit tells shares.
  const shares = columns.flatMap((column, at) => (column.unit === "percent" ? [{ ...column, at }] : []));
  const labels = columns.filter(({ role }) => role === "label").length;
  if (shares.length === 0 || rows.length === 0) return null;
  const value = labels > 1 ? columns[0] : undefined;
  const isFirst = (row: number) => row === 0 || (value && rows[row]?.[0] !== rows[row - 1]?.[0]);
  // The first row of each value is of all who began, or of the one interval that there is.
  const together = rows.filter((_, row) => isFirst(row));
  const interval = { name: "interval", title: "interval", unit: "none", role: "time" } as const;
  const percent = { name: "percent", title: "percent", unit: "percent", role: "measure" } as const;
  const of = (table: Pick<Table, "columns" | "rows">): Table => ({ title: "", rows_cut: 0, ...table });
  if (value && shares.length === 1) {
    const bars = together.map((row) => [row[0] ?? null, row[shares[0]?.at ?? 0] ?? null]);
    return { kind: "bar", data: barSeries(of({ columns: [value, percent], rows: bars })) };
  }
  const cells = together.flatMap((row) =>
    shares.map(({ at }, place) => [place, ...(value ? [row[0] ?? null] : []), row[at] ?? null]),
  );
  const columnsShown = value ? [interval, { ...value, role: "label" as const }, percent] : [interval, percent];
  const data = timeSeries(of({ columns: columnsShown, rows: cells }));
  const categories = shares.map(({ title }) => title.replace(/ percent$/, ""));
  return { kind: value ? "line" : "bar", data: { ...data, categories } };
}

export function RetentionResult({ result }: ResultProps) {
  const picture = useMemo(() => retentionPicture(result.table), [result.table]);
  const { title } = result.table;
  if (!picture) return <ActorsFrame result={result} note={emptyNote(result)} />;
  return (
    <ActorsFrame result={result} note={pictureNote(result, picture)}>
      <Chart kind={picture.kind} data={picture.data} label={title} partial={false} />
    </ActorsFrame>
  );
}

function emptyNote({ table }: ResultSnapshot): string {
  return table.rows.length === 0 ? "The result has no rows." : "There is no later interval to come back in.";
}

function pictureNote({ table }: ResultSnapshot, { kind, data }: RetentionPicture): string | null {
  const start = table.columns.filter(({ role }) => role === "label").length - 1;
  const together = table.rows.some((row) => row[start] === "all");
  const forEach = start > 0 ? " for each value" : "";
  const most = kind === "line" ? MAX_LINES : MAX_BARS;
  const notes = [
    together && `All who began are drawn together${forEach}; the table has each interval.`,
    data.left > 0 && `The first ${most} values are drawn; the table has ${data.left} more.`,
    data.collective?.length ? `Not drawn: ${data.collective.join("; ")}.` : null,
  ];
  return notes.filter(Boolean).join(" ") || null;
}

const FIRST: Record<string, string> = {
  retention_first_time: "first time",
  retention_first_ever_occurrence: "first time ever",
};

/** Who begins and what coming back is, on one line. */
export function retentionSummary(args: Json): string | null {
  const filter = field(args, "retentionFilter");
  const begins = field(filter, "targetEntity");
  const returns = field(filter, "returningEntity");
  const ends = `${begins === undefined ? "$pageview" : nameOf(begins)} → ${returns === undefined ? "$pageview" : nameOf(returns)}`;
  const first = FIRST[textAt(filter, "retentionType") ?? ""];
  const property = textAt(filter, "aggregationProperty");
  const numbers = property && `${textAt(filter, "aggregationType") ?? "count"} of ${property}`;
  const interval = `by ${(textAt(filter, "period") ?? "Day").toLowerCase()}`;
  return [ends, interval, first, numbers, breakdownOf(args), period(args)].filter(Boolean).join(" · ");
}
