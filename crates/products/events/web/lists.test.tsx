import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { type ReactNode, useSyncExternalStore } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Json, ToolCallView } from "@/api/types";
import { deliverResult, lend } from "@/app/mounted-tools";
import { ProjectContext } from "@/app/project";
import EventsPage from "./events-page";
import PersonPage from "./person-page";
import PersonsPage from "./persons-page";

/** The address: what stands behind the question mark, and the parameters of the path. */
const address = vi.hoisted(() => {
  const listeners = new Set<() => void>();
  let search: Record<string, unknown> = {};
  return {
    params: {} as Record<string, string>,
    search: () => search,
    go: (next: Record<string, unknown>) => {
      search = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
});

vi.mock("@tanstack/react-router", () => ({
  Link: ({ to, search, children }: { to: string; search: Json; children: ReactNode }) => (
    <a href={`${to}?${JSON.stringify(search)}`}>{children}</a>
  ),
  useNavigate: () => (to: { search: Record<string, unknown> }) => address.go(to.search),
  useSearch: () => useSyncExternalStore(address.subscribe, address.search),
  useParams: () => address.params,
}));

beforeEach(() => address.go({}));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const FIELDS = [
  { key: "event", type: "event_field", kind: "text" },
  { key: "$browser", type: "event", kind: "text" },
];

const event = (at: number) => ({
  uuid: `u${at}`,
  event: `event ${at}`,
  timestamp: "2026-06-30T10:00:00Z",
  distinct_id: `user-${at}`,
  person_id: `p${at}`,
  properties: { $pathname: "/pricing", note_length: 41 },
});

const person = {
  person_id: "p1",
  distinct_ids: ["device", "user-1"],
  created_at: "2026-06-01T10:00:00Z",
  is_identified: true,
  properties: { email: "ann@mail.example", plan: "pro" },
  events: 1234,
  last_seen: "2026-06-30T10:00:00Z",
};

const list = (results: Json[], next_cursor?: string) => ({
  results,
  has_more: next_cursor !== undefined,
  next_cursor,
  warnings: [],
  provenance: {},
});

/** A server that answers queries with a function; notes the queries. */
function serve(answer: (query: Record<string, Json>) => Json | Response) {
  const queries: Record<string, Json>[] = [];
  vi.stubGlobal("fetch", async (target: string | Request, init?: RequestInit) => {
    const request = new Request(target instanceof Request ? target : `http://page${target}`, init);
    const { pathname } = new URL(request.url);
    const text = await request.text();
    const body = text ? JSON.parse(text) : null;
    if (pathname === "/api/tools") return Response.json({ data: [{ name: "make_filters" }] });
    if (pathname.endsWith("/tools/read_taxonomy")) {
      return Response.json({
        result: body.kind === "fields" ? { fields: FIELDS } : { values: [{ value: "Firefox" }] },
      });
    }
    if (!pathname.endsWith("/query")) return new Response(null, { status: 404 });
    queries.push(body);
    const reply = answer(body);
    return reply instanceof Response ? reply : Response.json(reply);
  });
  return queries;
}

function show(page: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={client}>
      <ProjectContext value={{ id: "site", events: 1 }}>{page}</ProjectContext>
    </QueryClientProvider>,
  );
}

const FIREFOX = { type: "AND", values: [{ key: "$browser", value: "Firefox", operator: "exact", type: "event" }] };

it("events are those of the filters in the address, page after page, and lead to their persons", async () => {
  address.go({ filters: FIREFOX, q: "user" });
  const queries = serve(({ cursor }) => (cursor ? list([event(2)]) : list([event(1)], "c1")));
  show(<EventsPage />);
  const link = await screen.findByRole("link", { name: "user-1" });
  expect(link.getAttribute("href")).toContain("/persons/p1");
  expect(queries).toEqual([{ kind: "EventsQuery", properties: FIREFOX, search: "user" }]);
  expect(screen.getByText("1 events so far")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "More events" }));
  await screen.findByRole("link", { name: "user-2" });
  expect(queries[1]).toEqual({ kind: "EventsQuery", properties: FIREFOX, search: "user", cursor: "c1" });
  expect(screen.queryByRole("button", { name: "More events" })).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "event 1" }));
  expect(screen.getByText("note_length")).toBeTruthy();
});

