/** What a reader must know beside the numbers. */

import type { Warning } from "@/api/types";
import { Icon } from "@/ui/icons";

export interface WarningsProps {
  warnings: Warning[];
  /** What they are about, for readers who don't see where they stand. */
  about?: string;
}

export function Warnings({ warnings, about = "What to know about these numbers" }: WarningsProps) {
  if (warnings.length === 0) return null;
  return (
    <ul aria-label={about} className="mt-3 space-y-1.5 text-sm">
      {warnings.map((warning) => (
        <li key={warning.code + warning.message} className="flex gap-2">
          <Icon name="alert" className="mt-0.5 text-warn" />
          <span className="min-w-0 [overflow-wrap:anywhere]">
            {warning.message} <code className="font-mono text-xs text-muted">{warning.code}</code>
          </span>
        </li>
      ))}
    </ul>
  );
}
