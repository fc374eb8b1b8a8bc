/** What the page reads from the server, as cached queries. */

import { queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";

export const projectsQuery = queryOptions({ queryKey: ["projects"], queryFn: api.projects, staleTime: 30_000 });

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
