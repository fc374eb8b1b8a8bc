/** A person's own write: a form from the tools' schema, then what it would change, and only then the call. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { asReport } from "@/api/client";
import { objectsApi, type StoredObject } from "@/api/objects";
import { previewQuery, toolsQuery } from "@/api/queries";
import type { Json, ToolInfo } from "@/api/types";
import { useProject } from "@/app/project";
import { Changes } from "@/features/results/changes";
import { FormCard } from "@/features/results/form-card";
import { Warnings } from "@/features/results/warnings";
import { callQuestion, toolWords } from "@/lib/changes";
import { useFocusOnChange } from "@/lib/focus";
import { field, textAt } from "@/lib/json-read";
import { asSchema } from "@/lib/json-schema";
import { mergePatch } from "@/lib/merge-patch";
import { Button } from "@/ui/button";
import { Icon } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { ReportText } from "@/ui/sentence";

export type Write = "create" | "update" | "delete";

/** The tools of every kind of objects have the same names and arguments. */
export const writeTool = (write: Write, kind: string) => `${write}_${kind}`;

/** True where a person can do it: a change is filled in with what a new object would have. */
export function canWrite(tools: ToolInfo[] | undefined, write: Write, kind: string): boolean {
  const has = (each: Write) => tools?.some((tool) => tool.name === writeTool(each, kind)) ?? false;
  return has(write) && (write !== "update" || has("create"));
}

const LABELS: Record<Write, string> = { create: "Create", update: "Save", delete: "Delete" };

export interface WriteFormProps {
  write: Write;
  kind: string;
  /** The object that is written; `null` for a new one. */
  object: StoredObject | null;
  /** Called when it is done, or not wanted any more. */
  onClose: (done: boolean) => void;
}

export function WriteForm({ write, kind, object, onClose }: WriteFormProps) {
  const project = useProject().id;
  const tools = useQuery(toolsQuery(project));
  const client = useQueryClient();
  const tool = writeTool(write, kind);
  const info = tools.data?.find((each) => each.name === tool);
  const form = tools.data?.find((each) => each.name === writeTool("create", kind));
  const [value, setValue] = useState<Json>({ name: object?.name ?? "", body: object?.body ?? {} });
  const [checked, setChecked] = useState(false);
  const nothingToFillIn = write === "delete";
  const [sure, setSure] = useState(nothingToFillIn);
  const args = argumentsOf(write, object, value);
  const preview = useQuery({ ...previewQuery(project, tool, args), enabled: sure });
  const making = useMutation({
    mutationFn: () => objectsApi.write(project, tool, args),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["objects"] });
      void client.invalidateQueries({ queryKey: ["activity"] });
      onClose(true);
    },
  });
  const title = info?.title ?? toolWords(tool);
  const refused = making.error ?? (sure ? preview.error : null);
  const shown = sure && preview.data && !making.isError ? preview.data : null;
  const box = useFocusOnChange(shown ? "preview" : refused && nothingToFillIn ? "refusal" : "form");
  const inBox = (node: ReactNode) => (
    <div ref={box} tabIndex={-1} className="rounded-xl">
      {node}
    </div>
  );
  if (shown) {
    const { changes, effect, decision, warnings = [] } = shown;
    const forbidden = decision === "deny";
    return inBox(
      <Notice
        tone="question"
        icon="ask"
        title={callQuestion(title, effect, changes)}
        actions={
          <>
            <Button variant="primary" disabled={making.isPending || forbidden} onClick={() => making.mutate()}>
              <Icon name={making.isPending ? "spinner" : "check"} className={making.isPending ? "spinner" : ""} />
              {LABELS[write]}
            </Button>
            <Button disabled={making.isPending} onClick={() => (nothingToFillIn ? onClose(false) : setSure(false))}>
              Back
            </Button>
          </>
        }
      >
        {forbidden && <p className="mb-2 text-sm text-bad">The policy forbids it.</p>}
        <Changes changes={changes} named />
        <Warnings warnings={warnings} about="What to know before it is done" />
      </Notice>,
    );
  }
  if (nothingToFillIn) {
    if (!refused) return null;
    return inBox(
      <Notice
        tone="bad"
        icon="alert"
        role="alert"
        title={`${title}: this did not work`}
        actions={<Button onClick={() => onClose(false)}>Close</Button>}
      >
        <ReportText report={asReport(refused)} />
      </Notice>,
    );
  }
  return inBox(
    <FormCard
      title={title}
      schema={asSchema(form?.input_schema)}
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
        making.reset();
      }}
      onSend={(_, right) => {
        setChecked(true);
        making.reset();
        if (right && sure) void preview.refetch();
        setSure(right);
      }}
      onDismiss={() => onClose(false)}
    />,
  );
}

/** What the tool takes: a new object whole, of one that is there what is different. */
function argumentsOf(write: Write, object: StoredObject | null, value: Json): Json {
  if (write === "create" || !object) return value;
  if (write === "delete") return { name: object.name };
  const name = textAt(value, "name") ?? object.name;
  return {
    name: object.name,
    ...(name === object.name ? {} : { new_name: name }),
    changes: mergePatch(object.body, field(value, "body")),
  };
}
