/** Follows a run's events over any number of connections, each position once and in order. */

import { ApiError, api, request } from "@/api/client";
import type { RunEvent } from "@/api/types";
import { isTerminal } from "@/lib/fold";
import { SseParser } from "@/lib/sse";

export interface FollowOptions {
  runId: string;
  /** The newest position already known. */
  after: number;
  signal: AbortSignal;
  onEvents: (events: RunEvent[]) => void;
  onConnection: (connected: boolean) => void;
  /** Milliseconds before attempt `n`, from 1. */
  backoff?: (attempt: number) => number;
}

/** The server sends a heartbeat every 10 seconds; a connection this silent is dead. */
const SILENCE_MS = 30_000;

export const defaultBackoff = (attempt: number) =>
  Math.min(250 * 2 ** (attempt - 1), 8000) * (0.75 + Math.random() / 2);

/** Returns after the terminal event or when aborted; throws when the server refuses. */
export async function followRun(options: FollowOptions): Promise<void> {
  const { signal, backoff = defaultBackoff } = options;
  let position = options.after;
  let attempt = 0;
  const take = (events: RunEvent[]) => {
    const later = events.filter((event) => event.seq > position);
    const fresh: RunEvent[] = [];
    for (const event of later) if (event.seq === position + fresh.length + 1) fresh.push(event);
    if (fresh.length > 0) {
      position += fresh.length;
      attempt = 0;
      options.onEvents(fresh);
    }
    // What stands behind a gap is asked for again, together with what is missing.
    if (later.some((event) => event.seq > position)) throw new Error(`event ${position + 1} is missing`);
    return fresh.some(isTerminal);
  };
  while (!signal.aborted) {
    try {
      if (await readOnce(options, position, take)) return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) throw error;
    }
    if (signal.aborted) return;
    options.onConnection(false);
    attempt += 1;
    await pause(backoff(attempt), signal);
  }
}

/** One connection; true when the run ended in it. */
async function readOnce(options: FollowOptions, after: number, take: (events: RunEvent[]) => boolean) {
  const connection = new AbortController();
  const signal = AbortSignal.any([options.signal, connection.signal]);
  let timer = setTimeout(() => connection.abort(), SILENCE_MS);
  try {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (after > 0) headers["last-event-id"] = String(after);
    const response = await request(api.eventsPath(options.runId), { headers, signal, cache: "no-store" });
    if (!response.body) throw new Error("the response has no body");
    options.onConnection(true);
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parser = new SseParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return false;
      clearTimeout(timer);
      timer = setTimeout(() => connection.abort(), SILENCE_MS);
      const events = parser.push(decoder.decode(value, { stream: true }));
      const ended = take(events.filter((each) => each.event === "run_event").map((each) => JSON.parse(each.data)));
      if (ended) return true;
    }
  } finally {
    clearTimeout(timer);
    // Whatever the reason to leave, the connection is not left open.
    connection.abort();
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
