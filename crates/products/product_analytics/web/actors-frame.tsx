/** A result whose numbers of persons open to the persons behind them. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useContext, useMemo, useState } from "react";
import { asReport, segment, sendJson } from "@/api/client";
import type { ListedPerson, Provenance, ResultSnapshot, Warning } from "@/api/types";
import { pageLink } from "@/app/page-link";
import { productPages } from "@/app/products";
import { ProjectContext } from "@/app/project";
import { formatCell, formatInstant, formatNumber } from "@/lib/format";
import { personName } from "@/lib/person-name";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Empty } from "@/ui/empty";
import { ErrorCard } from "@/ui/error-card";
import { Icon } from "@/ui/icons";
import { CELL, ListTable, wideCell } from "@/ui/list-table";
import { ResultFrame, type ResultFrameProps } from "@/ui/result-frame";
import { StatusLine } from "@/ui/status-line";
import { type ActorsSource, actorsOf, cellName } from "./actors";

/** One person behind a number. */
type ListedActor = ListedPerson & {
  /** How many of what the number counts are of this person. */
  count?: number;
};

interface ActorsResponse {
  results: ListedActor[];
  /** How many persons there are on all pages together. */
  persons: number;
  /** The sum of `count` of all of them, where they have one. */
  count?: number;
  next_cursor?: string | null;
  warnings: Warning[];
  provenance: Provenance;
}

interface Chosen {
  row: number;
  column: number;
  of: ActorsSource;
}

/** Rows of one page. */
const LIMIT = 50;

export function ActorsFrame(props: Omit<ResultFrameProps, "cellAction">) {
  const { result } = props;
  // It stays while the dialog closes, so that this does not empty first.
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [open, setOpen] = useState(false);
  const find = useMemo(() => actorsOf(result), [result]);
  // Without a project there is nobody to ask: the gallery shows made-up results.
  const canAsk = useContext(ProjectContext) !== null;
  const choose = (next: Chosen) => {
    setChosen(next);
    setOpen(true);
  };
  return (
    <>
      <ResultFrame
        {...props}
        cellAction={(row, column) => {
          const of = canAsk ? find(row, column) : null;
          if (!of) return null;
          const label = `persons behind ${cellName(result.table, row, column)}`;
          return { label, onActivate: () => choose({ row, column, of }) };
        }}
      />
      <Dialog open={open} onOpenChange={setOpen} title={chosen && title(result, chosen)}>
        {chosen && <Actors result={result} chosen={chosen} onLeave={() => setOpen(false)} />}
      </Dialog>
    </>
  );
}

function title({ table }: ResultSnapshot, { row, column }: Chosen): string {
  const value = formatCell(table.rows[row]?.[column] ?? null);
  return `Persons behind ${value}: ${cellName(table, row, column)}`;
}

interface ActorsProps {
  result: ResultSnapshot;
  chosen: Chosen;
  /** A link to another page was followed. */
  onLeave: () => void;
}

