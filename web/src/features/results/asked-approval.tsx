/** A call of a run that waits for a yes, with what the registry knows of its tool and what edits would do. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { asReport } from "@/api/client";
import type { Change } from "@/api/objects";
import { previewQuery, toolsQuery } from "@/api/queries";
import type { AwaitReason, Json, Warning } from "@/api/types";
import { useMay } from "@/app/session";
import { Approval, type ApprovalState, type EditedPreview } from "@/features/results/approval";
import { toolWords } from "@/lib/changes";
import type { Decision } from "@/lib/decision";
import { asSchema } from "@/lib/json-schema";

type AskedReason = Extract<AwaitReason, { type: "approval" }> & { changes?: Change[]; warnings?: Warning[] };

export interface AskedApprovalProps {
  project: string | null;
  asked: AskedReason;
  state: ApprovalState;
  onDecide?: ((decision: Decision) => void) | undefined;
  /** Whether it came up while somebody waited for it. */
  followed: boolean;
}

export function AskedApproval({ project, asked, state, onDecide, followed }: AskedApprovalProps) {
  const may = useMay();
  const tools = useQuery(toolsQuery(project));
  const info = tools.data?.find((tool) => tool.name === asked.tool);
  const [edited, setEdited] = useState<Json | null>(null);
  const settled = useSettled(edited);
  const preview = useQuery({
    ...previewQuery(project ?? "", asked.tool, settled),
    enabled: project !== null && settled !== null,
  });
  const shown = (): EditedPreview | undefined => {
    if (edited === null || project === null) return undefined;
    if (edited !== settled || preview.isPending) return { type: "checking" };
    if (preview.isError) return { type: "failed", error: asReport(preview.error) };
    return { type: "shown", changes: preview.data.changes, warnings: preview.data.warnings ?? [] };
  };
  return (
    <Approval
      call={{ ...asked, title: info?.title ?? toolWords(asked.tool), changes: asked.changes ?? [] }}
      schema={info && asSchema(info.input_schema)}
      state={state}
      // The call is made with the rights of whoever approves it.
      lacks={["run:write", info?.access].find((right) => right !== undefined && !may(right))}
      takesFocus={followed}
      edited={shown()}
      onEdit={setEdited}
      onDecide={(decision) => onDecide?.(decision)}
    />
  );
}

/** While somebody types, nothing is asked of the server. */
const TYPING_MS = 400;

function useSettled(value: Json | null): Json | null {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
