/** Something that is shown when it is asked for. */

import type { ReactNode } from "react";
import { Icon } from "@/ui/icons";

export function Disclosure({ label, children }: { label: ReactNode; children: ReactNode }) {
  return (
    <details className="group/disclosure">
      <summary className="-ml-2 inline-flex min-h-7 list-none items-center gap-1.5 rounded-lg px-2 text-xs font-medium text-muted hover:bg-sunken hover:text-ink [&::-webkit-details-marker]:hidden">
        <Icon name="chevron" className="group-open/disclosure:rotate-90" />
        {label}
      </summary>
      <div className="mt-1.5">{children}</div>
    </details>
  );
}
