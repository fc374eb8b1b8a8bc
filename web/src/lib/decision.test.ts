import { expect, it } from "vitest";
import { type Decided, type Decision, decisionWords, readDecision } from "@/lib/decision";

it.each<[Decision, string, Decided]>([
  [{ decision: "approve" }, "Yes", { type: "approved", edited: false }],
  [{ decision: "approve", arguments: {} }, "Yes, with other arguments", { type: "approved", edited: true }],
  [{ decision: "reject" }, "No", { type: "rejected", reason: null }],
  [{ decision: "reject", reason: "Not\nyet" }, "No: Not\nyet", { type: "rejected", reason: "Not\nyet" }],
])("%j is said as %j and read again", (decision, words, decided) => {
  expect(decisionWords(decision)).toBe(words);
  expect(readDecision(words)).toEqual(decided);
});

it.each(["Not now", "Yesterday?", "How many?"])("%j lets the call drop", (words) => {
  expect(readDecision(words)).toEqual({ type: "dropped" });
});
