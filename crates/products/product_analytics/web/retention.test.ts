import { expect, it } from "vitest";
import type { Column, Table, Unit } from "@/api/types";
import { retentionPicture, retentionSummary } from "./retention";

const column = (title: string, unit: Unit = "none"): Column => ({
  name: title.replaceAll(" ", "_"),
  title,
  unit,
  role: unit === "none" && !title.includes(" of ") ? "label" : "measure",
});
const table = (columns: Column[], rows: Table["rows"]): Table => ({ title: "t", columns, rows, rows_cut: 0 });

const SHARES = [column("week 1 percent", "percent"), column("week 2 percent", "percent")];

it("without a breakdown an interval is a bar, and a sum of percents is none", () => {
  const columns = [column("start"), column("persons", "persons"), ...SHARES, column("week 0 sum of tax_percent")];
  const rows = [
    ["all", 10, 50, 25, 9000],
    ["2026-05-31", 4, 75, 25, 4000],
  ];
  expect(retentionPicture(table(columns, rows))).toEqual({
    kind: "bar",
    data: {
      categories: ["week 1", "week 2"],
      series: [{ name: "percent", unit: "percent", values: [50, 25] }],
      left: 0,
    },
  });
});

it("a value of a breakdown is a line of all who began, or of its one interval", () => {
  const columns = [column("plan"), column("start"), column("persons", "persons"), ...SHARES];
  const rows = [
    ["free", "all", 10, 50, 25],
    ["free", "2026-05-31", 4, 75, 25],
    ["free", "2026-06-07", 6, 33, null],
    ["None", "2026-05-31", 2, 0, null],
  ];
  const picture = retentionPicture(table(columns, rows));
  expect(picture?.kind).toBe("line");
  expect(picture?.data.categories).toEqual(["week 1", "week 2"]);
  expect(picture?.data.series.map(({ name, values }) => [name, values])).toEqual([
    ["free", [50, 25]],
    ["None", [0, null]],
  ]);
});

it("one later interval is a bar a value, and none is no picture", () => {
  const one = [column("plan"), column("start"), column("persons", "persons"), column("week 1 percent", "percent")];
  const picture = retentionPicture(
    table(one, [
      ["free", "2026-05-31", 4, 75],
      ["pro", "2026-05-31", 2, 50],
    ]),
  );
  expect([picture?.kind, picture?.data.categories, picture?.data.series[0]?.values]).toEqual([
    "bar",
    ["free", "pro"],
    [75, 50],
  ]);
  expect(retentionPicture(table(one.slice(1, 3), [["2026-05-31", 4]]))).toBeNull();
});

it("the summary says by what people are split, and what is added up", () => {
  const args = {
    dateRange: { date_from: "2026-05-31", date_to: "2026-06-27" },
    breakdownFilter: { breakdowns: [{ property: "plan" }, { property: "$os" }] },
    retentionFilter: {
      period: "Week",
      targetEntity: { id: "signed_up" },
      returningEntity: { id: null },
      aggregationType: "avg",
      aggregationProperty: "amount",
    },
  };
  expect(retentionSummary(args)).toBe(
    "signed_up → any event · by week · avg of amount · by plan and $os · 2026-05-31 to 2026-06-27",
  );
});
