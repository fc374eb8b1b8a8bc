/** What the page reads from the server, as cached queries. */

import { queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";
import { type ActivityFilter, objectsApi } from "@/api/objects";
import { search, told } from "@/api/search";
import { sessionApi } from "@/api/session";
import type { Json, ResultSnapshot } from "@/api/types";

export const sessionQuery = queryOptions({ queryKey: ["session"], queryFn: sessionApi.get, staleTime: 60_000 });

export const projectsQuery = queryOptions({ queryKey: ["projects"], queryFn: api.projects, staleTime: 30_000 });

export const qualityQuery = (project: string, product: string, days: number) =>
  queryOptions({
    queryKey: ["quality", project, product, days],
    queryFn: () => api.quality(project, product, days),
    staleTime: 5000,
  });

/** The stage from which on a project's members see products. */
export const earlyAccessQuery = (project: string) =>
  queryOptions({ queryKey: ["early access", project], queryFn: () => api.earlyAccess(project), staleTime: 60_000 });

/** What whoever looks has said of a run. */
export const feedbackQuery = (run: string) =>
  queryOptions({ queryKey: ["feedback", run], queryFn: () => api.feedback(run), staleTime: 60_000 });

/** Files change while their makers look. */
export const productCheckQuery = (product: string, project?: string | null) =>
  queryOptions({
    queryKey: ["products", product, "check", project],
    queryFn: () => api.productCheck(product, project ?? undefined),
    staleTime: 2000,
  });

export const searchQuery = (project: string, words: string) =>
  queryOptions({ queryKey: ["search", project, words], queryFn: () => search(project, words), staleTime: 10_000 });

export const toldQuery = (project: string, kind: "skill" | "doc", name: string) =>
  queryOptions({
    queryKey: ["told", project, kind, name],
    queryFn: () => told(project, kind, name),
    staleTime: 300_000,
  });

/** What is installed in a project and open to whoever looks. Products of files change while the server runs. */
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

/** Who is in a cohort now. A changed cohort is asked for anew. */
export const cohortQuery = (project: string, id: string, version: number, limit: number) =>
  queryOptions({
    queryKey: ["cohort", project, id, version, limit],
    queryFn: async (): Promise<Json> => {
      const { result } = await api.callTool(project, "read_cohort", { cohort: id, limit });
      return result as Json;
    },
    staleTime: 60_000,
    retry: false,
  });

export const runQuery = (id: string) =>
  queryOptions({ queryKey: ["run", id], queryFn: () => api.run(id), staleTime: 5000 });
