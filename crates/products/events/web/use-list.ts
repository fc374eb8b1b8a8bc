/** The state of a list: its filters and its search, which stand in the address, and the fields that it has. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { toolsQuery } from "@/api/queries";
import type { Json } from "@/api/types";
import { useTool } from "@/app/mounted-tools";
import { useProject } from "@/app/project";
import { filtersInAddress } from "@/features/filters/filters-in-address";
import { filtersOf } from "@/features/filters/made-filters";
import {
  type Condition,
  conditionProblem,
  conditions,
  conditionWords,
  type FilterField,
  fieldId,
  fieldOf,
  type Group,
  readTree,
  usable,
} from "@/lib/filters";
import { fieldsQuery, type ListName, valuesQuery } from "./lists-api";

/** What stands behind the question mark of a list's address. */
export interface ListSearch {
  filters?: Json | undefined;
  q?: string | undefined;
  person?: string | undefined;
}

export interface ListState {
  project: string;
  list: ListName;
  fields: FilterField[];
  /** False until it is known what the list can be filtered by. */
  ready: boolean;
  /** Why that can't be said. */
  fieldsError: Error | null;
  tree: Group;
  /** Why the filters in the address can't be used. */
  broken: string | null;
  /** What the server is asked for: the tree without what is not complete yet. */
  applied: Group;
  search: string;
  person: string | undefined;
  byWords: boolean;
  put: (change: ListSearch) => void;
  setTree: (tree: Group) => void;
}

const NO_FIELDS: FilterField[] = [];
/** The server is asked once nobody has typed for so long, in milliseconds. */
const PAUSE = 350;

export function useList(list: ListName, suggestions: string[]): ListState {
  const project = useProject().id;
  const tools = useQuery(toolsQuery(project));
  const navigate = useNavigate();
  const address: ListSearch = useSearch({ strict: false });
  const known = useQuery(fieldsQuery(project, list));
  const { tree, broken } = filtersInAddress(address.filters);
  const fields = useWithValues(project, list, known.data ?? NO_FIELDS, tree);
  const search = typeof address.q === "string" ? address.q : "";
  const person = typeof address.person === "string" ? address.person : undefined;
  const put = (change: ListSearch) => {
    const next = { ...address, ...change };
    const kept = Object.entries(next).filter(([, value]) => value !== undefined && value !== "");
    void navigate({ to: ".", search: Object.fromEntries(kept), replace: true });
  };
  const setTree = (next: Group) => put({ filters: next.values.length > 0 ? next : undefined });
  const byWords = (tools.data?.some((tool) => tool.name === "make_filters") ?? false) && known.isSuccess;
  const apply = (json: Json, understood: string[]) => {
    const made = readTree(json);
    const problem = conditions(made)
      .map((each) => conditionProblem(each, fields))
      .find((each) => each !== null);
    // A condition that this list can't carry out must not be dropped in silence.
    if (problem) throw new Error(problem);
    setTree(made);
    const words = understood.length > 0 ? understood : conditions(made).map((each) => conditionWords(each, fields));
    return words.length > 0 ? `Shown are ${list} where ${words.join("; ")}` : `All ${list} are shown`;
  };
  useTool(
    byWords
      ? {
          name: "make_filters",
          context: { list, filters: tree },
          contextDescription: `the list of ${list}`,
          suggestions,
          clientExecute: (call) => {
            const made = filtersOf(call);
            if (made.list !== list) throw new Error(`the filters are for the list ${made.list}`);
            return apply(made.filters, made.understood);
          },
        }
      : null,
  );
  return {
    project,
    list,
    fields,
    ready: known.isSuccess,
    fieldsError: known.error,
    tree,
    broken,
    // Before it is known which fields there are, nothing can be said to be incomplete.
    applied: known.isSuccess ? usable(tree, fields) : tree,
    search,
    person,
    byWords,
    put,
    setTree,
  };
}

/** The fields, those of the tree's conditions with values to choose from. */
function useWithValues(project: string, list: ListName, fields: FilterField[], tree: Group): FilterField[] {
  const named = conditions(tree).map((each: Condition) => fieldOf(each, fields));
  const texts = new Map(
    named.flatMap((each) => (each && (each.kind === "text" || each.kind === "version") ? [[fieldId(each), each]] : [])),
  );
  const wanted = [...texts.values()];
  const values = useQueries({ queries: wanted.map((each) => valuesQuery(project, list, each)) });
  const byId = new Map(wanted.map((each, at) => [fieldId(each), values[at]?.data]));
  return fields.map((each) => {
    const known = byId.get(fieldId(each));
    return known && known.length > 0 ? { ...each, values: known } : each;
  });
}

/** A value once it has not changed for a moment. */
export function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  const key = JSON.stringify(value);
  // The value is compared by what it says, as each picture makes it anew.
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [key]);
  return settled;
}
