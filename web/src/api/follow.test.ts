import { afterEach, expect, it, vi } from "vitest";
import { ApiError } from "@/api/client";
import { followRun } from "@/api/follow";
import type { RunEvent } from "@/api/types";
import { fixture } from "@/lib/fixtures";

const events = fixture("answered");
const wire = (event: RunEvent) => `id: ${event.seq}\nevent: run_event\ndata: ${JSON.stringify(event)}\n\n`;

/** A server that sends what each connection is told to, and notes what it was asked for. */
function serve(connections: ((after: number) => RunEvent[] | Response)[]) {
  const asked: number[] = [];
  vi.stubGlobal("fetch", async (_path: string, init: RequestInit) => {
    const after = Number(new Headers(init.headers).get("last-event-id") ?? 0);
    asked.push(after);
    const answer = connections[asked.length - 1]?.(after) ?? new Response(null, { status: 500 });
    return answer instanceof Response ? answer : new Response([": connected\n\n", ...answer.map(wire)].join(""));
  });
  return asked;
}

async function collect(after = 0, signal = new AbortController().signal) {
  const seen: number[] = [];
  const lost: boolean[] = [];
  await followRun({
    runId: "run",
    after,
    signal,
    onEvents: (batch) => seen.push(...batch.map((event) => event.seq)),
    onConnection: (connected) => lost.push(!connected),
    backoff: () => 0,
  });
  return { seen, lost };
}

afterEach(() => vi.unstubAllGlobals());

const every = events.map((event) => event.seq);

it("a stream that breaks off is resumed after the last position", async () => {
  const asked = serve([() => events.slice(0, 4), () => [], (after) => events.slice(after)]);
  const { seen, lost } = await collect();
  expect(seen).toEqual(every);
  expect(asked).toEqual([0, 4, 4]);
  expect(lost).toEqual([false, true, false, true, false]);
});

it("events delivered twice are passed on once", async () => {
  serve([() => events.slice(0, 6), () => events]);
  expect((await collect()).seen).toEqual(every);
});

it("a gap is not passed over: the missing events are asked for", async () => {
  const asked = serve([() => [...events.slice(0, 2), ...events.slice(5)], (after) => events.slice(after)]);
  expect((await collect()).seen).toEqual(every);
  expect(asked[1]).toBeLessThanOrEqual(2);
});

it("a position known before is where it begins", async () => {
  const asked = serve([(after) => events.slice(after)]);
  expect((await collect(7)).seen).toEqual(every.slice(7));
  expect(asked).toEqual([7]);
});

it("a server error is tried again, a refusal is not", async () => {
  const refusal = { error: { code: "unknown_name", retry: "adjust", message: "unknown run" } };
  serve([() => new Response(null, { status: 503 }), () => Response.json(refusal, { status: 404 })]);
  const error = await collect().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect((error as ApiError).report.code).toBe("unknown_name");
});

it("an aborted follow ends quietly", async () => {
  const controller = new AbortController();
  serve([
    () => {
      controller.abort();
      return [];
    },
  ]);
  expect((await collect(0, controller.signal)).seen).toEqual([]);
});
