/** Before the first question: what can be asked here. */

import { useQuery } from "@tanstack/react-query";
import { suggestionsQuery } from "@/api/queries";
import { useMay } from "@/app/session";
import { formatNumber } from "@/lib/format";
import { Mark } from "@/ui/icons";

export interface EmptyStateProps {
  project: string;
  events: number;
  onAsk: (question: string) => void;
}

export function EmptyState({ project, events, onAsk }: EmptyStateProps) {
  const suggestions = useQuery(suggestionsQuery(project, "/"));
  const mayAsk = useMay()("run:write");
  if (!mayAsk) {
    return (
      <div className="mx-auto flex max-w-2xl flex-col items-center gap-4 pt-[10vh] text-center">
        <Mark className="size-12" />
        <h1 className="text-2xl font-semibold tracking-tight text-balance">{project}</h1>
        <p className="text-muted text-pretty">
          {formatNumber(events)} events. The menu leads to what was made of them, and to what others have asked.
        </p>
      </div>
    );
  }
  return (
    <div className="mx-auto flex max-w-2xl flex-col items-center gap-6 pt-[10vh] text-center">
      <Mark className="size-12" />
      <div>
        <h1 className="text-2xl font-semibold tracking-tight text-balance">What do you want to know?</h1>
        <p className="mt-2 text-muted text-pretty">
          Ask about the {formatNumber(events)} events of {project}. Every number in an answer opens the query and the
          cell it comes from.
        </p>
      </div>
      {suggestions.data && suggestions.data.length > 0 && (
        <ul aria-label="Suggested questions" className="grid w-full gap-2 sm:grid-cols-2">
          {suggestions.data.slice(0, 4).map((question) => (
            <li key={question} className="flex">
              <button
                type="button"
                className="w-full rounded-xl border border-line bg-surface px-4 py-3 text-left text-sm transition-colors hover:border-accent hover:bg-accent-soft"
                onClick={() => onAsk(question)}
              >
                {question}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function NoProjects() {
  return (
    <div className="mx-auto flex max-w-xl flex-col items-center gap-4 px-4 pt-[12vh] text-center">
      <Mark className="size-12" />
      <h1 className="text-2xl font-semibold tracking-tight">There is no data yet</h1>
      <p className="text-muted">Import a web server's access log, and ask about it here:</p>
      <code className="max-w-full overflow-x-auto rounded-lg bg-sunken px-4 py-2 font-mono text-sm">
        hedgerow import access-log FILE
      </code>
    </div>
  );
}
