/** What a person said to a call that waited: the words that stand in the conversation, and back. */

import type { Json } from "@/api/types";

/** The arguments are there only where the person has changed them. */
export type Decision = { decision: "approve"; arguments?: Json } | { decision: "reject"; reason?: string | null };

/** A decision as it is shown afterwards, `by` whom where that is known. */
export type Decided =
  | { type: "approved"; edited: boolean; by?: string | null }
  | { type: "rejected"; reason: string | null; by?: string | null }
  | { type: "dropped" };

const EDITED = "Yes, with other arguments";

export function decisionWords(decision: Decision): string {
  if (decision.decision === "approve") return decision.arguments === undefined ? "Yes" : EDITED;
  return decision.reason ? `No: ${decision.reason}` : "No";
}

/** A decision, afterwards. */
export function decided(decision: Decision): Decided {
  if (decision.decision === "approve") {
    return { type: "approved", edited: decision.arguments !== undefined && decision.arguments !== null };
  }
  return { type: "rejected", reason: decision.reason ?? null };
}

/** Reads the words again, where nothing but the conversation is left. Other words let the call drop. */
export function readDecision(words: string): Decided {
  if (words === "Yes" || words === EDITED) return { type: "approved", edited: words === EDITED };
  const no = /^No(?:: ([\s\S]+))?$/.exec(words);
  return no ? { type: "rejected", reason: no[1] ?? null } : { type: "dropped" };
}
