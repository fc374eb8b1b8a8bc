/** A call that waits for a yes: what it does in words, what is different afterwards, and with what it is called. */

import { useId, useState } from "react";
import type { Change } from "@/api/objects";
import type { Effect, Json, Report, Warning } from "@/api/types";
import { useSession } from "@/app/session";
import { Changes } from "@/features/results/changes";
import { Warnings } from "@/features/results/warnings";
import { Lacks } from "@/features/session/lacks";
import { callQuestion, effectWords } from "@/lib/changes";
import type { Decided, Decision } from "@/lib/decision";
import { same } from "@/lib/diff";
import { nothingFocused, useFocusOnArrival, useReturnTo } from "@/lib/focus";
import { type JsonSchema, validate } from "@/lib/json-schema";
import { Button } from "@/ui/button";
import { CONTROL, Field } from "@/ui/field";
import { Icon } from "@/ui/icons";
import { JsonFacts } from "@/ui/json-facts";
import { Notice } from "@/ui/notice";
import { SchemaForm } from "@/ui/schema-form";
import { ReportText, Sentence } from "@/ui/sentence";
import { StatusLine } from "@/ui/status-line";

export interface AskedCall {
  tool: string;
  /** The tool's name for people. */
  title: string;
  arguments: Json;
  effect: Effect;
  /** Why it is asked. */
  why: string;
  changes: Change[];
  /** What to know before a yes. */
  warnings?: Warning[];
}

export type ApprovalState =
  | { type: "open" }
  | { type: "sending"; decision: Decision["decision"] }
  | { type: "failed"; error: Report }
  | Decided;

/** What a call with other arguments would do. */
export type EditedPreview =
  | { type: "checking" }
  | { type: "shown"; changes: Change[]; warnings?: Warning[] }
  | { type: "failed"; error: Report };

export interface ApprovalProps {
  call: AskedCall;
  /** Of the arguments; without it they are edited as JSON. */
  schema?: JsonSchema | undefined;
  state: ApprovalState;
  /** The right that whoever looks at it lacks to decide. */
  lacks?: string | undefined;
  /** Whether the keyboard goes to it when it comes up, unless it is somewhere else by then. */
  takesFocus?: boolean;
  /** What the edited arguments would do, where that is known. */
  edited?: EditedPreview | undefined;
  /** Told of every edit that is right in itself; `null` where the arguments are as they were. */
  onEdit?: (args: Json | null) => void;
  onDecide: (decision: Decision) => void;
}

export function Approval(props: ApprovalProps) {
  const { call, state } = props;
  const who = useDecider(state);
  switch (state.type) {
    case "approved":
      return (
        <DecidedApproval
          icon="check"
          text={state.edited ? `${who} approved it with other arguments` : `${who} approved it`}
          {...props}
        />
      );
    case "rejected":
      return (
        <DecidedApproval
          icon="minus"
          text={state.reason ? `${who} rejected it: ${state.reason}` : `${who} rejected it`}
          {...props}
        />
      );
    case "dropped":
      return <DecidedApproval icon="minus" text="Not decided; the conversation went on" {...props} />;
    default:
      return <OpenApproval key={JSON.stringify(call.arguments)} {...props} />;
  }
}

/** Who decided. Runs of earlier versions do not say, and only who is alone on the machine knows that it was them. */
function useDecider(state: ApprovalState): string {
  const session = useSession();
  const by = "by" in state ? state.by : null;
  if (by) return by === session?.name ? "You" : by;
  return session?.by === "session" ? "Somebody" : "You";
}

function DecidedApproval({ icon, text, call }: ApprovalProps & { icon: "check" | "minus"; text: string }) {
  return (
    <details data-approval="decided" className="rounded-xl border border-line bg-surface text-sm">
      <summary className="flex gap-2 rounded-xl px-3 py-2 hover:bg-sunken">
        <Icon name={icon} className={`mt-0.5 ${icon === "check" ? "text-accent" : "text-muted"}`} />
        <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
          {callQuestion(call.title, call.effect, call.changes)} <span className="text-muted">{text}.</span>
        </span>
      </summary>
      <div className="space-y-3 px-3 pt-1 pb-3">
        {call.changes.length > 0 && <Changes changes={call.changes} named />}
        <JsonFacts value={call.arguments} />
      </div>
    </details>
  );
}

/** What the person is about to do beside saying yes or no. */
type Part = "edit" | "reject" | null;

