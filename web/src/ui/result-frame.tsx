/** The frame of every result: what it shows, the picture, the table, and how it was computed. */

import { Collapsible } from "@base-ui/react/collapsible";
import { type ReactNode, useId, useState } from "react";
import type { ResultSnapshot } from "@/api/types";
import { Button } from "@/ui/button";
import { DataTable, type DataTableProps } from "@/ui/data-table";
import { Icon } from "@/ui/icons";
import { ProvenanceView } from "@/ui/provenance";

export interface ResultFrameProps {
  result: ResultSnapshot;
  /** A picture of the result; without one the table is open from the start. */
  children?: ReactNode;
  /** What the picture leaves out or draws in a special way. */
  note?: string | null;
  /** What cells of the table can be activated for. */
  cellAction?: DataTableProps["cellAction"];
}

export function ResultFrame({ result, children, note, cellAction }: ResultFrameProps) {
  const [open, setOpen] = useState<"table" | "query" | null>(children ? null : "table");
  const id = useId();
  const toggle = (part: "table" | "query") => setOpen(open === part ? null : part);
  return (
    <section aria-labelledby={id} className="rounded-xl border border-line bg-surface p-4">
      <h3 id={id} className="text-sm font-semibold [overflow-wrap:anywhere]">
        {result.table.title || "Result"}
        <span className="ml-2 font-mono text-xs font-normal text-muted">{result.handle}</span>
      </h3>
      {children && <div className="mt-2">{children}</div>}
      {note && <p className="mt-1 text-xs text-muted">{note}</p>}
      <div className="-mx-2 mt-2 flex flex-wrap gap-1">
        <Toggle open={open === "table"} onClick={() => toggle("table")} label="Table" />
        {result.provenance && (
          <Toggle open={open === "query"} onClick={() => toggle("query")} label="How this was computed" />
        )}
      </div>
      <Collapsible.Root open={open === "table"}>
        <Collapsible.Panel className="mt-2">
          <DataTable table={result.table} cellAction={cellAction} />
        </Collapsible.Panel>
      </Collapsible.Root>
      {open === "query" && result.provenance && (
        <div className="mt-3">
          <ProvenanceView provenance={result.provenance} />
        </div>
      )}
    </section>
  );
}

function Toggle({ open, onClick, label }: { open: boolean; onClick: () => void; label: string }) {
  return (
    <Button variant="ghost" size="small" aria-expanded={open} onClick={onClick}>
      <Icon name="chevron" className={open ? "rotate-90" : ""} />
      {label}
    </Button>
  );
}
