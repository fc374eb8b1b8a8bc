/** The recorded runs, for tests. */

import type { RunEvent } from "@/api/types";

const files = import.meta.glob<RunEvent[]>("../../fixtures/*.json", { eager: true, import: "default" });

export const fixtures: Record<string, RunEvent[]> = Object.fromEntries(
  Object.entries(files).map(([path, events]) => [path.replace(/^.*\/|\.json$/g, ""), events]),
);

export function fixture(name: string): RunEvent[] {
  const events = fixtures[name];
  if (!events) throw new Error(`no fixture ${name}`);
  return events;
}
