/** A filter tree in words, to be read and not to be changed. */

import type { Json } from "@/api/types";
import { conditionWords, type FilterField, type FilterNode, isGroup, readTree } from "@/lib/filters";
import { JsonFacts } from "@/ui/json-facts";

export interface FilterSummaryProps {
  filters: Json;
  fields?: FilterField[];
  /** What is shown where nothing is filtered. */
  everything?: string;
}

export function FilterSummary({ filters, fields = [], everything = "Everything" }: FilterSummaryProps) {
  try {
    const tree = readTree(filters);
    if (tree.values.length === 0) return <p className="text-sm">{everything}</p>;
    return <NodeView node={tree} fields={fields} />;
  } catch {
    // A form of filters that is not known here is shown as it is.
    return <JsonFacts value={filters} />;
  }
}

function NodeView({ node, fields }: { node: FilterNode; fields: FilterField[] }) {
  if (!isGroup(node)) return <span className="text-sm [overflow-wrap:anywhere]">{conditionWords(node, fields)}</span>;
  const [only, ...more] = node.values;
  if (only && more.length === 0) return <NodeView node={only} fields={fields} />;
  return (
    <div className="text-sm">
      <p className="text-muted">{node.type === "AND" ? "All of these:" : "Any of these:"}</p>
      <ul className="list-disc space-y-0.5 pl-5">
        {node.values.map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the tree is always replaced as a whole.
          <li key={index}>
            <NodeView node={each} fields={fields} />
          </li>
        ))}
      </ul>
    </div>
  );
}
