import { expect, it } from "vitest";
import { conversationRuns, decisionOn, lastContinuable } from "@/features/chat/conversation-runs";
import type { LiveRun } from "@/features/chat/live-runs";
import { fixture } from "@/lib/fixtures";
import { emptyThread, fold } from "@/lib/fold";

const events = fixture("answered");
const whole = fold(events);
const part = fold(events.slice(0, 8));
const id = whole.run_id ?? "";
const conversation = whole.conversation_id ?? "";
const live = (thread: LiveRun["thread"], runId = id): LiveRun => ({
  runId,
  asked: null,
  thread: { ...thread, run_id: runId },
  connection: "open",
  failure: null,
  applied: new Map(),
});
const map = (...runs: LiveRun[]) => new Map(runs.map((run) => [run.runId, run]));

it("the newer of what the server gave and what was followed is shown, once", () => {
  expect(conversationRuns([part], map(live(whole)), conversation, null).map((run) => run.thread)).toEqual([whole]);
  expect(conversationRuns([whole], map(live(part)), conversation, null).map((run) => run.thread)).toEqual([whole]);
});

it("runs of other conversations are not shown", () => {
  const other = live({ ...whole, conversation_id: "other" }, "x");
  expect(conversationRuns([whole], map(other), conversation, null)).toHaveLength(1);
  expect(conversationRuns([], map(live(whole)), undefined, null)).toEqual([]);
  expect(conversationRuns([], map(live(whole)), undefined, id)).toHaveLength(1);
});

it("a question goes on from the newest run that the server knows and that has ended", () => {
  const unsent = live({ ...emptyThread(), conversation_id: conversation }, "unsent");
  expect(lastContinuable([live(whole), live(part, "running"), unsent])).toBe(id);
  expect(lastContinuable([live(part, "running"), unsent])).toBeNull();
});

it("a call that waited is decided by the run that goes on from it", () => {
  const waiting = live(whole);
  const after = (question: string, changes: Partial<LiveRun> = {}) => ({
    ...live({ ...part, question, continues: id }, "after"),
    ...changes,
  });
  expect(decisionOn(waiting, [waiting])).toBeUndefined();
  const said = after("No: too early");
  expect(decisionOn(waiting, [waiting, said])).toEqual({ type: "rejected", reason: "too early", by: null });
  const byAnn = live({ ...part, question: "Yes", continues: id, person: "ann" }, "after");
  expect(decisionOn(waiting, [waiting, byAnn])).toEqual({ type: "approved", edited: false, by: "ann" });
  const sending = after("Yes", {
    asked: { project: "site", question: "Yes", approval: { decision: "approve" } },
    connection: "sending",
  });
  expect(decisionOn(waiting, [waiting, sending])).toEqual({ type: "sending", decision: "approve" });
  const other = after("How many?");
  expect(decisionOn(waiting, [waiting, other])).toEqual({ type: "dropped" });
});
