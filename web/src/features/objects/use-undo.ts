/** Taking changes back: first what that would do, and then, where somebody wants it, doing it. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { asReport } from "@/api/client";
import { type Activity, objectsApi, type UndoPlan } from "@/api/objects";
import { useMay } from "@/app/session";
import type { UndoState } from "@/features/results/undo";
import { formatWhen } from "@/lib/format";

/** How it stands, and what can be done about it; nothing can where somebody may not write what was changed. */
export interface Undoing {
  state: UndoState;
  onUndo?: () => void;
  onConfirm: () => void;
  onKeep: () => void;
}

interface TakingBack {
  /** The kinds of what was changed. */
  kinds: string[];
  undone: boolean;
  plan: () => Promise<UndoPlan>;
  call: () => Promise<unknown>;
}

function useTakingBack({ kinds, undone, plan, call }: TakingBack): Undoing {
  const client = useQueryClient();
  const may = useMay();
  const planning = useMutation({ mutationFn: plan });
  const undoing = useMutation({
    mutationFn: call,
    // Also after a failure: what stands in the way may be new here.
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["objects"] }),
        client.invalidateQueries({ queryKey: ["activity"] }),
      ]),
  });
  const state = (): UndoState => {
    if (undone) {
      return undoing.submittedAt > 0
        ? { type: "undone", at: formatWhen(new Date(undoing.submittedAt).toISOString()) }
        : { type: "undone" };
    }
    if (undoing.isPending) return { type: "undoing" };
    if (undoing.isError) return { type: "failed", error: asReport(undoing.error) };
    if (planning.isPending) return { type: "planning" };
    if (planning.isError) return { type: "failed", error: asReport(planning.error) };
    return planning.data ? { type: "planned", plan: planning.data } : { type: "ready" };
  };
  const start = () => {
    undoing.reset();
    planning.mutate();
  };
  return {
    state: state(),
    ...(kinds.every((kind) => may(`${kind}:write`)) ? { onUndo: start } : {}),
    onConfirm: () => {
      planning.reset();
      undoing.mutate();
    },
    onKeep: () => planning.reset(),
  };
}

/** One activity. What the server says of it comes first: somebody else may have taken it back. */
export function useUndoActivity(project: string, activity: Activity): Undoing {
  return useTakingBack({
    kinds: [activity.kind],
    undone: Boolean(activity.undone_by),
    plan: () => objectsApi.planUndo(project, activity.id),
    call: () => objectsApi.undo(project, activity.id),
  });
}

/** All that a run has changed, or nothing of it. */
export function useUndoRun(run: string, activities: Activity[]): Undoing {
  return useTakingBack({
    kinds: activities.map((each) => each.kind),
    undone: activities.length > 0 && activities.every((each) => each.undone_by),
    plan: () => objectsApi.planUndoRun(run),
    call: () => objectsApi.undoRun(run),
  });
}
