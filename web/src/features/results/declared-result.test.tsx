import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { ResultSnapshot } from "@/api/types";
import { ResultView } from "@/features/results/result-view";

afterEach(cleanup);

const RESULT: ResultSnapshot = {
  handle: "r1",
  table: {
    title: "Issues",
    columns: [
      { name: "title", title: "title", role: "label", unit: "none" },
      { name: "votes", title: "votes", role: "measure", unit: "none" },
    ],
    rows: [
      ["Export to PDF", 31],
      ["Dark mode", 12],
    ],
    rows_cut: 0,
  },
  provenance: null,
  warnings: [],
};

function shown(view: ResultSnapshot["view"], rows = RESULT.table.rows): HTMLElement {
  const result = { ...RESULT, table: { ...RESULT.table, rows }, view: view ?? null };
  return render(<ResultView call={{ tool: "search_issues", result }} />).container;
}

it("a result is shown the way its tool declares", () => {
  const number = shown("number").textContent ?? "";
  expect(number).toContain("31votes, Export to PDF");
  expect(number).toContain("1 more row is in the table.");
  cleanup();
  const fields = shown("fields", [["Export to PDF", 31]]);
  expect([...fields.querySelectorAll("dt")].map((term) => term.textContent)).toEqual(["title", "votes"]);
  expect(fields.textContent).not.toContain("more row");
  cleanup();
  expect(shown("text").textContent).toContain("Export to PDF, 31Dark mode, 12");
});

it("a table is open where nothing else is declared, and where what is declared does not fit", () => {
  for (const view of [null, "table"] as const) {
    expect(shown(view).querySelectorAll("tbody tr")).toHaveLength(2);
    cleanup();
  }
  expect(shown("chart", [[null, null]]).textContent).not.toContain("undefined");
  cleanup();
  expect(shown("number", []).textContent).toContain("The result has no rows.");
});

it("a chart is drawn of one label and its measures", () => {
  const chart = shown("chart");
  expect(chart.querySelector("tbody")).toBeNull();
});
