/** Results of `query_lifecycle`, `query_stickiness` and `query_paths`: a picture, and the table. */

import { useMemo } from "react";
import type { Column, Json, Table } from "@/api/types";
import type { ResultProps } from "@/app/product";
import { barSeries, type ChartData, isLastPartial, timeSeries } from "@/lib/chart";
import { formatCell } from "@/lib/format";
import { field, textAt } from "@/lib/json-read";
import { Chart } from "@/ui/chart";
import { ActorsFrame } from "./actors-frame";
import { nameOf, period } from "./summaries";

/** The table with some of its columns. */
function withColumns(table: Table, keeps: (name: string) => boolean): Table {
  const kept = table.columns.flatMap(({ name }, index) => (keeps(name) ? [index] : []));
  return {
    ...table,
    columns: kept.flatMap((index) => table.columns[index] ?? []),
    rows: table.rows.map((row) => kept.map((index) => row[index] ?? null)),
  };
}

export function LifecycleResult({ result }: ResultProps) {
  const lines = useMemo(() => timeSeries(result.table), [result.table]);
  const partial = isLastPartial(result);
  const note = partial ? "The last period is not over: it is dashed." : null;
  return (
    <ActorsFrame result={result} note={note}>
      <Chart kind="line" data={lines} label={result.table.title} partial={partial} />
    </ActorsFrame>
  );
}

export function StickinessResult({ result }: ResultProps) {
  const bars = useMemo(
    // At least so many would hide how few are on exactly so many, so that stays in the table.
    () => barSeries(withColumns(result.table, (name) => !name.startsWith("at_least"))),
    [result.table],
  );
  const note = bars.left > 0 ? `The first rows are drawn; the table has ${bars.left} more.` : null;
  return (
    <ActorsFrame result={result} note={note}>
      <Chart kind="bar" data={bars} label={result.table.title} partial={false} />
    </ActorsFrame>
  );
}

/** Bars of the edges, each called as it is walked: `1. / → /pricing`. */
export function edgeBars(table: Table): ChartData {
  const sessions = withColumns(table, (name) => name !== "average_seconds");
  const from = sessions.columns.findIndex(({ role }) => role === "measure");
  const edge: Column = { name: "edge", title: "edge", role: "label", unit: "none" };
  return barSeries({
    ...sessions,
    columns: [edge, ...sessions.columns.slice(from)],
    rows: sessions.rows.map(([step, source, target, ...rest]) => {
      const [before, after] = [source, target].map((item) => formatCell(item ?? null));
      return [`${formatCell(step ?? null)}. ${before} → ${after}`, ...rest];
    }),
  });
}

export function PathsResult({ result }: ResultProps) {
  const bars = useMemo(() => edgeBars(result.table), [result.table]);
  const note = bars.left > 0 ? `The first rows are drawn; the table has ${bars.left} more.` : null;
  return (
    <ActorsFrame result={result} note={note}>
      <Chart kind="bar" data={bars} label={result.table.title} partial={false} />
    </ActorsFrame>
  );
}

/** From where to where, on one line. */
export function pathsSummary(args: Json): string | null {
  const filter = field(args, "pathsFilter");
  const [start, end] = [textAt(filter, "startPoint"), textAt(filter, "endPoint")];
  const ends = [start && `from ${start}`, end && `to ${end}`].filter(Boolean).join(" ");
  return [ends || "all paths", period(args)].filter(Boolean).join(" · ");
}

/** What is done, per what, and when, on one line. */
export function activitySummary(args: Json): string | null {
  const series = field(args, "series");
  if (!Array.isArray(series) || series.length === 0) return null;
  return [series.map(nameOf).join(", "), `by ${textAt(args, "interval") ?? "day"}`, period(args)]
    .filter(Boolean)
    .join(" · ");
}

const KINDS: Record<string, string> = {
  FunnelsQuery: "a funnel",
  RetentionQuery: "retention",
  LifecycleQuery: "a lifecycle",
  StickinessQuery: "stickiness",
  PathsQuery: "paths",
};

/** Of which number the persons are, on one line. */
export function actorsSummary(args: Json): string | null {
  const source = field(args, "source");
  const cell = field(args, "cell");
  const kind = KINDS[textAt(source, "kind") ?? ""] ?? "trends";
  const place = cell && typeof cell === "object" && !Array.isArray(cell) ? Object.entries(cell) : [];
  return [`persons behind ${kind}`, ...place.map(([name, value]) => `${name} ${String(value)}`), period(source ?? null)]
    .filter(Boolean)
    .join(" · ");
}
