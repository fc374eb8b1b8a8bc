/** Where a question is written. Enter sends, Shift+Enter begins a new line. */

import { type KeyboardEvent, useEffect, useRef } from "react";
import { Button } from "@/ui/button";
import { Icon } from "@/ui/icons";

export interface AskBoxProps {
  text: string;
  onText: (text: string) => void;
  onAsk: (question: string) => void;
  /** Set while a run is under way. */
  onStop: (() => void) | null;
  disabled: boolean;
  placeholder: string;
}

export function AskBox({ text, onText, onAsk, onStop, disabled, placeholder }: AskBoxProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  const running = onStop !== null;
  useFocusAfter(running, box);
  const question = text.trim();
  const send = () => {
    if (question && !running && !disabled) onAsk(question);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a character, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className="flex items-end gap-2 rounded-2xl border border-control bg-surface p-1.5 pl-4 shadow-sm focus-within:border-accent focus-within:ring-1 focus-within:ring-accent"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        aria-label="Your question"
        className="field-sizing-content max-h-48 min-h-9 w-full min-w-0 flex-1 resize-none bg-transparent py-1.5 outline-none placeholder:text-muted disabled:text-muted"
        rows={1}
        value={text}
        placeholder={placeholder}
        disabled={running || disabled}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {running ? (
        <Button onClick={onStop} className="rounded-xl">
          <Icon name="stop" />
          Stop
        </Button>
      ) : (
        <Button type="submit" variant="primary" className="rounded-xl" disabled={!question || disabled}>
          <Icon name="send" />
          Ask
        </Button>
      )}
    </form>
  );
}

/** Gives the focus back when the box is free again, unless the user is somewhere else by then. */
function useFocusAfter(running: boolean, box: React.RefObject<HTMLTextAreaElement | null>): void {
  const ran = useRef(false);
  useEffect(() => {
    const free = document.activeElement === null || document.activeElement === document.body;
    if (ran.current && !running && free) box.current?.focus({ preventScroll: true });
    ran.current = running;
  }, [running, box]);
}
