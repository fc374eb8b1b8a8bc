/** How a result came to be. */

import type { Provenance } from "@/api/types";
import { formatDuration, formatInstant, formatNumber, prettyQuery } from "@/lib/format";
import { CodeBlock } from "@/ui/code-block";
import { Facts } from "@/ui/facts";

export function ProvenanceView({ provenance }: { provenance: Provenance }) {
  const { range, filters, limits, definitions = [] } = provenance;
  return (
    <div className="space-y-3">
      <Facts
        facts={[
          ["Range", range ? rangeText(range) : "not stated by the query"],
          ["Time zone", provenance.time_zone],
          ["Filters", filters.length > 0 ? filters.join("; ") : "none"],
          ...(definitions.length > 0 ? [["Rests on", definitions.join("; ")] as [string, string]] : []),
          ["Missing values", provenance.null_semantics],
          ...(limits.length > 0 ? [["Limits", limits.join("; ")] as [string, string]] : []),
          ["Snapshot", String(provenance.snapshot_id)],
          ["Work", `${formatNumber(provenance.rows_read)} rows read in ${formatDuration(provenance.elapsed_ms)}`],
          [
            "Query id",
            <code key="id" className="font-mono text-xs">
              {provenance.query_id}
            </code>,
          ],
        ]}
      />
      <CodeBlock label={`The query (${provenance.kind})`} text={prettyQuery(provenance.query)} />
    </div>
  );
}

function rangeText(range: NonNullable<Provenance["range"]>): string {
  const text = `${formatInstant(range.date_from)} to ${formatInstant(range.date_to)}`;
  return range.partial ? `${text}, not over yet` : text;
}
