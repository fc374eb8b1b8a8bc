/** The way between the pages, and below it the earlier conversations. */

import { Link, type LinkProps, useMatchRoute } from "@tanstack/react-router";
import { pageLink } from "@/app/page-link";
import { objectUis, productPages } from "@/app/products";
import { useMay } from "@/app/session";
import { History } from "@/features/history/history";
import { Icon, type IconName } from "@/ui/icons";

export interface NavigationProps {
  project: string | null;
  /** Called when a page is opened. */
  onLeave?: () => void;
}

export function Navigation({ project, onLeave }: NavigationProps) {
  const matches = useMatchRoute();
  const may = useMay();
  const item = { onLeave };
  return (
    <div className="flex flex-col gap-4">
      <nav aria-label="Pages">
        <ul className="flex flex-col gap-0.5">
          <NavItem
            {...item}
            icon="chat"
            title="Chat"
            link={{ to: "/" }}
            active={Boolean(matches({ to: "/" }) || matches({ to: "/c/$conversationId" }))}
          />
          {productPages().map(
            (ui) =>
              ui.icon && (
                <NavItem
                  {...item}
                  key={ui.path}
                  icon={ui.icon}
                  title={ui.title}
                  link={pageLink(ui.path)}
                  active={Boolean(matches({ ...pageLink(ui.path), fuzzy: true }))}
                />
              ),
          )}
          {may("project:read") && (
            <NavItem
              {...item}
              icon="search"
              title="Search"
              link={{ to: "/search" }}
              active={Boolean(matches({ to: "/search" }))}
            />
          )}
          {objectUis()
            .filter((ui) => may(`${ui.kind}:read`))
            .map((ui) => (
              <NavItem
                {...item}
                key={ui.kind}
                icon={ui.icon}
                title={ui.title}
                link={{ to: "/objects/$kind", params: { kind: ui.kind } }}
                active={Boolean(matches({ to: "/objects/$kind", params: { kind: ui.kind }, fuzzy: true }))}
              />
            ))}
          {may("product:read") && (
            <>
              <NavItem
                {...item}
                icon="spark"
                title="Capabilities"
                link={{ to: "/capabilities" }}
                active={Boolean(matches({ to: "/capabilities" }))}
              />
              <NavItem
                {...item}
                icon="box"
                title="Products"
                link={{ to: "/products" }}
                active={Boolean(matches({ to: "/products", fuzzy: true }))}
              />
            </>
          )}
        </ul>
      </nav>
      {may("run:read") && <History project={project} {...(onLeave ? { onLeave } : {})} />}
    </div>
  );
}

interface NavItemProps {
  icon: IconName;
  title: string;
  link: LinkProps;
  active: boolean;
  onLeave?: (() => void) | undefined;
}

function NavItem({ icon, title, link, active, onLeave }: NavItemProps) {
  return (
    <li>
      <Link
        {...link}
        onClick={onLeave}
        aria-current={active ? "page" : undefined}
        className={`flex items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-sm hover:bg-sunken ${active ? "bg-accent-soft font-medium" : ""}`}
      >
        <Icon name={icon} className="text-muted" />
        {title}
      </Link>
    </li>
  );
}
