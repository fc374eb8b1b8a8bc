import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { AwaitReason, Report, RunEventKind } from "@/api/types";
import { RunView, type RunViewProps } from "@/features/chat/run-view";
import { fixture, fixtures } from "@/lib/fixtures";
import { fold } from "@/lib/fold";

// The chart is drawn on a canvas, which the test's page does not have.
vi.mock("@/ui/echarts-canvas", () => ({ default: () => null }));

afterEach(cleanup);

/** What knows no tool of the registry. */
function WithoutTools({ children }: { children: ReactNode }) {
  const [client] = useState(() => {
    const made = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
    made.setQueryData(["tools"], []);
    return made;
  });
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}

function show(name: string, changes: Partial<RunViewProps> = {}) {
  const actions = { onAskAgain: vi.fn(), onEdit: vi.fn(), onReply: vi.fn(), onRedeliver: vi.fn() };
  const thread = fold(fixture(name));
  const view = render(<RunView thread={thread} connection="open" failure={null} {...actions} {...changes} />, {
    wrapper: WithoutTools,
  });
  return { ...actions, thread, text: () => view.container.textContent ?? "", container: view.container };
}

it("every prefix of every run can be shown", () => {
  for (const events of Object.values(fixtures)) {
    for (let length = 1; length <= events.length; length += 1) {
      const thread = fold(events.slice(0, length));
      const none = () => undefined;
      const view = render(
        <RunView thread={thread} connection="open" failure={null} onAskAgain={none} onEdit={none} onRedeliver={none} />,
        { wrapper: WithoutTools },
      );
      expect(view.container.textContent).toContain(thread.question);
      const bound = view.container.querySelector("[data-answer='bound']");
      expect(bound !== null).toBe(thread.answer !== null);
      view.unmount();
    }
  }
});

it("a call shows its status, its time and its arguments, and opens to show all of them", () => {
  const { text } = show("error");
  const card = screen.getByRole("button", { name: /Counting events failed/ });
  expect(card.textContent).toContain("3 ms");
  expect(card.textContent).toContain("unique visitors of all events · total · all · 1 filter");
  expect(card.getAttribute("aria-expanded")).toBe("false");
  fireEvent.click(card);
  expect(card.getAttribute("aria-expanded")).toBe("true");
  expect(text()).toContain('"key": "$geoip_country"');
  expect(text()).toContain("Hint: Did you mean $referrer?");
  expect(text()).toContain("What helps: other input may work.");
});

it("a failed run says what, why and what helps", () => {
  const { text, onAskAgain, onEdit } = show("error");
  expect(text()).toContain("Ask the model openai:local");
  expect(text()).toContain("Hint: Start the model server");
  expect(text()).toContain("Code: unavailable");
  fireEvent.click(screen.getByRole("button", { name: "Ask again" }));
  fireEvent.click(screen.getByRole("button", { name: "Edit the question" }));
  expect([onAskAgain.mock.calls.length, onEdit.mock.calls.length]).toEqual([1, 1]);
});

it("a question that was asked back is answered by its options, once", () => {
  const { onReply } = show("asked");
  fireEvent.click(screen.getByRole("button", { name: "Most unique visitors" }));
  expect(onReply).toHaveBeenCalledWith("Most unique visitors");
  cleanup();
  show("asked", { onReply: undefined });
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Most sessions" }).disabled).toBe(true);
});

/** The run `asked` with one more event in the place of its last. */
function askedWith(kind: RunEventKind) {
  const events = fixture("asked").slice(0, -1);
  const at = { version: 1, run_id: "run", seq: events.length + 1, at: "2015-05-20T00:00:00Z" };
  return fold([...events, { ...at, ...kind }]);
}

const QUESTION: Extract<AwaitReason, { type: "question" }> = {
  type: "question",
  question: { question: "There were 9,999 views of {{r1[0].x}}. Go on?", options: ["Yes, all 9,999", "{{r1[0].x}}"] },
};

it("a question asked back shows no number of a model as a fact, and its options send what they are", () => {
  const thread = askedWith({ kind: "awaiting_user", reason: QUESTION });
  const { container, text, onReply } = show("asked", { thread });
  expect(text()).not.toContain("{{");
  expect(container.querySelectorAll("[data-figure='pending']")).toHaveLength(2);
  expect(text()).toContain("numbers in it are not checked");
  fireEvent.click(screen.getByRole("button", { name: "Yes, all 9,999" }));
  fireEvent.click(screen.getByRole("button", { name: /figure pending/ }));
  expect(onReply.mock.calls).toEqual([["Yes, all 9,999"], ["{{r1[0].x}}"]]);
});

it("a question asked back is shown with the server's marks where it has them", () => {
  const shown = {
    question: "There were 9,999 [unverified] views of /. Go on?",
    options: ["Yes, all 9,999 [unverified]", "/"],
  };
  const thread = askedWith({ kind: "awaiting_user", reason: { ...QUESTION, shown } });
  const { container, text, onReply } = show("asked", { thread });
  expect(text()).toContain("views of /. Go on?");
  expect(text()).not.toMatch(/\[unverified\]|not checked/);
  const marked = [...container.querySelectorAll("[data-figure='unverified']")].map((each) => each.textContent);
  expect(marked).toEqual(["9,999unverified", "9,999unverified"]);
  fireEvent.click(screen.getByRole("button", { name: /Yes, all/ }));
  expect(onReply).toHaveBeenCalledWith("Yes, all 9,999");
});

