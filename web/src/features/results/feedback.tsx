/** Whether an answer was of use, in one click, and in words for those who want to say more. */

import type { Report } from "@/api/types";
import { Button } from "@/ui/button";
import { CONTROL, Field } from "@/ui/field";
import { Icon } from "@/ui/icons";
import { ReportText } from "@/ui/sentence";

export type Rating = "good" | "bad";

export type FeedbackState =
  | { type: "open" }
  /** Rated, and the words are being written. */
  | { type: "writing"; rating: Rating; text: string }
  | { type: "sending"; rating: Rating; text: string }
  /** Given: just now, or some time before. */
  | { type: "sent"; rating: Rating; text?: string; before?: boolean }
  | { type: "failed"; rating: Rating; text: string; error: Report };

export interface FeedbackProps {
  state: FeedbackState;
  onRate: (rating: Rating) => void;
  onText: (text: string) => void;
  onSend: () => void;
  onCancel: () => void;
  /** Says something else than before; absent where that is not possible. */
  onChange?: () => void;
}

export function Feedback({ state, onRate, onText, onSend, onCancel, onChange }: FeedbackProps) {
  if (state.type === "sent") {
    return (
      <div className="space-y-1 text-sm text-muted">
        <div className="flex flex-wrap items-center gap-x-2">
          <p role={state.before ? undefined : "status"} className="flex items-center gap-2">
            <Icon name={state.rating} className="text-accent" />
            {state.before
              ? `You said that this was ${state.rating === "good" ? "" : "not "}of use.`
              : "Thank you. Your words go to those who look after this."}
          </p>
          {onChange && (
            <Button variant="ghost" size="small" onClick={onChange}>
              Change
            </Button>
          )}
        </div>
        {state.text && (
          <blockquote className="border-l-2 border-line pl-3 whitespace-pre-wrap [overflow-wrap:anywhere]">
            {state.text}
          </blockquote>
        )}
      </div>
    );
  }
  const rated = state.type === "open" ? null : state.rating;
  return (
    <div className="space-y-2">
      <fieldset className="flex items-center gap-1 text-sm text-muted">
        <legend className="sr-only">Was this of use?</legend>
        <span aria-hidden="true" className="mr-1">
          Was this of use?
        </span>
        <RateButton rating="good" label="Yes" rated={rated} disabled={state.type === "sending"} onRate={onRate} />
        <RateButton rating="bad" label="No" rated={rated} disabled={state.type === "sending"} onRate={onRate} />
      </fieldset>
      {state.type !== "open" && (
        <form
          className="space-y-2 rounded-xl border border-line bg-surface p-3"
          onSubmit={(event) => {
            event.preventDefault();
            onSend();
          }}
        >
          <Field
            label={state.rating === "bad" ? "What was wrong?" : "What was good?"}
            hint="The question, the answer and its steps are sent along."
          >
            {(control) => (
              <textarea
                {...control}
                rows={2}
                className={`${CONTROL} field-sizing-content max-h-48`}
                value={state.text}
                disabled={state.type === "sending"}
                onChange={(event) => onText(event.target.value)}
              />
            )}
          </Field>
          {state.type === "failed" && (
            <div role="alert" className="text-sm text-bad">
              <ReportText report={state.error} />
            </div>
          )}
          <div className="flex gap-2">
            <Button type="submit" variant="primary" disabled={state.type === "sending"}>
              {state.type === "sending" ? "Sending…" : state.type === "failed" ? "Send again" : "Send"}
            </Button>
            <Button variant="ghost" onClick={onCancel} disabled={state.type === "sending"}>
              Cancel
            </Button>
          </div>
        </form>
      )}
    </div>
  );
}

interface RateButtonProps {
  rating: Rating;
  label: string;
  rated: Rating | null;
  disabled: boolean;
  onRate: (rating: Rating) => void;
}

function RateButton({ rating, label, rated, disabled, onRate }: RateButtonProps) {
  return (
    <Button
      variant="ghost"
      size="small"
      aria-pressed={rated === rating}
      disabled={disabled}
      onClick={() => onRate(rating)}
    >
      <Icon name={rating} />
      {label}
    </Button>
  );
}
