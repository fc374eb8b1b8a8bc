/** A product's quality as charts and tables. */

import type { Cell, Column, EvalRecord, ProductQuality, Table, Unit } from "@/api/types";
import type { ChartData } from "@/lib/chart";

type Totals = ProductQuality["totals"];

/** Whether there is nothing to show but that. */
export function isUnused({ totals, feedback, runs }: ProductQuality): boolean {
  return totals.calls === 0 && runs.runs === 0 && feedback.good + feedback.bad === 0;
}

/** What became of calls, in words. */
export function callsTotal(totals: Totals): string {
  const parts: [number, string][] = [
    [totals.ok, "ok"],
    [totals.asked, "asked"],
    [totals.rejected, "rejected"],
    [totals.error, "failed"],
    [totals.denied, "denied"],
    [totals.unknown, "unknown"],
  ];
  return parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(", ");
}

export function callsByDay({ by_day: days }: ProductQuality): ChartData {
  return {
    categories: days.map((day) => day.day),
    series: [
      { name: "calls", unit: "none", values: days.map((day) => day.calls) },
      { name: "did not work", unit: "none", values: days.map((day) => day.failed) },
    ],
    left: 0,
  };
}

export function callsTable({ by_day: days }: ProductQuality): Table {
  return table(
    "Calls by day",
    ["day", "calls", "did not work"],
    [...days.map((day): Cell[] => [day.partial ? `${day.day} (so far)` : day.day, day.calls, day.failed])],
  );
}

export function toolsTable({ tools }: ProductQuality): Table {
  const titles = [
    "tool",
    "calls",
    "ok",
    "asked",
    "did not work",
    "in runs",
    "HTTP",
    "CLI",
    "p50 ms",
    "p95 ms",
    "tokens",
  ];
  return table(
    "Calls by tool",
    titles,
    tools.map(({ tool, totals, surfaces, p50_ms, p95_ms }): Cell[] => [
      tool,
      totals.calls,
      totals.ok,
      totals.asked + totals.rejected,
      totals.error + totals.denied + totals.unknown,
      surfaces.agent,
      surfaces.http,
      surfaces.cli,
      p50_ms ?? null,
      p95_ms ?? null,
      totals.argument_tokens + totals.result_tokens,
    ]),
  );
}

/** The share that came out as expected, a line a suite, and what is wanted of them. */
export function evalsLine(evals: EvalRecord[]): ChartData {
  const suites = [...new Set(evals.map((each) => each.suite))];
  const wanted = evals.map((each) => (each.threshold > 0 ? percent(each.threshold) : null));
  return {
    categories: evals.map((each) => when(each.at)),
    series: [
      ...suites.map((suite) => ({
        name: suite,
        unit: "percent" as Unit,
        values: evals.map((each) => (each.suite === suite ? percent(each.share) : null)),
      })),
      { name: "wanted", unit: "percent" as Unit, values: wanted },
    ],
    left: 0,
  };
}

export function evalsTable(evals: EvalRecord[]): Table {
  const titles = [
    "time",
    "suite",
    "model",
    "version",
    "asked by",
    "right",
    "refused",
    "missed",
    "wrong",
    "of",
    "wanted",
  ];
  return table(
    "What its questions came to",
    titles,
    [...evals]
      .reverse()
      .map((each): Cell[] => [
        when(each.at),
        each.suite,
        each.model,
        each.version,
        each.by,
        each.right,
        each.refused,
        each.missed,
        each.wrong,
        each.total,
        each.threshold > 0 ? `${percent(each.threshold)}%` : "nothing",
      ]),
  );
}

function when(instant: string): string {
  return instant.slice(0, 16).replace("T", " ");
}

function percent(share: number): number {
  return Math.round(share * 1000) / 10;
}

function table(title: string, titles: string[], rows: Cell[][]): Table {
  const columns = titles.map((name, index): Column => {
    const numeric = rows.length > 0 && rows.every((row) => typeof row[index] === "number" || row[index] === null);
    return { name: name.replaceAll(" ", "_"), title: name, role: numeric ? "measure" : "label", unit: "none" };
  });
  return { title, columns, rows, rows_cut: 0 };
}
