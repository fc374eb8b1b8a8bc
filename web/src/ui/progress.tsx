/** How far something is: a bar, and where they are known the steps and the time that is left. */

import type { ReactNode } from "react";
import { formatLeft } from "@/lib/format";
import { type StepItem, StepList } from "@/ui/step-list";

/** Whole percent, 100 only at the end: what is shown as done must be done. */
const percentOf = (fraction: number) => Math.floor(Math.min(1, Math.max(0, fraction)) * 100);

export function ProgressBar({ fraction, label = "Progress" }: { fraction: number; label?: string }) {
  const percent = percentOf(fraction);
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      className="block h-1 overflow-hidden rounded-full bg-line"
    >
      <span className="block h-full rounded-full bg-accent transition-[width]" style={{ width: `${percent}%` }} />
    </span>
  );
}

export interface ProgressProps {
  title: ReactNode;
  /** From 0 to 1; `null` where nobody can say. */
  fraction: number | null;
  /** Milliseconds; `null` where nobody can say. */
  left: number | null;
  steps?: StepItem[];
}

export function Progress({ title, fraction, left, steps = [] }: ProgressProps) {
  const done = steps.filter((step) => step.state === "completed").length;
  const parts = [
    steps.length > 0 && `${done} of ${steps.length} steps`,
    fraction !== null && `${percentOf(fraction)}%`,
    left !== null && formatLeft(left),
  ].filter(Boolean);
  return (
    <div className="space-y-2">
      <p className="flex flex-wrap items-baseline justify-between gap-x-3 text-sm">
        <span className="min-w-0 font-medium [overflow-wrap:anywhere]">{title}</span>
        {parts.length > 0 && <span className="text-xs text-muted tabular-nums">{parts.join(" · ")}</span>}
      </p>
      {fraction !== null && <ProgressBar fraction={fraction} />}
      {steps.length > 0 && <StepList label="Plan" steps={steps} />}
    </div>
  );
}
