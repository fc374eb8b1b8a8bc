/** How a run ended, each in its own way. */

import type { AwaitReason, Thread } from "@/api/types";
import { AnswerView } from "@/features/answer/answer";
import { Draft, hasNumbers, UnboundText, UncheckedNumbers } from "@/features/answer/draft";
import { MarkedText } from "@/features/answer/figure";
import type { ApprovalState } from "@/features/results/approval";
import { AskedApproval } from "@/features/results/asked-approval";
import { PartialResult } from "@/features/results/partial-result";
import { Refused } from "@/features/results/refused";
import { ResultView } from "@/features/results/result-view";
import { Warnings } from "@/features/results/warnings";
import type { Decision } from "@/lib/decision";
import { citedCalls, resultsOf, unboundText } from "@/lib/thread";
import { Button } from "@/ui/button";
import { ErrorCard, RetryButton } from "@/ui/error-card";
import { Notice } from "@/ui/notice";

export interface OutcomeActions {
  /** Asks the same question again; absent where nobody may. */
  onAskAgain: (() => void) | undefined;
  /** Puts the question into the ask box; absent where nobody may. */
  onEdit: (() => void) | undefined;
  /** Answers a question that was asked back; absent where it was answered already. */
  onReply?: ((text: string) => void) | undefined;
  /** Says yes or no to a call that waits; absent where it was decided already. */
  onDecide?: ((decision: Decision) => void) | undefined;
  /** What was said to a call that waited, or is being said. */
  decided?: ApprovalState | undefined;
  /** Whether whoever looks at it has asked on this page, so that the keyboard goes to what waits for them. */
  followed?: boolean;
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
        <Refused warnings={thread.warnings}>
          {thread.answer && <AnswerView answer={thread.answer} results={resultsOf(thread)} />}
        </Refused>
      );
    case "asked":
      return thread.awaiting ? <Asked project={thread.project} awaiting={thread.awaiting} {...actions} /> : null;
    case "failed":
      return (
        <div className="space-y-4">
          {draft && <Draft text={draft} ended />}
          <Found thread={thread} />
          {thread.error && (
            <ErrorCard
              error={thread.error}
              retryLabel="Ask again"
              onRetry={actions.onAskAgain}
              actions={actions.onEdit && <Button onClick={actions.onEdit}>Edit the question</Button>}
            />
          )}
        </div>
      );
    case "cancelled":
      return (
        <div className="space-y-4">
          {draft && <Draft text={draft} ended />}
          <Found thread={thread} />
          <Notice
            tone="neutral"
            icon="stop"
            title="Stopped"
            actions={actions.onAskAgain && <RetryButton label="Ask again" onClick={actions.onAskAgain} />}
          />
        </div>
      );
  }
}

/** Results that were there before a run broke off: true, but not the answer. */
function Found({ thread }: { thread: Thread }) {
  const found = thread.calls.filter((call) => call.result);
  if (found.length === 0) return null;
  const open = thread.calls.filter((call) => call.state !== "ok").map((call) => call.title);
  return (
    <PartialResult title="A part was found before it ended" missing={["The answer", ...open]}>
      {found.map((call) => (
        <ResultView key={call.call_id} call={call} />
      ))}
    </PartialResult>
  );
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

interface AskedProps extends Pick<OutcomeActions, "onReply" | "onDecide" | "decided" | "followed"> {
  project: string | null;
  awaiting: AwaitReason;
}

function Asked({ project, awaiting, onReply, onDecide, decided, followed = false }: AskedProps) {
  if (awaiting.type === "question") return <Question asked={awaiting} onReply={onReply} />;
  return (
    <AskedApproval
      project={project}
      asked={awaiting}
      state={decided ?? { type: onDecide ? "open" : "dropped" }}
      onDecide={onDecide}
      followed={followed}
    />
  );
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
