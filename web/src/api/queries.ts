/** What the page reads from the server, as cached queries. */

import { queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";
import { type ActivityFilter, objectsApi } from "@/api/objects";
import type { Json, ResultSnapshot } from "@/api/types";

export const projectsQuery = queryOptions({ queryKey: ["projects"], queryFn: api.projects, staleTime: 30_000 });

/** What is installed in a project. Products of files change while the server runs. */
export const toolsQuery = (project: string | null) =>
  queryOptions({
    queryKey: ["tools", project],
    queryFn: () => api.tools(project ?? undefined),
    staleTime: 30_000,
  });

export const productsQuery = (project: string | null) =>
  queryOptions({
    queryKey: ["products", project],
    queryFn: () => api.products(project ?? undefined),
    staleTime: 30_000,
  });

/** Questions for a page, by its path; without one, those that are for every page. */
export const suggestionsQuery = (project: string | null, page?: string) =>
  queryOptions({
    queryKey: ["suggestions", project, page],
    queryFn: () => api.suggestions(project ?? "", page),
    enabled: project !== null,
    staleTime: 60_000,
  });

export const runsQuery = (project: string | null) =>
  queryOptions({
    queryKey: ["runs", project],
    queryFn: () => api.runs(project ?? ""),
    enabled: project !== null,
    staleTime: 5000,
  });

export const conversationQuery = (id: string | undefined) =>
  queryOptions({
    queryKey: ["conversation", id],
    queryFn: () => api.conversation(id ?? ""),
    enabled: id !== undefined,
    staleTime: 5000,
  });

export const objectsQuery = (project: string, kind: string) =>
  queryOptions({
    queryKey: ["objects", project, kind],
    queryFn: () => objectsApi.list(project, kind),
    staleTime: 5000,
  });

export const objectQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["objects", project, "one", id],
    queryFn: () => objectsApi.get(project, id),
    staleTime: 5000,
  });

export const activityQuery = (project: string, filter: ActivityFilter) =>
  queryOptions({
    queryKey: ["activity", project, filter],
    queryFn: () => objectsApi.activity(project, filter),
    staleTime: 5000,
  });

/** What a call would do. It is asked for anew each time, as others write, too. */
export const previewQuery = (project: string, tool: string, args: Json) =>
  queryOptions({
    queryKey: ["preview", project, tool, args],
    queryFn: () => objectsApi.preview(project, tool, args),
    retry: false,
    gcTime: 0,
  });

/** The result of a query that an object holds, computed now. */
export const savedQuery = (project: string, tool: string, query: Json) =>
  queryOptions({
    queryKey: ["saved query", project, tool, query],
    queryFn: async (): Promise<ResultSnapshot> => {
      const { table, provenance, warnings } = await api.callTool(project, tool, query);
      if (!table) throw new Error(`${tool} gives no table for this query`);
      return { handle: "", table, provenance, warnings };
    },
    staleTime: 60_000,
  });

export const runQuery = (id: string) =>
  queryOptions({ queryKey: ["run", id], queryFn: () => api.run(id), staleTime: 5000 });
