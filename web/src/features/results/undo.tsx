/** Taking back what was done: what that would do, then doing it, and what came of it. */

import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import type { UndoConflict, UndoPlan } from "@/api/objects";
import type { Report } from "@/api/types";
import { Changes } from "@/features/results/changes";
import { actionWord, kindWord } from "@/lib/changes";
import { useFocusOnArrival } from "@/lib/focus";
import { formatInstant } from "@/lib/format";
import { Button } from "@/ui/button";
import { ErrorCard } from "@/ui/error-card";
import { Icon } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { Sentence } from "@/ui/sentence";

export type UndoState =
  | { type: "ready" }
  /** It is being found out what it would do. */
  | { type: "planning" }
  | { type: "planned"; plan: UndoPlan }
  | { type: "undoing" }
  | { type: "undone"; at?: string }
  | { type: "failed"; error: Report };

export interface UndoProps {
  /** What was done: `Created the insight “Sign-ups”`. */
  what: ReactNode;
  /** What the button takes back: a step, or everything of a turn. */
  scope: "step" | "turn";
  state: UndoState;
  /** Asks what it would do; absent where nobody may take it back. */
  onUndo?: (() => void) | undefined;
  /** Does what was shown. */
  onConfirm: () => void;
  /** Leaves it as it is. */
  onKeep: () => void;
}

const BUSY = { planning: "Looking what it does", undoing: "Taking it back" };

export function Undo({ what, scope, state, onUndo, onConfirm, onKeep }: UndoProps) {
  const { button, line } = useFocusBetween(state.type);
  // What is there from the start has not been asked for.
  const [atFirst] = useState(state.type);
  if (state.type === "failed") {
    return <ErrorCard error={state.error} title="It could not be taken back" onRetry={onUndo} urgent />;
  }
  const undone = state.type === "undone";
  const busy = state.type === "planning" || state.type === "undoing" ? BUSY[state.type] : null;
  return (
    <div data-undo={state.type} className="space-y-2">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2 rounded-xl border border-line bg-surface px-3 py-2 text-sm">
        <Icon name={undone ? "undo" : "check"} className={`mt-1 ${undone ? "text-muted" : "text-accent"}`} />
        <span
          ref={line}
          role="status"
          tabIndex={-1}
          className="min-w-0 flex-1 basis-40 rounded py-0.5 [overflow-wrap:anywhere]"
        >
          <span className={undone ? "text-muted line-through" : ""}>{what}</span>
          {undone && <span className="text-muted"> Taken back{state.at ? `, ${state.at}` : ""}.</span>}
        </span>
        {(busy || (state.type === "ready" && onUndo)) && (
          <Button ref={button} size="small" variant="secondary" disabled={busy !== null} onClick={onUndo}>
            <Icon name={busy ? "spinner" : "undo"} className={busy ? "spinner" : ""} />
            {busy ?? (scope === "turn" ? "Undo all of it" : "Undo")}
          </Button>
        )}
      </div>
      {state.type === "planned" && (
        <Planned plan={state.plan} takesFocus={atFirst !== "planned"} onConfirm={onConfirm} onKeep={onKeep} />
      )}
    </div>
  );
}

/** The keyboard follows: back to the button where it was left as it is, and to what is said where it was done. */
function useFocusBetween(type: UndoState["type"]): {
  button: RefObject<HTMLButtonElement | null>;
  line: RefObject<HTMLSpanElement | null>;
} {
  const button = useRef<HTMLButtonElement>(null);
  const line = useRef<HTMLSpanElement>(null);
  const before = useRef(type);
  useEffect(() => {
    if (before.current === "planned" && type === "ready") button.current?.focus();
    if (before.current === "undoing" && type === "undone") line.current?.focus();
    before.current = type;
  }, [type]);
  return { button, line };
}

interface PlannedProps extends Pick<UndoProps, "onConfirm" | "onKeep"> {
  plan: UndoPlan;
  takesFocus: boolean;
}

/** What would be different, or what stands in the way: then nothing is taken back, so nothing else is offered. */
function Planned({ plan: { changes, conflicts }, takesFocus, onConfirm, onKeep }: PlannedProps) {
  const card = useFocusOnArrival(takesFocus);
  const blocked = conflicts.length > 0;
  const nothing = changes.length === 0;
  const title = blocked ? "It can't be taken back as it stands" : nothing ? "It changes nothing" : "Take this back?";
  return (
    <section ref={card} tabIndex={-1} aria-label={title} className="rounded-xl">
      <Notice
        tone={blocked ? "warn" : "question"}
        icon={blocked ? "alert" : "undo"}
        title={title}
        actions={
          <>
            {!blocked && !nothing && (
              <Button variant="primary" onClick={onConfirm}>
                <Icon name="undo" />
                Take it back
              </Button>
            )}
            <Button onClick={onKeep}>{blocked || nothing ? "Close" : "Leave it as it is"}</Button>
          </>
        }
      >
        {blocked ? (
          <ul className="space-y-2 text-sm">
            {conflicts.map((conflict) => (
              <Conflict key={conflict.activity} conflict={conflict} />
            ))}
          </ul>
        ) : nothing ? (
          <p className="text-sm">All of it is already as it was before.</p>
        ) : (
          <Changes changes={changes} />
        )}
      </Notice>
    </section>
  );
}

function Conflict({ conflict: { kind, reason, hint, since } }: { conflict: UndoConflict }) {
  return (
    <li className="[overflow-wrap:anywhere]">
      <p>
        {/* The server names kinds as programs do. */}
        <Sentence text={reason.replace(kind, kindWord(kind))} />{" "}
        {since && (
          <>
            {actionWord(since.action)} since by <bdi>{since.actor.name}</bdi>, {formatInstant(since.at)}.
          </>
        )}
      </p>
      {hint && (
        <p>
          Hint: <Sentence text={hint} />
        </p>
      )}
    </li>
  );
}
