/**
 * The tools that the page has mounted: what it shows, lent to the agent while it shows it. A result comes
 * back to the very mount that lent its state to the question, and once.
 */

import { useEffect, useId, useSyncExternalStore } from "react";
import type { Json, LentContext, ToolCallView } from "@/api/types";
import { same } from "@/lib/diff";

/** What a page says of a tool that it mounts. */
export interface MountedTool {
  /** The tool's name, as the registry has it. */
  name: string;
  /** The state that goes along with a question. */
  context: Json;
  /** What that state is, for people and models: `the list of feature flags`. */
  contextDescription: string;
  /** Questions that the tool answers from here. */
  suggestions?: string[];
  /** Called once when a call of the tool has a result, in a run that this page has asked for. */
  onResult?: (call: ToolCallView) => void;
  /**
   * Carries the result out on the page and says what it did, in a short sentence that the run then shows.
   * What it throws is shown as an error.
   */
  clientExecute?: (call: ToolCallView) => string | Promise<string>;
}

/** A mounted tool as the ask box shows it. */
export interface ShownTool {
  name: string;
  description: string;
  suggestions: string[];
  /** False where the user does not want to share its state. */
  shared: boolean;
}

/** What goes along with a question, and who gets the results. */
export interface Lent {
  context: LentContext[];
  mounts: { id: string; tool: string }[];
}

const mounts = new Map<string, MountedTool>();
const listeners = new Set<() => void>();
let unshared: ReadonlySet<string> = new Set();
let shown: ShownTool[] = [];

/** Of two mounts of one tool, the later one counts: it lies over the other. */
function byName(): Map<string, { id: string; tool: MountedTool }> {
  return new Map([...mounts].map(([id, tool]) => [tool.name, { id, tool }]));
}

function show(): void {
  const next = [...byName().values()].map(({ tool }) => ({
    name: tool.name,
    description: tool.contextDescription,
    suggestions: tool.suggestions ?? [],
    shared: !unshared.has(tool.name),
  }));
  // A page mounts its tools anew with every picture that it draws; most of the time nothing is different.
  if (same(next, shown)) return;
  shown = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Makes a tool available as long as the component is on the page. `null` mounts nothing. */
export function useTool(tool: MountedTool | null): void {
  const id = useId();
  useEffect(() => {
    if (tool) mounts.set(id, tool);
    else mounts.delete(id);
    show();
  });
  useEffect(
    () => () => {
      mounts.delete(id);
      show();
    },
    [id],
  );
}

export function useMountedTools(): ShownTool[] {
  return useSyncExternalStore(subscribe, () => shown);
}

export function setShared(name: string, share: boolean): void {
  const others = [...unshared].filter((each) => each !== name);
  unshared = new Set(share ? others : [...others, name]);
  show();
}

/** The state of what is mounted at this moment and may be shared; of one tool, where it is named. */
export function lend(only?: string): Lent {
  const lent = [...byName().values()].filter(({ tool }) =>
    only === undefined ? !unshared.has(tool.name) : tool.name === only,
  );
  return {
    context: lent.map(({ tool }) => ({ tool: tool.name, description: tool.contextDescription, data: tool.context })),
    mounts: lent.map(({ id, tool }) => ({ id, tool: tool.name })),
  };
}

/**
 * Hands a finished call to the mount that lent its state to the run. The sentence is of `clientExecute`;
 * `null` where there is none, or where the mount is gone.
 */
export async function deliverResult(lent: Lent, call: ToolCallView): Promise<string | null> {
  const id = lent.mounts.find((mount) => mount.tool === call.tool)?.id;
  const tool = id === undefined ? undefined : mounts.get(id);
  if (tool?.name !== call.tool) return null;
  tool.onResult?.(call);
  return tool.clientExecute ? await tool.clientExecute(call) : null;
}
