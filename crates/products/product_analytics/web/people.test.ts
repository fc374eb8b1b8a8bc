import { expect, it } from "vitest";
import type { Column, Role, Unit } from "@/api/types";
import { edgeBars } from "./people";

const column = (name: string, role: Role, unit: Unit = "none"): Column => ({ name, title: name, role, unit });

it("a bar of paths says from where to where, and shows sessions alone", () => {
  const columns = [
    column("step", "label"),
    column("source", "label"),
    column("target", "label"),
    column("sessions", "measure", "sessions"),
    column("average_seconds", "measure"),
  ];
  const rows = [
    ["1", "/", "/pricing", 9, 12.5],
    ["2", "/pricing", "/signup", 4, 3],
  ];
  expect(edgeBars({ title: "t", columns, rows, rows_cut: 0 })).toMatchObject({
    categories: ["1. / → /pricing", "2. /pricing → /signup"],
    series: [{ name: "sessions", values: [9, 4] }],
  });
});
