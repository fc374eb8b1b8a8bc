/** A chart that is fetched when the first one is shown. */

import { Component, lazy, type ReactNode, Suspense } from "react";
import { useShownTheme } from "@/app/theme";
import type { ChartData } from "@/lib/chart";
import { chartHeight } from "@/lib/chart-option";

const EchartsCanvas = lazy(() => import("@/ui/echarts-canvas"));

export interface ChartProps {
  kind: "line" | "bar" | "column";
  data: ChartData;
  /** Read out instead of the picture. */
  label: string;
  /** The last category is not over yet. */
  partial?: boolean;
}

/** The height until the chart knows its width: the names of several series may break into other lines then. */
export function firstHeight({ kind, data }: Pick<ChartProps, "kind" | "data">) {
  return { height: chartHeight({ kind, data, width: 640 }) };
}

export function Chart(props: ChartProps) {
  const theme = useShownTheme();
  return (
    <div role="img" aria-label={`${props.label}. The table below has the same numbers.`}>
      <Fallback>
        <Suspense fallback={<div className="pending rounded-lg bg-sunken" style={firstHeight(props)} />}>
          <EchartsCanvas key={theme} {...props} />
        </Suspense>
      </Fallback>
    </div>
  );
}

/** Where the chart's code can't be fetched, the table still stands below. */
class Fallback extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return <p className="text-sm text-muted">The chart could not be drawn; the table has the numbers.</p>;
  }
}
