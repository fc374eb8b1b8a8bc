import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Change } from "@/api/objects";
import type { Report } from "@/api/types";
import { Approval, type ApprovalProps } from "@/features/results/approval";
import { Feedback, type FeedbackState } from "@/features/results/feedback";
import { FormCard, type FormState } from "@/features/results/form-card";
import { Undo, type UndoState } from "@/features/results/undo";
import type { JsonSchema } from "@/lib/json-schema";

afterEach(cleanup);

const ERROR: Report = { code: "conflict", retry: "once", message: "it was changed meanwhile", hint: null };

const CHANGE: Change = {
  kind: "feature_flag",
  id: "f",
  from_version: 3,
  before: { name: "beta", body: { rollout: 5 } },
  after: { name: "beta", body: { rollout: 50 } },
};

const SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["key", "rollout"],
  properties: { key: { type: "string", minLength: 1 }, rollout: { type: "integer", minimum: 0, maximum: 100 } },
};

function approve(changes: Partial<ApprovalProps> = {}) {
  const props: ApprovalProps = {
    call: {
      tool: "update_flag",
      title: "Update a flag",
      arguments: { key: "beta", rollout: 50 },
      effect: "change",
      why: "changes ask",
      changes: [CHANGE],
    },
    schema: SCHEMA,
    state: { type: "open" },
    onDecide: vi.fn(),
    ...changes,
  };
  const view = render(<Approval {...props} />);
  return { ...props, text: () => view.container.textContent ?? "" };
}

const press = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));

it("an approval says the call in words and shows before and after", () => {
  const { text, onDecide } = approve();
  expect(text()).toContain("Change the feature flag “beta” in 1 field?");
  expect(text()).toContain("before: 5");
  expect(text()).toContain("after: 50");
  expect(text()).not.toContain("before: beta");
  press("Approve");
  expect(onDecide).toHaveBeenCalledWith({ decision: "approve" });
});

it("an approval shows what to know before a yes", () => {
  const { text } = approve({
    call: {
      tool: "create_feature_flag",
      title: "Create a feature flag",
      arguments: { key: "beta", rollout: 50 },
      effect: "create",
      why: "changes ask",
      changes: [CHANGE],
      warnings: [{ code: "unknown_property", message: "No person has the property size yet" }],
    },
  });
  expect(text()).toContain("No person has the property size yet");
  expect(screen.getByRole("list", { name: "What to know before you approve it" })).toBeTruthy();
});

