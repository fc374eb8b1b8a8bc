/** The question that is being written. It outlives a change of page, and other parts of a page can fill it in. */

import { useSyncExternalStore } from "react";

interface DraftQuestion {
  text: string;
  /** Modes that were chosen for it. */
  modes: string[];
  /** Grows whenever something fills the box in, so that the box takes the focus. */
  filled: number;
}

const EMPTY: DraftQuestion = { text: "", modes: [], filled: 0 };

let draft = EMPTY;
const listeners = new Set<() => void>();

function set(changes: Partial<DraftQuestion>): void {
  draft = { ...draft, ...changes };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useDraftQuestion(): DraftQuestion {
  return useSyncExternalStore(subscribe, () => draft);
}

export function writeQuestion(text: string): void {
  set({ text });
}

/** Puts a question into the ask box, to be changed or sent. */
export function fillQuestion(text: string, modes: string[] = draft.modes): void {
  set({ text, modes, filled: draft.filled + 1 });
}

export function chooseModes(modes: string[]): void {
  set({ modes });
}

/** After it was sent. */
export function clearQuestion(): void {
  set({ text: "", modes: [] });
}
