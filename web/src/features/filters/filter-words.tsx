/** Filters by words: what is wished for is written down, and `make_filters` makes the conditions. */

import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { CONTROL } from "@/ui/field";
import { Icon } from "@/ui/icons";
import { StatusLine } from "@/ui/status-line";

export type WordsState =
  | { type: "idle" }
  /** What is being done. */
  | { type: "running"; status: string }
  /** What came of it: filters, a question back, a refusal or an error. */
  | { type: "ended"; outcome: ReactNode };

export interface FilterWordsProps {
  /** What is filtered: `feature flags`. */
  what: string;
  text: string;
  state: WordsState;
  onText: (text: string) => void;
  onAsk: () => void;
  onStop: () => void;
  onClose: () => void;
}

export function FilterWords({ what, text, state, onText, onAsk, onStop, onClose }: FilterWordsProps) {
  const running = state.type === "running";
  return (
    <div className="space-y-2">
      <form
        className="flex gap-1.5"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() && !running) onAsk();
        }}
      >
        <span className="relative min-w-0 flex-1">
          <Icon name="spark" className="absolute top-2.5 left-2.5 text-muted" />
          <input
            aria-label={`Filter ${what} by words`}
            placeholder={`Which ${what}? In your own words`}
            className={`${CONTROL} text-ellipsis h-9 pl-8 placeholder:text-muted`}
            value={text}
            disabled={running}
            onChange={(event) => onText(event.target.value)}
          />
        </span>
        {running ? (
          <Button onClick={onStop}>
            <Icon name="stop" />
            Stop
          </Button>
        ) : (
          <Button type="submit" disabled={!text.trim()}>
            Make filters
          </Button>
        )}
      </form>
      <div role="status">{running && <StatusLine text={state.status} />}</div>
      {state.type === "ended" && (
        <div className="space-y-2">
          {state.outcome}
          <Button variant="ghost" size="small" onClick={onClose}>
            <Icon name="close" />
            Close
          </Button>
        </div>
      )}
    </div>
  );
}
