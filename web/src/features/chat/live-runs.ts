/** Runs that this page asked for or follows, kept outside the components so that they outlive a page change. */

import { useSyncExternalStore } from "react";
import { api, asReport } from "@/api/client";
import { followRun } from "@/api/follow";
import type { AskBody, Report, RunEvent, Thread } from "@/api/types";
import { deliverResult, type Lent, lend } from "@/app/mounted-tools";
import type { Decision } from "@/lib/decision";
import { emptyThread, fold } from "@/lib/fold";
import { uuidv7 } from "@/lib/uuid";

export interface AskOptions {
  project: string;
  question: string;
  conversationId?: string | null;
  continues?: string | null;
  /** Modes that are on from the start. */
  modes?: string[];
  /** What is said to a call that waits. */
  approval?: Decision;
  /** What the page lends; all that is mounted and shared, where it is absent. */
  lent?: Lent;
}

/** What the page did with the result of a call. */
export type Applied = { type: "done"; text: string } | { type: "failed"; error: Report };

export interface LiveRun {
  runId: string;
  /** Set where this page has asked for the run. */
  asked: AskOptions | null;
  thread: Thread;
  /** `sending` until the server took the question, `lost` while it is being reconnected. */
  connection: "sending" | "open" | "lost" | "closed";
  /** Why the question or the events could not be delivered. */
  failure: Report | null;
  /** What the page did with results, by call. */
  applied: ReadonlyMap<string, Applied>;
}

const NOTHING_APPLIED: LiveRun["applied"] = new Map();

let runs: ReadonlyMap<string, LiveRun> = new Map();
const listeners = new Set<() => void>();
const endListeners = new Set<() => void>();
const followed = new Map<string, AbortController>();
/** Calls whose results have been handed to the page. */
const delivered = new Set<string>();

function update(runId: string, change: (run: LiveRun) => LiveRun): void {
  const run = runs.get(runId);
  if (!run) return;
  runs = new Map(runs).set(runId, change(run));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLiveRuns(): ReadonlyMap<string, LiveRun> {
  return useSyncExternalStore(subscribe, () => runs);
}

/** Calls back whenever a run starts or ends, so that lists can be read again. */
export function onRunListed(listener: () => void): () => void {
  endListeners.add(listener);
  return () => endListeners.delete(listener);
}

/** Asks a question; the run's id is made here and returned at once. */
export function ask(options: AskOptions): string {
  const runId = uuidv7();
  // The state as it is at this moment: sending the question again must not change it.
  const asked = { ...options, lent: options.lent ?? lend() };
  const thread = {
    ...emptyThread(),
    run_id: runId,
    project: asked.project,
    conversation_id: asked.conversationId ?? null,
    continues: asked.continues ?? null,
    question: asked.question,
  };
  runs = new Map(runs).set(runId, {
    runId,
    asked,
    thread,
    connection: "sending",
    failure: null,
    applied: NOTHING_APPLIED,
  });
  for (const listener of listeners) listener();
  void deliver(runId, asked);
  return runId;
}

/** Delivers the same question again after a failure; the same id makes that safe. */
export function redeliver(runId: string): void {
  const run = runs.get(runId);
  if (!run) return;
  const connection = followed.has(runId) ? "open" : "sending";
  update(runId, (live) => ({ ...live, connection, failure: null }));
  if (run.asked && run.thread.seq === 0) void deliver(runId, run.asked);
  else void listen(runId);
}

/** Delivers and follows again what was refused while nobody was signed in. */
export function redeliverRefused(): void {
  for (const run of runs.values()) if (run.failure?.code === "denied") redeliver(run.runId);
}

/** Follows a run that was found running. */
export function follow(thread: Thread): void {
  const runId = thread.run_id;
  if (!runId || runs.has(runId)) return;
  runs = new Map(runs).set(runId, {
    runId,
    asked: null,
    thread,
    connection: "open",
    failure: null,
    applied: NOTHING_APPLIED,
  });
  for (const listener of listeners) listener();
  void listen(runId);
}

export async function cancel(runId: string): Promise<void> {
  try {
    await api.cancel(runId);
  } catch (error) {
    update(runId, (run) => (run.thread.status === "running" ? { ...run, failure: asReport(error) } : run));
  }
}

async function deliver(runId: string, asked: AskOptions): Promise<void> {
  const body: AskBody = { run_id: runId, question: asked.question };
  if (asked.conversationId) body.conversation_id = asked.conversationId;
  if (asked.continues) body.continues = asked.continues;
  if (asked.modes?.length) body.modes = asked.modes;
  if (asked.approval) body.approval = asked.approval;
  if (asked.lent?.context.length) body.context = asked.lent.context;
  try {
    await api.ask(asked.project, body);
  } catch (error) {
    update(runId, (run) => ({ ...run, connection: "closed", failure: asReport(error) }));
    return;
  }
  await listen(runId);
}

async function listen(runId: string): Promise<void> {
  if (followed.has(runId)) return;
  const controller = new AbortController();
  followed.set(runId, controller);
  try {
    await followRun({
      runId,
      after: runs.get(runId)?.thread.seq ?? 0,
      signal: controller.signal,
      onEvents: (events) => takeEvents(runId, events),
      onConnection: (open) => update(runId, (run) => ({ ...run, connection: open ? "open" : "lost" })),
    });
    update(runId, (run) => ({ ...run, connection: "closed" }));
  } catch (error) {
    update(runId, (run) => ({ ...run, connection: "closed", failure: asReport(error) }));
  } finally {
    followed.delete(runId);
  }
}

function takeEvents(runId: string, events: RunEvent[]): void {
  const before = runs.get(runId)?.thread;
  update(runId, (run) => ({ ...run, failure: null, thread: fold(events, run.thread) }));
  const after = runs.get(runId)?.thread;
  const listed = before?.seq === 0 || (before?.status === "running" && after?.status !== "running");
  if (listed) for (const listener of endListeners) listener();
  for (const event of events)
    if (event.kind === "call_finished" && event.outcome === "ok") applyResult(runId, event.call_id);
}

/**
 * Hands a result to the page, where the page has asked for the run. One that was found running, e.g. after
 * a reload, was asked by a page that is gone, and its results are only shown.
 */
function applyResult(runId: string, callId: string): void {
  const run = runs.get(runId);
  const call = run?.thread.calls.find((each) => each.call_id === callId);
  if (!run?.asked?.lent || !call || delivered.has(`${runId} ${callId}`)) return;
  delivered.add(`${runId} ${callId}`);
  const note = (applied: Applied) =>
    update(runId, (live) => ({ ...live, applied: new Map(live.applied).set(callId, applied) }));
  deliverResult(run.asked.lent, call).then(
    (text) => text !== null && note({ type: "done", text }),
    (error: unknown) => note({ type: "failed", error: asReport(error) }),
  );
}
