/** A conversation as a page shows it: its runs, and what can be put to it next. */

import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { conversationQuery } from "@/api/queries";
import type { Thread } from "@/api/types";
import { conversationRuns, lastContinuable, type ShownRun } from "@/features/chat/conversation-runs";
import { type AskOptions, ask, cancel, follow, useLiveRuns } from "@/features/chat/live-runs";

/** What may go along with a question. */
export type Along = Pick<AskOptions, "modes" | "approval">;

export interface Conversation {
  runs: ShownRun[];
  stored: UseQueryResult<Thread[]>;
  /** The id that the server gave a conversation that began on this page. */
  newId: string | null;
  /** Puts a question where the conversation stands, or as an answer to a run. */
  put: (question: string, along?: Along & { answers?: string | null }) => void;
  /** Stops what is running; `null` while nothing is. */
  stop: (() => void) | null;
  /** Begins a new conversation, where it has no address of its own. */
  leave: () => void;
}

export function useConversation(project: string, conversationId: string | undefined): Conversation {
  const live = useLiveRuns();
  const [asked, setAsked] = useState<{ runId: string; project: string } | null>(null);
  // Once the conversation has an address, the page of a new one is empty again.
  if (conversationId && asked) setAsked(null);
  // A first question belongs to its project: where another one is chosen, the page is empty again.
  const newRun = asked?.project === project && !conversationId ? asked.runId : null;
  const newThread = newRun ? live.get(newRun)?.thread : undefined;
  const newId = newThread && newThread.seq > 0 ? newThread.conversation_id : null;
  const stored = useQuery(conversationQuery(conversationId ?? newId ?? undefined));
  const runs = conversationRuns(stored.data ?? [], live, conversationId ?? newId ?? undefined, newRun);
  const last = runs.at(-1);
  const running = runs.find((run) => run.thread.status === "running" && !run.failure);
  useEffect(() => {
    for (const thread of stored.data ?? []) if (thread.status === "running") follow(thread);
  }, [stored.data]);
  return {
    runs,
    stored,
    newId,
    put: (question, { answers, ...along } = {}) => {
      const of = last?.thread.project ?? project;
      const continues = answers === undefined ? lastContinuable(runs) : answers;
      const runId = ask({ project: of, question, conversationId: conversationId ?? newId, continues, ...along });
      if (!conversationId && !newId) setAsked({ runId, project: of });
    },
    stop: running?.thread.run_id ? () => void cancel(running.thread.run_id ?? "") : null,
    leave: () => setAsked(null),
  };
}
