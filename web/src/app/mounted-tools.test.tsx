import { act, cleanup, render, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { deliverResult, lend, type MountedTool, setShared, useMountedTools, useTool } from "@/app/mounted-tools";
import { fixture } from "@/lib/fixtures";
import { fold } from "@/lib/fold";

afterEach(() => {
  cleanup();
  setShared("make_filters", true);
});

function Page({ tool }: { tool: MountedTool | null }) {
  useTool(tool);
  return null;
}

const filters = (changes: Partial<MountedTool> = {}): MountedTool => ({
  name: "make_filters",
  context: { list: "flags" },
  contextDescription: "the list of feature flags",
  ...changes,
});

const [counted] = fold(fixture("number")).calls.filter((call) => call.result);
if (!counted) throw new Error("the fixture has a result");
const call = { ...counted, tool: "make_filters" };

it("mounted is available, unmounted is gone", () => {
  const shown = renderHook(useMountedTools);
  expect(lend().context).toEqual([]);
  const page = render(<Page tool={filters({ suggestions: ["Active flags"] })} />, { wrapper: StrictMode });
  expect(lend().context).toEqual([
    { tool: "make_filters", description: "the list of feature flags", data: { list: "flags" } },
  ]);
  expect(shown.result.current).toEqual([
    { name: "make_filters", description: "the list of feature flags", suggestions: ["Active flags"], shared: true },
  ]);
  page.unmount();
  expect(lend()).toEqual({ context: [], mounts: [] });
  expect(shown.result.current).toEqual([]);
});

it("the state that is lent is the newest, and the ask box is not drawn anew for it", () => {
  let drawn = 0;
  renderHook(() => {
    drawn += 1;
    return useMountedTools();
  });
  const page = render(<Page tool={filters()} />);
  const before = drawn;
  page.rerender(<Page tool={filters({ context: { list: "flags", filters: [1] } })} />);
  expect(lend().context[0]?.data).toEqual({ list: "flags", filters: [1] });
  expect(drawn).toBe(before);
  page.rerender(<Page tool={filters({ contextDescription: "two flags" })} />);
  expect(drawn).toBe(before + 1);
  page.rerender(<Page tool={null} />);
  expect(lend().context).toEqual([]);
});

it("of two mounts of a tool the later one counts, until it is gone", () => {
  render(<Page tool={filters()} />);
  const over = render(<Page tool={filters({ context: "dialog" })} />);
  expect(lend().context.map((each) => each.data)).toEqual(["dialog"]);
  over.unmount();
  expect(lend().context.map((each) => each.data)).toEqual([{ list: "flags" }]);
});

it("what the user keeps back is not lent, except to a tool that is asked for by name", () => {
  const shown = renderHook(useMountedTools);
  render(<Page tool={filters()} />);
  act(() => setShared("make_filters", false));
  expect(lend()).toEqual({ context: [], mounts: [] });
  expect(shown.result.current[0]?.shared).toBe(false);
  expect(lend("make_filters").context).toHaveLength(1);
  expect(lend("other").context).toEqual([]);
});

it("a result goes to the mount that lent its state, and to no other one of the same name", async () => {
  const [first, second] = [vi.fn(), vi.fn()];
  const page = render(<Page tool={filters({ onResult: first })} />);
  const lent = lend();
  await deliverResult(lent, call);
  await deliverResult(lent, { ...call, tool: "query_trends" });
  expect(first.mock.calls).toEqual([[call]]);
  page.unmount();
  render(<Page tool={filters({ onResult: second })} />);
  expect(await deliverResult(lent, call)).toBeNull();
  expect(second).not.toHaveBeenCalled();
});

it("the page says what it did with a result, or why it could not", async () => {
  const page = render(<Page tool={filters({ clientExecute: () => "Two filters are set" })} />);
  const lent = lend();
  expect(await deliverResult(lent, call)).toBe("Two filters are set");
  const broken = () => {
    throw new Error("no such field");
  };
  page.rerender(<Page tool={filters({ clientExecute: broken })} />);
  await expect(deliverResult(lent, call)).rejects.toThrow("no such field");
});
