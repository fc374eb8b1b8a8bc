/** One number, large. */

import type { Table } from "@/api/types";
import { formatCell, unitWord } from "@/lib/format";

export function ResultNumber({ table }: { table: Table }) {
  const position = table.columns.findIndex((column) => column.role === "measure");
  const column = table.columns[position];
  const cells = table.rows[0];
  if (!column || !cells) return null;
  const names = cells.filter((_, index) => table.columns[index]?.role !== "measure").map((cell) => formatCell(cell));
  return (
    <p className="flex flex-wrap items-baseline gap-x-2">
      <span className="text-4xl font-semibold tracking-tight tabular-nums">
        {formatCell(cells[position] ?? null, column.unit)}
      </span>
      <span className="text-muted">{[column.title || unitWord(column.unit), ...names].join(", ")}</span>
    </p>
  );
}
