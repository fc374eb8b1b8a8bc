/** From which stage on a project's members see products, to be read and set. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, asReport } from "@/api/client";
import { earlyAccessQuery } from "@/api/queries";
import type { StageName } from "@/api/types";
import { CONTROL, Field } from "@/ui/field";
import { ReportText } from "@/ui/sentence";

const STAGES: { stage: StageName; text: string }[] = [
  { stage: "ga", text: "that are ready" },
  { stage: "beta", text: "from beta on" },
  { stage: "alpha", text: "from alpha on" },
  { stage: "idea", text: "of every stage" },
];

export function EarlyAccess({ project }: { project: string }) {
  const client = useQueryClient();
  const setting = useQuery(earlyAccessQuery(project));
  const set = useMutation({
    mutationFn: (stage: StageName) => api.setEarlyAccess(project, stage),
    onSuccess: (stage) => client.setQueryData(earlyAccessQuery(project).queryKey, stage),
  });
  if (!setting.data) return null;
  return (
    <div className="mt-3 max-w-sm">
      <Field label={`Members of ${project} see products`} hint="Owners and admins see all of them.">
        {(control) => (
          <select
            {...control}
            className={CONTROL}
            value={set.isPending ? set.variables : setting.data}
            disabled={set.isPending}
            onChange={(event) => {
              const chosen = STAGES.find(({ stage }) => stage === event.target.value);
              if (chosen) set.mutate(chosen.stage);
            }}
          >
            {STAGES.map(({ stage, text }) => (
              <option key={stage} value={stage}>
                {text}
              </option>
            ))}
          </select>
        )}
      </Field>
      {set.isError && (
        <div role="alert" className="mt-1 text-sm text-bad">
          <ReportText report={asReport(set.error)} />
        </div>
      )}
    </div>
  );
}
