import { describe, expect, it } from "vitest";
import type { Cell, Column, Json, Unit } from "@/api/types";
import { actorsOf, cellName } from "./actors";
import { resultOf } from "./actors-samples";

const time = (name: string): Column => ({ name, title: name, role: "time", unit: "none" });
const label = (name: string): Column => ({ name, title: name, role: "label", unit: "none" });
const measure = (name: string, unit: Unit = "persons"): Column => ({ name, title: name, role: "measure", unit });

/** The cells of a table as an actors query names them. */
function cells(query: Record<string, Json>, columns: Column[], rows: Cell[][]) {
  const find = actorsOf(resultOf(query, columns, rows));
  return rows.map((row, at) => row.map((_, column) => find(at, column)?.cell ?? null));
}

const OTHER = "$$_posthog_breakdown_other_$$";
const NONE = "$$_posthog_breakdown_null_$$";

describe("trends", () => {
  const trends = (more: Record<string, Json> = {}) => ({
    kind: "TrendsQuery",
    series: [{ event: "$pageview" }, { math: "dau" }],
    interval: "day",
    ...more,
  });

  it("a number is that of a series and a day; nobody is behind 0 and what is unknown", () => {
    const columns = [time("day"), measure("page_views", "events"), measure("unique_visitors")];
    const rows = [
      ["2015-05-17", 3, 2],
      ["2015-05-18", 0, null],
    ];
    expect(cells(trends(), columns, rows)).toEqual([
      [null, { series: 0, day: "2015-05-17" }, { series: 1, day: "2015-05-17" }],
      [null, null, null],
    ]);
  });

  it("a statistic has no persons of its own", () => {
    const columns = [time("day"), measure("average_of_amount", "none"), measure("unique_visitors")];
    expect(cells(trends(), columns, [["2015-05-17", 3.5, 2]])).toEqual([
      [null, null, { series: 1, day: "2015-05-17" }],
    ]);
  });

  it("hours have their seconds again, and those of one day their day", () => {
    const columns = [time("hour"), measure("page_views", "events")];
    const hours = trends({ interval: "hour" });
    expect(cells(hours, columns, [["09:00", 3]])[0]?.[1]).toEqual({ series: 0, day: "2015-05-17 09:00:00" });
    expect(cells(hours, columns, [["2015-05-18 09:00", 3]])[0]?.[1]).toEqual({
      series: 0,
      day: "2015-05-18 09:00:00",
    });
  });

  it("an hour that clocks show twice can't be told from the other", () => {
    const columns = [time("hour"), measure("page_views", "events")];
    const rows = ["00", "01", "01"].map((hour) => [`2024-11-03 ${hour}:00`, 3]);
    const found = cells(trends({ interval: "hour" }), columns, rows).map((row) => row[1] !== null);
    expect(found).toEqual([true, false, false]);
  });

  it("a total has no day; the rest and what is missing are called as the server calls them", () => {
    const query = trends({
      breakdownFilter: { breakdown: "$browser" },
      trendsFilter: { display: "ActionsBarValue" },
    });
    const rows = [
      ["Chrome", 3],
      ["true", 3],
      ["Other", 2],
      ["None", 1],
    ];
    expect(cells(query, [label("browser"), measure("page_views", "events")], rows)).toEqual(
      ["Chrome", true, OTHER, NONE].map((breakdown) => [null, { series: 0, breakdown }]),
    );
  });

  it("a value that is called as the rest is can't be told from it", () => {
    const query = trends({ breakdownFilter: { breakdown: "$browser" } });
    const columns = [time("day"), label("browser"), measure("page_views", "events")];
    const rows = [
      ["2015-05-17", "Other", 3],
      ["2015-05-17", "Other", 2],
      ["2015-05-18", "Other", 1],
    ];
    expect(cells(query, columns, rows).map((row) => row[2])).toEqual([
      null,
      null,
      { series: 0, day: "2015-05-18", breakdown: OTHER },
    ]);
  });

  it("values of several properties are a list", () => {
    const query = trends({
      breakdownFilter: { breakdowns: [{ property: "plan" }, { property: "seats" }] },
      trendsFilter: { display: "ActionsTable" },
    });
    const columns = [label("plan, seats"), measure("page_views", "events")];
    expect(cells(query, columns, [[`["pro","${NONE}"]`, 3]])[0]?.[1]).toEqual({
      series: 0,
      breakdown: ["pro", NONE],
    });
  });

  it("of two ranges the previous one has no days in the table, and a change counts nobody", () => {
    const compared = ["page_views", "previous_page_views", "change", "change_percent"];
    const columns = compared.map((name) => measure(name, name.endsWith("percent") ? "percent" : "events"));
    const query = trends({ compareFilter: { compare: true } });
    const current = { series: 0, day: "2015-05-17", compare: "current" };
    expect(cells(query, [time("day"), ...columns], [["2015-05-17", 3, 2, 1, 50]])).toEqual([
      [null, current, null, null, null],
    ]);
    const total = trends({ compareFilter: { compare: true }, trendsFilter: { display: "BoldNumber" } });
    expect(cells(total, [...columns, ...columns], [[3, 2, 1, 50, 3, 2, 1, 50]])[0]).toEqual(
      [0, 1].flatMap((series) => [{ series, compare: "current" }, { series, compare: "previous" }, null, null]),
    );
  });

  it.each([{ formula: "A / B" }, { formulaNodes: [{ formula: "A" }] }, { smoothingIntervals: 7 }])(
    "what is calculated counts nobody: %j",
    (trendsFilter) => {
      const columns = [time("day"), measure("page_views", "events")];
      expect(cells(trends({ trendsFilter }), columns, [["2015-05-17", 3]])[0]).toEqual([null, null]);
    },
  );
});

