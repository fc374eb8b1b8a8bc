import { describe, expect, it } from "vitest";
import type { RunEvent, RunEventKind, Thread } from "@/api/types";
import { fixture, fixtures } from "@/lib/fixtures";
import { apply, emptyThread, fold, isTerminal } from "@/lib/fold";

const event = (seq: number, kind: RunEventKind): RunEvent => ({
  version: 1,
  run_id: "run",
  seq,
  at: "2015-05-20T00:00:00Z",
  ...kind,
});

/** What a prefix of the events says and the whole run takes back. */
function contradiction(part: Thread, whole: Thread): string | null {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const startsWith = (list: unknown[], prefix: unknown[]) => same(list.slice(0, prefix.length), prefix);
  const ids = (thread: Thread) => thread.calls.map((call) => call.call_id);
  const ended = part.calls.filter((call) => call.state === "ok" || call.state === "error");
  if (!startsWith(ids(whole), ids(part))) return "calls are no prefix";
  if (!ended.every((call) => whole.calls.some((other) => same(call, other)))) return "an ended call changed";
  if (!startsWith(whole.replies, part.replies)) return "replies are no prefix";
  if (!startsWith(whole.modes, part.modes)) return "modes are no prefix";
  if (part.status !== "running" && part.status !== whole.status) return "an ended run changed its status";
  return null;
}

describe.each(Object.entries(fixtures))("the run %s", (_name, events) => {
  const whole = fold(events);

  it("contradicts none of its prefixes", () => {
    for (let length = 0; length <= events.length; length += 1) {
      expect(contradiction(fold(events.slice(0, length)), whole)).toBeNull();
    }
  });

  it("ignores events delivered twice", () => {
    const twice = events.flatMap((each, index) => [each, each, ...events.slice(0, index)]);
    expect(fold(twice)).toEqual(whole);
  });

  it("is the same when folded in two parts", () => {
    const half = Math.floor(events.length / 2);
    expect(fold(events.slice(half), fold(events.slice(0, half)))).toEqual(whole);
  });

  it("has no gaps, and ends with at most one terminal event", () => {
    expect(events.map((each) => each.seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.slice(0, -1).some(isTerminal)).toBe(false);
    expect(whole.status === "running").toBe(!events.some(isTerminal));
  });
});

it("fold leaves the thread it starts from alone", () => {
  const before = fold(fixture("answered").slice(0, 6));
  const copy = structuredClone(before);
  fold(fixture("answered"), before);
  expect(before).toEqual(copy);
});

it("a call that runs again keeps its place", () => {
  const start: RunEventKind = {
    kind: "call_started",
    call_id: "a",
    model_call_id: "c1",
    tool: "query_trends",
    title: "Counting",
    arguments: {},
    effect: "read",
  };
  const other: RunEventKind = { ...start, call_id: "b" };
  const unknown: RunEventKind = { kind: "call_outcome_unknown", call_id: "a" };
  const before = fold([event(1, start), event(2, other), event(3, unknown)]);
  expect(before.calls.map((call) => call.state)).toEqual(["unknown", "running"]);
  const after = apply(before, event(4, start));
  expect(after.calls.map((call) => [call.call_id, call.state])).toEqual([
    ["a", "running"],
    ["b", "running"],
  ]);
});

it("a reply clears the draft and adds up the tokens", () => {
  const reply = (tokens: number): RunEventKind => ({
    kind: "replied",
    reply: {
      text: "",
      tool_calls: [],
      outcome: "answered",
      usage: { replies: 9, input_tokens: tokens, output_tokens: 1 },
    },
  });
  const thread = fold([event(1, { kind: "text_delta", text: "Hel" }), event(2, { kind: "text_delta", text: "lo" })]);
  expect(thread.draft).toBe("Hello");
  const after = fold([event(3, reply(5)), event(4, reply(7))], thread);
  expect(after.draft).toBe("");
  expect(after.usage).toEqual({ replies: 2, input_tokens: 12, output_tokens: 2 });
});

it("a kind of a later version moves the position and nothing else", () => {
  const later = event(1, { kind: "something_new" } as unknown as RunEventKind);
  expect(apply(emptyThread(), later)).toEqual({ ...emptyThread(), seq: 1 });
});