it("numbers in a plan are not shown as facts", () => {
  const plan = (...contents: string[]) =>
    askedWith({ kind: "todo_changed", items: contents.map((content) => ({ content, status: "pending" as const })) });
  const { text, container } = show("asked", { thread: plan("Split the 9,999 views", "Compare with {{r1[0].views}}") });
  expect(container.querySelectorAll("[data-figure='pending']")).toHaveLength(1);
  expect(text()).not.toContain("{{");
  expect(text()).toContain("A plan; numbers in it are not checked.");
  cleanup();
  expect(show("asked", { thread: plan("Split the views") }).text()).not.toContain("not checked");
});

it("a call that needs approval shows what it would do, and takes yes or no", () => {
  const [first] = fixture("asked");
  if (!first) throw new Error("the fixture has events");
  const reason = {
    type: "approval" as const,
    call_id: "c",
    tool: "delete_flag",
    arguments: { key: "beta" },
    effect: "delete" as const,
    why: "deleting always asks",
  };
  const thread = fold([first, { ...first, seq: 2, kind: "awaiting_user", reason }]);
  const onDecide = vi.fn();
  const { text } = show("asked", { thread, onDecide });
  for (const part of ["Delete flag? It deletes something.", "Deleting always asks.", "keybeta"]) {
    expect(text()).toContain(part);
  }
  fireEvent.click(screen.getByRole("button", { name: "Approve" }));
  expect(onDecide).toHaveBeenCalledWith({ decision: "approve" });
  cleanup();
  const decided = show("asked", { thread, decided: { type: "rejected", reason: "It is in use" } });
  expect(decided.text()).toContain("You rejected it: It is in use.");
  expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
});

it("what was found before a run failed is shown as a part, and not as the answer", () => {
  const [error, events] = [fixture("error").at(-1), fixture("answered").slice(0, 9)];
  if (!error) throw new Error("the fixture has events");
  const { text, container } = show("error", { thread: fold([...events, { ...error, seq: 10 }]) });
  expect(text()).toContain("A part was found before it ended");
  expect(screen.getByRole("list", { name: "What is missing" }).textContent).toBe("The answer");
  expect(screen.getByRole("img", { name: /page views per day/ })).toBeTruthy();
  expect(container.querySelector("[data-answer='bound']")).toBeNull();
});

it("a refused run is no error and shows why", () => {
  const { text, container } = show("refused");
  expect(container.querySelector("[data-run-status='refused']")).toBeTruthy();
  expect(text()).toContain("Not answered");
  expect(text()).toContain("no tool here follows steps yet");
  expect(screen.queryByRole("button", { name: "Ask again" })).toBeNull();
});

it("an answer comes with its results, their table, and its warnings", () => {
  const { text } = show("answered");
  expect(screen.getByRole("img", { name: /page views per day/ })).toBeTruthy();
  expect(text()).toContain("The last period is not over: it is dashed.");
  expect(screen.getByRole("list", { name: "What to know about these numbers" }).textContent).toContain(
    "partial_period",
  );
  expect(screen.queryByRole("table")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Table" }));
  expect(screen.getByRole("table").querySelectorAll("tbody tr")).toHaveLength(4);
});

it("a single number is shown large, a breakdown as bars, free SQL as a table", () => {
  show("number");
  expect(screen.getByText("1,002", { selector: "p > span" })).toBeTruthy();
  cleanup();
  const { text } = show("breakdown");
  expect(screen.getByRole("img", { name: /page views by pathname/ })).toBeTruthy();
  expect(text()).toContain("Not drawn: Other 2,248.");
  cleanup();
  show("sql");
  expect(screen.getByRole("table")).toBeTruthy();
});

it("what could not be sent says so and can be sent again", () => {
  const failure: Report = { code: "unavailable", retry: "once", message: "is `serve` still running?" };
  const { onRedeliver, text } = show("working", { failure, thread: { ...fold([]), question: "How many?" } });
  expect(text()).toContain("The question could not be sent");
  expect(screen.getByText("serve", { selector: "code" })).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Ask again" }));
  expect(onRedeliver).toHaveBeenCalledOnce();
});

it("a lost connection is said", () => {
  expect(show("working", { connection: "lost" }).text()).toContain("The connection was lost");
});

it("a cancelled run shows no spinner and no figure as a fact", () => {
  const events = fixture("running");
  const at = { version: 1, run_id: "run", seq: events.length + 1, at: "2015-05-20T00:00:00Z" };
  const thread = fold([...events, { ...at, kind: "cancelled" }]);
  const { container, text } = show("running", { thread });
  expect(container.querySelector(".spinner, [data-figure='verified']")).toBeNull();
  expect(text()).toContain("its numbers were never checked");
});
