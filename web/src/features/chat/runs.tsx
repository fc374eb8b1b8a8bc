/** The runs of a conversation, each with what can be said to it. */

import { decisionOn, type ShownRun } from "@/features/chat/conversation-runs";
import { redeliver } from "@/features/chat/live-runs";
import { RunFeedback } from "@/features/chat/run-feedback";
import { RunView } from "@/features/chat/run-view";
import type { Conversation } from "@/features/chat/use-conversation";
import { mayHaveChanged, RunChanges } from "@/features/objects/run-changes";
import { decisionWords } from "@/lib/decision";
import { statusLine } from "@/lib/thread";

export interface RunsProps {
  conversation: Conversation;
  /** Puts a question into the ask box. */
  onEdit: (question: string) => void;
}

export function Runs({ conversation: { runs, put }, onEdit }: RunsProps) {
  const last = runs.at(-1);
  return (
    <div className="space-y-10">
      {runs.map((run) => {
        const { thread, connection, failure, applied } = run;
        const answer = run === last ? { answers: thread.run_id } : null;
        return (
          <RunView
            key={thread.run_id}
            thread={thread}
            connection={connection}
            failure={failure}
            applied={applied}
            changes={
              thread.project &&
              thread.run_id &&
              thread.status !== "running" &&
              mayHaveChanged(thread) && <RunChanges project={thread.project} run={thread.run_id} />
            }
            feedback={thread.run_id && thread.status !== "running" && !failure && <RunFeedback run={thread.run_id} />}
            decided={decisionOn(run, runs)}
            onAskAgain={() => put(thread.question)}
            onEdit={() => onEdit(thread.question)}
            onReply={answer ? (reply) => put(reply, answer) : undefined}
            onDecide={
              answer ? (decision) => put(decisionWords(decision), { ...answer, approval: decision }) : undefined
            }
            onRedeliver={() => redeliver(thread.run_id ?? "")}
          />
        );
      })}
    </div>
  );
}

/** Reads out what happens: each step, then the whole answer once its figures are bound. */
export function Announcer({ run }: { run: ShownRun | undefined }) {
  const thread = run?.thread;
  const text = thread?.answer?.text ?? (thread ? statusLine(thread) || (thread.error?.message ?? thread.status) : "");
  return (
    <div role="status" aria-live="polite" className="sr-only">
      {text}
    </div>
  );
}
