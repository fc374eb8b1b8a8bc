import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { Json } from "@/api/types";
import { ProjectContext } from "@/app/project";
import { ActorsFrame } from "./actors-frame";
import { provenanceOf, RANGE, resultOf } from "./actors-samples";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ to, onClick, children }: { to: string; onClick: () => void; children: ReactNode }) => (
    <a
      href={to}
      onClick={(event) => {
        event.preventDefault();
        onClick();
      }}
    >
      {children}
    </a>
  ),
}));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const SOURCE = { kind: "TrendsQuery", series: [{ math: "dau" }], interval: "day" };
const RESULT = resultOf(
  SOURCE,
  [
    { name: "day", title: "day", role: "time", unit: "none" },
    { name: "unique_visitors", title: "unique visitors", role: "measure", unit: "persons" },
  ],
  [["2015-05-17", 2]],
);

const person = (at: number) => ({
  person_id: `p${at}`,
  distinct_ids: [`device-${at}`, `user-${at}`],
  created_at: "2015-05-01T10:00:00Z",
  is_identified: true,
  properties: at === 1 ? { email: "ann@mail.example" } : {},
  events: 1000 + at,
  count: at,
});

const page = (results: Json[], more: Record<string, Json> = {}) => ({
  results,
  persons: 2,
  count: 3,
  has_more: false,
  warnings: [],
  provenance: { ...provenanceOf({ kind: "ActorsQuery" }), limits: ["dau of any event, the day of 2015-05-17"] },
  ...more,
});

/** A server that answers with a function; notes what it was asked. */
function serve(answer: (query: Record<string, Json>) => Json | Response) {
  const asked: [string, Record<string, Json>][] = [];
  vi.stubGlobal("fetch", async (target: string, init: RequestInit) => {
    const query = JSON.parse(String(init.body));
    asked.push([target, query]);
    const reply = answer(query);
    return reply instanceof Response ? reply : Response.json(reply);
  });
  return asked;
}

function show(project = true) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <ProjectContext value={project ? { id: "site", events: 1 } : null}>
        <ActorsFrame result={RESULT} />
      </ProjectContext>
    </QueryClientProvider>,
  );
}

const open = () =>
  fireEvent.click(screen.getByRole("button", { name: "2 persons behind unique visitors, 2015-05-17" }));

it("a number opens to its persons, page after page, each with a link", async () => {
  const asked = serve(({ cursor }) => (cursor ? page([person(2)]) : page([person(1)], { next_cursor: "c1" })));
  show();
  open();
  await screen.findByRole("dialog", { name: "Persons behind 2: unique visitors, 2015-05-17" });
  const link = await screen.findByRole("link", { name: "ann@mail.example" });
  expect(link.getAttribute("href")).toBe("/persons/p1");
  const query = { kind: "ActorsQuery", source: SOURCE, cell: { series: 0, day: "2015-05-17" }, limit: 50 };
  expect(asked).toEqual([["/api/projects/site/query", query]]);
  expect(screen.getByRole("status").textContent).toBe("2 persons with 3 counted events, of whom 1 are listed");
  expect(screen.getByText("Counted: dau of any event, the day of 2015-05-17")).toBeTruthy();
  expect(screen.getByText("1,001")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "More persons" }));
  await screen.findByRole("link", { name: "device-2" });
  expect(asked[1]?.[1]).toEqual({ ...query, cursor: "c1" });
  expect(screen.queryByRole("button", { name: "More persons" })).toBeNull();
  fireEvent.click(link);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("a refusal is said, and can be tried again; nobody is no empty table", async () => {
  let refuse = true;
  serve(() =>
    refuse
      ? Response.json(
          { error: { code: "overloaded", retry: "once", message: "too many queries at once" } },
          { status: 503 },
        )
      : page([], { persons: 0, count: 0 }),
  );
  show();
  open();
  await screen.findByText("The persons could not be read");
  refuse = false;
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("Nobody is behind this number");
  expect(screen.getByText("The table says 2: the data has changed since.")).toBeTruthy();
});

it("a range that has moved on since the result is said", async () => {
  const range = { ...RANGE, date_from: "2015-05-18T00:00:00+00:00" };
  serve(() => page([person(1), person(2)], { provenance: { ...provenanceOf(SOURCE), range } }));
  show();
  open();
  await screen.findByText(/range has moved on since this result: these are the persons of 2015-05-18/);
});

it("without a project there is nobody to ask", () => {
  show(false);
  expect(screen.queryByRole("button", { name: /persons behind/ })).toBeNull();
});
