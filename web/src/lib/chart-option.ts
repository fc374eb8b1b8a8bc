/** A chart's description for ECharts. Series differ by shape as well as by colour. */

import type { BarSeriesOption, LineSeriesOption } from "echarts/charts";
import type { ChartData, ChartSeries } from "@/lib/chart";
import { shortBucket } from "@/lib/chart";
import { formatCell, formatCompact } from "@/lib/format";

export interface Palette {
  ink: string;
  muted: string;
  line: string;
  surface: string;
  series: string[];
  font: string;
}

export interface ChartSpec {
  kind: "line" | "bar" | "column";
  data: ChartData;
  partial: boolean;
  width: number;
  still: boolean;
  palette: Palette;
}

/** Full for the first series, hollow for those after them. */
const SYMBOLS = ["circle", "rect", "triangle", "diamond"];
/** The legend's sizes: a line, an item without its name, and a letter at its widest on average. */
const LEGEND = { line: 17, item: 36, letter: 7 };
/** A horizontal bar, the gap to the next of its row, and the row's room for the name above. */
const BAR = { height: 10, gap: 3, name: 30 };
const DECAL = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: Math.PI / 4 };

export function chartOption(spec: ChartSpec) {
  const { data, palette, kind, still } = spec;
  const horizontal = kind === "bar";
  const legend = legendHeight(data, spec.width);
  const text = { color: palette.muted, fontFamily: palette.font, fontSize: 12 };
  const numbers = data.series.flatMap(({ values }) => values.map((each) => each ?? 0));
  const isShare = data.series.length > 0 && data.series.every(({ unit }) => unit === "percent");
  const longest = Math.max(0, ...numbers);
  const value = {
    type: "value" as const,
    // A change can be negative, and would be drawn outside of the picture.
    ...(numbers.some((each) => each < 0) ? {} : { min: 0 }),
    // No share is more than everything, though the next round number may be.
    ...(isShare && !horizontal && longest > 80 && longest <= 100 ? { max: 100, interval: 25 } : {}),
    // Bars without an axis end at no round number: the longest one takes all the width.
    ...(horizontal ? { max: ({ max }: { max: number }) => max || 1 } : {}),
    splitNumber: spec.width < 480 ? 3 : 4,
    // No axis counts half events.
    minInterval: numbers.every((each) => Number.isInteger(each)) ? 1 : 0,
    // The number over the first point must not run into those of the axis.
    axisLabel: {
      ...text,
      margin: kind === "line" ? 14 : 8,
      formatter: (number: number) => `${formatCompact(number)}${isShare ? "%" : ""}`,
    },
    splitLine: { show: !horizontal, lineStyle: { color: palette.line } },
    show: !horizontal,
  };
  const category = {
    type: "category" as const,
    data: data.categories,
    inverse: horizontal,
    boundaryGap: kind !== "line",
    axisTick: { show: false },
    axisLine: { show: !horizontal, lineStyle: { color: palette.line } },
    axisLabel: {
      ...text,
      color: horizontal ? palette.ink : palette.muted,
      hideOverlap: !horizontal,
      formatter: (name: string, index: number) => categoryText(spec, name, index),
      lineHeight: 15,
      ...(horizontal ? nameAbove(data.series.length, spec.width) : {}),
    },
  };
  return {
    animation: !still,
    animationDuration: 300,
    textStyle: { fontFamily: palette.font },
    color: palette.series,
    grid: {
      left: horizontal ? 0 : 4,
      right: horizontal ? roomForValues(data) : 16,
      top: legend + 20,
      bottom: 4,
      // Bars have no labels beside the grid, and long names would make it smaller.
      outerBoundsMode: horizontal ? "none" : "same",
      outerBoundsContain: "axisLabel",
    },
    legend: legend
      ? {
          type: "plain" as const,
          top: 0,
          left: 0,
          textStyle: { ...text, color: palette.ink },
          itemWidth: 20,
          itemHeight: 9,
          formatter: (name: string) => shorten(name, spec.width),
        }
      : undefined,
    tooltip: tooltip(spec),
    xAxis: horizontal ? value : category,
    yAxis: horizontal ? category : value,
    series: data.series.flatMap((series, index): (LineSeriesOption | BarSeriesOption)[] =>
      kind === "line" ? lines(spec, series, index) : [bars(spec, series, index)],
    ),
  };
}

function barsHeight(series: number): number {
  return series * BAR.height + (series - 1) * BAR.gap;
}

/** The height of a chart that is this wide: bars and the names of series take what they need. */
export function chartHeight({ kind, data, width }: Pick<ChartSpec, "kind" | "data" | "width">): number {
  const rows = data.categories.length * (barsHeight(data.series.length) + BAR.name);
  return legendHeight(data, width) + (kind === "bar" ? 24 + rows : 260);
}

/** The height of the names of several series, which break into lines. */
function legendHeight({ series }: ChartData, width: number): number {
  if (series.length < 2) return 0;
  let [lines, used] = [1, 0];
  for (const { name } of series) {
    const item = LEGEND.item + shorten(name, width).length * LEGEND.letter;
    if (used > 0 && used + item > width) [lines, used] = [lines + 1, 0];
    used += item;
  }
  return lines * LEGEND.line;
}

