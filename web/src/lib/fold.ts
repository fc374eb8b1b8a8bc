/** The thread of a run as a pure fold of its events: the same fold as the server's. */

import type { RunEvent, RunEventKind, Thread, ToolCallView } from "@/api/types";

export function emptyThread(): Thread {
  return {
    run_id: null,
    conversation_id: null,
    project: null,
    continues: null,
    question: "",
    model: "",
    now: "",
    status: "running",
    modes: [],
    replies: [],
    calls_before_reply: [],
    calls: [],
    todo: [],
    draft: "",
    repairs: [],
    answer: null,
    awaiting: null,
    error: null,
    warnings: [],
    usage: { replies: 0, input_tokens: 0, output_tokens: 0 },
    seq: 0,
  };
}

export function fold(events: Iterable<RunEvent>, start: Thread = emptyThread()): Thread {
  let thread = start;
  for (const event of events) thread = apply(thread, event);
  return thread;
}

/** True for the four events that end a run. */
export function isTerminal(event: RunEventKind): boolean {
  return ["completed", "failed", "cancelled", "awaiting_user"].includes(event.kind);
}

/** Adds one event. An event at or before `thread.seq` was delivered twice and changes nothing. */
export function apply(thread: Thread, event: RunEvent): Thread {
  if (event.seq <= thread.seq) return thread;
  return { ...thread, ...change(thread, event), seq: event.seq };
}

function change(thread: Thread, event: RunEvent): Partial<Thread> {
  switch (event.kind) {
    case "run_started":
      return {
        run_id: event.run_id,
        conversation_id: event.conversation_id,
        project: event.project,
        continues: event.continues ?? null,
        question: event.question,
        model: event.model,
        now: event.now,
      };
    case "mode_enabled":
      return thread.modes.includes(event.mode) ? {} : { modes: [...thread.modes, event.mode] };
    case "text_delta":
      return { draft: thread.draft + event.text };
    case "draft_dropped":
      return { draft: "" };
    case "replied":
      return {
        draft: "",
        replies: [...thread.replies, event.reply],
        calls_before_reply: [...thread.calls_before_reply, thread.calls.length],
        usage: {
          replies: thread.usage.replies + 1,
          input_tokens: thread.usage.input_tokens + event.reply.usage.input_tokens,
          output_tokens: thread.usage.output_tokens + event.reply.usage.output_tokens,
        },
      };
    case "call_started":
      return { calls: startCall(thread.calls, event) };
    case "call_progress":
      return { calls: changeCall(thread.calls, event.call_id, { progress: event.fraction, title: event.note }) };
    case "call_finished":
      return {
        calls: changeCall(thread.calls, event.call_id, {
          state: event.outcome === "ok" ? "ok" : "error",
          title: event.title,
          content: event.content,
          result: event.result ?? null,
          error: event.error ?? null,
          ms: event.ms ?? null,
        }),
      };
    case "call_outcome_unknown":
      return { calls: changeCall(thread.calls, event.call_id, { state: "unknown" }) };
    case "repair_requested":
      return { repairs: [...thread.repairs, event.problem] };
    case "todo_changed":
      return { todo: event.items };
    case "completed":
      return { status: event.outcome, answer: event.answer, warnings: event.warnings };
    case "failed":
      return { status: "failed", error: event.error };
    case "cancelled":
      return { status: "cancelled" };
    case "awaiting_user":
      return { status: "asked", awaiting: event.reason };
    default:
      // A kind of a later version: it moves the position and nothing else.
      return {};
  }
}

type CallStarted = Extract<RunEvent, { kind: "call_started" }>;

function startCall(calls: ToolCallView[], event: CallStarted): ToolCallView[] {
  // A call that a restart runs again keeps its id and its place.
  if (calls.some((call) => call.call_id === event.call_id)) {
    return changeCall(calls, event.call_id, { state: "running" });
  }
  const { call_id, model_call_id, tool, title, effect } = event;
  const call: ToolCallView = {
    call_id,
    model_call_id,
    tool,
    title,
    arguments: event.arguments,
    effect,
    state: "running",
    progress: null,
    content: "",
    result: null,
    error: null,
    ms: null,
  };
  return [...calls, call];
}

function changeCall(calls: ToolCallView[], id: string, changes: Partial<ToolCallView>): ToolCallView[] {
  return calls.map((call) => (call.call_id === id ? { ...call, ...changes } : call));
}
