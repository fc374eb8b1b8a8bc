/** All persons, those first who came last. */

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { PageLink } from "@/app/page-link";
import { formatInstant, formatNumber } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { personName } from "@/lib/person-name";
import { CELL, type ListColumn, ListTable, wideCell } from "@/ui/list-table";
import { ListFrame } from "./list-frame";
import { type ListedPerson, personsQuery } from "./lists-api";
import { useList, useSettled } from "./use-list";

const SUGGESTIONS = ["People in Berlin on the pro plan", "People created in June 2026"];

export default function PersonsPage() {
  usePageTitle("Persons");
  const state = useList("persons", SUGGESTIONS);
  const wanted = useSettled({ filters: state.applied, search: state.search, personId: state.person });
  const pages = useInfiniteQuery({
    ...personsQuery(state.project, wanted),
    enabled: state.ready,
    placeholderData: keepPreviousData,
  });
  const persons = pages.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <ListFrame
      title="Persons"
      icon="person"
      about="Who did something, those first who came last."
      searchHint="Distinct id, email or name"
      state={state}
      pages={pages}
      rows={persons.length}
      warnings={pages.data?.pages[0]?.warnings ?? []}
    >
      <ListTable caption="Persons, the newest first" columns={COLUMNS}>
        {persons.map((person) => (
          <PersonRow key={person.person_id} person={person} />
        ))}
      </ListTable>
    </ListFrame>
  );
}

const COLUMNS: ListColumn[] = [
  { title: "Person" },
  { title: "Distinct ids", wide: true },
  { title: "Events", numeric: true },
  { title: "Last seen (UTC)", wide: true },
  { title: "First seen (UTC)" },
];

function PersonRow({ person }: { person: ListedPerson }) {
  const [first, ...more] = person.distinct_ids;
  return (
    <tr className="hover:bg-sunken">
      <th scope="row" className={`${CELL} text-left font-medium`}>
        <PageLink to={`/persons/${encodeURIComponent(person.person_id)}`}>
          <bdi>{personName(person)}</bdi>
        </PageLink>
      </th>
      <td className={`${CELL} text-muted ${wideCell(COLUMNS[1])}`}>
        <bdi>{first}</bdi>
        {more.length > 0 && ` and ${more.length} more`}
      </td>
      <td className={`${CELL} ${wideCell(COLUMNS[2])}`}>{formatNumber(person.events)}</td>
      <td className={`${CELL} whitespace-nowrap text-muted ${wideCell(COLUMNS[3])}`}>
        {person.last_seen ? shortTime(person.last_seen) : "never"}
      </td>
      <td className={`${CELL} text-muted sm:whitespace-nowrap`}>{shortTime(person.created_at)}</td>
    </tr>
  );
}

const shortTime = (instant: string) => formatInstant(instant).replace(" UTC", "");
