/** What is being done right now, on one line. */

import { Icon } from "@/ui/icons";

export function StatusLine({ text }: { text: string }) {
  return (
    <p className="flex items-start gap-2 text-sm text-muted">
      <Icon name="spinner" className="spinner mt-0.5 text-accent" />
      <span className="min-w-0 [overflow-wrap:anywhere]">{text}…</span>
    </p>
  );
}
