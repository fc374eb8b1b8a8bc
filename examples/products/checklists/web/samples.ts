/** Made-up results for the gallery. */

import type { Cell, Column, ResultSnapshot, Warning } from "@/api/types";
import type { ResultSample } from "@/app/product";

const column = (name: string, title: string, role: Column["role"], unit: Column["unit"]): Column => ({
  name,
  title,
  role,
  unit,
});

const COLUMNS = [
  column("week", "week", "time", "none"),
  column("active_people", "active people", "measure", "persons"),
  column("users", "users", "measure", "persons"),
  column("share", "share of active people", "measure", "percent"),
  column("first_time_users", "first-time users", "measure", "persons"),
  column("reach", "reach since launch", "measure", "percent"),
];

function reach(rows: Cell[][], warnings: Warning[] = []): ResultSnapshot {
  const table = { title: "Reach of Templates (template_used)", columns: COLUMNS, rows, rows_cut: 0 };
  return { handle: "r1", table, provenance: null, warnings };
}

const FIRST: Cell[] = ["2026-05-18", 1338, 149, 11.14, 149, 11.14];
const WEEKS: Cell[][] = [
  FIRST,
  ["2026-05-25", 1417, 166, 11.71, 136, 11.97],
  ["2026-06-01", 1538, 296, 19.25, 190, 16.2],
];

export default [
  { tool: "measure_reach", name: "over several weeks", result: reach(WEEKS) },
  {
    tool: "measure_reach",
    name: "whose last week is not over",
    result: reach(
      [...WEEKS, ["2026-06-08", 213, 28, 13.15, 9, 16.4]],
      [{ code: "partial_period", message: "the last week is not over: its numbers still grow" }],
    ),
  },
  { tool: "measure_reach", name: "of one week", result: reach([FIRST]) },
] satisfies ResultSample[];
