import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { AskBox, type AskBoxProps } from "@/features/chat/ask-box";
import type { Command } from "@/features/chat/commands";

afterEach(cleanup);

function show(changes: Partial<AskBoxProps>) {
  const props: AskBoxProps = {
    text: " How many? ",
    onText: vi.fn(),
    onAsk: vi.fn(),
    onStop: null,
    disabled: false,
    placeholder: "",
    ...changes,
  };
  render(<AskBox {...props} />);
  return { ...props, box: screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Your question" }) };
}

it.each<[string, object, number]>([
  ["Enter", { key: "Enter" }, 1],
  ["Shift and Enter", { key: "Enter", shiftKey: true }, 0],
  ["Enter within a composed character", { key: "Enter", isComposing: true }, 0],
  ["another key", { key: "a" }, 0],
])("%s sends %j: %i", (_name, key, times) => {
  const { box, onAsk } = show({});
  fireEvent.keyDown(box, key);
  expect(onAsk).toHaveBeenCalledTimes(times);
  if (times) expect(onAsk).toHaveBeenCalledWith("How many?");
});

it("nothing is sent without words", () => {
  const { box, onAsk } = show({ text: "  \n" });
  fireEvent.keyDown(box, { key: "Enter" });
  expect(onAsk).not.toHaveBeenCalled();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Ask" }).disabled).toBe(true);
});

it("while a run is under way the box is closed and Stop stands in for Ask", () => {
  const onStop = vi.fn();
  const { box } = show({ onStop });
  expect(box.disabled).toBe(true);
  expect(screen.queryByRole("button", { name: "Ask" })).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Stop" }));
  expect(onStop).toHaveBeenCalledOnce();
});

const COMMANDS: Command[] = ["sql", "flags", "query"].map((name) => ({
  name,
  title: name,
  about: "",
  action: { type: "mode", mode: name },
}));

/** The name of the option that the box says is chosen. */
const chosen = (box: HTMLElement) =>
  document.getElementById(box.getAttribute("aria-activedescendant") ?? "")?.textContent ?? null;

it("a slash lists the commands, arrows choose one, and Enter takes it instead of sending", () => {
  const onCommand = vi.fn();
  const { box, onAsk } = show({ text: "/", commands: COMMANDS, onCommand });
  expect(screen.getAllByRole("option")).toHaveLength(3);
  expect(chosen(box)).toContain("/sql");
  fireEvent.keyDown(box, { key: "ArrowUp" });
  expect(chosen(box)).toContain("/query");
  fireEvent.keyDown(box, { key: "ArrowDown" });
  fireEvent.keyDown(box, { key: "ArrowDown" });
  fireEvent.keyDown(box, { key: "Enter" });
  expect(onCommand).toHaveBeenCalledWith(COMMANDS[1]);
  expect(onAsk).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole("option", { name: /query/ }));
  expect(onCommand).toHaveBeenLastCalledWith(COMMANDS[2]);
});

it("Escape closes the commands, and what begins with a slash can still be asked", () => {
  const { box, onAsk } = show({ text: "/none", commands: COMMANDS, onCommand: vi.fn() });
  expect(screen.getByRole("status").textContent).toContain("No command begins like this");
  fireEvent.keyDown(box, { key: "Escape" });
  expect(screen.queryByRole("status")).toBeNull();
  fireEvent.keyDown(box, { key: "Enter" });
  expect(onAsk).toHaveBeenCalledWith("/none");
});

it("a box that is filled in takes the focus", () => {
  const props: AskBoxProps = {
    text: "",
    onText: vi.fn(),
    onAsk: vi.fn(),
    onStop: null,
    disabled: false,
    placeholder: "",
  };
  const view = render(<AskBox {...props} filled={0} />);
  expect(document.activeElement).toBe(document.body);
  view.rerender(<AskBox {...props} text="All flags" filled={1} />);
  expect(document.activeElement).toBe(screen.getByRole("textbox"));
});
