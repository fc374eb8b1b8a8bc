/** One person: what is known of it, its distinct ids, and what it did last. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { asReport } from "@/api/client";
import { PageLink } from "@/app/page-link";
import { useProject } from "@/app/project";
import { EMPTY_TREE } from "@/lib/filters";
import { formatInstant, formatNumber } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { personName } from "@/lib/person-name";
import { Button } from "@/ui/button";
import { ErrorCard } from "@/ui/error-card";
import { Facts } from "@/ui/facts";
import { JsonFacts } from "@/ui/json-facts";
import { StatusLine } from "@/ui/status-line";
import { EventTable } from "./event-table";
import { eventsQuery, type ListedPerson, personQuery } from "./lists-api";

/** Events that are shown at once. */
const SHOWN = 20;

export default function PersonPage() {
  const { personId = "" }: { personId?: string } = useParams({ strict: false });
  const project = useProject().id;
  const query = useQuery(personQuery(project, personId));
  usePageTitle(query.data ? personName(query.data) : "Person");
  return (
    <div className="mx-auto w-full max-w-5xl flex-1 px-4 py-6 sm:px-6">
      <p className="text-sm">
        <PageLink to="/persons" className="text-muted underline underline-offset-3">
          Persons
        </PageLink>
      </p>
      {query.isPending && <StatusLine text="Reading the person" />}
      {query.isError && (
        <>
          <h1 className="mt-1 mb-4 text-2xl font-semibold tracking-tight [overflow-wrap:anywhere]">{personId}</h1>
          <ErrorCard
            title="The person can't be shown"
            error={asReport(query.error)}
            onRetry={() => void query.refetch()}
          />
        </>
      )}
      {query.data && <PersonDetail key={personId} project={project} person={query.data} />}
    </div>
  );
}

function PersonDetail({ project, person }: { project: string; person: ListedPerson }) {
  const time = (instant: string) => formatInstant(instant);
  return (
    <>
      <h1 className="mt-1 text-2xl font-semibold tracking-tight [overflow-wrap:anywhere]">
        <bdi>{personName(person)}</bdi>
      </h1>
      <p className="text-sm text-muted">
        {person.is_identified ? "Said who they are" : "Nobody knows who this is"}; {formatNumber(person.events)}{" "}
        {person.events === 1 ? "event" : "events"}
      </p>
      <div className="mt-5 grid gap-6 sm:grid-cols-2">
        <section aria-labelledby="ids" className="space-y-3">
          <h2 id="ids" className="text-lg font-semibold">
            Who it is
          </h2>
          <Facts
            facts={[
              ["Id", person.person_id],
              ["First seen", time(person.created_at)],
              ["Last seen", person.last_seen ? time(person.last_seen) : "never"],
              ["Distinct ids", <DistinctIds key="ids" ids={person.distinct_ids} />],
            ]}
          />
        </section>
        <section aria-labelledby="properties" className="min-w-0 space-y-3">
          <h2 id="properties" className="text-lg font-semibold">
            Properties
          </h2>
          <JsonFacts value={person.properties} />
        </section>
      </div>
      <section aria-labelledby="events" className="mt-8 space-y-3">
        <h2 id="events" className="text-lg font-semibold">
          Latest events
        </h2>
        <LatestEvents project={project} personId={person.person_id} />
      </section>
    </>
  );
}

function DistinctIds({ ids }: { ids: string[] }) {
  return (
    <ul>
      {ids.map((id) => (
        <li key={id}>
          <bdi>{id}</bdi>
        </li>
      ))}
    </ul>
  );
}

function LatestEvents({ project, personId }: { project: string; personId: string }) {
  const query = useInfiniteQuery(eventsQuery(project, { filters: EMPTY_TREE, search: "", personId, limit: SHOWN }));
  const events = query.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <>
      {query.isPending && <StatusLine text="Reading the events" />}
      {query.isError && (
        <ErrorCard
          title="The events could not be read"
          error={asReport(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isSuccess && events.length === 0 && <p className="text-sm text-muted">No event is left of this person.</p>}
      {events.length > 0 && <EventTable events={events} ofOne />}
      <div className="flex flex-wrap justify-center gap-2">
        {query.hasNextPage && (
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {query.isFetchingNextPage ? "Reading more…" : "More events"}
          </Button>
        )}
        {events.length > 0 && (
          <PageLink
            to="/events"
            search={{ person: personId }}
            className="self-center text-sm underline underline-offset-3"
          >
            Filter these events
          </PageLink>
        )}
      </div>
    </>
  );
}
