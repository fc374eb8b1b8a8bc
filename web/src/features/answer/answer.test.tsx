import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { Answer, Figure, FigureStatus } from "@/api/types";
import { AnswerView } from "@/features/answer/answer";
import { Draft } from "@/features/answer/draft";
import { fixture } from "@/lib/fixtures";
import { fold } from "@/lib/fold";
import { resultsOf } from "@/lib/thread";

afterEach(cleanup);

const answered = fold(fixture("answered"));

function figure(status: FigureStatus): Figure {
  const cell = { handle: "r1", query_id: null, row: 1, column: "page_views", label: "2015-05-18", value: 1002 };
  return {
    text: "1,002",
    value: 1002,
    unit: "events",
    status,
    expression: "r1[1].page_views",
    cells: [cell],
    claim: "literal",
  };
}

function show(status: FigureStatus | null) {
  const segments: Answer["segments"] = [
    { type: "text", text: "about " },
    { type: "figure", index: 0 },
  ];
  const figures = status ? [figure(status)] : [];
  const answer: Answer = { text: "about 1,002", segments, figures, headline: null };
  return render(<AnswerView answer={answer} results={resultsOf(answered)} />).container;
}

it("a verified figure is a button", () => {
  const container = show("verified");
  expect(screen.getByRole("button", { name: "1,002" })).toBeTruthy();
  expect(container.querySelector("[data-figure='verified']")).toBeTruthy();
  expect(container.textContent).not.toContain("unverified");
});

it.each<FigureStatus | null>(["unverified", "something_new" as FigureStatus, null])(
  "a figure that is %s never looks like a fact",
  (status) => {
    const container = show(status);
    expect(screen.queryByRole("button")).toBeNull();
    expect(container.querySelector(".figure, [data-figure='verified'], [data-figure='given']")).toBeNull();
    const shown = container.querySelector("[data-figure='unverified']");
    // The word and the icon say it, not the colour alone.
    expect(shown?.textContent).toContain("unverified");
    expect(shown?.querySelector("svg")).toBeTruthy();
  },
);

it("a given figure is plain and says where it is from", () => {
  show("given");
  expect(screen.queryByRole("button")).toBeNull();
  expect(screen.getByTitle("from your question").textContent).toBe("1,002");
});

it("a reference without a value shows itself, marked once", () => {
  const text = "[unverified: r9[0].views]";
  const none = { value: null, unit: "none" } as const;
  const broken: Figure = {
    ...figure("unverified"),
    ...none,
    cells: [],
    text,
    expression: "r9[0].views",
    claim: "reference",
  };
  const answer: Answer = { text, segments: [{ type: "figure", index: 0 }], figures: [broken], headline: null };
  const { container } = render(<AnswerView answer={answer} results={[]} />);
  expect(container.querySelector("[data-figure='unverified']")?.textContent).toBe("r9[0].viewsunverified");
});

it("a figure opens its expression, query, row and column", async () => {
  const { answer } = answered;
  if (!answer) throw new Error("the fixture has an answer");
  render(<AnswerView answer={answer} results={resultsOf(answered)} />);
  fireEvent.click(screen.getByRole("button", { name: "1,002" }));
  const dialog = await screen.findByRole("dialog");
  const text = dialog.textContent ?? "";
  for (const part of [
    "r1[1].page_views",
    "2015-05-18",
    "page views",
    '"kind": "TrendsQuery"',
    "Snapshot7",
    "Time zoneUTC",
    "Filtersnone",
  ]) {
    expect(text).toContain(part);
  }
  const marked = within(dialog).getAllByText(/the cell of this figure/);
  expect(marked.map((mark) => mark.closest("td")?.textContent)).toEqual(["1,002 (the cell of this figure)"]);
});

it("a draft shows no references and no buttons", () => {
  const running = fold(fixture("running"));
  const { container } = render(<Draft text={running.draft} ended={false} />);
  expect(container.querySelectorAll("[data-figure='pending']")).toHaveLength(3);
  expect(container.textContent).not.toMatch(/[{}]|r1/);
  expect(screen.queryByRole("button")).toBeNull();
});

it("text from the data stays text", () => {
  const thread = fold(fixture("sql"));
  if (!thread.answer) throw new Error("the fixture has an answer");
  const { container } = render(<AnswerView answer={thread.answer} results={resultsOf(thread)} />);
  expect(container.querySelector("img, a, script")).toBeNull();
  expect(container.textContent).toContain("<img src=x onerror=alert(1)>");
  expect(container.textContent).toContain("![x](https://evil.example/pixel.png) [click](https://evil.example/)");
});
