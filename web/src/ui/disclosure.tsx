/** Something that is shown when it is asked for. */

import type { ReactNode } from "react";
import { Icon } from "@/ui/icons";

interface DisclosureProps {
  label: ReactNode;
  children: ReactNode;
  /** Told when it is opened and closed: what is read from the server need not be read before. */
  onToggle?: (isOpen: boolean) => void;
}

export function Disclosure({ label, children, onToggle }: DisclosureProps) {
  return (
    <details onToggle={(event) => onToggle?.(event.currentTarget.open)}>
      <summary className="-ml-2 inline-flex min-h-7 list-none items-center gap-1.5 rounded-lg px-2 text-xs font-medium text-muted hover:bg-sunken hover:text-ink [&::-webkit-details-marker]:hidden">
        <Icon name="chevron" className="[details[open]>summary>&]:rotate-90" />
        {label}
      </summary>
      <div className="mt-1.5">{children}</div>
    </details>
  );
}
