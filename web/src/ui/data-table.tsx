/** A result as a table: scrolls sideways, shows long results in parts, can point at cells. */

import { useEffect, useRef, useState } from "react";
import type { Cell, Column, Table } from "@/api/types";
import { formatCell, formatNumber, unitWord } from "@/lib/format";

export interface CellMark {
  row: number;
  column: string;
}

const PART = 50;

/** What activating a cell does. */
export interface CellAction {
  /** What is behind the number, read after it: `persons of page views, 2015-05-18`. */
  label: string;
  onActivate: () => void;
}

export interface DataTableProps {
  table: Table;
  marks?: CellMark[];
  /** The action of the cell at a row and a column, both from 0; `null` where there is none. */
  cellAction?: ((row: number, column: number) => CellAction | null) | undefined;
}

export function DataTable({ table, marks = [], cellAction }: DataTableProps) {
  const first = marks.length > 0 ? Math.min(...marks.map((mark) => mark.row)) : 0;
  const [from, setFrom] = useState(Math.max(0, Math.min(first - 3, table.rows.length - PART)));
  const [until, setUntil] = useState(Math.min(table.rows.length, from + PART));
  const marked = useRef<HTMLTableCellElement>(null);
  useEffect(() => {
    // Newer browsers give a promise back, which must not be taken for the effect's clean-up.
    void marked.current?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }, []);
  const isMarked = (row: number, column: string) => marks.some((mark) => mark.row === row && mark.column === column);
  const markedRow = (row: number) => marks.some((mark) => mark.row === row);
  const numeric = table.columns.map(
    (column, position) => column.role === "measure" || typeof table.rows[from]?.[position] === "number",
  );
  return (
    <div className="rounded-lg border border-line bg-surface">
      <section
        aria-label={`Table: ${table.title}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        className="scroll-sideways max-h-96 overflow-auto rounded-lg"
      >
        <table className="w-full border-collapse text-sm">
          <caption className="sr-only">{table.title}</caption>
          <thead>
            <tr>
              {table.columns.map((column, position) => (
                <HeadCell key={column.name} column={column} numeric={numeric[position] ?? false} />
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.slice(from, until).map((cells, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row's position is its identity.
              <tr key={from + index} className={markedRow(from + index) ? "bg-accent-soft/50" : undefined}>
                {table.columns.map((column, position) => {
                  const mark = isMarked(from + index, column.name);
                  return (
                    <BodyCell
                      key={column.name}
                      ref={mark ? marked : undefined}
                      column={column}
                      numeric={numeric[position] ?? false}
                      value={cells[position] ?? null}
                      mark={mark}
                      action={cellAction?.(from + index, position) ?? null}
                    />
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Parts table={table} from={from} until={until} onFrom={setFrom} onUntil={setUntil} />
    </div>
  );
}

function HeadCell({ column, numeric }: { column: Column; numeric: boolean }) {
  const unit = unitWord(column.unit);
  return (
    <th
      scope="col"
      className={`sticky top-0 border-b border-line bg-sunken px-3 py-2 font-semibold whitespace-nowrap ${numeric ? "text-right" : "text-left"}`}
    >
      {column.title}
      {unit && unit !== column.title && <span className="font-normal text-muted"> ({unit})</span>}
    </th>
  );
}

interface BodyCellProps {
  column: Column;
  numeric: boolean;
  value: Cell;
  mark: boolean;
  action: CellAction | null;
  ref?: React.Ref<HTMLTableCellElement> | undefined;
}

function BodyCell({ column, numeric, value, mark, action, ref }: BodyCellProps) {
  const align = numeric ? "text-right tabular-nums" : "";
  const tone = mark
    ? "bg-accent-soft font-semibold outline-2 -outline-offset-2 outline-accent"
    : value === null
      ? "text-muted"
      : "";
  const text = (
    <bdi className="inline-block w-max max-w-52 sm:max-w-80 [overflow-wrap:anywhere]">
      {formatCell(value, column.unit)}
    </bdi>
  );
  return (
    <td ref={ref} className={`border-b border-line/70 px-3 py-1.5 align-top ${align} ${tone}`}>
      {action ? (
        <button
          type="button"
          // It reaches to the cell's edges, so that there is enough to hit; what only is read aloud scrolls with it.
          className="relative -mx-3 -my-1.5 rounded px-3 py-1.5 -outline-offset-2 underline-offset-3 hover:*:underline focus-visible:*:underline"
          onClick={action.onActivate}
        >
          {text}
          <span className="sr-only"> {action.label}</span>
        </button>
      ) : (
        text
      )}
      {mark && <span className="sr-only"> (the cell of this figure)</span>}
    </td>
  );
}

interface PartsProps {
  table: Table;
  from: number;
  until: number;
  onFrom: (from: number) => void;
  onUntil: (until: number) => void;
}

function Parts({ table, from, until, onFrom, onUntil }: PartsProps) {
  const cut = table.rows_cut ?? 0;
  if (from === 0 && until === table.rows.length && cut === 0) return null;
  const link = "font-medium text-accent underline underline-offset-2";
  return (
    <p className="flex flex-wrap gap-x-3 px-3 py-2 text-xs text-muted">
      <span>
        Rows {formatNumber(from + 1)} to {formatNumber(until)} of {formatNumber(table.rows.length + cut)}.
        {cut > 0 && ` ${formatNumber(cut)} rows are not in this result.`}
      </span>
      {from > 0 && (
        <button type="button" className={link} onClick={() => onFrom(Math.max(0, from - PART))}>
          Earlier rows
        </button>
      )}
      {until < table.rows.length && (
        <button type="button" className={link} onClick={() => onUntil(Math.min(table.rows.length, until + PART))}>
          More rows
        </button>
      )}
    </p>
  );
}
