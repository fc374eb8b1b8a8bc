/** How long something still takes, by how fast it went so far. */

import { useState } from "react";

export interface Mark {
  fraction: number;
  /** Milliseconds. */
  at: number;
}

/** Before this much is seen of the way, its speed says nothing. */
const LEAST = 0.1;

/** The milliseconds left at `now`, by the way from the first mark on; `null` while nobody can say. */
export function timeLeft(first: Mark, now: Mark): number | null {
  const [way, time] = [now.fraction - first.fraction, now.at - first.at];
  if (way < LEAST || time <= 0 || now.fraction >= 1) return null;
  return Math.round((time / way) * (1 - now.fraction));
}

/** The time left as of the newest fraction. */
export function useTimeLeft(fraction: number, clock: () => number = Date.now): number | null {
  const [first, setFirst] = useState<Mark>(() => ({ fraction, at: clock() }));
  const [newest, setNewest] = useState(first);
  if (fraction !== newest.fraction) {
    const mark = { fraction, at: clock() };
    setNewest(mark);
    // What goes back has begun anew.
    if (fraction < first.fraction) setFirst(mark);
  }
  return timeLeft(first, newest);
}
