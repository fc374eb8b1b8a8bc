/** The result of a query that an object holds, computed when it is looked at. */

import { useQuery } from "@tanstack/react-query";
import { asReport } from "@/api/client";
import { savedQuery } from "@/api/queries";
import type { Json } from "@/api/types";
import { ResultView } from "@/features/results/result-view";
import { Warnings } from "@/features/results/warnings";
import { ErrorCard } from "@/ui/error-card";
import { StatusLine } from "@/ui/status-line";

export interface SavedResultProps {
  project: string;
  /** The tool that computes the query. */
  tool: string;
  query: Json;
}

export function SavedResult({ project, tool, query }: SavedResultProps) {
  const result = useQuery(savedQuery(project, tool, withoutKind(query)));
  if (result.isPending) return <StatusLine text="Computing it as it is now" />;
  if (result.isError) {
    return (
      <ErrorCard
        title="It could not be computed"
        error={asReport(result.error)}
        onRetry={() => void result.refetch()}
      />
    );
  }
  return (
    <div>
      <ResultView call={{ tool, result: result.data }} />
      <Warnings warnings={result.data.warnings} />
    </div>
  );
}

/** A stored query names its kind, which a tool's arguments don't: there the tool's name says it. */
function withoutKind(query: Json): Json {
  if (query === null || typeof query !== "object") return query;
  return Object.fromEntries(Object.entries(query).filter(([key]) => key !== "kind"));
}
