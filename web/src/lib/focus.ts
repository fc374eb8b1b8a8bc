/** Where the keyboard is, when something takes the place of what had the focus. */

import { type RefObject, useEffect, useRef } from "react";

/** Gives the focus to what has just come, where `wanted`. */
export function useFocusOnArrival(wanted: boolean): RefObject<HTMLElement | null> {
  const element = useRef<HTMLElement>(null);
  const first = useRef(wanted);
  useEffect(() => {
    if (first.current) element.current?.focus();
    first.current = false;
  }, []);
  return element;
}

/** Gives the focus to what takes the place of another part, where that has taken the focus with it. */
export function useFocusOnChange(part: string): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the part is what the focus follows.
  useEffect(() => {
    if (nothingFocused()) element.current?.focus();
  }, [part]);
  return element;
}

/** Gives the focus back to a button when what it has opened in its place is closed. */
export function useReturnTo(open: boolean): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null);
  const was = useRef(open);
  useEffect(() => {
    if (was.current && !open) button.current?.focus();
    was.current = open;
  }, [open]);
  return button;
}

/** True where nothing has the focus, as after what had it has gone or was disabled. */
export function nothingFocused(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
