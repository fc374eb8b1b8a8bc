/** What a product's questions came to, each time they were asked. */

import type { EvalRecord } from "@/api/types";
import { evalsLine, evalsTable } from "@/lib/quality";
import { Chart } from "@/ui/chart";
import { DataTable } from "@/ui/data-table";
import { Disclosure } from "@/ui/disclosure";
import { Empty } from "@/ui/empty";

export function EvalHistory({ evals }: { evals: EvalRecord[] }) {
  if (evals.length === 0) {
    return (
      <Empty icon="ask" title="Its questions were not asked yet">
        <code className="font-mono">hedgerow eval</code> and <code className="font-mono">hedgerow product check</code>{" "}
        ask them, and what they come to is kept here.
      </Empty>
    );
  }
  return (
    <div className="rounded-xl border border-line bg-surface p-4">
      <Chart kind="line" data={evalsLine(evals)} label="The share of its questions that came out as expected" />
      <Disclosure label="The same as a table">
        <DataTable table={evalsTable(evals)} />
      </Disclosure>
    </div>
  );
}
