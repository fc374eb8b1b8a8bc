import { render, renderHook, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { AskBody } from "@/api/types";
import { type MountedTool, useTool } from "@/app/mounted-tools";
import { ask, cancel, follow, redeliver, redeliverRefused, useLiveRuns } from "@/features/chat/live-runs";
import { fixture } from "@/lib/fixtures";
import { fold } from "@/lib/fold";

afterEach(() => vi.unstubAllGlobals());

function serve(route: (path: string, request: Request) => Response | Promise<Response>) {
  vi.stubGlobal("fetch", async (target: string | Request, init: RequestInit) => {
    const request = new Request(target, init);
    return route(new URL(request.url).pathname, request);
  });
}

const stream = () =>
  new Response(
    fixture("number")
      .map((event) => `id: ${event.seq}\nevent: run_event\ndata: ${JSON.stringify(event)}\n\n`)
      .join(""),
  );

it("a question that was not delivered is delivered again under the same id", async () => {
  const bodies: AskBody[] = [];
  let up = false;
  serve(async (path, request) => {
    if (path.endsWith("/events")) return stream();
    bodies.push(await request.json());
    if (!up) throw new TypeError("network");
    return Response.json({ run_id: bodies[0]?.run_id }, { status: 202 });
  });
  const { result } = renderHook(useLiveRuns);
  const runId = ask({ project: "site", question: "How many?", conversationId: null, continues: null });
  await waitFor(() => expect(result.current.get(runId)?.failure?.code).toBe("unavailable"));
  expect(result.current.get(runId)?.thread.question).toBe("How many?");
  up = true;
  redeliver(runId);
  await waitFor(() => expect(result.current.get(runId)?.thread.status).toBe("answered"));
  expect(result.current.get(runId)?.failure).toBeNull();
  expect(bodies.map((body) => body.run_id)).toEqual([runId, runId]);
});

it("a question that was refused while nobody was signed in is delivered once somebody is", async () => {
  const asked: string[] = [];
  let status = 401;
  serve(async (path, request) => {
    if (path.endsWith("/events")) return stream();
    const body: AskBody = await request.json();
    asked.push(`${body.run_id} ${body.question}`);
    const error = { code: "denied", retry: "adjust", message: "the session has expired", hint: null };
    return status === 401 ? Response.json({ error }, { status }) : Response.json({}, { status });
  });
  const { result } = renderHook(useLiveRuns);
  const runId = ask({ project: "site", question: "How many?" });
  await waitFor(() => expect(result.current.get(runId)?.failure?.code).toBe("denied"));
  status = 202;
  redeliverRefused();
  await waitFor(() => expect(result.current.get(runId)?.thread.status).toBe("answered"));
  expect(asked).toEqual([`${runId} How many?`, `${runId} How many?`]);
  redeliverRefused();
  expect(result.current.get(runId)?.connection).toBe("closed");
});

it("an answer to a question asked back names its conversation and the run it continues", async () => {
  const paths: string[] = [];
  let body: AskBody | null = null;
  serve(async (path, request) => {
    paths.push(path);
    if (path.endsWith("/events")) return stream();
    body = await request.json();
    return Response.json({}, { status: 202 });
  });
  const runId = ask({ project: "my site", question: "Most sessions", conversationId: "c", continues: "r" });
  await waitFor(() => expect(paths).toHaveLength(2));
  expect(body).toEqual({ run_id: runId, question: "Most sessions", conversation_id: "c", continues: "r" });
  expect(paths).toEqual(["/api/projects/my%20site/runs", `/api/runs/${runId}/events`]);
});

it("stopping asks the server and changes nothing by itself", async () => {
  const paths: string[] = [];
  serve((path) => {
    paths.push(path);
    return Response.json({}, { status: 202 });
  });
  await cancel("run");
  expect(paths).toEqual(["/api/runs/run/cancel"]);
});

const COUNTED = "query_trends";

function Page({ tool }: { tool: MountedTool }) {
  useTool(tool);
  return null;
}

const lending = (changes: Partial<MountedTool>): MountedTool => ({
  name: COUNTED,
  context: { list: "flags" },
  contextDescription: "the list of feature flags",
  ...changes,
});

/** A server that takes a question and tells the run `number`, cut off after some events the first time. */
function serveCut(after: number) {
  const bodies: AskBody[] = [];
  let connections = 0;
  serve(async (path, request) => {
    if (!path.endsWith("/events")) {
      bodies.push(await request.json());
      return Response.json({}, { status: 202 });
    }
    connections += 1;
    const events = connections === 1 ? fixture("number").slice(0, after) : fixture("number");
    return new Response(
      events.map((event) => `id: ${event.seq}\nevent: run_event\ndata: ${JSON.stringify(event)}\n\n`).join(""),
    );
  });
  return bodies;
}

it("a question takes along what is mounted, and the result comes back once, over broken connections, too", async () => {
  const bodies = serveCut(fixture("number").length - 1);
  const onResult = vi.fn();
  const page = render(<Page tool={lending({ onResult, clientExecute: () => "The list is filtered" })} />);
  const { result } = renderHook(useLiveRuns);
  const runId = ask({ project: "site", question: "How many?" });
  await waitFor(() => expect(result.current.get(runId)?.thread.status).toBe("answered"));
  expect(bodies[0]?.context).toEqual([
    { tool: COUNTED, description: "the list of feature flags", data: { list: "flags" } },
  ]);
  expect(onResult).toHaveBeenCalledOnce();
  expect(onResult.mock.calls[0]?.[0]).toMatchObject({ tool: COUNTED, state: "ok" });
  await waitFor(() =>
    expect([...(result.current.get(runId)?.applied.values() ?? [])]).toEqual([
      { type: "done", text: "The list is filtered" },
    ]),
  );
  // Whoever follows the run again gets the same events, and the page has had the result.
  redeliver(runId);
  await waitFor(() => expect(result.current.get(runId)?.connection).toBe("closed"));
  expect(onResult).toHaveBeenCalledOnce();
  page.unmount();
});

it("a run that is found, as after a reload, brings no result to the page", async () => {
  serveCut(Number.POSITIVE_INFINITY);
  const onResult = vi.fn();
  const page = render(<Page tool={lending({ onResult })} />);
  const { result } = renderHook(useLiveRuns);
  const found = { ...fold(fixture("number").slice(0, 2)), run_id: "found" };
  follow(found);
  await waitFor(() => expect(result.current.get("found")?.thread.status).toBe("answered"));
  expect(onResult).not.toHaveBeenCalled();
  page.unmount();
});

it("what the page can't do with a result is an error of the run's view", async () => {
  serveCut(Number.POSITIVE_INFINITY);
  const clientExecute = () => {
    throw new Error("no such field");
  };
  const page = render(<Page tool={lending({ clientExecute })} />);
  const { result } = renderHook(useLiveRuns);
  const runId = ask({ project: "site", question: "How many?" });
  await waitFor(() =>
    expect([...(result.current.get(runId)?.applied.values() ?? [])]).toMatchObject([
      { type: "failed", error: { message: "no such field" } },
    ]),
  );
  page.unmount();
});
