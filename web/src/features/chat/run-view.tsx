/** One run: the question, the steps, and how it ended. */

import { type ReactNode, useId, useState } from "react";
import type { Report, Thread } from "@/api/types";
import { Note, UnboundText, UncheckedNumbers } from "@/features/answer/draft";
import { Outcome, type OutcomeActions } from "@/features/answer/outcome";
import type { Applied } from "@/features/chat/live-runs";
import { Done } from "@/features/results/done";
import { ToolCard } from "@/features/tools/tool-card";
import { type Step, statusLine, steps } from "@/lib/thread";
import { Button } from "@/ui/button";
import { ErrorCard } from "@/ui/error-card";
import { Icon } from "@/ui/icons";
import { StatusLine } from "@/ui/status-line";
import { StepList } from "@/ui/step-list";

export interface RunViewProps extends OutcomeActions {
  thread: Thread;
  connection: "sending" | "open" | "lost" | "closed";
  /** The question or the events could not be delivered. */
  failure: Report | null;
  /** What the page did with results of this run. */
  applied?: ReadonlyMap<string, Applied>;
  /** Who asked, where it was somebody else than who looks at it. */
  askedBy?: string | null;
  /** What it changed, below how it ended. */
  changes?: ReactNode;
  /** What is said of it, at its end. */
  feedback?: ReactNode;
  onRedeliver: () => void;
}

export function RunView({
  thread,
  connection,
  failure,
  applied,
  askedBy = null,
  changes,
  feedback,
  onRedeliver,
  ...actions
}: RunViewProps) {
  const id = useId();
  const running = thread.status === "running" && !failure;
  // A card of a running call already says what happens.
  const waiting = running && (connection === "lost" || !thread.calls.some((call) => call.state === "running"));
  return (
    <article aria-labelledby={id} data-run-status={thread.status} className="scroll-mt-20 space-y-4">
      <div className="flex flex-col items-end gap-1">
        {askedBy && (
          <p className="max-w-[85%] text-xs text-muted [overflow-wrap:anywhere]">
            <Icon name="person" className="mr-1 align-[-0.15em]" />
            <bdi>{askedBy}</bdi>
          </p>
        )}
        <h2
          id={id}
          dir="auto"
          className="max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 whitespace-pre-wrap [overflow-wrap:anywhere]"
        >
          {thread.question}
        </h2>
      </div>
      <Steps thread={thread} />
      <Todo thread={thread} />
      {waiting && (
        <StatusLine
          text={
            connection === "lost"
              ? "The connection was lost. Connecting again"
              : connection === "sending"
                ? "Sending the question"
                : statusLine(thread)
          }
        />
      )}

      {[...(applied ?? [])].map(([call, what]) =>
        what.type === "done" ? (
          <Done key={call} title={what.text} />
        ) : (
          <ErrorCard key={call} urgent title="The page could not take this over" error={what.error} />
        ),
      )}
      <Outcome thread={thread} {...actions} />
      {changes}
      {failure && (
        <ErrorCard
          error={failure}
          title={thread.seq === 0 ? "The question could not be sent" : "The run can't be followed"}
          retryLabel="Ask again"
          onRetry={onRedeliver}
          actions={actions.onEdit && <Button onClick={actions.onEdit}>Edit the question</Button>}
        />
      )}
      {feedback}
      {thread.status !== "running" && <Footer thread={thread} />}
    </article>
  );
}

/** Steps that stay in sight when a run with many has ended. */
const SHOWN_STEPS = 4;

function Steps({ thread }: { thread: Thread }) {
  const [all, setAll] = useState(false);
  const every = steps(thread);
  const ended = thread.status !== "running";
  if (every.length === 0) return null;
  const folded = ended && !all && every.length > SHOWN_STEPS + 1;
  const shown = folded ? every.slice(-SHOWN_STEPS) : every;
  return (
    <div>
      {folded && (
        <Button variant="ghost" size="small" className="mb-1" onClick={() => setAll(true)}>
          <Icon name="chevron" />
          Show all {every.length} steps
        </Button>
      )}
      <ol aria-label="Steps" className="rounded-xl border border-line bg-surface">
        {shown.map((step) => (
          <StepView key={step.key} step={step} ended={ended} />
        ))}
      </ol>
      {thread.repairs.map((problem, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: repairs are only ever appended.
        <p key={index} data-repair className="mt-2 flex gap-2 text-xs text-muted">
          <Icon name="retry" className="mt-0.5" />
          <span className="min-w-0 [overflow-wrap:anywhere]">A draft was sent back: {problem}</span>
        </p>
      ))}
    </div>
  );
}

function StepView({ step, ended }: { step: Step; ended: boolean }) {
  if (step.type === "call") return <ToolCard call={step.call} ended={ended} />;
  return (
    <li className="border-b border-line px-3 py-2 text-sm last:border-b-0">
      <Note text={step.text} />
    </li>
  );
}

function Todo({ thread }: { thread: Thread }) {
  const { todo } = thread;
  if (todo.length === 0) return null;
  return (
    <div data-answer="note">
      <StepList
        label="Plan"
        steps={todo.map((item) => ({ text: <UnboundText text={item.content} />, state: item.status }))}
      />
      <UncheckedNumbers what="A plan" text={todo.map((item) => item.content).join("\n")} />
    </div>
  );
}

function Footer({ thread }: { thread: Thread }) {
  const tokens = thread.usage.input_tokens + thread.usage.output_tokens;
  const parts = [
    thread.model && `Model: ${thread.model}`,
    thread.modes.length > 0 && `modes: ${thread.modes.join(", ")}`,
    tokens > 0 && `${tokens.toLocaleString("en-US")} tokens`,
  ].filter(Boolean);
  if (parts.length === 0) return null;
  return <p className="text-xs text-muted">{parts.join(" · ")}</p>;
}
