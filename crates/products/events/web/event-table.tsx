/** Events as rows that open to their properties and lead to their persons. */

import { Fragment, useId, useState } from "react";
import { PageLink } from "@/app/page-link";
import { formatInstant } from "@/lib/format";
import { textAt } from "@/lib/json-read";
import { Facts } from "@/ui/facts";
import { Icon } from "@/ui/icons";
import { JsonFacts } from "@/ui/json-facts";
import { CELL, type ListColumn, ListTable, wideCell } from "@/ui/list-table";
import type { ListedEvent } from "./lists-api";

const COLUMNS: ListColumn[] = [
  { title: "Event" },
  { title: "Person" },
  { title: "Where", wide: true },
  { title: "Time (UTC)" },
];
/** Without who did it, where that is known. */
const OF_ONE = COLUMNS.filter((column) => column.title !== "Person");

export interface EventTableProps {
  events: ListedEvent[];
  /** True where all are of one person. */
  ofOne?: boolean;
}

export function EventTable({ events, ofOne = false }: EventTableProps) {
  const columns = ofOne ? OF_ONE : COLUMNS;
  return (
    <ListTable caption="Events, newest first" columns={columns}>
      {events.map((event) => (
        <EventRow key={event.uuid} event={event} ofOne={ofOne} span={columns.length} />
      ))}
    </ListTable>
  );
}

/** Where it happened: a path, or an address. */
function placeOf(event: ListedEvent): string | null {
  return textAt(event.properties, "$pathname") ?? textAt(event.properties, "$current_url");
}

function EventRow({ event, ofOne, span }: { event: ListedEvent; ofOne: boolean; span: number }) {
  const [open, setOpen] = useState(false);
  const panel = useId();
  const [day, time] = formatInstant(event.timestamp).split(" ");
  return (
    <Fragment>
      <tr className="hover:bg-sunken">
        <th scope="row" className={`${CELL} min-w-32 text-left font-medium`}>
          <button
            type="button"
            aria-expanded={open}
            aria-controls={open ? panel : undefined}
            className="-ml-1 inline-flex items-start gap-1.5 rounded px-1 text-left"
            onClick={() => setOpen(!open)}
          >
            <Icon name="chevron" className={`mt-0.5 text-muted ${open ? "rotate-90" : ""}`} />
            <bdi>{event.event}</bdi>
          </button>
        </th>
        {!ofOne && (
          <td className={CELL}>
            <Who event={event} />
          </td>
        )}
        <td className={`${CELL} text-muted ${wideCell(COLUMNS[2])}`}>
          <bdi>{placeOf(event)}</bdi>
        </td>
        <td className={`${CELL} text-muted sm:whitespace-nowrap`}>
          <time dateTime={event.timestamp}>
            {/* Where there is little room a date and a time stand below each other, each of them whole. */}
            <span className="whitespace-nowrap">{day}</span> <span className="whitespace-nowrap">{time}</span>
          </time>
        </td>
      </tr>
      {open && (
        <tr id={panel}>
          <td colSpan={span} className="border-b border-line/70 bg-bg px-3 py-3">
            <div className="max-w-full space-y-3">
              <Facts
                facts={[
                  ["Time", event.timestamp],
                  ["Distinct id", event.distinct_id],
                  ["Session", event.session_id ?? "none"],
                  ["Uuid", event.uuid],
                ]}
              />
              <JsonFacts value={event.properties} />
            </div>
          </td>
        </tr>
      )}
    </Fragment>
  );
}

function Who({ event }: { event: ListedEvent }) {
  if (!event.person_id) return <bdi>{event.distinct_id}</bdi>;
  return (
    <PageLink to={`/persons/${encodeURIComponent(event.person_id)}`}>
      <bdi>{event.distinct_id}</bdi>
    </PageLink>
  );
}
