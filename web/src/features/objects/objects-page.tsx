/** All objects of a kind, with filters above them by hand and by words. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useId, useState } from "react";
import { asReport } from "@/api/client";
import type { StoredObject } from "@/api/objects";
import { objectsQuery, toolsQuery } from "@/api/queries";
import type { Json } from "@/api/types";
import { useTool } from "@/app/mounted-tools";
import type { ObjectUi } from "@/app/product";
import { objectUi } from "@/app/products";
import { useProject } from "@/app/project";
import { useMay } from "@/app/session";
import { FilterBuilder } from "@/features/filters/filter-builder";
import { filtersInAddress } from "@/features/filters/filters-in-address";
import { filtersOf } from "@/features/filters/made-filters";
import { WordsBox } from "@/features/filters/words-box";
import { NotFound } from "@/features/not-found";
import { filterObjects, listFields } from "@/features/objects/list-fields";
import { ObjectTable } from "@/features/objects/object-table";
import { useReadAgain } from "@/features/objects/read-again";
import { canWrite, WriteForm } from "@/features/objects/write-form";
import { kindWord } from "@/lib/changes";
import { conditionProblem, conditions, conditionWords, EMPTY_TREE, type Group, readTree, usable } from "@/lib/filters";
import { useReturnTo } from "@/lib/focus";
import { usePageTitle } from "@/lib/page-title";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { ErrorCard } from "@/ui/error-card";
import { Icon } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { StatusLine } from "@/ui/status-line";

export default function ObjectsPage() {
  const { kind = "" } = useParams({ strict: false });
  const ui = objectUi(kind);
  return ui ? <ObjectList key={kind} ui={ui} /> : <NotFound />;
}

const NO_OBJECTS: StoredObject[] = [];

function ObjectList({ ui }: { ui: ObjectUi }) {
  const project = useProject();
  usePageTitle(ui.title);
  const query = useQuery(objectsQuery(project.id, ui.kind));
  const tools = useQuery(toolsQuery(project.id));
  const may = useMay();
  const navigate = useNavigate();
  const search: { filters?: Json } = useSearch({ strict: false });
  const { tree, broken } = filtersInAddress(search.filters);
  const [building, setBuilding] = useState(false);
  const [creating, setCreating] = useState(false);
  const newButton = useReturnTo(creating);
  const panel = useId();
  useReadAgain();
  const setTree = (next: Group) =>
    void navigate({ to: ".", search: next.values.length > 0 ? { filters: next } : {}, replace: true });
  const objects = query.data ?? NO_OBJECTS;
  const fields = listFields(ui, objects);
  const applied = usable(tree, fields);
  const shown = filterObjects(objects, applied, fields);
  const has = (tool: string | undefined) => tools.data?.some((each) => each.name === tool) ?? false;
  const byWords = ui.list !== undefined && has("make_filters") && may("run:write");
  const what = ui.title.toLowerCase();
  const apply = (json: Json, understood: string[]) => {
    const made = readTree(json);
    const problem = conditions(made)
      .map((each) => conditionProblem(each, fields))
      .find((each) => each !== null);
    // A condition that this list can't carry out must not be dropped in silence.
    if (problem) throw new Error(problem);
    setTree(made);
    const words = understood.length > 0 ? understood : conditions(made).map((each) => conditionWords(each, fields));
    return words.length > 0 ? `Shown are ${what} where ${words.join("; ")}` : `All ${what} are shown`;
  };
  useTool(
    byWords
      ? {
          name: "make_filters",
          context: { list: ui.list, filters: tree },
          contextDescription: `the list of ${what}`,
          suggestions: ui.suggestions ?? [],
          clientExecute: (call) => {
            const made = filtersOf(call);
            if (made.list !== ui.list) throw new Error(`the filters are for the list ${made.list}`);
            return apply(made.filters, made.understood);
          },
        }
      : null,
  );
  const count = conditions(tree).length;
  const canCreate = canWrite(tools.data, "create", ui.kind) && may(`${ui.kind}:write`);
  return (
    <div className="mx-auto w-full max-w-5xl flex-1 px-4 py-6 sm:px-6">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <h1 className="text-2xl font-semibold tracking-tight">{ui.title}</h1>
          <p className="text-muted">{ui.about}</p>
        </div>
        {canCreate && !creating && (
          <Button ref={newButton} variant="primary" onClick={() => setCreating(true)}>
            <Icon name="plus" />
            New
          </Button>
        )}
      </div>
      {creating && (
        <div className="mt-4">
          <WriteForm write="create" kind={ui.kind} object={null} onClose={() => setCreating(false)} />
        </div>
      )}
      <div className="mt-5 space-y-3">
        {byWords && <WordsBox project={project.id} what={what} />}
        {objects.length > 0 && (
          <>
            <div className="flex flex-wrap items-center gap-2 text-sm">
              <Button
                size="small"
                aria-expanded={building}
                aria-controls={building ? panel : undefined}
                onClick={() => setBuilding(!building)}
              >
                <Icon name="filter" />
                {count === 0 ? "Filters" : `Filters (${count})`}
              </Button>
              {count > 0 && (
                <Button size="small" variant="ghost" onClick={() => setTree(EMPTY_TREE)}>
                  Show all
                </Button>
              )}
              <span role="status" className="ml-auto text-xs text-muted">
                {shown.length === objects.length ? "" : `${shown.length} of `}
                {objects.length} {objects.length === 1 ? kindWord(ui.kind) : what}
              </span>
            </div>
            {building && (
              <div id={panel} className="rounded-xl border border-line bg-surface p-3">
                <FilterBuilder fields={fields} tree={tree} onChange={setTree} />
              </div>
            )}
          </>
        )}
        {broken && (
          <Notice tone="warn" icon="alert" title="The filters in the address can't be used">
            <p className="text-sm">Nothing is filtered: {broken}.</p>
          </Notice>
        )}
        {conditions(applied).length < count && (
          <p className="flex gap-2 text-sm text-warn">
            <Icon name="alert" className="mt-0.5" />
            Conditions that are not complete yet are left out.
          </p>
        )}
        {query.isPending && <StatusLine text={`Reading the ${what}`} />}
        {query.isError && (
          <ErrorCard
            title={`The ${what} could not be read`}
            error={asReport(query.error)}
            onRetry={() => void query.refetch()}
          />
        )}
        {query.isSuccess && objects.length === 0 && (
          <Empty icon={ui.icon} title={`There are no ${what} yet`}>
            {ui.about}
          </Empty>
        )}
        {objects.length > 0 && shown.length === 0 && (
          <Empty
            icon="filter"
            title={`None of the ${what} fits`}
            actions={<Button onClick={() => setTree(EMPTY_TREE)}>Show all</Button>}
          >
            {objects.length} are there without the filters.
          </Empty>
        )}
        {shown.length > 0 && <ObjectTable ui={ui} objects={shown} />}
      </div>
    </div>
  );
}
