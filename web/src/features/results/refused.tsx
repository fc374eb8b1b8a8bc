/** A question that is not answered, and why. It is no error: another question may be answered. */

import type { ReactNode } from "react";
import type { Warning } from "@/api/types";
import { Warnings } from "@/features/results/warnings";
import { Notice } from "@/ui/notice";

export interface RefusedProps {
  title?: string;
  children?: ReactNode;
  warnings?: Warning[];
  actions?: ReactNode;
}

export function Refused({ title = "Not answered", children, warnings = [], actions }: RefusedProps) {
  return (
    <Notice tone="neutral" icon="minus" title={title} actions={actions}>
      {children}
      <Warnings warnings={warnings} />
    </Notice>
  );
}
