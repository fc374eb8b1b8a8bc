/** A conversation: earlier runs from the server, live ones over them, and the ask box. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { asReport } from "@/api/client";
import { conversationQuery } from "@/api/queries";
import { AskBox } from "@/features/chat/ask-box";
import { conversationRuns, lastContinuable, type ShownRun } from "@/features/chat/conversation-runs";
import { EmptyState } from "@/features/chat/empty-state";
import { ask, cancel, follow, redeliver, useLiveRuns } from "@/features/chat/live-runs";
import { RunView } from "@/features/chat/run-view";
import { statusLine } from "@/lib/thread";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { ReportText } from "@/ui/sentence";

export interface ChatProps {
  project: string;
  /** Events stored in the project. */
  events: number;
  conversationId: string | undefined;
}

export function Chat({ project, events, conversationId }: ChatProps) {
  const live = useLiveRuns();
  const stored = useQuery(conversationQuery(conversationId));
  const [text, setText] = useState("");
  const [asked, setAsked] = useState<{ runId: string; project: string } | null>(null);
  // A first question belongs to its project: where another one is chosen, the page is empty again.
  const newRun = asked?.project === project ? asked.runId : null;
  const runs = conversationRuns(stored.data ?? [], live, conversationId, newRun);
  const last = runs.at(-1);
  const running = runs.find((run) => run.thread.status === "running" && !run.failure);
  useEffect(() => {
    for (const thread of stored.data ?? []) if (thread.status === "running") follow(thread);
  }, [stored.data]);
  useOpenNewConversation(conversationId, newRun, setAsked);
  useKeepEndInView(runs);

  const put = (question: string, continues: string | null) => {
    const of = last?.thread.project ?? project;
    const runId = ask({ project: of, question, conversationId: conversationId ?? null, continues });
    setText("");
    if (!conversationId) setAsked({ runId, project: of });
  };
  // Whatever is asked next goes on where the conversation stands.
  const next = (question: string) => put(question, lastContinuable(runs));
  const stop = running?.thread.run_id ? () => void cancel(running.thread.run_id ?? "") : null;

  return (
    <>
      <div className="mx-auto w-full max-w-3xl flex-1 px-4 pt-6 pb-8 sm:px-6">
        {runs.length === 0 && !conversationId && <EmptyState project={project} events={events} onAsk={next} />}
        {conversationId && stored.isPending && runs.length === 0 && <p className="text-sm text-muted">Reading…</p>}
        {conversationId && stored.isError && runs.length === 0 && (
          <Notice
            tone="bad"
            icon="alert"
            title="The conversation could not be read"
            actions={<Button onClick={() => void stored.refetch()}>Try again</Button>}
          >
            <ReportText report={asReport(stored.error)} />
          </Notice>
        )}
        {(conversationId || runs.length > 0) && <h1 className="sr-only">Conversation</h1>}
        <div className="space-y-10">
          {runs.map((run) => (
            <RunView
              key={run.thread.run_id}
              {...run}
              onAskAgain={() => next(run.thread.question)}
              onEdit={() => setText(run.thread.question)}
              onReply={run === last ? (reply) => put(reply, run.thread.run_id) : undefined}
              onRedeliver={() => redeliver(run.thread.run_id ?? "")}
            />
          ))}
        </div>
      </div>
      <Announcer run={last} />
      <div className="sticky bottom-0 z-10 bg-linear-to-t from-bg from-80% to-transparent pt-4 pb-4">
        <div className="mx-auto max-w-3xl px-4 sm:px-6">
          <AskBox
            text={text}
            onText={setText}
            onAsk={next}
            onStop={stop}
            disabled={false}
            placeholder={last?.thread.status === "asked" ? "Write your answer" : "Ask about your data"}
          />
        </div>
      </div>
    </>
  );
}

/** Once the server has named the conversation of a first question, its page is shown. */
function useOpenNewConversation(
  conversationId: string | undefined,
  newRun: string | null,
  setAsked: (asked: null) => void,
): void {
  const live = useLiveRuns();
  const navigate = useNavigate();
  const run = newRun ? live.get(newRun)?.thread : undefined;
  const id = run && run.seq > 0 ? run.conversation_id : null;
  useEffect(() => {
    if (conversationId) setAsked(null);
    else if (id) void navigate({ to: "/c/$conversationId", params: { conversationId: id }, replace: true });
  }, [conversationId, id, navigate, setAsked]);
}

/** The room that the header takes, with some air. */
const HEADER = 72;

/**
 * Shows the newest run: its end, or its beginning where it is longer than the window. Goes along
 * with what is added, unless the user has scrolled away.
 */
function useKeepEndInView(runs: ShownRun[]): void {
  const near = useRef(true);
  useEffect(() => {
    const look = () => {
      const { scrollHeight, clientHeight } = document.documentElement;
      near.current = scrollHeight - clientHeight - window.scrollY < 160;
    };
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, []);
  const last = runs.at(-1)?.thread;
  const run = last?.run_id ?? "";
  const shown = useRef("");
  useEffect(() => {
    const opened = shown.current !== run;
    shown.current = run;
    const article = [...document.querySelectorAll("article")].at(-1);
    if (!article || last?.seq === undefined || !(opened || near.current)) return;
    const begin = article.getBoundingClientRect().top + window.scrollY - HEADER;
    window.scrollTo({ top: Math.min(begin, document.documentElement.scrollHeight) });
  }, [run, last?.seq]);
}

/** Reads out what happens: each step, then the whole answer once its figures are bound. */
function Announcer({ run }: { run: ShownRun | undefined }) {
  const thread = run?.thread;
  const text = thread?.answer?.text ?? (thread ? statusLine(thread) || (thread.error?.message ?? thread.status) : "");
  return (
    <div role="status" aria-live="polite" className="sr-only">
      {text}
    </div>
  );
}
