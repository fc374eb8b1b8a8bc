/** What was done to an object: who, when, what is different since, and taking it back. */

import { useQuery } from "@tanstack/react-query";
import { asReport } from "@/api/client";
import type { Activity } from "@/api/objects";
import { activityQuery } from "@/api/queries";
import { ActorName } from "@/features/objects/actor-name";
import { useUndoActivity } from "@/features/objects/use-undo";
import { Undo } from "@/features/results/undo";
import { actionWord, changedFields, stateFields } from "@/lib/changes";
import { formatInstant } from "@/lib/format";
import { Diff } from "@/ui/diff";
import { Disclosure } from "@/ui/disclosure";
import { Empty } from "@/ui/empty";
import { ErrorCard } from "@/ui/error-card";
import { StatusLine } from "@/ui/status-line";

export function ActivityList({ project, object }: { project: string; object: string }) {
  const query = useQuery(activityQuery(project, { object }));
  if (query.isPending) return <StatusLine text="Reading what was done" />;
  if (query.isError) {
    return (
      <ErrorCard
        title="What was done could not be read"
        error={asReport(query.error)}
        onRetry={() => void query.refetch()}
      />
    );
  }
  if (query.data.length === 0) return <Empty icon="history" title="Nothing is known of what was done" />;
  return (
    <ol className="space-y-3">
      {query.data.map((activity) => (
        <li key={activity.id}>
          <ActivityView project={project} activity={activity} all={query.data} />
        </li>
      ))}
    </ol>
  );
}

function ActivityView({ project, activity, all }: { project: string; activity: Activity; all: Activity[] }) {
  const undoing = useUndoActivity(project, activity);
  const undoes = all.find((each) => each.id === activity.undoes);
  const fields = changedFields(activity).length;
  return (
    <div className="space-y-1.5">
      <Undo
        scope="step"
        {...undoing}
        what={
          <>
            {actionWord(activity.action)}
            {activity.action === "changed" && ` ${fields === 1 ? "1 field" : `${fields} fields`}`}
            {undoes && ` what stood before version ${undoes.version}`}{" "}
            <span className="text-muted">
              in version {activity.version}, {formatInstant(activity.at)}, by <ActorName actor={activity.actor} />
            </span>
          </>
        }
      />
      <div className="px-3">
        <Disclosure label="What is different">
          <Diff before={stateFields(activity.before)} after={stateFields(activity.after)} />
        </Disclosure>
      </div>
    </div>
  );
}
