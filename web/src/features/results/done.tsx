/** Something was done: what, and where it is now. */

import type { ReactNode } from "react";
import { Notice } from "@/ui/notice";

export interface DoneProps {
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}

export function Done({ title, children, actions }: DoneProps) {
  return (
    <Notice tone="good" icon="check" title={title} actions={actions} role="status">
      {children}
    </Notice>
  );
}
