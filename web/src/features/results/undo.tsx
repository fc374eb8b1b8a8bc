/** Taking back what was done, and what came of it. */

import type { ReactNode } from "react";
import type { Report } from "@/api/types";
import { Button } from "@/ui/button";
import { ErrorCard } from "@/ui/error-card";
import { Icon } from "@/ui/icons";

export type UndoState =
  | { type: "ready" }
  | { type: "undoing" }
  | { type: "undone"; at?: string }
  | { type: "failed"; error: Report };

export interface UndoProps {
  /** What was done: `Created the insight “Sign-ups”`. */
  what: ReactNode;
  /** What the button takes back: a step, or everything of a turn. */
  scope: "step" | "turn";
  state: UndoState;
  onUndo: () => void;
}

export function Undo({ what, scope, state, onUndo }: UndoProps) {
  if (state.type === "failed") {
    return <ErrorCard error={state.error} title="It could not be taken back" onRetry={onUndo} urgent />;
  }
  const undone = state.type === "undone";
  return (
    <div
      data-undo={state.type}
      className="flex flex-wrap items-start gap-x-3 gap-y-2 rounded-xl border border-line bg-surface px-3 py-2 text-sm"
    >
      <Icon name={undone ? "undo" : "check"} className={`mt-1 ${undone ? "text-muted" : "text-accent"}`} />
      <span role="status" className="min-w-0 flex-1 basis-52 py-0.5 [overflow-wrap:anywhere]">
        <span className={undone ? "text-muted line-through" : ""}>{what}</span>
        {undone && <span className="text-muted"> Taken back{state.at ? `, ${state.at}` : ""}.</span>}
      </span>
      {(state.type === "ready" || state.type === "undoing") && (
        <Button size="small" variant="secondary" disabled={state.type === "undoing"} onClick={onUndo}>
          <Icon
            name={state.type === "undoing" ? "spinner" : "undo"}
            className={state.type === "undoing" ? "spinner" : ""}
          />
          {state.type === "undoing" ? "Taking it back" : scope === "turn" ? "Undo all of it" : "Undo"}
        </Button>
      )}
    </div>
  );
}
