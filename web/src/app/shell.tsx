/** The frame of every page: header, earlier conversations, and the conversation. */

import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { asReport } from "@/api/client";
import { conversationQuery, projectsQuery } from "@/api/queries";
import type { ProjectInfo } from "@/api/types";
import { setTheme, THEMES, type Theme, useTheme } from "@/app/theme";
import { Chat } from "@/features/chat/chat";
import { NoProjects } from "@/features/chat/empty-state";
import { History } from "@/features/history/history";
import { loadSetting, saveSetting } from "@/lib/storage";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Icon, Mark } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { ReportText } from "@/ui/sentence";

export function Shell() {
  const { conversationId } = useParams({ strict: false });
  const projects = useQuery(projectsQuery);
  const conversation = useQuery(conversationQuery(conversationId));
  const [chosen, setChosen] = useState(() => loadSetting("project"));
  const [drawer, setDrawer] = useState(false);
  const navigate = useNavigate();
  const known = (id: string | null | undefined) => projects.data?.find((project) => project.id === id)?.id;
  // A conversation belongs to its project, whatever was chosen before.
  const project = known(conversation.data?.[0]?.project) ?? known(chosen) ?? firstWithEvents(projects.data) ?? null;
  const events = projects.data?.find((each) => each.id === project)?.events ?? 0;
  const choose = (id: string) => {
    setChosen(id);
    saveSetting("project", id);
    void navigate({ to: "/" });
  };
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to the conversation
      </a>
      <header className="sticky top-0 z-20 flex h-14 items-center gap-2 border-b border-line bg-bg/95 px-3 backdrop-blur sm:gap-3 sm:px-4">
        <Button
          variant="ghost"
          size="icon"
          className="md:hidden"
          aria-label="Conversations"
          onClick={() => setDrawer(true)}
        >
          <Icon name="history" className="text-lg" />
        </Button>
        <Link to="/" className="flex items-center gap-2 rounded-lg pr-1 font-semibold tracking-tight">
          <Mark className="size-7" />
          <span>Hedgerow</span>
        </Link>
        <div className="flex-1" />
        {project && projects.data && <ProjectSelect projects={projects.data} value={project} onChange={choose} />}
        <ThemeToggle />
      </header>
      <div className="flex flex-1">
        <aside
          aria-label="Earlier"
          className="sticky top-14 hidden h-[calc(100dvh-3.5rem)] w-68 shrink-0 overflow-y-auto border-r border-line p-3 md:block"
        >
          <History project={project} />
        </aside>
        <main id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
          {projects.isError && (
            <div className="mx-auto w-full max-w-3xl px-4 py-6 sm:px-6">
              <Notice
                tone="bad"
                icon="alert"
                role="alert"
                title="The server can't be reached"
                actions={<Button onClick={() => void projects.refetch()}>Try again</Button>}
              >
                <ReportText report={asReport(projects.error)} />
              </Notice>
            </div>
          )}
          {projects.isSuccess && !project && <NoProjects />}
          {project && <Chat project={project} events={events} conversationId={conversationId} />}
        </main>
      </div>
      <Dialog shape="drawer" open={drawer} onOpenChange={setDrawer} title="Conversations">
        <History project={project} onLeave={() => setDrawer(false)} />
      </Dialog>
    </div>
  );
}

/** A project that there is something to ask about, else the first. */
function firstWithEvents(projects: ProjectInfo[] = []): string | undefined {
  return (projects.find((project) => project.events > 0) ?? projects[0])?.id;
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
