/** Finds by words what there is: abilities, what products say of themselves, the project's data, and what people made. */

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { asReport } from "@/api/client";
import { searchQuery, toldQuery } from "@/api/queries";
import type { Found } from "@/api/search";
import { useProject } from "@/app/project";
import { fillQuestion } from "@/features/chat/draft-question";
import { usePageTitle } from "@/lib/page-title";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Disclosure } from "@/ui/disclosure";
import { Empty } from "@/ui/empty";
import { ErrorCard } from "@/ui/error-card";
import { Icon, type IconName } from "@/ui/icons";
import { StatusLine } from "@/ui/status-line";

export default function SearchPage() {
  const { q = "" } = useSearch({ from: "/page/search" });
  usePageTitle(q ? `Search: ${q}` : "Search");
  return (
    <div className="mx-auto w-full max-w-3xl flex-1 px-4 py-6 sm:px-6">
      <h1 className="text-2xl font-semibold tracking-tight">Search</h1>
      {/* Another address is another search, with its own words in the box. */}
      <SearchBox key={q} words={q} />
      <div className="mt-6">{q.trim() === "" ? <Nothing /> : <Results words={q} />}</div>
    </div>
  );
}

function Nothing() {
  return (
    <p className="text-muted">
      Finds tools, modes, skills and documentation, events and properties of this project, and what people and agents
      made in it. Everything that there is stands under{" "}
      <Link to="/capabilities" className="underline underline-offset-3">
        Capabilities
      </Link>
      .
    </p>
  );
}

function SearchBox({ words }: { words: string }) {
  const navigate = useNavigate();
  const [text, setText] = useState(words);
  return (
    <search>
      <form
        className="mt-3 flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          void navigate({ to: "/search", search: text.trim() ? { q: text.trim() } : {} });
        }}
      >
        <input
          // biome-ignore lint/a11y/noAutofocus: whoever comes here has come to type.
          autoFocus
          type="search"
          aria-label="What to look for"
          placeholder="A few words, e.g. visitors by browser"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-10 min-w-0 flex-1 rounded-lg border border-control bg-surface px-3"
        />
        <Button type="submit" variant="primary">
          Search
        </Button>
      </form>
    </search>
  );
}

function Results({ words }: { words: string }) {
  const project = useProject();
  const results = useQuery(searchQuery(project.id, words));
  if (results.isPending) return <StatusLine text="Searching" />;
  if (results.isError) {
    return (
      <ErrorCard title="The search failed" error={asReport(results.error)} onRetry={() => void results.refetch()} />
    );
  }
  const { found, more } = results.data;
  if (found.length === 0) {
    return (
      <Empty icon="search" title={`Nothing fits “${words}”`}>
        Try other words, or look through the capabilities.
      </Empty>
    );
  }
  return (
    <>
      <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
        {found.map((each) => (
          <li key={`${each.kind} ${each.of ?? ""} ${each.name}`} className="flex gap-3 px-4 py-3">
            <Icon name={ICONS[each.kind] ?? "box"} className="mt-1 text-muted" />
            <div className="min-w-0 flex-1 space-y-1 [overflow-wrap:anywhere]">
              <div className="flex flex-wrap items-baseline gap-x-2">
                <Name found={each} />
                <span className="text-xs text-muted">{(each.of ?? each.kind).replaceAll("_", " ")}</span>
              </div>
              <p className="text-sm text-muted">{each.line}</p>
              <Use found={each} />
            </div>
          </li>
        ))}
      </ul>
      {more > 0 && (
        <p className="mt-3 text-sm text-muted">
          {more} more {more === 1 ? "fits" : "fit"}; more words find less.
        </p>
      )}
    </>
  );
}

const ICONS: Record<string, IconName> = {
  tool: "spark",
  mode: "spark",
  skill: "note",
  doc: "note",
  event: "bars",
  property: "filter",
};

function Name({ found }: { found: Found }) {
  if (found.kind === "object" && found.of && found.id) {
    return (
      <Link
        to="/objects/$kind/$id"
        params={{ kind: found.of, id: found.id }}
        className="font-medium underline underline-offset-3"
      >
        {found.name}
      </Link>
    );
  }
  return <span className="font-medium">{found.name}</span>;
}

/** What can be done with it. */
function Use({ found }: { found: Found }) {
  const navigate = useNavigate();
  const ask = (question: string, modes: string[] = []) => {
    fillQuestion(question, modes);
    void navigate({ to: "/" });
  };
  switch (found.kind) {
    case "mode":
      return (
        <Button size="small" onClick={() => ask("", [found.name])}>
          Ask in this mode
        </Button>
      );
    case "event":
      return (
        <Button size="small" onClick={() => ask(`How many ${found.name} events were there in the last 30 days?`)}>
          Ask how many
        </Button>
      );
    case "skill":
    case "doc":
      return <Told kind={found.kind} name={found.name} />;
    default:
      return null;
  }
}

function Told({ kind, name }: { kind: "skill" | "doc"; name: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Disclosure label="Read it" onToggle={setOpen}>
      {isOpen && <ToldText kind={kind} name={name} />}
    </Disclosure>
  );
}

function ToldText({ kind, name }: { kind: "skill" | "doc"; name: string }) {
  const project = useProject();
  const told = useQuery(toldQuery(project.id, kind, name));
  if (told.isPending) return <StatusLine text="Reading" />;
  if (told.isError) {
    return <ErrorCard title="It could not be read" error={asReport(told.error)} onRetry={() => void told.refetch()} />;
  }
  return <CodeBlock label={name} text={told.data} />;
}
