/** Taking changes back, with how it stands. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { asReport } from "@/api/client";
import { type Activity, objectsApi } from "@/api/objects";
import type { UndoState } from "@/features/results/undo";
import { formatWhen } from "@/lib/format";

function useTakingBack(call: () => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: call,
    // Also after a failure: what stands in the way may be new here.
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["objects"] }),
        client.invalidateQueries({ queryKey: ["activity"] }),
      ]),
  });
}

/** One activity. What the server says of it comes first: somebody else may have taken it back. */
export function useUndoActivity(project: string, activity: Activity): { state: UndoState; undo: () => void } {
  const undoing = useTakingBack(() => objectsApi.undo(project, activity.id));
  return { state: stateOf(undoing, Boolean(activity.undone_by)), undo: () => undoing.mutate() };
}

/** All that a run has changed, or nothing of it. */
export function useUndoRun(run: string, activities: Activity[]): { state: UndoState; undo: () => void } {
  const undoing = useTakingBack(() => objectsApi.undoRun(run));
  const undone = activities.length > 0 && activities.every((each) => each.undone_by);
  return { state: stateOf(undoing, undone), undo: () => undoing.mutate() };
}

function stateOf(
  undoing: { isPending: boolean; isError: boolean; error: Error | null; submittedAt: number },
  undone: boolean,
): UndoState {
  if (undone) {
    return undoing.submittedAt > 0
      ? { type: "undone", at: formatWhen(new Date(undoing.submittedAt).toISOString()) }
      : { type: "undone" };
  }
  if (undoing.isPending) return { type: "undoing" };
  if (undoing.isError) return { type: "failed", error: asReport(undoing.error) };
  return { type: "ready" };
}