function Actors({ result, chosen, onLeave }: ActorsProps) {
  const { source, cell } = chosen.of;
  const project = result.provenance?.project ?? "";
  const pages = useInfiniteQuery({
    queryKey: ["actors", project, source, cell],
    queryFn: async ({ pageParam }): Promise<ActorsResponse> => {
      const query = { kind: "ActorsQuery", source, cell, limit: LIMIT, ...(pageParam ? { cursor: pageParam } : {}) };
      const reply = await sendJson(`/api/projects/${segment(project)}/query`, query);
      return (await reply.json()) as ActorsResponse;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 10_000,
  });
  const first = pages.data?.pages[0];
  const error = pages.error && (
    <ErrorCard
      title="The persons could not be read"
      error={asReport(pages.error)}
      onRetry={() => void (first ? pages.fetchNextPage() : pages.refetch())}
    />
  );
  if (!first) return error || <StatusLine text="Reading the persons" />;
  const actors = pages.data?.pages.flatMap((page) => page.results) ?? [];
  const counted = source.kind === "PathsQuery" ? "sessions" : "events";
  const [said] = first.provenance.limits;
  const notes = [
    ...differences(result, chosen, first),
    // What is on other pages is said by the button for them, and that there is nobody below.
    ...first.warnings.filter(({ code }) => code !== "row_limit" && code !== "no_match").map(({ message }) => message),
  ];
  return (
    <div className="space-y-3">
      <p role="status">
        <strong className="font-semibold">{persons(first.persons)}</strong>
        {typeof first.count === "number" && ` with ${formatNumber(first.count)} counted ${counted}`}
        {actors.length < first.persons && actors.length > 0 && `, of whom ${formatNumber(actors.length)} are listed`}
      </p>
      {said && <p className="text-sm text-muted [overflow-wrap:anywhere]">Counted: {said}</p>}
      {notes.map((note) => (
        <p key={note} className="flex gap-2 text-sm text-warn">
          <Icon name="alert" className="mt-0.5" />
          {note}
        </p>
      ))}
      {actors.length === 0 ? (
        <Empty icon="person" title="Nobody is behind this number" />
      ) : (
        <ActorTable
          actors={actors}
          counted={typeof first.count === "number" ? `Counted ${counted}` : null}
          onLeave={onLeave}
        />
      )}
      {error}
      {pages.hasNextPage && !error && (
        <div className="flex justify-center">
          <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {pages.isFetchingNextPage ? "Reading more…" : "More persons"}
          </Button>
        </div>
      )}
    </div>
  );
}

const persons = (count: number) => `${formatNumber(count)} ${count === 1 ? "person" : "persons"}`;

/** Why the list is not that of the number in the table, which may be older. */
function differences({ table, provenance }: ResultSnapshot, chosen: Chosen, listed: ActorsResponse): string[] {
  const { row, column, of } = chosen;
  const [was, is] = [provenance?.range, listed.provenance.range];
  const moved = was && is && (was.date_from !== is.date_from || was.date_to !== is.date_to);
  // The previous range of two is not the one that the result names.
  if (moved && of.cell.compare !== "previous") {
    const span = `${formatInstant(is.date_from)} to ${formatInstant(is.date_to)}`;
    return [`The query's range has moved on since this result: these are the persons of ${span}.`];
  }
  const value = table.rows[row]?.[column];
  const unit = table.columns[column]?.unit;
  // Of sessions the list of trends counts the events.
  if (unit === "sessions" && of.source.kind !== "PathsQuery") return [];
  if (value === (unit === "persons" ? listed.persons : listed.count)) return [];
  return [`The table says ${formatCell(value ?? null)}: the data has changed since.`];
}

interface ActorTableProps {
  actors: ListedActor[];
  /** What `count` counts; `null` where there is none. */
  counted: string | null;
  onLeave: () => void;
}

function ActorTable({ actors, counted, onLeave }: ActorTableProps) {
  const columns = [
    { title: "Person" },
    { title: "Since (UTC)", wide: true },
    { title: "All events", numeric: true },
    ...(counted ? [{ title: counted, numeric: true }] : []),
  ];
  const number = `${CELL} text-right tabular-nums`;
  return (
    <ListTable caption="Persons, the newest first" columns={columns}>
      {actors.map((actor) => (
        <tr key={actor.person_id} className="hover:bg-sunken">
          <th scope="row" className={`${CELL} text-left font-medium`}>
            <PersonLink actor={actor} onLeave={onLeave} />
            <span className="block text-xs font-normal text-muted sm:hidden">since {day(actor)}</span>
          </th>
          <td className={`${CELL} text-muted ${wideCell(columns[1])}`}>{day(actor)}</td>
          <td className={number}>{formatNumber(actor.events)}</td>
          {counted && <td className={number}>{formatCell(actor.count ?? null)}</td>}
        </tr>
      ))}
    </ListTable>
  );
}

const day = (actor: ListedActor) => actor.created_at.slice(0, 10);

/** Leads to the person's page where a product has one. */
function PersonLink({ actor, onLeave }: { actor: ListedActor; onLeave: () => void }) {
  const name = <bdi>{personName(actor)}</bdi>;
  if (!productPages().some(({ path }) => path === "/persons/$personId")) return name;
  return (
    <Link
      {...pageLink(`/persons/${encodeURIComponent(actor.person_id)}`)}
      className="rounded underline-offset-3 hover:underline"
      onClick={onLeave}
    >
      {name}
    </Link>
  );
}
