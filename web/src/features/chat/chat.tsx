/** A conversation: earlier runs from the server, live ones over them, and the ask box. */

import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { asReport } from "@/api/client";
import { AskArea } from "@/features/chat/ask-area";
import type { ShownRun } from "@/features/chat/conversation-runs";
import { fillQuestion } from "@/features/chat/draft-question";
import { EmptyState } from "@/features/chat/empty-state";
import { Announcer, Runs, Thread } from "@/features/chat/runs";
import { useConversation } from "@/features/chat/use-conversation";
import { ErrorCard } from "@/ui/error-card";

export interface ChatProps {
  project: string;
  /** Events stored in the project. */
  events: number;
  conversationId: string | undefined;
}

export function Chat({ project, events, conversationId }: ChatProps) {
  const conversation = useConversation(project, conversationId);
  const { runs, stored, newId, put, stop } = conversation;
  const last = runs.at(-1);
  useOpenNewConversation(newId);
  useKeepEndInView(runs);
  return (
    <>
      <div className="mx-auto w-full max-w-3xl flex-1 px-4 pt-6 pb-8 sm:px-6">
        {runs.length === 0 && !conversationId && (
          <EmptyState project={project} events={events} onAsk={(question) => put(question)} />
        )}
        {conversationId && stored.isPending && runs.length === 0 && <p className="text-sm text-muted">Reading…</p>}
        {conversationId && stored.isError && runs.length === 0 && (
          <ErrorCard
            title="The conversation could not be read"
            error={asReport(stored.error)}
            onRetry={() => void stored.refetch()}
          />
        )}
        {(conversationId || runs.length > 0) && <h1 className="sr-only">Conversation</h1>}
        <Thread empty={runs.length === 0}>
          <Runs conversation={conversation} onEdit={(question) => fillQuestion(question)} />
        </Thread>
      </div>
      <Announcer run={last} />
      <div className="sticky bottom-0 z-10 bg-linear-to-t from-bg from-80% to-transparent pt-4 pb-4">
        <div className="mx-auto max-w-3xl px-4 sm:px-6">
          <AskArea
            project={project}
            onAsk={(question, modes) => put(question, { modes })}
            onStop={stop}
            placeholder={last?.thread.status === "asked" ? "Write your answer" : "Ask about your data"}
          />
        </div>
      </div>
    </>
  );
}

/** Once the server has named the conversation of a first question, its page is shown. */
function useOpenNewConversation(id: string | null): void {
  const navigate = useNavigate();
  useEffect(() => {
    if (id) void navigate({ to: "/c/$conversationId", params: { conversationId: id }, replace: true });
  }, [id, navigate]);
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
