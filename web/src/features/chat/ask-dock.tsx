/** The ask box of a page that is no conversation, with the conversation that begins there above it. */

import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useId, useRef } from "react";
import { suggestionsQuery } from "@/api/queries";
import { useMountedTools } from "@/app/mounted-tools";
import { useMay } from "@/app/session";
import { AskArea } from "@/features/chat/ask-area";
import { fillQuestion, useDraftQuestion } from "@/features/chat/draft-question";
import { Announcer, Runs, Thread } from "@/features/chat/runs";
import { useConversation } from "@/features/chat/use-conversation";
import { Button, buttonClass } from "@/ui/button";
import { Icon } from "@/ui/icons";

export function AskDock({ project }: { project: string }) {
  const conversation = useConversation(project, undefined);
  const { runs, newId, put, stop, leave } = conversation;
  const last = runs.at(-1);
  return (
    <div className="sticky bottom-0 z-10 bg-linear-to-t from-bg from-80% to-transparent pt-4 pb-4">
      <div className="mx-auto max-w-5xl px-4 sm:px-6">
        {runs.length > 0 && (
          <DockedConversation id={newId} seq={last?.thread.seq ?? 0} onClose={leave}>
            <Thread>
              <Runs conversation={conversation} onEdit={(question) => fillQuestion(question)} />
            </Thread>
          </DockedConversation>
        )}
        <Announcer run={last} />
        {runs.length === 0 && <Suggestions project={project} onAsk={(question) => put(question)} />}
        <AskArea
          project={project}
          onAsk={(question, modes) => put(question, { modes })}
          onStop={stop}
          placeholder={last?.thread.status === "asked" ? "Write your answer" : "Ask, or type / for commands"}
        />
      </div>
    </div>
  );
}

interface DockedConversationProps {
  id: string | null;
  /** Grows with what is shown. */
  seq: number;
  onClose: () => void;
  children: React.ReactNode;
}

function DockedConversation({ id, seq, onClose, children }: DockedConversationProps) {
  const title = useId();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Goes along with what is added.
    if (seq > 0 && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [seq]);
  return (
    <section
      aria-labelledby={title}
      className="mb-3 flex max-h-[60dvh] flex-col overflow-hidden rounded-2xl border border-line bg-bg shadow-lg"
    >
      <div className="flex items-center gap-2 border-b border-line px-4 py-1.5">
        <h2 id={title} className="flex-1 text-sm font-semibold">
          Conversation
        </h2>
        {id && (
          <Link to="/c/$conversationId" params={{ conversationId: id }} className={buttonClass("ghost", "small")}>
            Open as a page
          </Link>
        )}
        <Button variant="ghost" size="small" onClick={onClose}>
          <Icon name="close" />
          Close
        </Button>
      </div>
      <section
        ref={box}
        aria-label="What was asked and answered"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto p-4"
      >
        {children}
      </section>
    </section>
  );
}

/** Questions that what is mounted can answer, then those that products offer on this page, while nothing is written. */
function Suggestions({ project, onAsk }: { project: string; onAsk: (question: string) => void }) {
  const tools = useMountedTools();
  const { text } = useDraftQuestion();
  const mayAsk = useMay()("run:write");
  const page = useLocation({ select: (location) => location.pathname });
  const offered = useQuery({ ...suggestionsQuery(project, page), enabled: mayAsk && tools.length > 0 });
  const questions = [...new Set([...tools.flatMap((tool) => tool.suggestions), ...(offered.data ?? [])])];
  if (tools.length === 0 || questions.length === 0 || text !== "" || !mayAsk) return null;
  return (
    <ul aria-label="Suggested questions" className="mb-2 flex flex-wrap gap-1.5">
      {questions.slice(0, 4).map((question) => (
        <li key={question}>
          <Button size="small" onClick={() => onAsk(question)}>
            {question}
          </Button>
        </li>
      ))}
    </ul>
  );
}
