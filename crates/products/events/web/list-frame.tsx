/** The frame of both lists: what they are, words, search and filters above, and the states that a list can be in. */

import { type ReactNode, useId, useState } from "react";
import { asReport } from "@/api/client";
import type { Warning } from "@/api/types";
import { FilterBuilder } from "@/features/filters/filter-builder";
import { WordsBox } from "@/features/filters/words-box";
import { conditions } from "@/lib/filters";
import { formatNumber } from "@/lib/format";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { ErrorCard } from "@/ui/error-card";
import { CONTROL } from "@/ui/field";
import { Icon, type IconName } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { StatusLine } from "@/ui/status-line";
import type { ListState } from "./use-list";

/** What is read of a list, whatever its rows are. */
export interface ListPages {
  isPending: boolean;
  isFetching: boolean;
  error: Error | null;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  refetch: () => unknown;
}

export interface ListFrameProps {
  title: string;
  icon: IconName;
  about: string;
  /** What the search finds, in the words of its field. */
  searchHint: string;
  state: ListState;
  pages: ListPages;
  rows: number;
  warnings: Warning[];
  /** The table, shown where there are rows. */
  children: ReactNode;
}

export function ListFrame({ title, icon, about, searchHint, state, pages, rows, children, warnings }: ListFrameProps) {
  const { list, fields, tree, applied, search, person } = state;
  const [building, setBuilding] = useState(false);
  const panel = useId();
  const count = conditions(tree).length;
  const narrowed = count > 0 || search !== "" || person !== undefined;
  const showAll = () => state.put({ filters: undefined, q: undefined, person: undefined });
  // That there are more rows is said by the button for them.
  const others = warnings.filter((warning) => warning.code !== "row_limit" && warning.code !== "no_match");
  return (
    <div className="mx-auto w-full max-w-5xl flex-1 px-4 py-6 sm:px-6">
      <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
      <p className="text-muted">{about}</p>
      <div className="mt-5 space-y-3">
        {state.byWords && <WordsBox project={state.project} what={list} />}
        <div className="flex flex-wrap items-center gap-2 text-sm">
          <input
            type="search"
            aria-label={`Search ${list}`}
            placeholder={searchHint}
            className={`${CONTROL} h-9 basis-56 flex-1 placeholder:text-muted sm:max-w-72`}
            value={search}
            onChange={(event) => state.put({ q: event.target.value })}
          />
          <Button
            aria-expanded={building}
            aria-controls={building ? panel : undefined}
            disabled={!state.ready}
            onClick={() => setBuilding(!building)}
          >
            <Icon name="filter" />
            {count === 0 ? "Filters" : `Filters (${count})`}
          </Button>
          {narrowed && (
            <Button variant="ghost" onClick={showAll}>
              Show all
            </Button>
          )}
          <span role="status" className="ml-auto text-xs text-muted">
            {pages.isFetching && !pages.isPending && !pages.isFetchingNextPage
              ? "Reading anew…"
              : !pages.isPending && rows > 0 && `${formatNumber(rows)} ${list}${pages.hasNextPage ? " so far" : ""}`}
          </span>
        </div>
        {person !== undefined && (
          <p className="flex flex-wrap items-center gap-2 text-sm">
            <Icon name="person" className="text-muted" />
            Only those of one person.
            <Button size="small" variant="ghost" onClick={() => state.put({ person: undefined })}>
              Of everybody
            </Button>
          </p>
        )}
        {building && (
          <div id={panel} className="rounded-xl border border-line bg-surface p-3">
            <FilterBuilder fields={fields} tree={tree} onChange={state.setTree} />
          </div>
        )}
        {state.fieldsError && (
          <ErrorCard title={`What ${list} can be filtered by could not be read`} error={asReport(state.fieldsError)} />
        )}
        {state.broken && (
          <Notice tone="warn" icon="alert" title="The filters in the address can't be used">
            <p className="text-sm">Nothing is filtered: {state.broken}.</p>
          </Notice>
        )}
        {state.ready && conditions(applied).length < count && (
          <p className="flex gap-2 text-sm text-warn">
            <Icon name="alert" className="mt-0.5" />
            Conditions that are not complete yet are left out.
          </p>
        )}
        {others.map((warning) => (
          <p key={warning.code} className="flex gap-2 text-sm text-warn">
            <Icon name="alert" className="mt-0.5" />
            {warning.message}
          </p>
        ))}
        {pages.isPending && !pages.error && <StatusLine text={`Reading the ${list}`} />}
        {pages.error && (
          <ErrorCard
            title={`The ${list} could not be read`}
            error={asReport(pages.error)}
            onRetry={() => void pages.refetch()}
          />
        )}
        {!pages.isPending && !pages.error && rows === 0 && (
          <Empty
            icon={narrowed ? "filter" : icon}
            title={narrowed ? `None of the ${list} fits` : `There are no ${list} yet`}
            actions={narrowed && <Button onClick={showAll}>Show all</Button>}
          >
            {narrowed ? "Change or take away a condition." : "They come with the first import or the first SDK."}
          </Empty>
        )}
        {rows > 0 && children}
        {pages.hasNextPage && (
          <div className="flex justify-center">
            <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
              {pages.isFetchingNextPage ? "Reading more…" : `More ${list}`}
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}
