/** A person's own write: a form from the tool's schema, then what it would change, then the call. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asReport } from "@/api/client";
import { objectsApi, type StoredObject } from "@/api/objects";
import { previewQuery, toolsQuery } from "@/api/queries";
import type { Json } from "@/api/types";
import type { ObjectTool } from "@/app/product";
import { useProject } from "@/app/project";
import { Changes } from "@/features/results/changes";
import { FormCard } from "@/features/results/form-card";
import { callQuestion, toolWords } from "@/lib/changes";
import { asSchema } from "@/lib/json-schema";
import { Button } from "@/ui/button";
import { Icon } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { ReportText } from "@/ui/sentence";

export interface WriteFormProps {
  tool: ObjectTool;
  /** The object that is written; `null` for a new one. */
  object: StoredObject | null;
  sendLabel: string;
  /** Set where there is nothing to fill in, as for a deletion: only what it would change is shown. */
  direct?: boolean;
  /** Called when it is done, or not wanted any more. */
  onClose: (done: boolean) => void;
}

export function WriteForm({ tool, object, sendLabel, direct = false, onClose }: WriteFormProps) {
  const project = useProject().id;
  const tools = useQuery(toolsQuery);
  const client = useQueryClient();
  const info = tools.data?.find((each) => each.name === tool.tool);
  const [value, setValue] = useState<Json>(() => tool.arguments(object));
  const [checked, setChecked] = useState(false);
  const [sure, setSure] = useState(direct);
  const preview = useQuery({ ...previewQuery(project, tool.tool, value), enabled: sure });
  const write = useMutation({
    mutationFn: () => objectsApi.write(project, tool.tool, value),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["objects"] });
      void client.invalidateQueries({ queryKey: ["activity"] });
      onClose(true);
    },
  });
  const title = info?.title ?? toolWords(tool.tool);
  const refused = write.error ?? (sure ? preview.error : null);
  if (sure && preview.data && !write.isError) {
    const { changes, effect, decision } = preview.data;
    const forbidden = decision === "deny";
    return (
      <Notice
        tone="question"
        icon="ask"
        title={callQuestion(title, effect, changes)}
        actions={
          <>
            <Button variant="primary" disabled={write.isPending || forbidden} onClick={() => write.mutate()}>
              <Icon name={write.isPending ? "spinner" : "check"} className={write.isPending ? "spinner" : ""} />
              {sendLabel}
            </Button>
            <Button disabled={write.isPending} onClick={() => (direct ? onClose(false) : setSure(false))}>
              Back
            </Button>
          </>
        }
      >
        {forbidden && <p className="mb-2 text-sm text-bad">The policy of this project forbids it.</p>}
        <Changes changes={changes} named />
      </Notice>
    );
  }
  if (direct) {
    return refused ? (
      <Notice
        tone="bad"
        icon="alert"
        role="alert"
        title={`${title}: this did not work`}
        actions={<Button onClick={() => onClose(false)}>Close</Button>}
      >
        <ReportText report={asReport(refused)} />
      </Notice>
    ) : null;
  }
  return (
    <FormCard
      title={title}
      description={info?.description}
      schema={asSchema(info?.input_schema)}
      sendLabel="Show what it changes"
      state={
        refused
          ? { type: "failed", value, error: asReport(refused) }
          : sure
            ? { type: "sending", value }
            : { type: "open", value, checked }
      }
      onChange={(next) => {
        setValue(next);
        setSure(false);
        write.reset();
      }}
      onSend={(_, right) => {
        setChecked(true);
        write.reset();
        if (right && sure) void preview.refetch();
        setSure(right);
      }}
      onDismiss={() => onClose(false)}
    />
  );
}
