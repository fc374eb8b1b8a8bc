/** Pages of what product analytics stores: insights, dashboards, cohorts and actions. */

import type { StoredObject } from "@/api/objects";
import type { Json } from "@/api/types";
import type { ObjectUi } from "@/app/product";
import { FilterSummary } from "@/features/filters/filter-summary";
import { ObjectLink } from "@/features/objects/object-link";
import { SavedResult } from "@/features/objects/saved-result";
import { field, listAt, textAt } from "@/lib/json-read";
import { CodeBlock } from "@/ui/code-block";
import { Disclosure } from "@/ui/disclosure";
import { JsonFacts } from "@/ui/json-facts";
import { TrendsResult, trendsSummary } from "./renderer";

const description = (object: StoredObject) => textAt(object.body, "description");

/** An insight with its numbers as they are now. */
function InsightBody({ object }: { object: StoredObject }) {
  const query = field(object.body, "query");
  if (query === undefined) return <JsonFacts value={object.body} />;
  return (
    <div className="space-y-4">
      {description(object) && <p className="text-muted">{description(object)}</p>}
      {textAt(query, "kind") === "TrendsQuery" && (
        <SavedResult object={object} tool="query_trends" query={argumentsOf(query)} Result={TrendsResult} />
      )}
      <Disclosure label="The query">
        <CodeBlock label="The query" text={JSON.stringify(query, null, 2)} />
      </Disclosure>
    </div>
  );
}

/** The tool takes the query without its kind. */
function argumentsOf(query: Json): Json {
  return Object.fromEntries(Object.entries(query as Record<string, Json>).filter(([key]) => key !== "kind"));
}

function DashboardBody({ object }: { object: StoredObject }) {
  const insights = insightsOf(object.body);
  return (
    <div className="space-y-4">
      {description(object) && <p className="text-muted">{description(object)}</p>}
      {insights.length === 0 ? (
        <JsonFacts value={object.body} />
      ) : (
        <ul aria-label="Insights of this dashboard" className="space-y-2">
          {insights.map((id) => (
            <li key={id}>
              <ObjectLink kind="insight" id={id} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The ids of a dashboard's insights, from a plain list or from its tiles. */
function insightsOf(body: Json): string[] {
  const ids = [...listAt(body, "insights"), ...listAt(body, "insight_ids")];
  const tiles = listAt(body, "tiles").map((tile) => textAt(tile, "insight") ?? textAt(tile, "insight_id"));
  return [...ids, ...tiles].filter((id) => typeof id === "string");
}

function CohortBody({ object }: { object: StoredObject }) {
  const filters = field(object.body, "filters");
  return (
    <div className="space-y-4">
      {description(object) && <p className="text-muted">{description(object)}</p>}
      {filters === undefined ? <JsonFacts value={object.body} /> : <FilterSummary filters={filters} />}
    </div>
  );
}

function ActionBody({ object }: { object: StoredObject }) {
  const steps = listAt(object.body, "steps");
  if (steps.length === 0) return <JsonFacts value={object.body} />;
  return (
    <div className="space-y-2">
      {description(object) && <p className="text-muted">{description(object)}</p>}
      <p className="text-sm text-muted">It has happened where one of these has:</p>
      <ol className="space-y-2">
        {steps.map((step, index) => (
          <li key={index} className="rounded-lg border border-line bg-surface px-3 py-2">
            <JsonFacts value={step} />
          </li>
        ))}
      </ol>
    </div>
  );
}

export const insights: ObjectUi = {
  kind: "insight",
  title: "Insights",
  icon: "bars",
  about: "Questions that were kept, with their numbers as they are now.",
  fields: [],
  columns: [{ title: "Counts", wide: true, cell: (object) => trendsSummary(field(object.body, "query") ?? null) }],
  Body: InsightBody,
};

export const dashboards: ObjectUi = {
  kind: "dashboard",
  title: "Dashboards",
  icon: "board",
  about: "Insights that are looked at together.",
  fields: [
    {
      key: "insights",
      type: "dashboard",
      kind: "whole",
      label: "Insights",
      read: (object) => insightsOf(object.body).length,
    },
  ],
  columns: [{ title: "Insights", cell: (object) => insightsOf(object.body).length }],
  Body: DashboardBody,
};

export const cohorts: ObjectUi = {
  kind: "cohort",
  title: "Cohorts",
  icon: "group",
  about: "People who have something in common.",
  fields: [],
  columns: [{ title: "About", wide: true, cell: description }],
  Body: CohortBody,
};

export const actions: ObjectUi = {
  kind: "action",
  title: "Actions",
  icon: "target",
  about: "Events that mean the same, under one name.",
  fields: [
    {
      key: "steps",
      type: "action",
      kind: "whole",
      label: "Steps",
      read: (object) => listAt(object.body, "steps").length,
    },
  ],
  columns: [{ title: "Steps", cell: (object) => listAt(object.body, "steps").length }],
  Body: ActionBody,
};
