/** Runs as conversations: named by the first question, newest first. */

import type { RunStatus, RunSummary } from "@/api/types";

export interface Conversation {
  id: string;
  title: string;
  status: RunStatus;
  at: string;
}

export function conversations(runs: RunSummary[]): Conversation[] {
  const ascending = [...runs].sort((a, b) => a.started_at.localeCompare(b.started_at));
  const found = new Map<string, Conversation>();
  for (const run of ascending) {
    const title = found.get(run.conversation_id)?.title ?? run.question;
    found.set(run.conversation_id, { id: run.conversation_id, title, status: run.status, at: run.started_at });
  }
  return [...found.values()].sort((a, b) => b.at.localeCompare(a.at));
}
