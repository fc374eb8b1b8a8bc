import { describe, expect, it } from "vitest";
import type { Table } from "@/api/types";
import { funnelSummary, histogramSeries } from "./funnel";

describe("histogramSeries", () => {
  it("draws each bin and not the row of all", () => {
    const table: Table = {
      title: "persons by seconds from view to pay",
      columns: [
        { name: "seconds", title: "seconds", role: "label", unit: "none" },
        { name: "persons", title: "persons", role: "measure", unit: "persons" },
        { name: "average_seconds", title: "average seconds", role: "measure", unit: "none" },
      ],
      rows: [
        ["all", 4, 50.5],
        ["0 to 60", 3, null],
        ["60 to 120", 1, null],
      ],
      rows_cut: 0,
    };
    expect(histogramSeries(table)).toEqual({
      categories: ["0 to 60", "60 to 120"],
      series: [{ name: "persons", unit: "persons", values: [3, 1] }],
      left: 0,
    });
  });
});

describe("funnelSummary", () => {
  const series = [{ event: "view" }, { event: "pay" }];

  it("says the steps and the window", () => {
    expect(funnelSummary({ series })).toBe("view → pay · within 14 days");
  });

  it("says the order, the exclusions and the view", () => {
    const funnelsFilter = {
      funnelOrderType: "unordered",
      funnelVizType: "trends",
      exclusions: [{ event: "refund", funnelFromStep: 0, funnelToStep: 1 }],
    };
    expect(funnelSummary({ series, funnelsFilter })).toBe(
      "view + pay · within 14 days · in any order · 1 exclusion · over time",
    );
  });
});
