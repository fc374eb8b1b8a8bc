/** Steps with how each stands: the icon and a word say it. */

import type { ReactNode } from "react";
import { Icon, type IconName } from "@/ui/icons";

export type StepState = "pending" | "in_progress" | "completed" | "failed";

export interface StepItem {
  text: ReactNode;
  state: StepState;
}

const STATES: Record<StepState, { icon: IconName; tone: string; word: string }> = {
  pending: { icon: "circle", tone: "text-muted", word: "to do" },
  in_progress: { icon: "dot", tone: "text-accent", word: "being done" },
  completed: { icon: "check", tone: "text-muted", word: "done" },
  failed: { icon: "cross", tone: "text-bad", word: "failed" },
};

export function StepList({ label, steps }: { label: string; steps: StepItem[] }) {
  return (
    <ul aria-label={label} className="space-y-1 text-sm">
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is always replaced as a whole.
        <li key={index} className="flex gap-2">
          <Icon name={STATES[step.state].icon} className={`mt-0.5 ${STATES[step.state].tone}`} />
          <span className={`min-w-0 [overflow-wrap:anywhere] ${step.state === "completed" ? "text-muted" : ""}`}>
            {step.text} <span className="text-xs text-muted">({STATES[step.state].word})</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
