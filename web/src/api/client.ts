/** The HTTP API, one function a route. Failures are `ApiError`s that carry the server's report. */

import type { AskBody, ProjectInfo, Report, RunSummary, Thread } from "@/api/types";

export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly report: Report,
    readonly status: number,
  ) {
    super(report.message);
  }
}

const UNREACHABLE: Report = {
  code: "unavailable",
  retry: "once",
  message: "the server did not answer",
  hint: "Check that `hedgerow serve` is still running.",
};

export function asReport(error: unknown): Report {
  if (error instanceof ApiError) return error.report;
  return { code: "internal", retry: "never", message: error instanceof Error ? error.message : String(error) };
}

/** A response that succeeded; anything else is thrown as an `ApiError`. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(UNREACHABLE, 0);
  }
  if (!response.ok) throw new ApiError(await readReport(response), response.status);
  return response;
}

async function readReport(response: Response): Promise<Report> {
  const body: unknown = await response.json().catch(() => null);
  const report = (body as { error?: Partial<Report> } | null)?.error;
  return {
    code: report?.code ?? "internal",
    retry: report?.retry ?? (response.status >= 500 ? "once" : "never"),
    message: report?.message ?? `the server answered with status ${response.status}`,
    hint: report?.hint ?? null,
  };
}

async function get<T>(path: string): Promise<T> {
  const response = await request(path, { headers: { accept: "application/json" } });
  return (await response.json()) as T;
}

async function list<T>(path: string): Promise<T[]> {
  return (await get<{ data: T[] }>(path)).data;
}

async function post<T>(path: string, body?: unknown): Promise<T | null> {
  const init: RequestInit = { method: "POST", headers: { "content-type": "application/json" } };
  if (body !== undefined) init.body = JSON.stringify(body);
  const text = await (await request(path, init)).text();
  return text === "" ? null : (JSON.parse(text) as T);
}

const segment = encodeURIComponent;

export const api = {
  projects: () => list<ProjectInfo>("/api/projects"),
  suggestions: (project: string) => list<string>(`/api/suggestions?project=${segment(project)}`),
  runs: (project: string, limit = 100) => list<RunSummary>(`/api/runs?project=${segment(project)}&limit=${limit}`),
  conversation: (id: string) => list<Thread>(`/api/conversations/${segment(id)}`),
  /** The client makes the run's id, so that a second delivery does not ask twice. */
  ask: (project: string, body: AskBody) => post<{ run_id: string }>(`/api/projects/${segment(project)}/runs`, body),
  cancel: (run: string) => post<unknown>(`/api/runs/${segment(run)}/cancel`),
  eventsPath: (run: string) => `/api/runs/${segment(run)}/events`,
};
