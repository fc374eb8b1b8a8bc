/** What a call does to stored objects, each with its fields before and after. */

import type { Change } from "@/api/objects";
import { changeWords, stateFields } from "@/lib/changes";
import { Diff } from "@/ui/diff";

export interface ChangesProps {
  changes: Change[];
  tense?: "now" | "past";
  /** Set where the one change is named above already. */
  named?: boolean;
}

export function Changes({ changes, tense = "now", named = false }: ChangesProps) {
  return (
    <ul aria-label="Changes" className="space-y-3">
      {changes.map((change) => (
        <li key={change.id} className="space-y-1.5">
          {!(named && changes.length === 1) && (
            <p className="text-sm [overflow-wrap:anywhere]">
              {changeWords(change, tense)}
              {change.from_version > 0 && <span className="text-muted"> (version {change.from_version})</span>}
            </p>
          )}
          <Diff before={stateFields(change.before)} after={stateFields(change.after)} />
        </li>
      ))}
    </ul>
  );
}
