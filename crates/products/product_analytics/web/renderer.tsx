/** Results of `query_trends`: a number, a line, bars or a table, as the query's display says. */

import { useMemo } from "react";
import type { Json, Provenance, ResultSnapshot, Table } from "@/api/types";
import type { ResultProps } from "@/app/product";
import { barSeries, isLastPartial, MAX_BARS, MAX_LINES, type ResultKind, resultKind, timeSeries } from "@/lib/chart";
import { field, textAt } from "@/lib/json-read";
import { Chart } from "@/ui/chart";
import { ResultNumber } from "@/ui/result-number";
import { ActorsFrame } from "./actors-frame";
import { breakdownOf, period } from "./summaries";

export function TrendsResult({ result }: ResultProps) {
  const { table } = result;
  const display = displayOf(result.provenance);
  const kind = display === "ActionsTable" ? "table" : resultKind(table);
  if (kind === "number") {
    return (
      <ActorsFrame result={result}>
        <ResultNumber table={table} />
      </ActorsFrame>
    );
  }
  if (kind === "line" || kind === "bar") return <Picture result={result} kind={kind} display={display} />;
  return <ActorsFrame result={result} note={kind === "empty" ? "The result has no rows." : null} />;
}

interface PictureProps {
  result: ResultSnapshot;
  kind: Extract<ResultKind, "line" | "bar">;
  display: string | null;
}

function Picture({ result, kind, display }: PictureProps) {
  // The same data is drawn once, however often the page around it changes.
  const data = useMemo(() => {
    const drawn = withoutChanges(result.table);
    return kind === "line" ? timeSeries(drawn) : barSeries(drawn);
  }, [kind, result.table]);
  const partial = isLastPartial(result);
  const drawn = kind === "line" && display === "ActionsBar" ? "column" : kind;
  const most = kind === "line" ? `${MAX_LINES} series` : `${MAX_BARS} rows`;
  const notes = [
    data.left > 0 ? `The first ${most} are drawn; the table has ${data.left} more.` : null,
    data.collective?.length ? `Not drawn: ${data.collective.join("; ")}.` : null,
    partial ? `The last period is not over: it is ${drawn === "line" ? "dashed" : "hatched"}.` : null,
  ];
  return (
    <ActorsFrame result={result} note={notes.filter(Boolean).join(" ") || null}>
      <Chart kind={drawn} data={data} label={result.table.title} partial={partial} />
    </ActorsFrame>
  );
}

/** The table of two ranges without what changed between them, which is in units of its own. */
export function withoutChanges(table: Table): Table {
  // Only where ranges are compared does a percent follow each number, the previous one and their difference.
  const measures = table.columns.flatMap(({ role }, at) => (role === "measure" ? [at] : []));
  const compares =
    measures.length > 0 &&
    measures.length % 4 === 0 &&
    measures.every((at, place) => place % 4 !== 3 || table.columns[at]?.title === "change percent");
  if (!compares) return table;
  const kept = table.columns.flatMap((_, at) => (measures.indexOf(at) % 4 > 1 ? [] : [at]));
  return {
    ...table,
    columns: kept.flatMap((at) => table.columns[at] ?? []),
    rows: table.rows.map((row) => kept.map((at) => row[at] ?? null)),
  };
}

function displayOf(provenance: Provenance | null): string | null {
  if (!provenance) return null;
  try {
    return textAt(field(JSON.parse(provenance.query) as Json, "trendsFilter"), "display");
  } catch {
    return null;
  }
}

const MATH: Record<string, string> = { dau: "unique visitors", unique_session: "sessions" };

/** The arguments on one line: what is counted, per what, by what, and when. */
export function trendsSummary(args: Json): string | null {
  const series = field(args, "series");
  if (!Array.isArray(series) || series.length === 0) return null;
  const counted = series.map((node) => {
    const math = MATH[textAt(node, "math") ?? ""];
    const event = textAt(node, "event") ?? "all events";
    return textAt(node, "custom_name") ?? (math ? `${math} of ${event}` : event);
  });
  const display = textAt(field(args, "trendsFilter"), "display");
  const total = display !== null && ["BoldNumber", "ActionsBarValue", "ActionsTable"].includes(display);
  const filters =
    countFilters(field(args, "properties")) +
    series.reduce<number>((sum, node) => sum + countFilters(field(node, "properties")), 0);
  return [
    counted.join(", "),
    total ? "total" : `per ${textAt(args, "interval") ?? "day"}`,
    breakdownOf(args),
    period(args),
    filters > 0 && (filters === 1 ? "1 filter" : `${filters} filters`),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Conditions in a list or in a tree of groups. */
function countFilters(filters: Json | undefined): number {
  if (Array.isArray(filters)) return filters.reduce<number>((sum, each) => sum + countFilters(each), 0);
  const values = field(filters, "values");
  if (Array.isArray(values)) return countFilters(values);
  return field(filters, "key") === undefined ? 0 : 1;
}
