/** The address of a run: it leads to its conversation. */

import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams } from "@tanstack/react-router";
import { asReport } from "@/api/client";
import { runQuery } from "@/api/queries";
import { ErrorCard } from "@/ui/error-card";
import { StatusLine } from "@/ui/status-line";

export function RunPage() {
  const { runId = "" } = useParams({ strict: false });
  const run = useQuery(runQuery(runId));
  const id = run.data?.conversation_id;
  if (id) return <Navigate to="/c/$conversationId" params={{ conversationId: id }} replace />;
  return (
    <div className="mx-auto w-full max-w-3xl flex-1 px-4 py-6 sm:px-6">
      {run.isPending && <StatusLine text="Looking for the run" />}
      {run.isError && (
        <ErrorCard title="The run can't be shown" error={asReport(run.error)} onRetry={() => void run.refetch()} />
      )}
    </div>
  );
}
