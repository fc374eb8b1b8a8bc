/** The words box of a list: a run with the list's state, whose result the page takes over. */

import { useState } from "react";
import { lend } from "@/app/mounted-tools";
import { Outcome } from "@/features/answer/outcome";
import { ask, cancel, redeliver, useLiveRuns } from "@/features/chat/live-runs";
import { FilterWords, type WordsState } from "@/features/filters/filter-words";
import { Done } from "@/features/results/done";
import { statusLine } from "@/lib/thread";
import { ErrorCard } from "@/ui/error-card";

export interface WordsBoxProps {
  project: string;
  /** What is filtered: `feature flags`. */
  what: string;
}

export function WordsBox({ project, what }: WordsBoxProps) {
  const live = useLiveRuns();
  const [text, setText] = useState("");
  const [runId, setRunId] = useState<string | null>(null);
  const run = runId === null ? undefined : live.get(runId);
  const put = (question: string, continues?: string | null) => {
    const conversationId = continues ? (run?.thread.conversation_id ?? null) : null;
    setRunId(ask({ project, question, conversationId, continues: continues ?? null, lent: lend("make_filters") }));
  };
  const state = (): WordsState => {
    if (!run) return { type: "idle" };
    const { thread, failure } = run;
    if (failure) {
      return {
        type: "ended",
        outcome: (
          <ErrorCard urgent title="The words could not be sent" error={failure} onRetry={() => redeliver(run.runId)} />
        ),
      };
    }
    if (thread.status === "running") return { type: "running", status: statusLine(thread) };
    const applied = [...run.applied.values()].at(-1);
    if (applied?.type === "done") return { type: "ended", outcome: <Done title={applied.text} /> };
    if (applied?.type === "failed") {
      const title = "The page can't filter like this";
      return { type: "ended", outcome: <ErrorCard urgent title={title} error={applied.error} /> };
    }
    return {
      type: "ended",
      outcome: (
        <Outcome
          thread={thread}
          onAskAgain={() => put(thread.question)}
          onEdit={() => setText(thread.question)}
          onReply={(reply) => put(reply, thread.run_id)}
        />
      ),
    };
  };
  return (
    <FilterWords
      what={what}
      text={text}
      state={state()}
      onText={setText}
      onAsk={() => put(text.trim(), run?.thread.status === "asked" ? run.thread.run_id : null)}
      onStop={() => runId && void cancel(runId)}
      onClose={() => {
        setRunId(null);
        setText("");
      }}
    />
  );
}
