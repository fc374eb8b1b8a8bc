import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { StoredObject } from "@/api/objects";
import type { Json } from "@/api/types";
import { cohorts } from "@/features/objects/kinds/cohorts";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const cohort = (body: Json) => ({ id: "c1", project: "site", kind: "cohort", version: 2, body }) as StoredObject;

function show(body: Json, result: Json) {
  const asked: Json[] = [];
  vi.stubGlobal("fetch", async (target: string | Request, init?: RequestInit) => {
    const request = new Request(target instanceof Request ? target : `http://page${target}`, init);
    asked.push({ path: new URL(request.url).pathname, body: JSON.parse(await request.text()) });
    return Response.json({ result, content: "", table: null, warnings: [], provenance: null });
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <cohorts.Body object={cohort(body)} />
    </QueryClientProvider>,
  );
  return asked;
}

it("says how many people are in a cohort, and which of its ids are nobody's", async () => {
  const first = [{ person_id: "p1", created_at: "2026-05-18T10:00:00Z", properties: { plan: "pro" } }];
  const asked = show({ persons: ["ann", "bob", "nobody"] }, { persons: 2, ids_without_person: 1, first });
  expect(await screen.findByText("2 persons are in it now")).toBeTruthy();
  expect(screen.getByText("1 of its 3 distinct ids belong to no person.")).toBeTruthy();
  expect(screen.getByText("3 distinct ids: ann, bob, nobody")).toBeTruthy();
  expect(screen.getByText("1 more are not shown here.")).toBeTruthy();
  expect(asked).toEqual([{ path: "/api/projects/site/tools/read_cohort", body: { cohort: "c1", limit: 10 } }]);
});

it("shows the conditions of a cohort", async () => {
  const filters = [{ key: "plan", value: "pro", operator: "exact", type: "person" }];
  show({ filters }, { persons: 1, ids_without_person: 0, first: [] });
  expect(await screen.findByText("1 person is in it now")).toBeTruthy();
  expect(screen.getByText(/plan/i)).toBeTruthy();
});
