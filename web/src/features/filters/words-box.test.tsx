import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { AskBody } from "@/api/types";
import { type MountedTool, useTool } from "@/app/mounted-tools";
import { filtersOf } from "@/features/filters/made-filters";
import { WordsBox } from "@/features/filters/words-box";
import { fixture } from "@/lib/fixtures";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** A server that answers every wish with a recorded run; notes the wishes. */
function serve(name: string) {
  const bodies: AskBody[] = [];
  vi.stubGlobal("fetch", async (target: string | Request, init: RequestInit) => {
    const request = new Request(target, init);
    if (request.method === "POST") {
      bodies.push(await request.json());
      return Response.json({}, { status: 202 });
    }
    const lines = fixture(name).map(
      (event) => `id: ${event.seq}\nevent: run_event\ndata: ${JSON.stringify(event)}\n\n`,
    );
    return new Response(lines.join(""));
  });
  return bodies;
}

function List({ clientExecute }: { clientExecute: MountedTool["clientExecute"] | undefined }) {
  const tool: MountedTool = { name: "make_filters", context: { list: "flags" }, contextDescription: "the list" };
  useTool(clientExecute ? { ...tool, clientExecute } : tool);
  return <WordsBox project="site" what="feature flags" />;
}

function wish(words: string, clientExecute?: MountedTool["clientExecute"]) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <List clientExecute={clientExecute} />
    </QueryClientProvider>,
  );
  fireEvent.change(screen.getByRole("textbox", { name: /by words/ }), { target: { value: words } });
  fireEvent.click(screen.getByRole("button", { name: "Make filters" }));
}

it("a wish takes the list along, and the page takes the filters over and says so", async () => {
  const bodies = serve("filters");
  const taken = vi.fn();
  wish("active flags for at least 40 percent", (call) => {
    taken(filtersOf(call));
    return "Shown are two flags";
  });
  await screen.findByText("Shown are two flags");
  expect(bodies[0]).toMatchObject({
    question: "active flags for at least 40 percent",
    context: [{ tool: "make_filters", description: "the list", data: { list: "flags" } }],
  });
  expect(taken.mock.calls).toMatchObject([[{ list: "flags", filters: { type: "AND" } }]]);
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  expect(screen.queryByText("Shown are two flags")).toBeNull();
});

it("filters that the page can't carry out are an error, and no filter", async () => {
  serve("filters");
  wish("active flags", () => {
    throw new Error("there is no field active here");
  });
  expect((await screen.findByRole("alert")).textContent).toContain("There is no field active here.");
});

it("a wish that is refused says why", async () => {
  serve("filters-refused");
  wish("flags that came from Mars");
  await screen.findByText("Not answered");
  await waitFor(() => expect(screen.getByText(/No field of the list says where a flag came from/)).toBeTruthy());
});
