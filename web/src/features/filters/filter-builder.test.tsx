import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { FilterBuilder } from "@/features/filters/filter-builder";
import { FilterWords, type WordsState } from "@/features/filters/filter-words";
import { EMPTY_TREE, type FilterField, type Group } from "@/lib/filters";

afterEach(cleanup);

const FIELDS: FilterField[] = [
  { key: "key", type: "flag", kind: "text", label: "Key", values: ["beta", "new-editor"] },
  { key: "active", type: "flag", kind: "boolean", label: "Active" },
  { key: "rollout", type: "flag", kind: "whole", label: "Rollout" },
  { key: "plan", type: "person", kind: "text", label: "Plan" },
];

function show(start: Group = EMPTY_TREE) {
  let tree = start;
  function Holder() {
    const [held, hold] = useState(start);
    tree = held;
    return <FilterBuilder fields={FIELDS} tree={held} onChange={hold} />;
  }
  const view = render(<Holder />);
  return { tree: () => tree, text: () => view.container.textContent ?? "" };
}

const press = (name: string | RegExp, at = 0) => {
  const button = screen.getAllByRole("button", { name })[at];
  if (!button) throw new Error(`no button ${name}`);
  fireEvent.click(button);
};
const choose = (name: string, value: string) =>
  fireEvent.change(screen.getByRole("combobox", { name }), { target: { value } });
const write = (role: string, name: string, value: string) =>
  fireEvent.change(screen.getByRole(role, { name }), { target: { value } });

it("a condition is added, compared and given a value", () => {
  const { tree, text } = show();
  press("Condition");
  expect(document.activeElement).toBe(screen.getByRole("combobox", { name: "Field of condition 1" }));
  expect(text()).toContain("A value is needed.");
  choose("Field of condition 1", "flag.rollout");
  choose("Operator of condition 1", "gte");
  write("spinbutton", "Value of condition 1", "50");
  expect(tree()).toEqual({ type: "AND", values: [{ key: "rollout", type: "flag", operator: "gte", value: 50 }] });
  expect(text()).not.toContain("needed");
});

it("a field offers the operators of its kind", () => {
  show({ type: "AND", values: [{ key: "active", type: "flag", operator: "exact", value: true }] });
  const operators = within(screen.getByRole("combobox", { name: "Operator of condition 1" })).getAllByRole("option");
  expect(operators.map((option) => option.textContent)).toEqual(["is", "is not", "has a value", "has no value"]);
  choose("Operator of condition 1", "is_set");
  expect(screen.queryByRole("combobox", { name: "Value of condition 1" })).toBeNull();
});

it("a range has two bounds, and several values are added one by one", () => {
  const { tree } = show({
    type: "AND",
    values: [
      { key: "rollout", type: "flag", operator: "between" },
      { key: "rollout", type: "flag", operator: "in" },
    ],
  });
  write("spinbutton", "Value of condition 1, from", "5");
  write("spinbutton", "Value of condition 1, to", "50");
  const several = screen.getByRole("textbox", { name: "Value of condition 2" });
  for (const value of ["10", "10", "x"]) {
    fireEvent.change(several, { target: { value } });
    fireEvent.keyDown(several, { key: "Enter" });
  }
  expect(tree().values).toMatchObject([{ value: [5, 50] }, { value: [10, "x"] }]);
  fireEvent.keyDown(several, { key: "Backspace" });
  press("Take away 10");
  expect(tree().values[1]).toMatchObject({ value: [] });
});

it("groups nest, combine otherwise, and are taken away with what is in them", () => {
  const { tree } = show();
  press("Condition");
  press("Group");
  expect(document.activeElement).toBe(screen.getAllByRole("button", { name: "Condition" })[0]);
  press("Condition", 0);
  press("Group", 0);
  expect(tree()).toMatchObject({
    type: "AND",
    values: [{ key: "key" }, { type: "OR", values: [{ key: "key" }, { type: "AND", values: [] }] }],
  });
  choose("Group 2: how they combine", "AND");
  press("Take away Group 2.2");
  expect(tree().values[1]).toMatchObject({ type: "AND", values: [{ key: "key" }] });
  press("Take away Group 2");
  expect(tree().values).toHaveLength(1);
  press("Take away condition 1");
  expect(tree()).toEqual(EMPTY_TREE);
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Condition" }));
});

it("a condition on a field that is not known stays, and says so", () => {
  const { tree, text } = show({ type: "AND", values: [{ key: "owner", value: "a" }] });
  expect(text()).toContain("There is no field owner here.");
  choose("Field of condition 1", "person.plan");
  expect(tree().values[0]).toMatchObject({ key: "plan", type: "person" });
});

it("words are sent, watched, stopped and put away", () => {
  const actions = { onText: vi.fn(), onAsk: vi.fn(), onStop: vi.fn(), onClose: vi.fn() };
  const words = (text: string, state: WordsState) => (
    <FilterWords what="feature flags" text={text} state={state} {...actions} />
  );
  const view = render(words(" ", { type: "idle" }));
  const box = screen.getByRole<HTMLInputElement>("textbox", { name: "Filter feature flags by words" });
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Make filters" }).disabled).toBe(true);
  fireEvent.change(box, { target: { value: "active flags" } });
  expect(actions.onText).toHaveBeenCalledWith("active flags");
  view.rerender(words("active flags", { type: "idle" }));
  press("Make filters");
  expect(actions.onAsk).toHaveBeenCalledOnce();
  view.rerender(words("active flags", { type: "running", status: "Making filters" }));
  expect(screen.getByRole("status").textContent).toBe("Making filters…");
  expect(box.disabled).toBe(true);
  press("Stop");
  expect(actions.onStop).toHaveBeenCalledOnce();
  view.rerender(words("active flags", { type: "ended", outcome: <p>2 filters are set</p> }));
  expect(view.container.textContent).toContain("2 filters are set");
  press("Close");
  expect(actions.onClose).toHaveBeenCalledOnce();
});
