/** A card that says something about a run: neutral, good news, a warning, an error, or a question. */

import type { ReactNode } from "react";
import { Icon, type IconName } from "@/ui/icons";

const TONES = {
  good: { box: "border-line bg-surface", mark: "text-accent" },
  neutral: { box: "border-line bg-surface", mark: "text-muted" },
  question: { box: "border-accent bg-surface", mark: "text-accent" },
  warn: { box: "border-warn-line bg-warn-soft", mark: "text-warn" },
  bad: { box: "border-bad-line bg-bad-soft", mark: "text-bad" },
};

export interface NoticeProps {
  tone: keyof typeof TONES;
  icon: IconName;
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  role?: "alert" | "status";
}

export function Notice({ tone, icon, title, children, actions, role }: NoticeProps) {
  return (
    <div role={role} className={`rounded-xl border px-4 py-3 ${TONES[tone].box}`}>
      <div className="flex gap-3">
        <Icon name={icon} className={`mt-0.5 text-lg ${TONES[tone].mark}`} />
        <div className="min-w-0 flex-1">
          <p className="font-semibold [overflow-wrap:anywhere]">{title}</p>
          {children && <div className="mt-1">{children}</div>}
          {actions && <div className="mt-3 flex flex-wrap gap-2">{actions}</div>}
        </div>
      </div>
    </div>
  );
}
