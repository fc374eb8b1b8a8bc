/** The table of a list; what is left out where the window is narrow says so by its column. */

import type { ReactNode } from "react";

export interface ListColumn {
  title: string;
  /** Left out where the window is narrow. */
  wide?: boolean;
  /** Numbers stand to the right. */
  numeric?: boolean;
}

export const CELL = "border-b border-line/70 px-2 py-2 align-top sm:px-3 [overflow-wrap:anywhere]";

export const wideCell = (column: ListColumn | undefined) =>
  `${column?.wide ? "hidden sm:table-cell" : ""} ${column?.numeric ? "text-right tabular-nums" : ""}`;

export function ListTable({
  caption,
  columns,
  children,
}: {
  caption: string;
  columns: ListColumn[];
  children: ReactNode;
}) {
  return (
    <div className="overflow-hidden rounded-xl border border-line bg-surface">
      <table className="w-full border-collapse text-sm [&>tbody>tr:last-child>*]:border-b-0">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.title}
                scope="col"
                className={`border-b border-line px-2 py-2 text-left sm:px-3 text-xs font-medium text-muted ${wideCell(column)}`}
              >
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
