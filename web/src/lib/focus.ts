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

/** True where nothing has the focus, as after what had it has gone or was disabled. */
export function nothingFocused(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
