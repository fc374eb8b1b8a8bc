/** Results of `query_funnel`: bars of the steps or of a histogram, or a line of rates over time, and the table. */

import { useMemo } from "react";
import type { Column, Json, Table } from "@/api/types";
import type { ResultProps } from "@/app/product";
import { barSeries, type ChartData, isLastPartial, MAX_LINES, timeSeries } from "@/lib/chart";
import { field, textAt } from "@/lib/json-read";
import { Chart } from "@/ui/chart";
import { ResultFrame } from "@/ui/result-frame";
import { ActorsFrame } from "./actors-frame";
import { breakdownOf, period } from "./summaries";

export function FunnelResult({ result }: ResultProps) {
  const { columns } = result.table;
  if (columns.some(({ role }) => role === "time")) return <Rates result={result} />;
  if (columns[0]?.name === "seconds") return <Times result={result} />;
  return <Steps result={result} />;
}

function Steps({ result }: ResultProps) {
  // The rates have a scale of their own and stay in the table; what names a row is that of a breakdown, too.
  const persons = useMemo(
    () => barSeries(withColumns(result.table, ({ role, name }) => role !== "measure" || name === "persons")),
    [result.table],
  );
  const note = persons.left > 0 ? `The first steps are drawn; the table has ${persons.left} more.` : null;
  return (
    <ActorsFrame result={result} note={note}>
      <Chart kind="bar" data={persons} label={result.table.title} partial={false} />
    </ActorsFrame>
  );
}

/** A column for each bin of seconds. The first row is of all persons and is no bin. */
function Times({ result }: ResultProps) {
  const bins = useMemo(() => histogramSeries(result.table), [result.table]);
  return (
    <ResultFrame result={result} note={bins.categories.length === 0 ? "Nobody converted." : null}>
      {bins.categories.length > 0 && <Chart kind="column" data={bins} label={result.table.title} partial={false} />}
    </ResultFrame>
  );
}

/** A line of the share that converts, by interval of entry. */
function Rates({ result }: ResultProps) {
  const rates = useMemo(
    () =>
      timeSeries(
        withColumns(
          result.table,
          ({ role, name }) => name === "conversion_rate" || (role !== "measure" && name !== "window"),
        ),
      ),
    [result.table],
  );
  const partial = isLastPartial(result);
  const notes = [
    rates.left > 0 ? `The first ${MAX_LINES} series are drawn; the table has ${rates.left} more.` : null,
    result.warnings.find((warning) => warning.code === "window_open") &&
      "Where the table says that the window is open, the rate can still grow.",
    partial ? "The last period is not over: it is dashed." : null,
  ];
  return (
    <ResultFrame result={result} note={notes.filter(Boolean).join(" ") || null}>
      <Chart kind="line" data={rates} label={result.table.title} partial={partial} />
    </ResultFrame>
  );
}

/** The bins of a histogram of seconds, all of them. */
export function histogramSeries(table: Table): ChartData {
  const bins = table.rows.slice(1);
  const persons = bins.map((row) => (typeof row[1] === "number" ? row[1] : null));
  return {
    categories: bins.map((row) => String(row[0] ?? "")),
    series: [{ name: "persons", unit: "persons", values: persons }],
    left: 0,
  };
}

/** The table with some of its columns. */
function withColumns(table: Table, keeps: (column: Column) => boolean): Table {
  const kept = table.columns.flatMap((column, index) => (keeps(column) ? [index] : []));
  return {
    ...table,
    columns: kept.flatMap((index) => table.columns[index] ?? []),
    rows: table.rows.map((row) => kept.map((index) => row[index] ?? null)),
  };
}

const VIEWS: Record<string, string> = { time_to_convert: "time to convert", trends: "over time" };
const ORDERS: Record<string, string> = { strict: "nothing between", unordered: "in any order" };

/** The steps on one line, with the window. */
export function funnelSummary(args: Json): string | null {
  const series = field(args, "series");
  if (!Array.isArray(series) || series.length === 0) return null;
  const steps = series.map(
    (node) => textAt(node, "custom_name") ?? textAt(node, "event") ?? textAt(node, "name") ?? "any event",
  );
  const filter = field(args, "funnelsFilter");
  const units = field(filter, "funnelWindowInterval");
  const window = `within ${typeof units === "number" ? units : 14} ${textAt(filter, "funnelWindowIntervalUnit") ?? "day"}s`;
  const order = ORDERS[textAt(filter, "funnelOrderType") ?? ""];
  const view = VIEWS[textAt(filter, "funnelVizType") ?? ""];
  const exclusions = field(filter, "exclusions");
  const without =
    Array.isArray(exclusions) &&
    exclusions.length > 0 &&
    (exclusions.length === 1 ? "1 exclusion" : `${exclusions.length} exclusions`);
  const arrow = textAt(filter, "funnelOrderType") === "unordered" ? " + " : " → ";
  return [steps.join(arrow), window, order, without, view, breakdownOf(args), period(args)].filter(Boolean).join(" · ");
}
