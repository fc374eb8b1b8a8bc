/** Which runs a page shows: those the server knows, with what this page has followed over them. */

import type { Thread } from "@/api/types";
import type { LiveRun } from "@/features/chat/live-runs";
import type { ApprovalState } from "@/features/results/approval";
import { type Decision, decided, readDecision } from "@/lib/decision";

export type ShownRun = Pick<LiveRun, "asked" | "thread" | "connection" | "failure" | "applied">;

export function conversationRuns(
  stored: Thread[],
  live: ReadonlyMap<string, LiveRun>,
  conversationId: string | undefined,
  newRun: string | null,
): ShownRun[] {
  if (!conversationId) {
    const run = newRun ? live.get(newRun) : undefined;
    return run ? [run] : [];
  }
  const shown = new Map<string, ShownRun>();
  for (const thread of stored) {
    if (thread.run_id)
      shown.set(thread.run_id, {
        asked: null,
        thread,
        connection: "closed",
        failure: null,
        applied: new Map(),
      });
  }
  for (const run of live.values()) {
    const known = shown.get(run.runId);
    const belongs = run.thread.conversation_id === conversationId;
    // What was read from the server later than the last followed event is newer.
    if (belongs && (!known || run.thread.seq >= known.thread.seq)) shown.set(run.runId, run);
  }
  return [...shown.values()];
}

/** The newest run that another can go on from: the server knows it, and it has ended. */
export function lastContinuable(runs: ShownRun[]): string | null {
  const ended = runs.filter(({ thread }) => thread.seq > 0 && thread.status !== "running");
  return ended.at(-1)?.thread.run_id ?? null;
}

/** What was said to the call that a run waited with; `undefined` while nothing was. */
export function decisionOn(run: ShownRun, runs: ShownRun[]): ApprovalState | undefined {
  const next = runs.find((each) => each.thread.continues === run.thread.run_id && each !== run);
  if (!next) return undefined;
  const approval = next.asked?.approval;
  if (approval && next.connection === "sending") return { type: "sending", decision: approval.decision };
  // What a newer server records with the run says more than the words.
  const said = approval ?? (next.thread as { approval?: Decision | null }).approval;
  const outcome = said ? decided(said) : readDecision(next.thread.question);
  return outcome.type === "dropped" ? outcome : { ...outcome, by: next.thread.person ?? null };
}
