/** The chart itself. On a canvas and with tooltips drawn there, so that no style or HTML is injected. */

import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { chartHeight, chartOption, type Palette } from "@/lib/chart-option";
import { type ChartProps, firstHeight } from "@/ui/chart";

use([LineChart, BarChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, CanvasRenderer]);

function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: read("ink"),
    muted: read("muted"),
    line: read("line"),
    surface: read("surface"),
    series: Array.from({ length: 8 }, (_, index) => read(`series-${index + 1}`)),
    font: style.fontFamily,
  };
}

export default function EchartsCanvas({ kind, data, partial = false }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const chart = init(element, null, { renderer: "canvas" });
    const draw = () => {
      const width = element.clientWidth;
      element.style.height = `${chartHeight({ kind, data, width })}px`;
      chart.resize();
      chart.setOption(chartOption({ kind, data, partial, width, still, palette: readPalette(element) }), true);
    };
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.dispose();
    };
  }, [kind, data, partial]);
  return <div ref={box} style={firstHeight({ kind, data })} />;
}
