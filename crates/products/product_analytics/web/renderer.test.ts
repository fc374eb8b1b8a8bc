import { expect, it } from "vitest";
import type { Column, Role, Unit } from "@/api/types";
import { withoutChanges } from "./renderer";

const column = (title: string, role: Role, unit: Unit): Column => ({ name: title, title, role, unit });

const COMPARED = [
  column("week", "time", "none"),
  column("views", "measure", "events"),
  column("previous views", "measure", "events"),
  column("change", "measure", "events"),
  column("change percent", "measure", "percent"),
];

it("of two ranges the numbers are drawn, and not how they differ", () => {
  const table = { title: "t", columns: COMPARED, rows: [["2026-06-07", 4, 2, 2, 100]], rows_cut: 0 };
  const drawn = withoutChanges(table);
  expect(drawn.columns.map(({ title }) => title)).toEqual(["week", "views", "previous views"]);
  expect(drawn.rows).toEqual([["2026-06-07", 4, 2]]);
  const whole = { ...table, columns: COMPARED.slice(0, 3), rows: drawn.rows };
  expect(withoutChanges(whole)).toBe(whole);
});
