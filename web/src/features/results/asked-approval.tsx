/** A call of a run that waits for a yes, with what the registry knows of its tool. */

import { useQuery } from "@tanstack/react-query";
import type { Change } from "@/api/objects";
import { toolsQuery } from "@/api/queries";
import type { AwaitReason } from "@/api/types";
import { Approval, type ApprovalState } from "@/features/results/approval";
import { toolWords } from "@/lib/changes";
import type { Decision } from "@/lib/decision";
import { asSchema } from "@/lib/json-schema";

type AskedReason = Extract<AwaitReason, { type: "approval" }> & { changes?: Change[] };

export interface AskedApprovalProps {
  asked: AskedReason;
  state: ApprovalState;
  onDecide?: ((decision: Decision) => void) | undefined;
}

export function AskedApproval({ asked, state, onDecide }: AskedApprovalProps) {
  const tools = useQuery(toolsQuery);
  const info = tools.data?.find((tool) => tool.name === asked.tool);
  return (
    <Approval
      call={{ ...asked, title: info?.title ?? toolWords(asked.tool), changes: asked.changes ?? [] }}
      schema={info && asSchema(info.input_schema)}
      state={state}
      onDecide={(decision) => onDecide?.(decision)}
    />
  );
}
