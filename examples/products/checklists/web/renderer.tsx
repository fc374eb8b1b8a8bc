/** Results of `measure_reach`: both shares as lines, the last week apart while it is not over. */

import { useMemo } from "react";
import type { Json } from "@/api/types";
import type { ResultProps } from "@/app/product";
import { isLastPartial, timeSeries } from "@/lib/chart";
import { field, textAt } from "@/lib/json-read";
import { Chart } from "@/ui/chart";
import { ResultFrame } from "@/ui/result-frame";

export function ReachResult({ result }: ResultProps) {
  const { table } = result;
  // People and shares have no scale in common: the picture has the shares, the table all.
  const data = useMemo(() => {
    const all = timeSeries(table);
    return { ...all, series: all.series.filter((series) => series.unit === "percent") };
  }, [table]);
  const partial = isLastPartial(result);
  return (
    <ResultFrame result={result} note={partial ? "The last week is not over: it is dashed." : null}>
      <Chart kind="line" data={data} label={table.title} partial={partial} />
    </ResultFrame>
  );
}

/** `Templates · 4 weeks`. */
export function reachSummary(args: Json): string | null {
  const weeks = field(args, "weeks");
  const parts = [textAt(args, "checklist"), typeof weeks === "number" ? `${weeks} weeks` : null];
  return parts.filter(Boolean).join(" · ") || null;
}

/** `Templates · Write the help page`. */
export function tickSummary(args: Json): string | null {
  const parts = [textAt(args, "checklist"), textAt(args, "item"), field(args, "done") === false ? "not done" : null];
  return parts.filter(Boolean).join(" · ") || null;
}
