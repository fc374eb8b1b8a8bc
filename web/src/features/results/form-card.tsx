/** A form that is asked to be filled in: from a JSON schema, checked before it is sent. */

import type { ReactNode } from "react";
import type { Json, Report } from "@/api/types";
import { type JsonSchema, validate } from "@/lib/json-schema";
import { Button } from "@/ui/button";
import { Icon } from "@/ui/icons";
import { JsonFacts } from "@/ui/json-facts";
import { SchemaForm } from "@/ui/schema-form";
import { ReportText } from "@/ui/sentence";

export type FormState =
  | { type: "open"; value: Json /** True after a first try to send it. */; checked: boolean }
  | { type: "sending"; value: Json }
  | { type: "failed"; value: Json; error: Report }
  | { type: "sent"; value: Json }
  | { type: "dismissed" };

export interface FormCardProps {
  title: ReactNode;
  description?: ReactNode;
  schema: JsonSchema;
  state: FormState;
  sendLabel?: string;
  onChange: (value: Json) => void;
  /** Called on every try to send; what is wrong is shown, and only a right value may go on. */
  onSend: (value: Json, right: boolean) => void;
  onDismiss: () => void;
}

export function FormCard({
  title,
  description,
  schema,
  state,
  sendLabel = "Send",
  onChange,
  onSend,
  onDismiss,
}: FormCardProps) {
  if (state.type === "dismissed") {
    return (
      <p className="flex items-center gap-2 text-sm text-muted">
        <Icon name="minus" />
        <span>{title}: not filled in.</span>
      </p>
    );
  }
  if (state.type === "sent") return <Recap title={title} value={state.value} />;
  const problems = validate(schema, state.value);
  const shown = state.type === "open" && !state.checked ? [] : problems;
  const sending = state.type === "sending";
  return (
    <form
      noValidate
      className="max-w-2xl space-y-4 rounded-xl border border-accent bg-surface px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        onSend(state.value, problems.length === 0);
      }}
    >
      <div>
        <p className="font-semibold [overflow-wrap:anywhere]">{title}</p>
        {description && <div className="text-sm text-muted">{description}</div>}
      </div>
      <SchemaForm schema={schema} value={state.value} onChange={onChange} problems={shown} disabled={sending} />
      {shown.length > 0 && (
        <p role="alert" className="text-sm text-bad">
          {shown.length === 1 ? "One field is not right yet." : `${shown.length} fields are not right yet.`}
        </p>
      )}
      {state.type === "failed" && (
        <div role="alert" className="text-sm text-bad">
          <ReportText report={state.error} />
        </div>
      )}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" disabled={sending}>
          {sending && <Icon name="spinner" className="spinner" />}
          {sending ? "Sending" : state.type === "failed" ? `${sendLabel} again` : sendLabel}
        </Button>
        <Button variant="ghost" disabled={sending} onClick={onDismiss}>
          Not now
        </Button>
      </div>
    </form>
  );
}

/** What was filled in, once it is sent. */
function Recap({ title, value }: { title: ReactNode; value: Json }) {
  return (
    <div className="flex gap-2 rounded-xl border border-line bg-surface px-4 py-3 text-sm">
      <Icon name="check" className="mt-0.5 text-accent" />
      <div className="min-w-0 space-y-1">
        <p className="font-medium">{title}</p>
        <JsonFacts value={value} />
      </div>
    </div>
  );
}
