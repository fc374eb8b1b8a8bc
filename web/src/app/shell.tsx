/** The frame of every page: header, menu, and the page itself. */

import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useMatchRoute, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { asReport } from "@/api/client";
import { conversationQuery, projectsQuery, sessionQuery } from "@/api/queries";
import type { ProjectInfo, Session } from "@/api/types";
import { Navigation } from "@/app/navigation";
import { ProjectContext } from "@/app/project";
import { noteSignedIn, SessionContext, useUnauthorized } from "@/app/session";
import { setTheme, THEMES, type Theme, useTheme } from "@/app/theme";
import { NoProjects } from "@/features/chat/empty-state";
import { redeliverRefused } from "@/features/chat/live-runs";
import { Account } from "@/features/session/account";
import { SignIn } from "@/features/session/sign-in";
import { loadSetting, saveSetting } from "@/lib/storage";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorCard } from "@/ui/error-card";
import { Icon, Mark } from "@/ui/icons";

export function Shell() {
  const { conversationId } = useParams({ strict: false });
  const client = useQueryClient();
  const session = useQuery(sessionQuery);
  const unauthorized = useUnauthorized();
  const projects = useQuery(projectsQuery);
  const conversation = useQuery(conversationQuery(conversationId));
  const [chosen, setChosen] = useState(() => loadSetting("project"));
  const [drawer, setDrawer] = useState(false);
  const navigate = useNavigate();
  const known = (id: string | null | undefined) => projects.data?.find((project) => project.id === id);
  // A conversation belongs to its project, whatever was chosen before.
  const project = known(conversation.data?.[0]?.project) ?? known(chosen) ?? firstWithEvents(projects.data);
  // The gallery needs no data, so that it can be looked at without any.
  const needsProject = !useMatchRoute()({ to: "/gallery" });
  const choose = (id: string) => {
    setChosen(id);
    saveSetting("project", id);
    // What another project has at this address is something else.
    void navigate({ to: "/" });
  };
  const takeUp = (next: Session) => {
    // What one has seen and asked here is not for another.
    if (session.data && session.data.name !== next.name) return startAnew();
    client.setQueryData(sessionQuery.queryKey, next);
    noteSignedIn();
    redeliverRefused();
    void client.invalidateQueries();
  };
  const who = unauthorized ? null : (session.data ?? null);
  return (
    <SessionContext value={who}>
      <div className="flex min-h-dvh flex-col">
        <a
          href="#main"
          className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-surface focus:px-3 focus:py-2"
        >
          Skip to the page
        </a>
        <header className="sticky top-0 z-20 flex h-14 items-center gap-2 border-b border-line bg-bg/95 px-3 backdrop-blur sm:gap-3 sm:px-4">
          {!unauthorized && (
            <Button variant="ghost" size="icon" className="md:hidden" aria-label="Menu" onClick={() => setDrawer(true)}>
              <Icon name="menu" className="text-lg" />
            </Button>
          )}
          <Link to="/" className="flex items-center gap-2 rounded-lg pr-1 font-semibold tracking-tight">
            <Mark className="size-7" />
            {/* On a phone the project's name needs the room more. */}
            <span className={who?.by === "session" ? "sr-only sm:not-sr-only" : "max-[26rem]:sr-only"}>Hedgerow</span>
          </Link>
          <div className="flex-1" />
          {project && projects.data && !unauthorized && (
            <ProjectSelect projects={projects.data} value={project.id} onChange={choose} />
          )}
          <ThemeToggle />
          {who?.by === "session" && <Account session={who} onSignedOut={startAnew} />}
        </header>
        {unauthorized && (
          <main id="main" tabIndex={-1} className="flex flex-1 flex-col outline-none">
            <SignIn reason={unauthorized} onSignedIn={takeUp} />
          </main>
        )}
        {/* What was being done stays as it is while somebody signs in again. */}
        <div className="flex flex-1" hidden={unauthorized !== null}>
          <aside
            aria-label="Menu"
            className="sticky top-14 hidden h-[calc(100dvh-3.5rem)] w-68 shrink-0 overflow-y-auto border-r border-line p-3 md:block"
          >
            <Navigation project={project?.id ?? null} />
          </aside>
          <main
            id={unauthorized ? undefined : "main"}
            tabIndex={-1}
            className="flex min-w-0 flex-1 flex-col outline-none"
          >
            {projects.isError && !unauthorized && (
              <div className="mx-auto w-full max-w-3xl px-4 py-6 sm:px-6">
                <ErrorCard
                  urgent
                  title="The server can't be reached"
                  error={asReport(projects.error)}
                  onRetry={() => void projects.refetch()}
                />
              </div>
            )}
            {projects.isSuccess && !project && needsProject && <NoProjects />}
            {(project || !needsProject) && (
              <ProjectContext value={project ?? null}>
                <Outlet />
              </ProjectContext>
            )}
          </main>
        </div>
        <Dialog shape="drawer" open={drawer} onOpenChange={setDrawer} title="Menu">
          <Navigation project={project?.id ?? null} onLeave={() => setDrawer(false)} />
        </Dialog>
      </div>
    </SessionContext>
  );
}

/** Loads the page anew, so that nothing of what was read for somebody else is left. */
function startAnew(): void {
  window.location.assign("/");
}

/** A project that there is something to ask about, else the first. */
function firstWithEvents(projects: ProjectInfo[] = []): ProjectInfo | undefined {
  return projects.find((project) => project.events > 0) ?? projects[0];
}

interface ProjectSelectProps {
  projects: ProjectInfo[];
  value: string;
  onChange: (id: string) => void;
}

function ProjectSelect({ projects, value, onChange }: ProjectSelectProps) {
  return (
    <select
      aria-label="Project"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className="h-9 max-w-40 min-w-0 truncate rounded-lg border border-control bg-surface px-2 text-sm sm:max-w-64"
    >
      {projects.map((project) => (
        <option key={project.id} value={project.id}>
          {project.id}
        </option>
      ))}
    </select>
  );
}

const THEME_WORDS: Record<Theme, string> = { light: "Light", dark: "Dark", system: "As the system" };

function ThemeToggle() {
  const theme = useTheme();
  return (
    <ToggleGroup
      aria-label="Theme"
      value={[theme]}
      onValueChange={([next]) => next && setTheme(next as Theme)}
      className="flex rounded-lg border border-line bg-surface p-0.5"
    >
      {THEMES.map((each) => (
        <Toggle
          key={each}
          value={each}
          aria-label={THEME_WORDS[each]}
          title={THEME_WORDS[each]}
          className="grid size-7.5 place-items-center rounded-md text-muted hover:text-ink data-[pressed]:bg-accent-soft data-[pressed]:text-accent-strong"
        >
          <Icon name={each} />
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
