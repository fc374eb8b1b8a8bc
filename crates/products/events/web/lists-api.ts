/** Both lists as the server gives them, page by page, and what they can be filtered by. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, segment, sendJson } from "@/api/client";
import type { components } from "@/api/schema";
import type { Json } from "@/api/types";
import type { FieldKind, FilterField, Group } from "@/lib/filters";
import { listAt } from "@/lib/json-read";

type Schemas = components["schemas"];
export type ListedEvent = Schemas["ListedEvent"];
export type ListedPerson = Schemas["ListedPerson"];
type EventsResponse = Schemas["EventsResponse"];
type PersonsResponse = Schemas["PersonsResponse"];

/** A list that these pages show. */
export type ListName = "events" | "persons";

/** What is wanted of a list. */
export interface Wanted {
  filters: Group;
  search: string;
  /** Only of this person. */
  personId?: string | undefined;
  limit?: number;
}

async function run<Response>(project: string, query: Json): Promise<Response> {
  const reply = await sendJson(`/api/projects/${segment(project)}/query`, query);
  return (await reply.json()) as Response;
}

function body(kind: string, { filters, search, personId, limit }: Wanted, cursor: string | null): Json {
  return {
    kind,
    ...(filters.values.length > 0 ? { properties: filters } : {}),
    ...(search ? { search } : {}),
    ...(personId ? { personId } : {}),
    ...(limit ? { limit } : {}),
    ...(cursor ? { cursor } : {}),
  };
}

/** What a page of a list has in common for both. */
interface Page {
  next_cursor?: string | null;
}

const nextOf = (page: Page) => page.next_cursor ?? undefined;

export const eventsQuery = (project: string, wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ["events", project, wanted],
    queryFn: ({ pageParam }) => run<EventsResponse>(project, body("EventsQuery", wanted, pageParam)),
    initialPageParam: null as string | null,
    getNextPageParam: nextOf,
    staleTime: 10_000,
  });

export const personsQuery = (project: string, wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ["persons", project, wanted],
    queryFn: ({ pageParam }) => run<PersonsResponse>(project, body("PersonsQuery", wanted, pageParam)),
    initialPageParam: null as string | null,
    getNextPageParam: nextOf,
    staleTime: 10_000,
  });

export const personQuery = (project: string, personId: string) =>
  queryOptions({
    queryKey: ["person", project, personId],
    queryFn: async (): Promise<ListedPerson> => {
      const { results } = await run<PersonsResponse>(project, { kind: "PersonsQuery", personId });
      const [person] = results;
      if (!person) throw new Error(`there is no person ${personId}`);
      return person;
    },
    staleTime: 10_000,
  });

/** A field as the server has it. */
interface ServerField {
  key: string;
  type: string;
  kind: FieldKind;
}

/** What a list can be filtered by in a project. */
export const fieldsQuery = (project: string, list: ListName) =>
  queryOptions({
    queryKey: ["filter fields", project, list],
    queryFn: async (): Promise<FilterField[]> => {
      const { result } = await api.callTool(project, "read_taxonomy", { kind: "fields", list });
      return (listAt(result, "fields") as ServerField[]).map(({ key, type, kind }) => ({
        key,
        type,
        kind,
        // Events and persons have properties of the same names.
        label: list === "events" && type === "person" ? `${key} of the person` : key,
      }));
    },
    staleTime: 60_000,
  });

/** The most frequent values of a field, to choose from. */
export const valuesQuery = (project: string, list: ListName, { key, type }: { key: string; type: string }) =>
  queryOptions({
    queryKey: ["filter values", project, list, type, key],
    queryFn: async (): Promise<string[]> => {
      const { result } = await api.callTool(project, "read_taxonomy", {
        kind: "property_values",
        list,
        key,
        type,
        limit: MOST_VALUES,
      });
      return listAt(result, "values").flatMap((each) => {
        const value = (each as { value?: Json }).value;
        return typeof value === "string" ? [value] : [];
      });
    },
    staleTime: 60_000,
  });

const MOST_VALUES = 100;