it("filters that were made of words stand in the address, and the list is asked for anew", async () => {
  const queries = serve(() => list([event(1)]));
  show(<EventsPage />);
  await screen.findByText("event 1");
  const call = (made: Json) => ({ tool: "make_filters", content: JSON.stringify(made), arguments: {} }) as ToolCallView;
  const lent = lend("make_filters");
  expect(lent.context).toMatchObject([{ data: { list: "events" } }]);
  await act(async () => {
    const said = await deliverResult(
      lent,
      call({ list: "events", filters: FIREFOX, understood: ["$browser is Firefox"] }),
    );
    expect(said).toBe("Shown are events where $browser is Firefox");
  });
  expect(address.search()).toEqual({ filters: FIREFOX });
  await waitFor(() => expect(queries.at(-1)).toEqual({ kind: "EventsQuery", properties: FIREFOX }));
  await expect(deliverResult(lend("make_filters"), call({ list: "persons", filters: FIREFOX }))).rejects.toThrow(
    "persons",
  );
  const unknown = { type: "AND", values: [{ key: "rollout", value: 1, operator: "gt", type: "flag" }] };
  await expect(deliverResult(lend("make_filters"), call({ list: "events", filters: unknown }))).rejects.toThrow(
    "rollout",
  );
});

it("filters that can't be read are said, and nothing is filtered", async () => {
  address.go({ filters: { type: "XOR", values: [] } });
  const queries = serve(() => list([event(1)]));
  show(<EventsPage />);
  await screen.findByText("The filters in the address can't be used");
  await screen.findByText("event 1");
  expect(queries).toEqual([{ kind: "EventsQuery" }]);
});

it("a condition without its value is left out and said", async () => {
  address.go({ filters: { type: "AND", values: [{ key: "$browser", operator: "exact", type: "event" }] } });
  const queries = serve(() => list([event(1)]));
  show(<EventsPage />);
  await screen.findByText("Conditions that are not complete yet are left out.");
  await waitFor(() => expect(queries.at(-1)).toEqual({ kind: "EventsQuery" }));
});

it("a refusal says what helps, and an empty list how to see more", async () => {
  let refuse = true;
  address.go({ filters: FIREFOX });
  serve(() => {
    const error = {
      code: "unknown_name",
      retry: "adjust",
      message: "unknown value",
      hint: "did you mean Firefox iOS?",
    };
    return refuse ? Response.json({ error }, { status: 404 }) : list([]);
  });
  show(<EventsPage />);
  await screen.findByText(/did you mean Firefox iOS/i);
  refuse = false;
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("None of the events fits");
  fireEvent.click(screen.getAllByRole("button", { name: "Show all" })[0] as HTMLElement);
  expect(address.search()).toEqual({});
});

it("persons are called by what is known of them", async () => {
  const queries = serve(() => list([person]));
  show(<PersonsPage />);
  const link = await screen.findByRole("link", { name: "ann@mail.example" });
  expect(link.getAttribute("href")).toContain("/persons/p1");
  expect(screen.getByText("1,234")).toBeTruthy();
  fireEvent.change(screen.getByRole("searchbox"), { target: { value: "ann" } });
  expect(address.search()).toEqual({ q: "ann" });
  await waitFor(() => expect(queries.at(-1)).toEqual({ kind: "PersonsQuery", search: "ann" }));
});

it("a person has properties, distinct ids and events", async () => {
  address.params = { personId: "p1" };
  const queries = serve(({ kind }) => (kind === "PersonsQuery" ? list([person]) : list([event(1)])));
  show(<PersonPage />);
  await screen.findByRole("heading", { name: "ann@mail.example" });
  await screen.findByText("event 1");
  for (const text of ["device", "user-1", "pro"]) expect(screen.getByText(text)).toBeTruthy();
  expect(queries).toEqual([
    { kind: "PersonsQuery", personId: "p1" },
    { kind: "EventsQuery", personId: "p1", limit: 20 },
  ]);
  expect(screen.getByRole("link", { name: "Filter these events" }).getAttribute("href")).toContain('{"person":"p1"}');
});

it("a person that is not there is said", async () => {
  address.params = { personId: "p9" };
  const error = { code: "unknown_name", retry: "adjust", message: 'there is no person with the id "p9"', hint: null };
  serve(() => Response.json({ error }, { status: 404 }));
  show(<PersonPage />);
  await screen.findByText("The person can't be shown");
});
