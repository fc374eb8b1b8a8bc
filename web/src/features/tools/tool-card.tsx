/** A tool call on two lines: what happens, and with what. It opens to show everything. */

import { Collapsible } from "@base-ui/react/collapsible";
import type { Report, ToolCallView } from "@/api/types";
import { ResultView } from "@/features/results/result-view";
import { argumentLine } from "@/features/tools/arguments";
import { useTimeLeft } from "@/features/tools/time-left";
import { formatDuration, formatLeft } from "@/lib/format";
import { retryText } from "@/lib/retry";
import { CodeBlock } from "@/ui/code-block";
import { Icon, type IconName } from "@/ui/icons";
import { ProgressBar } from "@/ui/progress";
import { Sentence } from "@/ui/sentence";

const STATES: Record<ToolCallView["state"], { icon: IconName; tone: string; word: string }> = {
  running: { icon: "spinner", tone: "text-accent spinner", word: "running" },
  ok: { icon: "check", tone: "text-accent", word: "done" },
  error: { icon: "cross", tone: "text-bad", word: "failed" },
  unknown: { icon: "ask", tone: "text-warn", word: "outcome unknown" },
};

export function ToolCard({ call, ended }: { call: ToolCallView; ended: boolean }) {
  // A run can be stopped while a call is under way; one that a dead process left open has no end yet.
  const stopped = call.error?.code === "cancelled" || (ended && call.state === "running");
  const state = stopped ? { icon: "minus" as const, tone: "text-muted", word: "stopped" } : STATES[call.state];
  const title = call.title;
  // That it works or has worked is said by the icon.
  const quiet = !stopped && (call.state === "ok" || call.state === "running");
  return (
    <Collapsible.Root render={<li />} className="border-b border-line last:border-b-0">
      <Collapsible.Trigger className="group flex w-full items-start gap-2.5 rounded-[0.6875rem] px-3 py-2 text-left hover:bg-sunken">
        <Icon name={state.icon} className={`mt-0.5 ${state.tone}`} />
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2 text-sm">
            <span className="min-w-0 truncate font-medium">{title}</span>
            {!title.endsWith(state.word) && (
              <span className={quiet ? "sr-only" : "shrink-0 text-xs text-muted"}>{state.word}</span>
            )}
            {call.ms !== null && <span className="shrink-0 text-xs text-muted">{formatDuration(call.ms)}</span>}
          </span>
          <span className="block truncate text-xs text-muted">{argumentLine(call) || call.tool}</span>
          {call.state === "running" && !stopped && call.progress !== null && <CallProgress fraction={call.progress} />}
        </span>
        <Icon name="chevron" className="mt-1 text-muted transition-transform group-data-[panel-open]:rotate-90" />
      </Collapsible.Trigger>
      <Collapsible.Panel className="space-y-3 px-3 pt-2 pb-3">
        <Details call={call} />
      </Collapsible.Panel>
    </Collapsible.Root>
  );
}

/** The bar, with the time that is left as soon as it can be told. */
function CallProgress({ fraction }: { fraction: number }) {
  const left = useTimeLeft(fraction);
  return (
    <span className="mt-1.5 block">
      <ProgressBar fraction={fraction} />
      {left !== null && <span className="mt-0.5 block text-xs text-muted">{formatLeft(left)}</span>}
    </span>
  );
}

function Details({ call }: { call: ToolCallView }) {
  return (
    <>
      <Part title={`Arguments of ${call.tool}`}>
        <CodeBlock label="Arguments" text={JSON.stringify(call.arguments, null, 2)} />
      </Part>
      {call.error && <CallError error={call.error} />}
      {call.result && (
        <Part title="Result">
          <ResultView call={call} />
          {call.result.warnings.map((warning) => (
            <p key={warning.code + warning.message} className="mt-2 text-sm text-warn">
              {warning.message}
            </p>
          ))}
        </Part>
      )}
      {call.content && (
        <Part title="What the model read">
          <CodeBlock label="What the model read" text={call.content} />
        </Part>
      )}
    </>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div>
      <p className="mb-1 text-xs font-medium text-muted">{title}</p>
      {children}
    </div>
  );
}

function CallError({ error }: { error: Report }) {
  return (
    <div className="rounded-lg border border-bad-line bg-bad-soft px-3 py-2 text-sm">
      <p className="[overflow-wrap:anywhere]">
        <code className="mr-2 font-mono text-xs font-semibold text-bad">{error.code}</code>
        <Sentence text={error.message} />
      </p>
      {error.hint && (
        <p className="mt-1 [overflow-wrap:anywhere]">
          Hint: <Sentence text={error.hint} />
        </p>
      )}
      <p className="mt-1 text-muted">What helps: {retryText(error.retry)}</p>
    </div>
  );
}
