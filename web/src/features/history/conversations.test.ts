import { expect, it } from "vitest";
import type { RunSummary } from "@/api/types";
import { conversations } from "@/features/history/conversations";

it("a conversation has its first question's name and its last run's status and time", () => {
  const run = (conversation: string, at: string, question: string, status: RunSummary["status"]): RunSummary => ({
    run_id: at,
    conversation_id: conversation,
    project: "site",
    question,
    status,
    started_at: at,
  });
  const runs = [
    run("a", "2015-05-20T03:00:00Z", "third", "answered"),
    run("b", "2015-05-20T02:00:00Z", "second", "failed"),
    run("a", "2015-05-20T01:00:00Z", "first", "asked"),
  ];
  expect(conversations(runs)).toEqual([
    { id: "a", title: "first", status: "answered", at: "2015-05-20T03:00:00Z" },
    { id: "b", title: "second", status: "failed", at: "2015-05-20T02:00:00Z" },
  ]);
});
