/** Results of `query_funnel`: a bar of persons for each step, and the table. */

import { useMemo } from "react";
import type { Json } from "@/api/types";
import type { ResultProps } from "@/app/product";
import { barSeries } from "@/lib/chart";
import { field, textAt } from "@/lib/json-read";
import { Chart } from "@/ui/chart";
import { ResultFrame } from "@/ui/result-frame";

export function FunnelResult({ result }: ResultProps) {
  const persons = useMemo(() => {
    // The rates have a scale of their own and stay in the table; what names a row is that of a breakdown, too.
    const kept = result.table.columns.flatMap(({ name, role }, index) =>
      role !== "measure" || name === "persons" ? [index] : [],
    );
    const table = {
      ...result.table,
      columns: kept.flatMap((index) => result.table.columns[index] ?? []),
      rows: result.table.rows.map((row) => kept.map((index) => row[index] ?? null)),
    };
    return barSeries(table);
  }, [result.table]);
  const note = persons.left > 0 ? `The first steps are drawn; the table has ${persons.left} more.` : null;
  return (
    <ResultFrame result={result} note={note}>
      <Chart kind="bar" data={persons} label={result.table.title} partial={false} />
    </ResultFrame>
  );
}

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
  const strict = textAt(filter, "funnelOrderType") === "strict" && "nothing between";
  return [steps.join(" → "), window, strict].filter(Boolean).join(" · ");
}
