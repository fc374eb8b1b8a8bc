import { expect, it } from "vitest";
import type { Cell, Column, Role, Table, Unit } from "@/api/types";
import { barSeries, isLastPartial, MAX_BARS, MAX_LINES, resultKind, shortBucket, timeSeries } from "@/lib/chart";

const column = (name: string, role: Role, unit: Unit = "none"): Column => ({ name, title: name, role, unit });
const table = (columns: Column[], rows: Cell[][]): Table => ({ title: "t", columns, rows, rows_cut: 0 });
const day = column("day", "time");
const path = column("pathname", "label");
const views = column("views", "measure", "events");
const people = column("people", "measure", "persons");

it.each<[string, Column[], Cell[][], string]>([
  ["one number", [views], [[5]], "number"],
  [
    "a series",
    [day, views],
    [
      ["2015-05-17", 1],
      ["2015-05-18", 2],
    ],
    "line",
  ],
  [
    "a breakdown",
    [path, views],
    [
      ["/", 1],
      ["/a", 2],
    ],
    "bar",
  ],
  ["one row of a breakdown", [path, views], [["/", 1]], "number"],
  ["totals of one unit", [views, { ...views, name: "b" }], [[1, 2]], "bar"],
  ["totals of two units", [views, people], [[1, 2]], "table"],
  ["names alone", [path], [["/"]], "table"],
  [
    "two names",
    [path, { ...path, name: "b" }, views],
    [
      ["/", "x", 1],
      ["/", "y", 1],
    ],
    "table",
  ],
  ["no rows", [day, views], [], "empty"],
  [
    "a series by name",
    [day, path, views],
    [
      ["b", "/", 1],
      ["a", "/", 2],
      ["a", "/x", 3],
    ],
    "line",
  ],
  [
    "a time for each name",
    [day, path, views],
    [
      ["a", "/", 1],
      ["b", "/x", 2],
    ],
    "table",
  ],
  [
    "a time that stands twice",
    [day, views],
    [
      ["a", 1],
      ["b", 2],
      ["a", 3],
    ],
    "table",
  ],
  [
    "a time that stands twice under one name",
    [day, path, views],
    [
      ["a", "/", 1],
      ["a", "/x", 2],
      ["a", "/", 3],
    ],
    "table",
  ],
  [
    "a row without a time",
    [day, views],
    [
      ["a", 1],
      [null, 2],
    ],
    "table",
  ],
])("the picture of %s", (_name, columns, rows, kind) => {
  expect(resultKind(table(columns, rows))).toBe(kind);
});

it("a series by name has a line a name, with gaps where a row is missing", () => {
  const rows: Cell[][] = [
    ["a", "/", 1],
    ["a", "/x", 2],
    ["b", "/", 3],
  ];
  const data = timeSeries(table([day, path, views], rows));
  expect(data.categories).toEqual(["a", "b"]);
  expect(data.series.map((series) => [series.name, series.values])).toEqual([
    ["/", [1, 3]],
    ["/x", [2, null]],
  ]);
});

it.each<[string, Cell[], string[]]>([
  ["days", ["2015-05-20", "2015-05-18", "2015-05-19"], ["2015-05-18", "2015-05-19", "2015-05-20"]],
  ["hours", ["18:00", "09:00"], ["09:00", "18:00"]],
  [
    "instants",
    ["2015-05-18T10:00:00.5Z", "2015-05-18T10:00:01Z", "2015-05-18T10:00:00Z"],
    ["2015-05-18T10:00:00Z", "2015-05-18T10:00:00.5Z", "2015-05-18T10:00:01Z"],
  ],
  ["numbers", [10, 9, 100], ["9", "10", "100"]],
])("%s are drawn in the order of time, not of the rows", (_name, times, categories) => {
  const data = timeSeries(
    table(
      [day, views],
      times.map((time, index) => [time, index]),
    ),
  );
  expect(data.categories).toEqual(categories);
  const valueAt = new Map(data.categories.map((category, index) => [category, data.series[0]?.values[index]]));
  expect(times.map((time) => valueAt.get(String(time)))).toEqual(times.map((_, index) => index));
});

it("what is not drawn is counted", () => {
  const many = Array.from({ length: 30 }, (_, index): Cell[] => ["d", `/${index}`, index]);
  expect(timeSeries(table([day, path, views], many)).left).toBe(30 - MAX_LINES);
  const rows = many.map((row) => row.slice(1));
  const data = barSeries(table([path, views], [...rows, ["Other", 99], ["None", 7]]));
  expect(data.left).toBe(30 - MAX_BARS);
  expect(data.collective).toEqual(["Other 99", "None 7"]);
});

it("Other is drawn where there is nothing else", () => {
  expect(
    barSeries(
      table(
        [path, views],
        [
          ["Other", 9],
          ["None", 1],
        ],
      ),
    ).categories,
  ).toEqual(["Other", "None"]);
});

it("only the last bucket of a time series can be partial", () => {
  const warnings = [{ code: "partial_period", message: "" }];
  const result = (columns: Column[]) => ({ handle: "r1", table: table(columns, []), provenance: null, warnings });
  expect(isLastPartial(result([day, views]))).toBe(true);
  expect(isLastPartial(result([views]))).toBe(false);
  expect(isLastPartial({ ...result([day, views]), warnings: [] })).toBe(false);
});

it.each([
  ["2015-05-18", "18 May"],
  ["2015-05-18 02:00", "18 May 02:00"],
  ["02:00", "02:00"],
  ["2015-99-18", "2015-99-18"],
])("axis name of %s", (bucket, name) => {
  expect(shortBucket(bucket)).toBe(name);
});

it("series of the same title are told apart", () => {
  const twice = table([day, views, { ...views, name: "views_2" }], [["2015-05-17", 1, 2]]);
  expect(timeSeries(twice).series.map(({ name }) => name)).toEqual(["views", "views (2)"]);
});
