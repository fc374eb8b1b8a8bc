/** Where a question is written. Enter sends, Shift+Enter begins a new line, a slash lists the commands. */

import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { CommandList } from "@/features/chat/command-list";
import { type Command, matchingCommands } from "@/features/chat/commands";
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
  commands?: Command[];
  onCommand?: (command: Command) => void;
  /** Grows whenever something else fills the box in: then it takes the focus. */
  filled?: number;
}

const NO_COMMANDS: Command[] = [];

export function AskBox(props: AskBoxProps) {
  const { text, onText, onAsk, onStop, disabled, placeholder, commands = NO_COMMANDS, onCommand, filled = 0 } = props;
  const box = useRef<HTMLTextAreaElement>(null);
  const running = onStop !== null;
  useFocusAfter(running, box);
  useFocusWhenFilled(filled, box);
  const list = useId();
  const [chosen, setChosen] = useState(0);
  // Escape closes the list for what is typed at that moment.
  const [closedFor, setClosedFor] = useState<string | null>(null);
  const matching = commands.length > 0 && text !== closedFor ? matchingCommands(commands, text) : null;
  const at = Math.min(chosen, Math.max(0, (matching?.length ?? 0) - 1));
  const question = text.trim();
  const send = () => {
    if (question && !running && !disabled) onAsk(question);
  };
  const take = (command: Command | undefined) => {
    if (!command) return;
    setChosen(0);
    onCommand?.(command);
  };
  /** True where the key was the list's. */
  const onListKey = (event: KeyboardEvent): boolean => {
    if (!matching) return false;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined && matching.length > 0) setChosen((at + step + matching.length) % matching.length);
    else if ((event.key === "Enter" || event.key === "Tab") && matching.length > 0) take(matching[at]);
    else if (event.key === "Escape") setClosedFor(text);
    else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a character, Enter belongs to it.
    if (event.nativeEvent.isComposing || event.shiftKey) return;
    if (!onListKey(event)) {
      if (event.key !== "Enter") return;
      send();
    }
    event.preventDefault();
  };
  return (
    <>
      {matching && <CommandList id={list} commands={matching} chosen={at} onChoose={setChosen} onTake={take} />}
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
          dir="auto"
          className="field-sizing-content max-h-48 min-h-9 w-full min-w-0 flex-1 resize-none bg-transparent py-1.5 outline-none placeholder:text-muted disabled:text-muted"
          rows={1}
          value={text}
          placeholder={placeholder}
          disabled={running || disabled}
          aria-autocomplete={commands.length > 0 ? "list" : undefined}
          aria-controls={matching?.length ? list : undefined}
          aria-activedescendant={matching?.length ? `${list}-${at}` : undefined}
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
    </>
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

/** What was filled in is to be changed or sent, so the box takes the focus, with the cursor at the end. */
function useFocusWhenFilled(filled: number, box: React.RefObject<HTMLTextAreaElement | null>): void {
  const seen = useRef(filled);
  useEffect(() => {
    if (seen.current === filled) return;
    seen.current = filled;
    box.current?.focus();
    box.current?.setSelectionRange(box.current.value.length, box.current.value.length);
  }, [filled, box]);
}
