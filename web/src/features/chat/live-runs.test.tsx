import { renderHook, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { AskBody } from "@/api/types";
import { ask, cancel, redeliver, useLiveRuns } from "@/features/chat/live-runs";
import { fixture } from "@/lib/fixtures";

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
