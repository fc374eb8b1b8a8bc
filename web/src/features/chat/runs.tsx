/** The runs of a conversation, each with what can be said to it. */

import type { ReactNode } from "react";
import type { Thread as RunThread } from "@/api/types";
import { useMay, useSession } from "@/app/session";
import { decisionOn, type ShownRun } from "@/features/chat/conversation-runs";
import { redeliver } from "@/features/chat/live-runs";
import { RunFeedback } from "@/features/chat/run-feedback";
import { RunView } from "@/features/chat/run-view";
import type { Conversation } from "@/features/chat/use-conversation";
import { mayHaveChanged, RunChanges } from "@/features/objects/run-changes";
import { callQuestion, toolWords } from "@/lib/changes";
import { decisionWords } from "@/lib/decision";
import { statusLine } from "@/lib/thread";

export interface RunsProps {
  conversation: Conversation;
  /** Puts a question into the ask box. */
  onEdit: (question: string) => void;
}

export function Runs({ conversation: { runs, put }, onEdit }: RunsProps) {
  const last = runs.at(-1);
  const mayAsk = useMay()("run:write");
  const me = useSession()?.name;
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
            askedBy={thread.person && me && thread.person !== me ? thread.person : null}
            followed={run.asked !== null}
            changes={
              thread.project &&
              thread.run_id &&
              thread.status !== "running" &&
              mayHaveChanged(thread) && <RunChanges project={thread.project} run={thread.run_id} />
            }
            feedback={thread.run_id && thread.status !== "running" && !failure && <RunFeedback run={thread.run_id} />}
            decided={decisionOn(run, runs)}
            onAskAgain={mayAsk ? () => put(thread.question) : undefined}
            onEdit={mayAsk ? () => onEdit(thread.question) : undefined}
            onReply={answer && mayAsk ? (reply) => put(reply, answer) : undefined}
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

/**
 * The runs as a log. It does not read itself out: a half-written answer would be said again with every word, and
 * the announcer says what is new.
 */
export function Thread({ empty = false, children }: { empty?: boolean; children: ReactNode }) {
  if (empty) return children;
  return (
    <div role="log" aria-label="Questions and answers" aria-live="off">
      {children}
    </div>
  );
}

/** What a run says at this moment. */
function announcement(thread: RunThread): string {
  if (thread.answer) return thread.answer.text;
  const { awaiting } = thread;
  if (awaiting?.type === "question") return awaiting.question.question;
  if (awaiting) {
    const question = callQuestion(toolWords(awaiting.tool), awaiting.effect, awaiting.changes ?? []);
    return `Needs your approval: ${question}`;
  }
  return statusLine(thread) || (thread.error?.message ?? thread.status);
}

/** Reads out what happens: each step, then the whole answer once its figures are bound. */
export function Announcer({ run }: { run: ShownRun | undefined }) {
  const text = run?.failure?.message ?? (run ? announcement(run.thread) : "");
  return (
    <div role="status" aria-live="polite" className="sr-only">
      {text}
    </div>
  );
}
