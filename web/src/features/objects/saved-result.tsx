/** The result of a query that an object holds, computed when it is looked at. */

import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { asReport } from "@/api/client";
import type { StoredObject } from "@/api/objects";
import { savedQuery } from "@/api/queries";
import type { Json } from "@/api/types";
import type { ResultProps } from "@/app/product";
import { ErrorCard } from "@/ui/error-card";
import { StatusLine } from "@/ui/status-line";

export interface SavedResultProps {
  object: StoredObject;
  /** The tool that computes the query, and the query as its arguments. */
  tool: string;
  query: Json;
  /** Shows the result. */
  Result: ComponentType<ResultProps>;
}

export function SavedResult({ object, tool, query, Result }: SavedResultProps) {
  const result = useQuery(savedQuery(object.project, tool, query));
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
  return <Result result={result.data} />;
}
