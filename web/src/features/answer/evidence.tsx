/** The proof of a figure: what was evaluated, which cells it took, and the query behind them. */

import type { CellRef, Figure, ResultSnapshot } from "@/api/types";
import { formatCell, unitWord } from "@/lib/format";
import { DataTable } from "@/ui/data-table";
import { Facts } from "@/ui/facts";
import { ProvenanceView } from "@/ui/provenance";

export interface EvidenceProps {
  figure: Figure;
  results: ResultSnapshot[];
}

export function Evidence({ figure, results }: EvidenceProps) {
  const handles = [...new Set(figure.cells.map((cell) => cell.handle))];
  return (
    <div className="space-y-5">
      <div className="space-y-3">
        <Facts
          facts={[
            ["Value", valueText(figure)],
            [
              "Expression",
              <code key="expression" className="font-mono text-[0.92em]">
                {figure.expression}
              </code>,
            ],
          ]}
        />
        <Cells cells={figure.cells} results={results} />
      </div>
      {handles.map((handle) => {
        const result = results.find((each) => each.handle === handle);
        const cells = figure.cells.filter((cell) => cell.handle === handle);
        return result ? <Source key={handle} result={result} cells={cells} /> : null;
      })}
    </div>
  );
}

function valueText(figure: Figure): string {
  return [formatCell(figure.value, figure.unit), unitWord(figure.unit)].filter(Boolean).join(" ");
}

const MOST_CELLS = 12;

function Cells({ cells, results }: { cells: CellRef[]; results: ResultSnapshot[] }) {
  if (cells.length === 0)
    return <p className="text-sm text-muted">It is a number of rows and rests on no single cell.</p>;
  return (
    <div>
      <h3 className="mb-1 text-sm font-semibold">{cells.length === 1 ? "The cell" : `The ${cells.length} cells`}</h3>
      <ul className="space-y-1 text-sm">
        {cells.slice(0, MOST_CELLS).map((cell) => {
          const column = columnOf(cell, results);
          return (
            <li key={`${cell.handle}.${cell.row}.${cell.column}`} className="flex flex-wrap items-baseline gap-x-2">
              <code className="font-mono text-xs text-muted">{`${cell.handle}[${cell.row}].${cell.column}`}</code>
              <span className="[overflow-wrap:anywhere]">
                {cell.label && <bdi>{cell.label}, </bdi>}
                <bdi>{column?.title ?? cell.column}</bdi>
              </span>
              <strong className="font-semibold tabular-nums">{formatCell(cell.value, column?.unit)}</strong>
            </li>
          );
        })}
      </ul>
      {cells.length > MOST_CELLS && (
        <p className="mt-1 text-xs text-muted">and {cells.length - MOST_CELLS} more, marked in the table below</p>
      )}
    </div>
  );
}

function columnOf(cell: CellRef, results: ResultSnapshot[]) {
  const table = results.find((result) => result.handle === cell.handle)?.table;
  return table?.columns.find((column) => column.name === cell.column);
}

function Source({ result, cells }: { result: ResultSnapshot; cells: CellRef[] }) {
  return (
    <section className="space-y-3">
      <h3 className="text-sm font-semibold [overflow-wrap:anywhere]">
        {result.table.title}
        <span className="ml-2 font-mono text-xs font-normal text-muted">{result.handle}</span>
      </h3>
      <DataTable table={result.table} marks={cells} />
      {result.provenance ? (
        <ProvenanceView provenance={result.provenance} />
      ) : (
        <p className="text-sm text-muted">This result has no query behind it.</p>
      )}
    </section>
  );
}
