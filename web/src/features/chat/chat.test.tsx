import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Chat } from "@/features/chat/chat";

vi.mock("@tanstack/react-router", () => ({ useNavigate: () => vi.fn() }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** A page without a server; notes the addresses that questions were sent to. */
function showWithoutServer() {
  const sent: string[] = [];
  vi.stubGlobal("fetch", async (target: string | Request, init: RequestInit) => {
    const { method, url } = new Request(target, init);
    if (method === "POST") sent.push(new URL(url).pathname);
    throw new TypeError("network");
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const page = (project: string) => (
    <QueryClientProvider client={client}>
      <Chat project={project} events={5} conversationId={undefined} />
    </QueryClientProvider>
  );
  const view = render(page("site"));
  return { sent, choose: (project: string) => view.rerender(page(project)) };
}

async function ask(question: string) {
  const box = screen.getByRole("textbox", { name: "Your question" });
  fireEvent.change(box, { target: { value: question } });
  fireEvent.keyDown(box, { key: "Enter" });
  await screen.findByText("The question could not be sent");
}

it("after an undelivered question, another project gets the next one", async () => {
  const { sent, choose } = showWithoutServer();
  await ask("How many page views?");
  choose("shop");
  expect(screen.queryByText("How many page views?")).toBeNull();
  expect(screen.getByRole("heading", { name: "What do you want to know?" })).toBeTruthy();
  await ask("How many orders?");
  expect(sent).toEqual(["/api/projects/site/runs", "/api/projects/shop/runs"]);
});

it("the undelivered question is still there when its project is chosen again", async () => {
  const { choose } = showWithoutServer();
  await ask("How many page views?");
  choose("shop");
  choose("site");
  expect(screen.getByRole("heading", { name: "How many page views?" })).toBeTruthy();
});
