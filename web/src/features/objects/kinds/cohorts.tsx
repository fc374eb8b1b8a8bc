/** Pages of cohorts: who belongs to them, and how many that are now. */

import { useQuery } from "@tanstack/react-query";
import { asReport } from "@/api/client";
import type { StoredObject } from "@/api/objects";
import { cohortQuery } from "@/api/queries";
import type { Json } from "@/api/types";
import type { ObjectUi } from "@/app/product";
import { FilterSummary } from "@/features/filters/filter-summary";
import { Description, tagsField } from "@/features/objects/kinds/common-fields";
import { formatInstant, formatNumber } from "@/lib/format";
import { field, listAt, textAt } from "@/lib/json-read";
import { ErrorCard } from "@/ui/error-card";
import { JsonFacts } from "@/ui/json-facts";
import { StatusLine } from "@/ui/status-line";

/** Persons that are named on the page. */
const NAMED = 10;
/** Distinct ids that are shown of a list. */
const LISTED = 50;

const listed = (object: StoredObject) => listAt(object.body, "persons");

function CohortBody({ object }: { object: StoredObject }) {
  return (
    <div className="space-y-4">
      <Description object={object} />
      <section className="space-y-1">
        <p className="text-sm text-muted">Who belongs to it:</p>
        {listed(object).length > 0 ? (
          <ListedIds ids={listed(object)} />
        ) : (
          <FilterSummary filters={field(object.body, "filters") ?? []} />
        )}
      </section>
      <Members object={object} />
    </div>
  );
}

function ListedIds({ ids }: { ids: Json[] }) {
  return (
    <p className="text-sm [overflow-wrap:anywhere]">
      {formatNumber(ids.length)} {ids.length === 1 ? "distinct id" : "distinct ids"}: {ids.slice(0, LISTED).join(", ")}
      {ids.length > LISTED && ` and ${formatNumber(ids.length - LISTED)} more`}
    </p>
  );
}

function Members({ object }: { object: StoredObject }) {
  const query = useQuery(cohortQuery(object.project, object.id, object.version, NAMED));
  if (query.isPending) return <StatusLine text="Counting who is in it" />;
  if (query.isError) {
    return (
      <ErrorCard
        title="It can't be said who is in it"
        error={asReport(query.error)}
        onRetry={() => void query.refetch()}
      />
    );
  }
  const persons = numberAt(query.data, "persons");
  const missing = numberAt(query.data, "ids_without_person");
  const first = listAt(query.data, "first");
  return (
    <section aria-label="Persons in it" className="space-y-2">
      <p className="font-medium">
        {formatNumber(persons)} {persons === 1 ? "person is" : "persons are"} in it now
      </p>
      {missing > 0 && (
        <p className="text-sm text-muted">
          {formatNumber(missing)} of its {formatNumber(listed(object).length)} distinct ids belong to no person.
        </p>
      )}
      <ul className="space-y-2">
        {first.map((person) => (
          <li
            key={textAt(person, "person_id")}
            className="space-y-1 rounded-lg border border-line bg-surface px-3 py-2 text-sm"
          >
            <p className="[overflow-wrap:anywhere]">
              {textAt(person, "person_id")}{" "}
              <span className="text-muted">since {formatInstant(textAt(person, "created_at") ?? "")}</span>
            </p>
            <JsonFacts value={field(person, "properties") ?? {}} />
          </li>
        ))}
      </ul>
      {persons > first.length && (
        <p className="text-sm text-muted">{formatNumber(persons - first.length)} more are not shown here.</p>
      )}
    </section>
  );
}

function numberAt(value: Json | undefined, key: string): number {
  const number = field(value, key);
  return typeof number === "number" ? number : 0;
}

export const cohorts: ObjectUi = {
  kind: "cohort",
  title: "Cohorts",
  icon: "group",
  about: "People under one name, by what is known of them or one by one.",
  fields: [tagsField("cohort")],
  columns: [
    { title: "By", cell: (object) => (listed(object).length > 0 ? "Distinct ids" : "Conditions") },
    { title: "About", wide: true, cell: (object) => textAt(object.body, "description") },
  ],
  Body: CohortBody,
};
