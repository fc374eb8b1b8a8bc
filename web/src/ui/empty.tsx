/** Where a list or a result has nothing in it: why, and what can be done. */

import type { ReactNode } from "react";
import { Icon, type IconName } from "@/ui/icons";

export interface EmptyProps {
  icon?: IconName;
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}

export function Empty({ icon = "circle", title, children, actions }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-2 rounded-xl border border-dashed border-line px-4 py-8 text-center">
      <Icon name={icon} className="text-2xl text-muted" />
      <p className="max-w-full font-semibold text-balance [overflow-wrap:anywhere]">{title}</p>
      {children && (
        <div className="max-w-prose text-sm text-muted text-pretty [overflow-wrap:anywhere]">{children}</div>
      )}
      {actions && <div className="mt-2 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}
