import { expect, it } from "vitest";
import type { EvalRecord, ProductQuality } from "@/api/types";
import { callsByDay, callsTable, callsTotal, evalsLine, evalsTable, isUnused, toolsTable } from "@/lib/quality";
import catalog from "../../mock/catalog.json";

const quality = catalog.quality.product_analytics as ProductQuality;

it("the table and the chart have the same numbers, and their sum is the total", () => {
  const chart = callsByDay(quality);
  const rows = callsTable(quality).rows;
  expect(rows.map((row) => row[1])).toEqual(chart.series[0]?.values);
  expect(rows.map((row) => row[2])).toEqual(chart.series[1]?.values);
  expect(rows.reduce((sum, row) => sum + Number(row[1]), 0)).toBe(quality.totals.calls);
  expect(rows.at(-1)?.[0]).toContain("(so far)");
  const tools = toolsTable(quality);
  expect(tools.rows.reduce((sum, row) => sum + Number(row[1]), 0)).toBe(quality.totals.calls);
});

it("what became of calls is said in words, without what did not happen", () => {
  expect(callsTotal(quality.totals)).toBe("37 ok, 1 asked, 3 failed, 1 denied");
  expect(callsTotal({ ...quality.totals, ok: 0, asked: 0, error: 0, denied: 0 })).toBe("");
});

it("each suite has a line of its own, beside what is wanted", () => {
  const first = quality.evals[0] as EvalRecord;
  const evals = [first, { ...first, suite: "other", share: 0.5, threshold: 0 }];
  const { series } = evalsLine(evals);
  expect(series.map((each) => [each.name, each.values])).toEqual([
    [first.suite, [first.share * 100, null]],
    ["other", [null, 50]],
    ["wanted", [first.threshold * 100, null]],
  ]);
  expect(evalsTable(evals).rows[0]?.at(-1)).toBe("nothing");
});

it("a product is unused where nobody called it or said anything of it", () => {
  expect(isUnused(quality)).toBe(false);
  expect(isUnused(catalog.quality.feature_flags as ProductQuality)).toBe(true);
});
