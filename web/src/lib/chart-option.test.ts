import { expect, it } from "vitest";
import type { ChartData } from "@/lib/chart";
import { chartHeight, chartOption } from "@/lib/chart-option";

const palette = { ink: "", muted: "", line: "", surface: "", series: ["green"], font: "" };

const data = (...names: string[]): ChartData => ({
  categories: ["a", "b"],
  series: names.map((name) => ({ name, unit: "events", values: [1, 219] })),
  left: 0,
});

const option = (kind: "line" | "bar", width: number, ...names: string[]) =>
  chartOption({ kind, data: data(...names), partial: false, width, still: true, palette });

it("the names of several series take a line each where they need one, and the picture keeps its height", () => {
  const names = ["/articles/dynamic-dns-with-dhcp/", "/blog/geekery/ssl-latency.html", "/projects/xdotool/"];
  const height = (width: number, ...series: string[]) => chartHeight({ kind: "line", data: data(...series), width });
  expect(height(300, "one")).toBe(260);
  expect(height(1000, ...names)).toBe(277);
  expect(height(300, ...names)).toBe(311);
  const free = [300, 1000].map((width) => height(width, ...names) - option("line", width, ...names).grid.top);
  expect(new Set(free).size).toBe(1);
});

it("a name longer than the chart is wide is cut in the legend", () => {
  const name = "x".repeat(200);
  const shown = option("line", 316, name, "y").legend?.formatter(name) ?? "";
  expect(shown).toBe(`${"x".repeat(39)}…`);
});

it("bars fill the width up to their longest number", () => {
  const { xAxis, grid } = option("bar", 400, "views");
  const max = "max" in xAxis && typeof xAxis.max === "function" ? xAxis.max : undefined;
  expect([max?.({ max: 219 }), max?.({ max: 0 })]).toEqual([219, 1]);
  expect(grid.right).toBe(12 + 3 * 7.5);
});

it("the axis of shares ends at everything and says what it counts, and that of changes goes below zero", () => {
  const axis = (unit: "percent" | "events", values: number[]) => {
    const of = { categories: ["a", "b"], series: [{ name: "", unit, values }], left: 0 };
    const { yAxis } = chartOption({ kind: "line", data: of, partial: false, width: 600, still: true, palette });
    const { min, max, axisLabel } = yAxis as {
      min?: number;
      max?: number;
      axisLabel: { formatter: (n: number) => string };
    };
    return [min, max, axisLabel.formatter(40)];
  };
  expect(axis("percent", [25, 100])).toEqual([0, 100, "40%"]);
  expect(axis("percent", [25, 50])).toEqual([0, undefined, "40%"]);
  expect(axis("events", [25, 100])).toEqual([0, undefined, "40"]);
  expect(axis("events", [-25, 100])).toEqual([undefined, undefined, "40"]);
});