it("arguments that were edited go along, and only when they are right", () => {
  const { onDecide, text } = approve();
  press("Edit the arguments");
  const rollout = screen.getByRole<HTMLInputElement>("spinbutton", { name: /rollout/ });
  fireEvent.change(rollout, { target: { value: "500" } });
  expect(text()).toContain("Must be at most 100");
  expect(rollout.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Approve with your changes" }).disabled).toBe(true);
  fireEvent.change(rollout, { target: { value: "10" } });
  press("Approve with your changes");
  expect(onDecide).toHaveBeenCalledWith({ decision: "approve", arguments: { key: "beta", rollout: 10 } });
  press("As they were");
  press("Approve");
  expect(onDecide).toHaveBeenLastCalledWith({ decision: "approve" });
});

it("an approval says whether what it shows is with the edits", () => {
  const onEdit = vi.fn();
  const changes = [{ ...CHANGE, after: { name: "beta", body: { rollout: 10 } } }];
  const { call, schema, state, onDecide } = approve({ onEdit });
  const open = (edited: ApprovalProps["edited"]) =>
    view.rerender(<Approval {...{ call, schema, state, edited, onEdit, onDecide }} />);
  cleanup();
  const view = render(<Approval {...{ call, schema, state, onEdit, onDecide }} />);
  const text = () => view.container.textContent ?? "";
  press("Edit the arguments");
  const write = (value: string) =>
    fireEvent.change(screen.getByRole("spinbutton", { name: /rollout/ }), { target: { value } });
  write("500");
  expect(onEdit).not.toHaveBeenCalled();
  write("10");
  expect(onEdit).toHaveBeenCalledWith({ key: "beta", rollout: 10 });
  expect(text()).toContain("What is shown above is without your changes.");
  open({ type: "checking" });
  expect(text()).toContain("Working out what your changes do…");
  open({ type: "shown", changes });
  expect(text()).toContain("after: 10");
  expect(text()).toContain("What is shown above is with your changes.");
  write("5000");
  expect(text()).toContain("after: 50");
  expect(text()).toContain("What is shown above is without your changes.");
  write("10");
  open({ type: "failed", error: ERROR });
  expect(screen.getByRole("alert").textContent).toContain("It was changed meanwhile.");
  press("As they were");
  expect(onEdit).toHaveBeenLastCalledWith(null);
  expect(text()).toContain("after: 50");
});

it("arguments of a tool without a schema are edited as JSON, and broken JSON is not sent", () => {
  const { onDecide } = approve({ schema: undefined });
  press("Edit the arguments");
  const box = screen.getByRole("textbox");
  fireEvent.change(box, { target: { value: '{"key": ' } });
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Approve with your changes" }).disabled).toBe(true);
  fireEvent.change(box, { target: { value: '{"key": "x"}' } });
  press("Approve with your changes");
  expect(onDecide).toHaveBeenCalledWith({ decision: "approve", arguments: { key: "x" } });
});

it("a rejection takes a reason, and does without one", () => {
  const { onDecide } = approve();
  press("Reject");
  const reason = screen.getByRole("textbox", { name: "Why not?" });
  expect(document.activeElement).toBe(reason);
  press("Reject without a reason");
  fireEvent.change(reason, { target: { value: " Not on a Friday " } });
  press("Reject with this reason");
  expect(vi.mocked(onDecide).mock.calls).toEqual([
    [{ decision: "reject" }],
    [{ decision: "reject", reason: "Not on a Friday" }],
  ]);
});

it("while a decision is sent nothing can be pressed, and a failure is read out", () => {
  approve({ state: { type: "sending", decision: "approve" } });
  for (const button of screen.getAllByRole<HTMLButtonElement>("button")) expect(button.disabled).toBe(true);
  cleanup();
  approve({ state: { type: "failed", error: ERROR } });
  expect(screen.getByRole("alert").textContent).toContain("It was changed meanwhile.");
});

it.each<[UndoState, string | null, string]>([
  [{ type: "ready" }, "Undo", "Created the insight"],
  [{ type: "undoing" }, "Taking it back", "Created the insight"],
  [{ type: "undone", at: "10:32" }, null, "Taken back, 10:32."],
  [{ type: "failed", error: ERROR }, "Try again", "It was changed meanwhile."],
])("undo that is %j", (state, button, text) => {
  const onUndo = vi.fn();
  const view = render(
    <Undo
      what="Created the insight"
      scope="step"
      state={state}
      onUndo={onUndo}
      onConfirm={() => undefined}
      onKeep={() => undefined}
    />,
  );
  expect(view.container.textContent).toContain(text);
  const found = screen.queryByRole<HTMLButtonElement>("button");
  expect(found?.textContent ?? null).toBe(button);
  found?.click();
  expect(onUndo).toHaveBeenCalledTimes(button && !found?.disabled ? 1 : 0);
});

it("feedback is rated, put in words and sent", () => {
  const actions = { onRate: vi.fn(), onText: vi.fn(), onSend: vi.fn(), onCancel: vi.fn() };
  const show = (state: FeedbackState) => render(<Feedback state={state} {...actions} />);
  show({ type: "open" });
  expect(screen.queryByRole("textbox")).toBeNull();
  press("No");
  expect(actions.onRate).toHaveBeenCalledWith("bad");
  cleanup();
  show({ type: "writing", rating: "bad", text: "Wrong week" });
  expect(screen.getByRole("button", { name: "No" }).getAttribute("aria-pressed")).toBe("true");
  const box = screen.getByRole("textbox", { name: "What was wrong?" });
  fireEvent.change(box, { target: { value: "Wrong month" } });
  expect(actions.onText).toHaveBeenCalledWith("Wrong month");
  press("Send");
  expect(actions.onSend).toHaveBeenCalledOnce();
  cleanup();
  show({ type: "sent", rating: "bad" });
  expect(screen.queryByRole("button")).toBeNull();
  cleanup();
  const onChange = vi.fn();
  const before: FeedbackState = { type: "sent", rating: "bad", text: "Wrong week", before: true };
  const view = render(<Feedback state={before} {...actions} onChange={onChange} />);
  expect(view.container.textContent).toContain("not of use");
  expect(view.container.textContent).toContain("Wrong week");
  press("Change");
  expect(onChange).toHaveBeenCalledOnce();
});

it("a form shows what is wrong after the first try, and says whether it is right", () => {
  const onSend = vi.fn();
  const form = (state: FormState) => (
    <FormCard title="A flag" schema={SCHEMA} state={state} onChange={vi.fn()} onSend={onSend} onDismiss={vi.fn()} />
  );
  const view = render(form({ type: "open", value: { key: "" }, checked: false }));
  expect(screen.queryByRole("alert")).toBeNull();
  press("Send");
  expect(onSend).toHaveBeenLastCalledWith({ key: "" }, false);
  view.rerender(form({ type: "open", value: { key: "" }, checked: true }));
  expect(screen.getByRole("alert").textContent).toBe("2 fields are not right yet.");
  view.rerender(form({ type: "open", value: { key: "a", rollout: 5 }, checked: true }));
  press("Send");
  expect(onSend).toHaveBeenLastCalledWith({ key: "a", rollout: 5 }, true);
  view.rerender(form({ type: "sent", value: { key: "a", rollout: 5 } }));
  expect(view.container.textContent).toContain("rollout5");
});

it("an approval that comes up takes the keyboard, unless it is somewhere else by then", () => {
  const open = (takesFocus: boolean) => {
    approve({ takesFocus });
    return screen.getByRole("region", { name: /Needs your approval/ });
  };
  expect(document.activeElement).toBe(document.body);
  expect(open(false)).not.toBe(document.activeElement);
  cleanup();
  expect(open(true)).toBe(document.activeElement);
  cleanup();
  const field = document.createElement("input");
  document.body.append(field);
  field.focus();
  open(true);
  expect(document.activeElement).toBe(field);
  field.remove();
});

it("going back from a reason gives the keyboard back to the button", () => {
  approve();
  press("Reject");
  expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Why not?" }));
  press("Back");
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Reject" }));
});