describe("funnels", () => {
  const series = [{ event: "signed_up" }, { event: "note_created" }];
  const numbers = [measure("persons"), measure("conversion_rate", "percent"), measure("average_seconds", "none")];

  it("a row is a step", () => {
    const rows = [
      ["signed_up", 5, 100, null],
      ["note_created", 2, 40, 60],
    ];
    expect(cells({ kind: "FunnelsQuery", series }, [label("step"), ...numbers], rows)).toEqual([
      [null, { funnelStep: 1 }, null, null],
      [null, { funnelStep: 2 }, null, null],
    ]);
  });

  it("or a step of a value", () => {
    const query = { kind: "FunnelsQuery", series, breakdownFilter: { breakdown: "plan" } };
    const rows = ["pro", "None"].flatMap((value) => [
      [value, "signed_up", 5, 100, null],
      [value, "note_created", 2, 40, 60],
    ]);
    expect(cells(query, [label("plan"), label("step"), ...numbers], rows).map((row) => row[2])).toEqual([
      { funnelStep: 1, breakdown: "pro" },
      { funnelStep: 2, breakdown: "pro" },
      { funnelStep: 1, breakdown: NONE },
      { funnelStep: 2, breakdown: NONE },
    ]);
  });

  it("other views have no steps", () => {
    expect(cells({ kind: "FunnelsQuery", series }, [label("seconds"), ...numbers], [["all", 5, 1, 1]])[0]?.[1]).toBe(
      null,
    );
  });
});

describe("retention", () => {
  const columns = [label("start"), measure("persons"), measure("day_1"), measure("day_1_percent", "percent")];

  it("all together are no row of the server's", () => {
    const rows = [
      ["all", 5, 2, 40],
      ["2015-05-17", 3, 2, 66],
      ["2015-05-18", 2, null, null],
    ];
    expect(cells({ kind: "RetentionQuery" }, columns, rows)).toEqual([
      [null, null, null, null],
      [null, { row: 0, column: 0 }, { row: 0, column: 1 }, null],
      [null, { row: 1, column: 0 }, null, null],
    ]);
  });

  it("a breakdown has the rows of each value", () => {
    const rows = [
      ["pro", "all", 5, 2, 40],
      ["pro", "2015-05-17", 3, 2, 66],
      ["pro", "2015-05-18", 2, 1, 50],
      ["None", "all", 1, 1, 100],
      ["None", "2015-05-17", 1, 1, 100],
    ];
    const query = { kind: "RetentionQuery", breakdownFilter: { breakdown: "plan" } };
    expect(cells(query, [label("plan"), ...columns], rows).map((row) => row[3])).toEqual([
      null,
      { row: 0, column: 1, breakdown: "pro" },
      { row: 1, column: 1, breakdown: "pro" },
      null,
      { row: 0, column: 1, breakdown: NONE },
    ]);
  });

  it("a single row stands alone", () => {
    expect(cells({ kind: "RetentionQuery" }, columns, [["2015-05-17", 3, 2, 66]])[0]?.[2]).toEqual({
      row: 0,
      column: 1,
    });
  });
});

it("lifecycle: a day, with its time for hours, and a status", () => {
  const columns = [time("hour"), measure("new"), measure("dormant")];
  expect(cells({ kind: "LifecycleQuery", interval: "hour" }, columns, [["2015-05-17 09:00:00", 3, 2]])[0]).toEqual([
    null,
    { day: "2015-05-17 09:00:00", status: "new" },
    { day: "2015-05-17 09:00:00", status: "dormant" },
  ]);
});

it("stickiness: a series and a number of intervals, of a query for exactly or for at least so many", () => {
  const columns = [label("days"), measure("persons_1"), measure("at_least_1"), measure("persons_2")];
  const query = { kind: "StickinessQuery", stickinessFilter: { stickinessCriteria: { operator: "gte", value: 2 } } };
  const find = actorsOf(
    resultOf(query, columns, [
      ["1 day", 5, 9, 4],
      ["2 days", 4, 4, 1],
    ]),
  );
  const of = (computedAs: string) => ({ ...query, stickinessFilter: { ...query.stickinessFilter, computedAs } });
  expect([1, 2, 3].map((column) => find(1, column))).toEqual([
    { source: of("non_cumulative"), cell: { series: 0, intervals: 2 } },
    { source: of("cumulative"), cell: { series: 0, intervals: 2 } },
    { source: of("non_cumulative"), cell: { series: 1, intervals: 2 } },
  ]);
});

it("paths: the edge between two steps, whatever is in the items' names", () => {
  const columns = [
    ...["step", "source", "target"].map(label),
    measure("sessions", "sessions"),
    measure("average_seconds", "none"),
  ];
  const rows = [["1", "/", "/a_b", 4, 60.5]];
  expect(cells({ kind: "PathsQuery" }, columns, rows)[0]).toEqual([
    ...[null, null, null],
    { source: "1_/", target: "2_/a_b" },
    null,
  ]);
  expect(cellName(resultOf({}, columns, rows).table, 0, 3)).toBe("sessions, step 1, source /, target /a_b");
});

it("a result that no query is behind has no persons", () => {
  const result = resultOf({ kind: "SqlQuery" }, [measure("persons")], [[3]]);
  expect(actorsOf(result)(0, 0)).toBeNull();
  expect(actorsOf({ ...result, provenance: null })(0, 0)).toBeNull();
});
