/** What a run has changed, each to be taken back alone, or all at once. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { asReport } from "@/api/client";
import type { Activity } from "@/api/objects";
import { activityQuery } from "@/api/queries";
import type { Effect, Thread } from "@/api/types";
import { useUndoActivity, useUndoRun } from "@/features/objects/use-undo";
import { Undo } from "@/features/results/undo";
import { actionWord, kindWord, nameOf } from "@/lib/changes";
import { ErrorCard } from "@/ui/error-card";

const WRITES = new Set<Effect>(["create", "change", "delete", "publish"]);

/** True where a run may have changed stored objects. */
export function mayHaveChanged(thread: Thread): boolean {
  return thread.calls.some((call) => WRITES.has(call.effect) && call.state !== "error");
}

export function RunChanges({ project, run }: { project: string; run: string }) {
  const query = useQuery(activityQuery(project, { run }));
  if (query.isError) {
    return (
      <ErrorCard
        title="What this answer changed could not be read"
        error={asReport(query.error)}
        onRetry={() => void query.refetch()}
      />
    );
  }
  // What takes a change back belongs to the one who took it back.
  const changes = (query.data ?? []).filter((activity) => !activity.undoes);
  if (changes.length === 0) return null;
  return (
    <section aria-label="Changes of this answer" className="space-y-2">
      {changes.length > 1 && <TurnUndo run={run} changes={changes} />}
      {changes.map((activity) => (
        <StepUndo key={activity.id} project={project} activity={activity} />
      ))}
    </section>
  );
}

function TurnUndo({ run, changes }: { run: string; changes: Activity[] }) {
  const undoing = useUndoRun(run, changes);
  return <Undo what={`${changes.length} changes by this answer`} scope="turn" {...undoing} />;
}

function StepUndo({ project, activity }: { project: string; activity: Activity }) {
  const undoing = useUndoActivity(project, activity);
  return (
    <Undo
      scope="step"
      {...undoing}
      what={
        <>
          {actionWord(activity.action)} the {kindWord(activity.kind)}{" "}
          <Link
            to="/objects/$kind/$id"
            params={{ kind: activity.kind, id: activity.object_id }}
            className="underline underline-offset-3"
          >
            {nameOf(activity)}
          </Link>
        </>
      }
    />
  );
}
