/** The way between the pages, and below it the earlier conversations. */

import { Link, useMatchRoute } from "@tanstack/react-router";
import { History } from "@/features/history/history";
import { Icon, type IconName } from "@/ui/icons";

export interface NavigationProps {
  project: string | null;
  /** Called when a page is opened. */
  onLeave?: () => void;
}

export function Navigation({ project, onLeave }: NavigationProps) {
  const matches = useMatchRoute();
  const inChat = Boolean(matches({ to: "/" }) || matches({ to: "/c/$conversationId" }));
  return (
    <div className="flex flex-col gap-4">
      <nav aria-label="Pages">
        <ul className="flex flex-col gap-0.5">
          <NavItem icon="chat" title="Chat" to="/" active={inChat} onLeave={onLeave} />
        </ul>
      </nav>
      <History project={project} {...(onLeave ? { onLeave } : {})} />
    </div>
  );
}

interface NavItemProps {
  icon: IconName;
  title: string;
  to: "/" | "/gallery";
  active?: boolean;
  onLeave?: (() => void) | undefined;
}

function NavItem({ icon, title, to, active, onLeave }: NavItemProps) {
  const shown = active ? { className: "bg-accent-soft", "aria-current": "page" as const } : {};
  return (
    <li>
      <Link
        to={to}
        onClick={onLeave}
        className={`flex items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-sm hover:bg-sunken ${active ? "bg-accent-soft font-medium" : ""}`}
        {...shown}
      >
        <Icon name={icon} className="text-muted" />
        {title}
      </Link>
    </li>
  );
}
