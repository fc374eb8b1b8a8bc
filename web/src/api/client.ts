/** The HTTP API, one function a route, typed by the server's document. Failures are `ApiError`s that carry its report. */

import createClient from "openapi-fetch";
import type { paths } from "@/api/schema";
import type {
  AskBody,
  CheckedProduct,
  FeedbackBody,
  GivenFeedback,
  Json,
  ProductList,
  ProductQuality,
  Report,
  StageName,
  Thread,
  ToolCallResult,
} from "@/api/types";

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

const refusals = new Set<(reason: Report) => void>();

/** Calls back whenever the server wants to know who it is, wherever that comes up. */
export function onUnauthorized(listener: (reason: Report) => void): void {
  refusals.add(listener);
}

/** A response that succeeded; anything else is thrown as an `ApiError`. */
export async function request(target: string | Request, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(target, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(UNREACHABLE, 0);
  }
  if (response.ok) return response;
  const error = new ApiError(await readReport(response), response.status);
  // Signing in says itself what is wrong with its key.
  const signsIn = init.method === "POST" && target === "/api/session";
  if (error.status === 401 && !signsIn) for (const listener of refusals) listener(error.report);
  throw error;
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

const client = createClient<paths>({ fetch: (each) => request(each) });

/** The `data` of a list. The client itself sees no failures, as `request` throws them, but a body can be missing. */
async function list<T>(reply: Promise<{ data?: { data: T[] } }>): Promise<T[]> {
  const { data } = await reply;
  if (!data) throw new Error("the server's answer has no body");
  return data.data;
}

/** A part of an address. */
export const segment = encodeURIComponent;

/** Sends JSON to a route whose types are not in the document yet. */
export function sendJson(target: string, body: Json): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return request(target, { method: "POST", headers, body: JSON.stringify(body) });
}

export const api = {
  tools: (project?: string) => list(client.GET("/api/tools", { params: { query: project ? { project } : {} } })),
  /** The products, and those that are not installed as their files are. */
  products: async (project?: string): Promise<ProductList> => {
    const { data } = await client.GET("/api/products", { params: { query: project ? { project } : {} } });
    if (!data) throw new Error("the server's answer has no body");
    return data;
  },
  productCheck: async (name: string, project?: string): Promise<CheckedProduct> => {
    const params = { path: { name }, query: project ? { project } : {} };
    const { data } = await client.GET("/api/products/{name}/check", { params });
    if (!data) throw new Error("the server's answer has no body");
    return data;
  },
  quality: async (project: string, name: string, days: number): Promise<ProductQuality> => {
    const params = { path: { name }, query: { project, days } };
    const { data } = await client.GET("/api/products/{name}/quality", { params });
    if (!data) throw new Error("the server's answer has no body");
    return data;
  },
  earlyAccess: async (project: string): Promise<StageName> => {
    const { data } = await client.GET("/api/projects/{project}/early-access", { params: { path: { project } } });
    if (!data) throw new Error("the server's answer has no body");
    return data.stage;
  },
  setEarlyAccess: async (project: string, stage: StageName): Promise<StageName> => {
    const params = { path: { project } };
    const { data } = await client.PUT("/api/projects/{project}/early-access", { params, body: { stage } });
    if (!data) throw new Error("the server's answer has no body");
    return data.stage;
  },
  feedback: async (run_id: string): Promise<GivenFeedback | null> => {
    const { data } = await client.GET("/api/runs/{run_id}/feedback", { params: { path: { run_id } } });
    return data?.given ?? null;
  },
  giveFeedback: async (run_id: string, body: FeedbackBody): Promise<GivenFeedback> => {
    const { data } = await client.POST("/api/runs/{run_id}/feedback", { params: { path: { run_id } }, body });
    if (!data) throw new Error("the server's answer has no body");
    return data;
  },
  projects: () => list(client.GET("/api/projects")),
  suggestions: (project: string, page?: string) =>
    list(client.GET("/api/suggestions", { params: { query: page ? { project, page } : { project } } })),
  runs: (project: string, limit = 100) => list(client.GET("/api/runs", { params: { query: { project, limit } } })),
  conversation: (id: string) => list(client.GET("/api/conversations/{id}", { params: { path: { id } } })),
  run: async (run_id: string): Promise<Thread> => {
    const { data } = await client.GET("/api/runs/{run_id}", { params: { path: { run_id } } });
    if (!data) throw new Error("the server's answer has no body");
    return data;
  },
  /** Calls a tool by its name, as the registry has it: any of them, also one of a later version. */
  callTool: async (project: string, tool: string, args: Json): Promise<ToolCallResult> => {
    const reply = await sendJson(`/api/projects/${segment(project)}/tools/${segment(tool)}`, args);
    return (await reply.json()) as ToolCallResult;
  },
  /** The client makes the run's id, so that a second delivery does not ask twice. */
  ask: async (project: string, body: AskBody): Promise<void> => {
    await client.POST("/api/projects/{project}/runs", { params: { path: { project } }, body });
  },
  cancel: async (run_id: string): Promise<void> => {
    await client.POST("/api/runs/{run_id}/cancel", { params: { path: { run_id } } });
  },
  /** Followed without the client, which reads whole bodies. */
  eventsPath: (run: string) => `/api/runs/${segment(run)}/events`,
};
