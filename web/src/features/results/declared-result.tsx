/** A result shown the way its tool declares, where no product has a part of the page for it. */

import { useMemo } from "react";
import type { ResultSnapshot, Table } from "@/api/types";
import { barSeries, resultKind, timeSeries } from "@/lib/chart";
import { formatCell } from "@/lib/format";
import { Chart } from "@/ui/chart";
import { Facts } from "@/ui/facts";
import { ResultFrame } from "@/ui/result-frame";
import { ResultNumber } from "@/ui/result-number";

/** Rows that are written out; the table has the others. */
const MOST_ROWS = 20;

export function DeclaredResult({ result }: { result: ResultSnapshot }) {
  const { table, view } = result;
  if (table.rows.length === 0) return <ResultFrame result={result} note="The result has no rows." />;
  switch (view) {
    case "number":
      return table.columns.some((column) => column.role === "measure") ? (
        <ResultFrame result={result} note={rowsNote(table, 1)}>
          <ResultNumber table={table} />
        </ResultFrame>
      ) : (
        <ResultFrame result={result} note="Nothing in it is a number." />
      );
    case "chart":
      return <DrawnResult result={result} />;
    case "fields":
      return (
        <ResultFrame result={result} note={rowsNote(table, 1)}>
          <Facts facts={table.columns.map(({ title, name }, at) => [title || name, cell(table, 0, at)])} />
        </ResultFrame>
      );
    case "text":
      return (
        <ResultFrame result={result} note={rowsNote(table, MOST_ROWS)}>
          {table.rows.slice(0, MOST_ROWS).map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name of their own and keep their order.
            <p key={at} className="text-sm [overflow-wrap:anywhere]">
              {row.map((_, column) => cell(table, at, column)).join(", ")}
            </p>
          ))}
        </ResultFrame>
      );
    default:
      return <ResultFrame result={result} />;
  }
}

function DrawnResult({ result }: { result: ResultSnapshot }) {
  const { table } = result;
  const kind = resultKind(table);
  const data = useMemo(() => (kind === "line" ? timeSeries(table) : barSeries(table)), [kind, table]);
  if (kind === "number") {
    return (
      <ResultFrame result={result}>
        <ResultNumber table={table} />
      </ResultFrame>
    );
  }
  if (kind !== "line" && kind !== "bar") return <ResultFrame result={result} note="Its columns make no chart." />;
  const left = data.left > 0 ? `${data.left} more are in the table.` : null;
  return (
    <ResultFrame result={result} note={left}>
      <Chart kind={kind} data={data} label={table.title} />
    </ResultFrame>
  );
}

function cell(table: Table, row: number, column: number): string {
  return formatCell(table.rows[row]?.[column] ?? null, table.columns[column]?.unit);
}

function rowsNote(table: Table, shown: number): string | null {
  const more = table.rows.length - shown;
  return more > 0 ? `${more} more ${more === 1 ? "row is" : "rows are"} in the table.` : null;
}
