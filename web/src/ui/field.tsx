/** A form's field: its name, what it is for, the control, and what is wrong with it. */

import { type ReactNode, useId } from "react";
import { Icon } from "@/ui/icons";

export const CONTROL =
  "w-full min-w-0 rounded-lg border border-control bg-surface px-2.5 py-1.5 text-sm text-ink disabled:opacity-60 aria-invalid:border-bad";

/** What a control needs to be tied to its label, its hint and its problem. */
export interface ControlProps {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

export interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  needed?: boolean;
  problem?: string | undefined;
  children: (control: ControlProps) => ReactNode;
}

export function Field({ label, hint, needed = false, problem, children }: FieldProps) {
  const id = useId();
  const describedBy = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="block text-sm font-medium [overflow-wrap:anywhere]">
        {label}
        {needed && <span className="font-normal text-muted"> (needed)</span>}
      </label>
      {children({ id, "aria-describedby": describedBy || undefined, "aria-invalid": problem ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-muted [overflow-wrap:anywhere]">
          {hint}
        </p>
      )}
      {problem && <ProblemText id={`${id}-problem`} text={problem} />}
    </div>
  );
}

export function ProblemText({ id, text }: { id?: string; text: string }) {
  return (
    <p id={id} className="flex gap-1.5 text-xs text-bad">
      <Icon name="alert" className="mt-0.5" />
      <span className="min-w-0 [overflow-wrap:anywhere]">{text}</span>
    </p>
  );
}
