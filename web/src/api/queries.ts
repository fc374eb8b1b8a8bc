/** What the page reads from the server, as cached queries. */

import { queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";

export const projectsQuery = queryOptions({ queryKey: ["projects"], queryFn: api.projects, staleTime: 30_000 });

/** What is installed changes only when the server starts anew. */
export const toolsQuery = queryOptions({ queryKey: ["tools"], queryFn: api.tools, staleTime: 300_000 });

export const productsQuery = queryOptions({ queryKey: ["products"], queryFn: api.products, staleTime: 300_000 });

export const taxonomyQuery = (project: string | null) =>
  queryOptions({
    queryKey: ["taxonomy", project],
    queryFn: () => api.taxonomy(project ?? ""),
    enabled: project !== null,
    staleTime: 60_000,
  });

export const suggestionsQuery = (project: string | null) =>
  queryOptions({
    queryKey: ["suggestions", project],
    queryFn: () => api.suggestions(project ?? ""),
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
