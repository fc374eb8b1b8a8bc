/** One object: what it is, what was done to it, and the ways to change it. */

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { asReport } from "@/api/client";
import type { StoredObject } from "@/api/objects";
import { objectQuery, toolsQuery } from "@/api/queries";
import { useTool } from "@/app/mounted-tools";
import type { ObjectUi } from "@/app/product";
import { objectUi } from "@/app/products";
import { useProject } from "@/app/project";
import { useMay } from "@/app/session";
import { NotFound } from "@/features/not-found";
import { ActivityList } from "@/features/objects/activity-list";
import { ActorName } from "@/features/objects/actor-name";
import { useReadAgain } from "@/features/objects/read-again";
import { canWrite, type Write, WriteForm, writeTool } from "@/features/objects/write-form";
import { kindWord } from "@/lib/changes";
import { useReturnTo } from "@/lib/focus";
import { formatInstant } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { Button } from "@/ui/button";
import { ErrorCard } from "@/ui/error-card";
import { Icon } from "@/ui/icons";
import { StatusLine } from "@/ui/status-line";

export default function ObjectPage() {
  const { kind = "", id = "" } = useParams({ strict: false });
  const ui = objectUi(kind);
  const project = useProject().id;
  const query = useQuery(objectQuery(project, id));
  usePageTitle(query.data?.name ?? ui?.title ?? null);
  useReadAgain();
  if (!ui) return <NotFound />;
  return (
    <div className="mx-auto w-full max-w-5xl flex-1 px-4 py-6 sm:px-6">
      <p className="text-sm">
        <Link to="/objects/$kind" params={{ kind }} className="text-muted underline underline-offset-3">
          {ui.title}
        </Link>
      </p>
      {query.isPending && <StatusLine text={`Reading the ${kindWord(kind)}`} />}
      {query.isError && (
        <>
          <h1 className="mt-1 mb-4 text-2xl font-semibold tracking-tight [overflow-wrap:anywhere]">{id}</h1>
          <ErrorCard
            title={`The ${kindWord(kind)} can't be shown`}
            error={asReport(query.error)}
            onRetry={() => void query.refetch()}
          />
        </>
      )}
      {query.data && <ObjectDetail key={id} ui={ui} object={query.data} />}
      {/* What was deleted can be taken back here, too. */}
      {!query.isPending && (
        <section aria-labelledby="activity" className="mt-8 space-y-3">
          <h2 id="activity" className="text-lg font-semibold">
            Activity
          </h2>
          <ActivityList project={project} object={id} />
        </section>
      )}
    </div>
  );
}

function ObjectDetail({ ui, object }: { ui: ObjectUi; object: StoredObject }) {
  const tools = useQuery(toolsQuery(useProject().id));
  const navigate = useNavigate();
  const [writing, setWriting] = useState<Write | null>(null);
  const editButton = useReturnTo(writing === "update");
  const deleteButton = useReturnTo(writing === "delete");
  const mayWrite = useMay()(`${object.kind}:write`);
  const change = mayWrite && canWrite(tools.data, "update", object.kind);
  const remove = mayWrite && canWrite(tools.data, "delete", object.kind);
  useTool(
    change
      ? {
          name: writeTool("update", object.kind),
          context: { kind: object.kind, id: object.id, name: object.name, version: object.version },
          contextDescription: `the ${kindWord(object.kind)} “${object.name}”`,
        }
      : null,
  );
  return (
    <>
      <div className="mt-1 flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <h1 className="text-2xl font-semibold tracking-tight [overflow-wrap:anywhere]">{object.name}</h1>
          <p className="text-sm text-muted">
            Version {object.version}, changed {formatInstant(object.updated_at)} by{" "}
            <ActorName actor={object.updated_by} />; created {formatInstant(object.created_at)} by{" "}
            <ActorName actor={object.created_by} />
          </p>
        </div>
        {writing === null && (
          <div className="flex gap-2">
            {change && (
              <Button ref={editButton} onClick={() => setWriting("update")}>
                <Icon name="edit" />
                Edit
              </Button>
            )}
            {remove && (
              <Button ref={deleteButton} variant="ghost" onClick={() => setWriting("delete")}>
                <Icon name="trash" />
                Delete
              </Button>
            )}
          </div>
        )}
      </div>
      {writing !== null && (
        <div className="mt-4">
          <WriteForm
            write={writing}
            kind={object.kind}
            object={object}
            onClose={(done) => {
              setWriting(null);
              if (done && writing === "delete") void navigate({ to: "/objects/$kind", params: { kind: object.kind } });
            }}
          />
        </div>
      )}
      <div className="mt-5">
        <ui.Body object={object} />
      </div>
    </>
  );
}
