/** How a run ended, each in its own way. */

import type { ReactNode } from "react";
import type { AwaitReason, Report, Thread, Warning } from "@/api/types";
import { AnswerView } from "@/features/answer/answer";
import { Draft, hasNumbers, UnboundText, UncheckedNumbers } from "@/features/answer/draft";
import { MarkedText } from "@/features/answer/figure";
import { ResultView } from "@/features/results/result-view";
import { retryText } from "@/lib/retry";
import { citedCalls, resultsOf, unboundText } from "@/lib/thread";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Icon } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { Sentence } from "@/ui/sentence";

export interface OutcomeActions {
  /** Asks the same question again. */
  onAskAgain: () => void;
  /** Puts the question into the ask box. */
  onEdit: () => void;
  /** Answers a question that was asked back; absent where it was answered already. */
  onReply?: ((text: string) => void) | undefined;
}

export function Outcome({ thread, ...actions }: { thread: Thread } & OutcomeActions) {
  const draft = unboundText(thread);
  switch (thread.status) {
    case "running":
      return draft ? <Draft text={draft} ended={false} /> : null;
    case "answered":
      return <Answered thread={thread} />;
    case "refused":
      return (
        <Notice tone="neutral" icon="minus" title="Not answered">
          {thread.answer && <AnswerView answer={thread.answer} results={resultsOf(thread)} />}
          <Warnings warnings={thread.warnings} />
        </Notice>
      );
    case "asked":
      return thread.awaiting ? <Asked awaiting={thread.awaiting} onReply={actions.onReply} /> : null;
    case "failed":
      return (
        <div className="space-y-4">
          {draft && <Draft text={draft} ended />}
          {thread.error && <ErrorCard error={thread.error} {...actions} />}
        </div>
      );
    case "cancelled":
      return (
        <div className="space-y-4">
          {draft && <Draft text={draft} ended />}
          <Notice
            tone="neutral"
            icon="stop"
            title="Stopped"
            actions={<RetryButton label="Ask again" onClick={actions.onAskAgain} />}
          />
        </div>
      );
  }
}

function Answered({ thread }: { thread: Thread }) {
  if (!thread.answer) return null;
  return (
    <div className="space-y-4">
      <AnswerView answer={thread.answer} results={resultsOf(thread)} />
      {citedCalls(thread).map((call) => (
        <ResultView key={call.call_id} call={call} />
      ))}
      <Warnings warnings={thread.warnings} />
    </div>
  );
}

function Warnings({ warnings }: { warnings: Warning[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul aria-label="What to know about these numbers" className="mt-3 space-y-1.5 text-sm">
      {warnings.map((warning) => (
        <li key={warning.code + warning.message} className="flex gap-2">
          <Icon name="alert" className="mt-0.5 text-warn" />
          <span className="min-w-0 [overflow-wrap:anywhere]">
            {warning.message} <code className="font-mono text-xs text-muted">{warning.code}</code>
          </span>
        </li>
      ))}
    </ul>
  );
}

interface AskedProps {
  awaiting: AwaitReason;
  onReply: OutcomeActions["onReply"];
}

function Asked({ awaiting, onReply }: AskedProps) {
  if (awaiting.type === "approval") {
    return (
      <Notice
        tone="question"
        icon="ask"
        title={`Run ${awaiting.tool}?`}
        actions={["Yes", "No"].map((word) => (
          <Button key={word} disabled={!onReply} onClick={() => onReply?.(word)}>
            {word}
          </Button>
        ))}
      >
        <p className="mb-2">
          <Sentence text={awaiting.why} />
        </p>
        <p className="mb-2 text-sm text-muted">Effect: {awaiting.effect}</p>
        <CodeBlock label={`Arguments of ${awaiting.tool}`} text={JSON.stringify(awaiting.arguments, null, 2)} />
      </Notice>
    );
  }
  return <Question asked={awaiting} onReply={onReply} />;
}

type AskedQuestion = Extract<AwaitReason, { type: "question" }>;

function Question({ asked, onReply }: { asked: AskedQuestion; onReply: OutcomeActions["onReply"] }) {
  const { shown } = asked;
  const { question, options } = asked.question;
  // Without the server's marks all of it is a model's words, so that its numbers must not look like facts.
  const words = [question, ...options].join("\n");
  const unchecked = !shown && hasNumbers(words);
  const buttons = options.map((option, index) => {
    const marked = shown?.options[index];
    return (
      <Button key={option} disabled={!onReply} onClick={() => onReply?.(option)} className="text-left">
        <span className="min-w-0 [overflow-wrap:anywhere]">
          {marked === undefined ? <UnboundText text={option} /> : <MarkedText text={marked} />}
        </span>
      </Button>
    );
  });
  return (
    <Notice
      tone="question"
      icon="ask"
      title={
        <span
          data-answer={unchecked ? "note" : undefined}
          className={`whitespace-pre-wrap ${unchecked ? "font-normal text-muted" : ""}`}
        >
          {shown ? <MarkedText text={shown.question} /> : <UnboundText text={question} />}
        </span>
      }
      actions={buttons.length > 0 ? buttons : undefined}
    >
      {unchecked && <UncheckedNumbers what="A question" text={words} />}
      {onReply && (
        <p className="text-sm text-muted">{buttons.length > 0 ? "Choose, or write" : "Write"} your answer below.</p>
      )}
    </Notice>
  );
}

export interface ErrorCardProps {
  error: Report;
  title?: string;
  onAskAgain: () => void;
  onEdit: () => void;
  children?: ReactNode;
}

export function ErrorCard({ error, title = "This did not work", onAskAgain, onEdit }: ErrorCardProps) {
  return (
    <Notice
      tone="bad"
      icon="alert"
      title={title}
      actions={
        <>
          <RetryButton label="Ask again" onClick={onAskAgain} />
          <Button onClick={onEdit}>Edit the question</Button>
        </>
      }
    >
      <p className="[overflow-wrap:anywhere]">
        <Sentence text={error.message} />
      </p>
      {error.hint && (
        <p className="mt-1 [overflow-wrap:anywhere]">
          Hint: <Sentence text={error.hint} />
        </p>
      )}
      <p className="mt-1 text-sm text-muted">
        What helps: {retryText(error.retry)} Code: <code className="font-mono text-xs">{error.code}</code>
      </p>
    </Notice>
  );
}

function RetryButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button onClick={onClick}>
      <Icon name="retry" />
      {label}
    </Button>
  );
}
