import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Report } from "@/api/types";
import type { ShownRun } from "@/features/chat/conversation-runs";
import { Announcer, Thread } from "@/features/chat/runs";
import { fixture } from "@/lib/fixtures";
import { fold } from "@/lib/fold";

vi.mock("@tanstack/react-router", () => ({ useNavigate: () => vi.fn() }));

afterEach(cleanup);

const run = (name: string, changes: Partial<ShownRun> = {}): ShownRun => ({
  asked: null,
  thread: fold(fixture(name)),
  connection: "closed",
  failure: null,
  applied: new Map(),
  ...changes,
});

const lost: Report = { code: "unavailable", retry: "once", message: "the server did not answer", hint: null };

it.each([
  ["an answer", run("number"), "1,002"],
  ["a question back", run("asked"), "What makes a page the best one?"],
  ["what waits", run("approval"), "Needs your approval: Change the feature flag “new-editor” in 1 field?"],
  ["a failure", run("error"), "connection refused"],
  ["what could not be sent", run("number", { failure: lost }), "the server did not answer"],
])("%s is read out", (_, shown, says) => {
  render(<Announcer run={shown} />);
  expect(screen.getByRole("status").textContent).toContain(says);
});

it("the runs are a log that does not read itself out, since the announcer does", () => {
  render(<Thread>What was asked</Thread>);
  const log = screen.getByRole("log", { name: "Questions and answers" });
  expect(log.getAttribute("aria-live")).toBe("off");
  cleanup();
  render(<Thread empty>Nothing yet</Thread>);
  expect(screen.queryByRole("log")).toBeNull();
});