/** A name that fits into one line. */
function shorten(name: string, width: number): string {
  const most = Math.max(8, Math.floor((width - LEGEND.item) / LEGEND.letter));
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

/** Room for the longest number behind a bar. */
function roomForValues({ series }: ChartData): number {
  const texts = series.flatMap(({ values, unit }) => values.map((value) => formatCell(value, unit)));
  return 12 + 7.5 * Math.max(0, ...texts.map((text) => text.length));
}

/** Names stand over their bars, so that long ones need not be cut. */
function nameAbove(series: number, width: number) {
  const bottom = barsHeight(series) / 2 + 2;
  return {
    inside: true,
    align: "left" as const,
    verticalAlign: "bottom" as const,
    padding: [0, 0, bottom, 0],
    margin: 0,
    width,
    overflow: "truncate" as const,
  };
}

function categoryText({ kind, partial, data }: ChartSpec, name: string, index: number): string {
  const short = kind === "bar" ? name : shortBucket(name);
  return partial && index === data.categories.length - 1 ? `${short}\n(so far)` : short;
}

interface TooltipItem {
  name: string;
  seriesName: string;
  seriesId: string;
  value: number | null;
  dataIndex: number;
}

/** Drawn on the canvas: names from the data never become HTML. */
function tooltip({ data, palette, partial, kind }: ChartSpec) {
  return {
    trigger: "axis" as const,
    renderMode: "richText" as const,
    confine: true,
    axisPointer: { type: kind === "line" ? ("line" as const) : ("none" as const), lineStyle: { color: palette.muted } },
    backgroundColor: palette.surface,
    borderColor: palette.line,
    padding: 10,
    textStyle: { color: palette.ink, fontFamily: palette.font, fontSize: 12 },
    formatter: (items: TooltipItem[]) => {
      const index = items[0]?.dataIndex ?? 0;
      const soFar = partial && index === data.categories.length - 1 ? " (so far)" : "";
      const rows = data.series.map((series) => {
        const name = series.name === "" ? "" : `${plain(series.name)}: `;
        return `${name}${formatCell(series.values[index] ?? null, series.unit)}`;
      });
      return [`${plain(data.categories[index] ?? "")}${soFar}`, ...rows].join("\n");
    },
  };
}

/** Rich text gives braces a meaning. */
const plain = (text: string) => text.replaceAll("{", "(").replaceAll("}", ")").replaceAll("|", "/");

/** A line; where the last bucket is not over, its last piece is a line of its own, dashed. */
function lines(spec: ChartSpec, series: ChartSeries, index: number): LineSeriesOption[] {
  const { palette, partial, data } = spec;
  const last = data.categories.length - 1;
  const color = palette.series[index % palette.series.length] ?? palette.ink;
  const few = data.categories.length <= 31;
  const base: LineSeriesOption = {
    type: "line",
    name: series.name,
    data: series.values,
    symbol: SYMBOLS[index % SYMBOLS.length] ?? "circle",
    symbolSize: few ? 7 : 4,
    showSymbol: few,
    lineStyle: { width: 2, color },
    itemStyle: index < SYMBOLS.length ? { color } : { color: palette.surface, borderColor: color, borderWidth: 2 },
    label: {
      show: data.series.length === 1 && data.categories.length <= Math.max(4, Math.floor(spec.width / 70)),
      position: "top",
      color: palette.ink,
      fontFamily: palette.font,
      formatter: (item) => (typeof item.value === "number" ? formatCell(item.value, series.unit) : ""),
    },
  };
  if (!partial || last < 1) return [base];
  const values = series.values;
  const empty = { ...base, label: { ...base.label } };
  const whole: LineSeriesOption = { ...empty, data: values.map((value, at) => (at < last ? value : null)) };
  const rest: LineSeriesOption = {
    ...empty,
    data: values.map((value, at) =>
      at < last - 1 ? null : at < last ? { value: value ?? "-", symbol: "none", label: { show: false } } : value,
    ),
    lineStyle: { width: 2, color, type: "dashed" },
    itemStyle: { color: palette.surface, borderColor: color, borderWidth: 2 },
    symbol: "circle",
  };
  return [whole, rest];
}

function bars(spec: ChartSpec, series: ChartSeries, index: number): BarSeriesOption {
  const { palette, kind, data, partial } = spec;
  const color = palette.series[index % palette.series.length] ?? palette.ink;
  const last = data.categories.length - 1;
  const special = (at: number) => partial && kind === "column" && at === last;
  return {
    type: "bar",
    name: series.name,
    ...(kind === "bar" ? { barWidth: BAR.height, barGap: `${BAR.gap * 10}%` } : { barMaxWidth: 48 }),
    itemStyle: { color, borderRadius: kind === "bar" ? [0, 3, 3, 0] : [3, 3, 0, 0] },
    data: series.values.map((value, at) => ({
      value: value ?? "-",
      ...(special(at)
        ? { itemStyle: { color: palette.muted, opacity: 0.75, decal: { ...DECAL, color: palette.surface } } }
        : {}),
    })),
    label: {
      show: kind === "bar" || data.categories.length <= Math.max(4, Math.floor(spec.width / 70)),
      position: kind === "bar" ? "right" : "top",
      color: palette.ink,
      fontFamily: palette.font,
      formatter: (item) => (typeof item.value === "number" ? formatCell(item.value, series.unit) : ""),
    },
  };
}
