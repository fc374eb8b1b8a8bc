import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { AskBox, type AskBoxProps } from "@/features/chat/ask-box";

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