function OpenApproval(props: ApprovalProps) {
  const { call, schema = {}, state, lacks, takesFocus = false, edited: preview, onEdit, onDecide } = props;
  const card = useFocusOnArrival(takesFocus && nothingFocused());
  const [part, setPart] = useState<Part>(null);
  const reasons = useReturnTo(part === "reject");
  const [edited, setEdited] = useState<Json>(call.arguments);
  const [reason, setReason] = useState("");
  const panel = useId();
  const question = callQuestion(call.title, call.effect, call.changes);
  const changed = !same(edited, call.arguments);
  const problems = changed ? validate(schema, edited) : [];
  const sending = state.type === "sending" ? state.decision : null;
  // A preview is of arguments that were right; while they are not, what is shown is without them.
  const current = changed && problems.length === 0 ? preview : undefined;
  const { changes, warnings = [] } = current?.type === "shown" ? current : call;
  const edit = (next: Json) => {
    setEdited(next);
    if (same(next, call.arguments)) onEdit?.(null);
    else if (validate(schema, next).length === 0) onEdit?.(next);
  };
  const approve = () => onDecide(changed ? { decision: "approve", arguments: edited } : { decision: "approve" });
  const reject = () => onDecide(reason.trim() ? { decision: "reject", reason: reason.trim() } : { decision: "reject" });
  const toggle = (next: Part) => setPart(part === next ? null : next);
  return (
    <section
      ref={card}
      tabIndex={-1}
      data-approval="open"
      aria-label={`Needs your approval: ${question}`}
      className="rounded-xl"
    >
      <Notice tone="question" icon="ask" title={question}>
        <p className="text-sm text-muted">
          <Sentence text={call.why} /> <code className="font-mono text-xs">{call.tool}</code> {effectWords(call.effect)}
          .
        </p>
        <div className="mt-3 space-y-3">
          {changes.length > 0 && <Changes changes={changes} named />}
          <Warnings warnings={warnings} about="What to know before you approve it" />
          {part !== "edit" && !changed && changes.length === 0 && <JsonFacts value={call.arguments} />}
          {changed && <EditedNote preview={current} shown={call.changes.length > 0} />}
          {part === "edit" && (
            <div id={panel} className="space-y-3 rounded-lg border border-line p-3">
              <SchemaForm
                schema={schema}
                value={edited}
                onChange={edit}
                problems={problems}
                disabled={sending !== null}
              />
              {changed && (
                <Button size="small" variant="ghost" onClick={() => edit(call.arguments)}>
                  <Icon name="undo" />
                  As they were
                </Button>
              )}
            </div>
          )}
          {part === "reject" && (
            <form
              id={panel}
              className="space-y-3 rounded-lg border border-line p-3"
              onSubmit={(event) => {
                event.preventDefault();
                reject();
              }}
            >
              <Field label="Why not?" hint="It is told what you write here, and goes on from there.">
                {(control) => (
                  <textarea
                    {...control}
                    // biome-ignore lint/a11y/noAutofocus: it opens where its button was pressed, to be written into.
                    autoFocus
                    rows={2}
                    className={`${CONTROL} field-sizing-content max-h-48`}
                    value={reason}
                    disabled={sending !== null}
                    onChange={(event) => setReason(event.target.value)}
                  />
                )}
              </Field>
              <div className="flex flex-wrap gap-2">
                <Button type="submit" variant="primary" disabled={sending !== null}>
                  {reason.trim() ? "Reject with this reason" : "Reject without a reason"}
                </Button>
                <Button variant="ghost" disabled={sending !== null} onClick={() => setPart(null)}>
                  Back
                </Button>
              </div>
            </form>
          )}
          {state.type === "failed" && (
            <div role="alert" className="text-sm text-bad">
              <ReportText report={state.error} />
            </div>
          )}
          {lacks !== undefined && <Lacks what="decide on this" right={lacks} />}
          {part !== "reject" && lacks === undefined && (
            <div className="flex flex-wrap gap-2">
              <Button variant="primary" disabled={sending !== null || problems.length > 0} onClick={approve}>
                <Icon
                  name={sending === "approve" ? "spinner" : "check"}
                  className={sending === "approve" ? "spinner" : ""}
                />
                {sending === "approve" ? "Approving" : changed ? "Approve with your changes" : "Approve"}
              </Button>
              <Button ref={reasons} disabled={sending !== null} aria-expanded={false} onClick={() => toggle("reject")}>
                <Icon
                  name={sending === "reject" ? "spinner" : "close"}
                  className={sending === "reject" ? "spinner" : ""}
                />
                {sending === "reject" ? "Rejecting" : "Reject"}
              </Button>
              <Button
                variant="ghost"
                disabled={sending !== null}
                aria-expanded={part === "edit"}
                aria-controls={part === "edit" ? panel : undefined}
                onClick={() => toggle("edit")}
              >
                <Icon name="edit" />
                <span>
                  {part === "edit" ? "Close" : "Edit"}
                  {/* What the buttons are about stands above them; three of them are to fit beside each other. */}
                  <span className="max-sm:sr-only"> the arguments</span>
                </span>
              </Button>
            </div>
          )}
        </div>
      </Notice>
    </section>
  );
}

/** Whether what is shown above is with the person's changes or without. */
function EditedNote({ preview, shown }: { preview: EditedPreview | undefined; shown: boolean }) {
  if (preview?.type === "checking") return <StatusLine text="Working out what your changes do" />;
  if (preview?.type === "failed") {
    return (
      <div role="alert" className="text-sm text-bad">
        <ReportText report={preview.error} />
      </div>
    );
  }
  const without = preview?.type !== "shown" && shown;
  return (
    <p className={`flex gap-2 text-sm ${without ? "text-warn" : "text-muted"}`}>
      <Icon name="edit" className="mt-0.5" />
      <span>
        You have changed the arguments.
        {without && " What is shown above is without your changes."}
        {preview?.type === "shown" && " What is shown above is with your changes."}
      </span>
    </p>
  );
}
