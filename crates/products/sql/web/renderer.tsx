/** Results of `execute_sql`: a number where there is one cell, a line over a time column, else the table. */

import { useMemo } from "react";
import type { Json } from "@/api/types";
import type { ResultProps } from "@/app/product";
import { MAX_LINES, resultKind, timeSeries } from "@/lib/chart";
import { Chart } from "@/ui/chart";
import { ResultFrame } from "@/ui/result-frame";
import { ResultNumber } from "@/ui/result-number";

export function SqlResult({ result }: ResultProps) {
  const { table } = result;
  const kind = resultKind(table);
  if (kind === "number") {
    return (
      <ResultFrame result={result}>
        <ResultNumber table={table} />
      </ResultFrame>
    );
  }
  if (kind === "line") return <Line result={result} />;
  return <ResultFrame result={result} note={kind === "empty" ? "The result has no rows." : null} />;
}

function Line({ result }: ResultProps) {
  const { table } = result;
  // The same data is drawn once, however often the page around it changes.
  const data = useMemo(() => timeSeries(table), [table]);
  const note = data.left > 0 ? `The first ${MAX_LINES} series are drawn; the table has ${data.left} more.` : null;
  return (
    <ResultFrame result={result} note={note}>
      <Chart kind="line" data={data} label={table.title} />
    </ResultFrame>
  );
}

/** The statement on one line. */
export function sqlSummary(args: Json): string | null {
  const query = args && typeof args === "object" && "query" in args ? args.query : null;
  return typeof query === "string" ? query.replace(/\s+/g, " ").trim() : null;
}
