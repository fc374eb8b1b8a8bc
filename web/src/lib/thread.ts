/** What a page wants to know of a thread. */

import type { ModelReply, ResultSnapshot, Thread, ToolCallView } from "@/api/types";

export function resultsOf(thread: Thread): ResultSnapshot[] {
  return thread.calls.flatMap((call) => (call.result ? [call.result] : []));
}

/** The calls whose results the answer's figures rest on, in order. */
export function citedCalls(thread: Thread): ToolCallView[] {
  const cells = thread.answer?.figures.flatMap((figure) => (figure.status === "verified" ? figure.cells : [])) ?? [];
  const cited = new Set(cells.map((cell) => cell.handle));
  return thread.calls.filter((call) => call.result && cited.has(call.result.handle));
}

/** The text of an answer that is not bound: being written, or written and not checked yet. */
export function unboundText(thread: Thread): string {
  if (thread.answer) return "";
  if (thread.draft) return thread.draft;
  const last = thread.replies.at(-1);
  const afterCalls = thread.calls_before_reply.at(-1) === thread.calls.length;
  return last && last.tool_calls.length === 0 && afterCalls ? last.text : "";
}

/** What is happening, in a few words; empty when the run has ended. */
export function statusLine(thread: Thread): string {
  if (thread.status !== "running") return "";
  const running = thread.calls.filter((call) => call.state === "running").at(-1);
  // A call that was never begun has only the name that the model wrote.
  if (running) return running.title === running.tool ? "Calling a tool" : running.title;
  if (thread.draft) return "Writing the answer";
  if (unboundText(thread)) return "Checking the figures";
  if (thread.repairs.length > 0) return "Correcting the answer";
  return thread.calls.length > 0 ? "Reading the results" : "Looking at the question";
}

export type Step = { type: "note"; key: string; text: string } | { type: "call"; key: string; call: ToolCallView };

/** Calls with what was said before them. The last reply is the answer and no step. */
export function steps(thread: Thread): Step[] {
  const result: Step[] = [];
  let next = 0;
  const addCalls = (until: number) => {
    for (const call of thread.calls.slice(next, until)) result.push({ type: "call", key: call.call_id, call });
    next = Math.max(next, until);
  };
  thread.replies.forEach((reply: ModelReply, index) => {
    addCalls(thread.calls_before_reply[index] ?? thread.calls.length);
    if (reply.tool_calls.length > 0 && reply.text.trim()) {
      result.push({ type: "note", key: `reply-${index}`, text: reply.text });
    }
  });
  addCalls(thread.calls.length);
  return result;
}
