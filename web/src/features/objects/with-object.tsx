/** Another object within a page: read, and then shown as the caller likes. */

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { asReport } from "@/api/client";
import type { StoredObject } from "@/api/objects";
import { objectQuery } from "@/api/queries";
import { useProject } from "@/app/project";
import { ErrorCard } from "@/ui/error-card";
import { StatusLine } from "@/ui/status-line";

export function WithObject({ id, children }: { id: string; children: (object: StoredObject) => ReactNode }) {
  const project = useProject();
  const object = useQuery(objectQuery(project.id, id));
  if (object.isPending) return <StatusLine text="Reading it" />;
  if (object.isError) {
    return (
      <ErrorCard title={`${id} can't be shown`} error={asReport(object.error)} onRetry={() => void object.refetch()} />
    );
  }
  return children(object.data);
}
