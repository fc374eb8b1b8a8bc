/** Earlier conversations, newest first. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { runsQuery } from "@/api/queries";
import type { RunStatus } from "@/api/types";
import { useMay } from "@/app/session";
import { onRunListed } from "@/features/chat/live-runs";
import { conversations } from "@/features/history/conversations";
import { formatWhen } from "@/lib/format";
import { buttonClass } from "@/ui/button";
import { Icon } from "@/ui/icons";

const WORDS: Record<RunStatus, string> = {
  running: "running",
  answered: "",
  refused: "not answered",
  asked: "waits for you",
  failed: "failed",
  cancelled: "stopped",
};

export function History({ project, onLeave }: { project: string | null; onLeave?: () => void }) {
  const runs = useQuery(runsQuery(project));
  const client = useQueryClient();
  const mayAsk = useMay()("run:write");
  useEffect(() => onRunListed(() => void client.invalidateQueries({ queryKey: ["runs"] })), [client]);
  const list = useMemo(() => conversations(runs.data ?? []), [runs.data]);
  return (
    <nav aria-label="Conversations" className="flex flex-col gap-3">
      {mayAsk && (
        <Link to="/" onClick={onLeave} className={`${buttonClass("secondary")} justify-center`}>
          <Icon name="plus" />
          New question
        </Link>
      )}
      {runs.isError && <p className="px-2 text-sm text-bad">The list could not be read.</p>}
      {runs.isSuccess && list.length === 0 && (
        <p className="px-2 text-sm text-muted">
          {mayAsk ? "Your questions will be listed here." : "Nothing has been asked here yet."}
        </p>
      )}
      <ul className="flex flex-col gap-0.5">
        {list.map((conversation) => (
          <li key={conversation.id}>
            <Link
              to="/c/$conversationId"
              params={{ conversationId: conversation.id }}
              onClick={onLeave}
              className="block rounded-lg px-2.5 py-2 hover:bg-sunken"
              activeProps={{ className: "bg-accent-soft", "aria-current": "page" }}
            >
              <span className="line-clamp-2 text-sm [overflow-wrap:anywhere]">{conversation.title}</span>
              <span className="text-xs text-muted">
                {[formatWhen(conversation.at), WORDS[conversation.status]].filter(Boolean).join(" · ")}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
