/** In the place of what somebody may not do: what it is, and which right it takes. */

import { useSession } from "@/app/session";
import { Icon } from "@/ui/icons";

export interface LacksProps {
  /** `ask questions`. */
  what: string;
  /** `run:write`. */
  right: string;
}

export function Lacks({ what, right }: LacksProps) {
  const session = useSession();
  return (
    <p data-lacks={right} className="flex gap-2 rounded-xl border border-line bg-surface px-3 py-2 text-sm text-muted">
      <Icon name="person" className="mt-0.5" />
      <span className="min-w-0 [overflow-wrap:anywhere]">
        {session ? `${session.name} is signed in as ${session.role}, and may not ` : "You may not "}
        {what}: it takes the right <code className="font-mono text-xs text-ink">{right}</code>. Whoever runs this server
        can make a key that has it.
      </span>
    </p>
  );
}
