import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { RunView, type RunViewProps } from "@/features/chat/run-view";
import { fixture, fixtures } from "@/lib/fixtures";
import { fold } from "@/lib/fold";

// The chart is drawn on a canvas, which the test's page does not have.
vi.mock("@/ui/echarts-canvas", () => ({ default: () => null }));

afterEach(cleanup);

function show(name: string, changes: Partial<RunViewProps> = {}) {
  const actions = { onAskAgain: vi.fn(), onEdit: vi.fn(), onReply: vi.fn(), onRedeliver: vi.fn() };
  const thread = fold(fixture(name));
  const view = render(<RunView thread={thread} connection="open" failure={null} {...actions} {...changes} />);
  return { ...actions, thread, text: () => view.container.textContent ?? "", container: view.container };
}

it("every prefix of every run can be shown", () => {
  for (const events of Object.values(fixtures)) {
    for (let length = 1; length <= events.length; length += 1) {
      const thread = fold(events.slice(0, length));
      const none = () => undefined;
      const view = render(
        <RunView thread={thread} connection="open" failure={null} onAskAgain={none} onEdit={none} onRedeliver={none} />,
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
  const { onReply, text } = show("asked", {
    thread: fold([first, { ...first, seq: 2, kind: "awaiting_user", reason }]),
  });
  for (const part of ["Run delete_flag?", "deleting always asks", '"key": "beta"']) expect(text()).toContain(part);
  fireEvent.click(screen.getByRole("button", { name: "Yes" }));
  expect(onReply).toHaveBeenCalledWith("Yes");
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
  const failure = { code: "unavailable", retry: "once" as const, message: "the server did not answer" };
  const { onRedeliver, text } = show("working", { failure, thread: { ...fold([]), question: "How many?" } });
  expect(text()).toContain("The question could not be sent");
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
