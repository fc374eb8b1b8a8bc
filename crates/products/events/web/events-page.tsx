/** All events, newest first. */

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { usePageTitle } from "@/lib/page-title";
import { EventTable } from "./event-table";
import { ListFrame } from "./list-frame";
import { eventsQuery } from "./lists-api";
import { useList, useSettled } from "./use-list";

const SUGGESTIONS = ["Page views in Firefox", "Sign-ups of the last 7 days"];

export default function EventsPage() {
  usePageTitle("Events");
  const state = useList("events", SUGGESTIONS);
  const wanted = useSettled({ filters: state.applied, search: state.search, personId: state.person });
  const pages = useInfiniteQuery({
    ...eventsQuery(state.project, wanted),
    // The tree means nothing before it is known which fields there are.
    enabled: state.ready,
    placeholderData: keepPreviousData,
  });
  const events = pages.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <ListFrame
      title="Events"
      icon="list"
      about="What happened, one by one, newest first."
      searchHint="Event or distinct id"
      state={state}
      pages={pages}
      rows={events.length}
      warnings={pages.data?.pages[0]?.warnings ?? []}
    >
      <EventTable events={events} />
    </ListFrame>
  );
}
