import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { AwaitReason, Json, Session } from "@/api/types";
import { noteSignedIn, SessionContext } from "@/app/session";
import { Shell } from "@/app/shell";
import { AskArea } from "@/features/chat/ask-area";
import { AskedApproval } from "@/features/results/asked-approval";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: ReactNode }) => <span>{children}</span>,
  Outlet: () => <AskArea project="site" onAsk={() => undefined} onStop={null} placeholder="Ask" />,
  useMatchRoute: () => () => false,
  useNavigate: () => vi.fn(),
  useParams: () => ({}),
}));

afterEach(() => {
  cleanup();
  noteSignedIn();
  vi.unstubAllGlobals();
});

const session = (changes: Partial<Session> = {}): Session => ({
  name: "ann",
  role: "member",
  rights: ["run:read", "run:write", "feature_flag:read", "feature_flag:write", "product:read"],
  by: "session",
  key_required: true,
  expires_at: "2026-05-25T10:00:00Z",
  ...changes,
});

const refusal = (status: number, message: string, hint: string | null = null) =>
  Response.json({ error: { code: "denied", retry: "adjust", message, hint } }, { status });

/** A server that lets in who has signed in with a key; notes what was sent. */
function serve({ signedIn, keys }: { signedIn: Session | null; keys: Record<string, Session> }) {
  const state = { who: signedIn, sent: [] as string[], refuse: null as Response | null };
  vi.stubGlobal("fetch", async (target: string | Request, init?: RequestInit) => {
    const request = new Request(target instanceof Request ? target : `http://page${target}`, init);
    const path = new URL(request.url).pathname;
    state.sent.push(`${request.method} ${path}`);
    if (path === "/api/session" && request.method === "POST") {
      if (state.refuse) return state.refuse;
      const { key } = JSON.parse(await request.text()) as { key: string };
      state.who = keys[key] ?? null;
      return state.who ? Response.json(state.who) : refusal(401, "the key is not known", "check all of it");
    }
    if (path === "/api/session" && request.method === "DELETE") {
      state.who = null;
      return Response.json({ key_required: true });
    }
    if (!state.who) return refusal(401, "this server wants a key");
    if (path === "/api/session") return Response.json(state.who);
    if (path === "/api/projects") return Response.json({ data: [{ id: "site", events: 5 }] });
    return Response.json({ data: [] });
  });
  return state;
}

function show(node: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const view = render(<QueryClientProvider client={client}>{node}</QueryClientProvider>);
  return { ...view, client };
}

const key = () => screen.findByLabelText<HTMLInputElement>("Key");
const box = () => screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Your question" });

async function signIn(text: string) {
  fireEvent.change(await key(), { target: { value: text } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
}

it("who is not known signs in with a key, and is shown with the way out", async () => {
  const assign = vi.fn();
  vi.stubGlobal("location", { assign });
  const state = serve({ signedIn: null, keys: { hr_good: session() } });
  show(<Shell />);
  expect((await key()).type).toBe("password");
  expect(document.activeElement).toBe(await key());
  expect(screen.getByText(/This server wants a key/)).toBeTruthy();
  await signIn("hr_bad");
  expect((await screen.findByRole("alert")).textContent).toContain("The key is not known. Check all of it.");
  expect((await key()).value).toBe("hr_bad");
  await signIn("  hr_good ");
  await box();
  expect(screen.queryByLabelText("Key")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Signed in as ann" }));
  fireEvent.click(await screen.findByRole("button", { name: "Sign out" }));
  await waitFor(() => expect(assign).toHaveBeenCalledWith("/"));
  expect(state.sent).toContain("DELETE /api/session");
});

it("a server that had enough of wrong keys says how long to wait", async () => {
  const state = serve({ signedIn: null, keys: {} });
  state.refuse = Response.json(
    { error: { code: "busy", retry: "once", message: "too many keys were tried", hint: "try again in 42 seconds" } },
    { status: 429 },
  );
  show(<Shell />);
  await signIn("hr_bad");
  expect((await screen.findByRole("alert")).textContent).toContain("Try again in 42 seconds.");
});

it("a session that ends in the middle of work takes nothing away that was typed", async () => {
  const assign = vi.fn();
  vi.stubGlobal("location", { assign });
  const state = serve({ signedIn: session(), keys: { hr_good: session(), hr_other: session({ name: "bob" }) } });
  const { client } = show(<Shell />);
  fireEvent.change(await box(), { target: { value: "How many page views?" } });
  state.who = null;
  await client.invalidateQueries();
  await key();
  // The page is still there, out of sight and out of reach.
  expect(screen.queryByRole("textbox", { name: "Your question" })).toBeNull();
  await signIn("hr_good");
  expect((await box()).value).toBe("How many page views?");
  expect(assign).not.toHaveBeenCalled();
  // Somebody else begins with an empty page.
  state.who = null;
  await client.invalidateQueries();
  await signIn("hr_other");
  await waitFor(() => expect(assign).toHaveBeenCalledWith("/"));
});

it("whoever sits at the machine is not asked, and has nowhere to sign out", async () => {
  serve({ signedIn: session({ name: "local", role: "owner", by: "local", key_required: false }), keys: {} });
  show(<Shell />);
  await box();
  expect(screen.queryByRole("button", { name: /Signed in/ })).toBeNull();
});

const viewer = session({ name: "grace", role: "viewer", rights: ["run:read", "feature_flag:read"] });

it("who may not ask is told so in the place of the box", () => {
  show(
    <SessionContext value={viewer}>
      <AskArea project="site" onAsk={() => undefined} onStop={null} placeholder="Ask" />
    </SessionContext>,
  );
  expect(screen.queryByRole("textbox")).toBeNull();
  expect(screen.getByText(/grace is signed in as viewer/).textContent).toContain("it takes the right run:write");
});

const ASKED: Extract<AwaitReason, { type: "approval" }> = {
  type: "approval",
  call_id: "01970011-0000-7101-8000-000000000101",
  tool: "update_feature_flag",
  arguments: { name: "beta" } as Json,
  effect: "change",
  why: "changes ask",
};

it.each([
  [["run:read"], "run:write"],
  [["run:write", "feature_flag:read"], "feature_flag:write"],
  [["run:write", "feature_flag:write"], null],
])("who has %j and is asked to approve a change lacks %s", async (rights, lacks) => {
  vi.stubGlobal("fetch", async () =>
    Response.json({
      data: [{ name: "update_feature_flag", title: "Change", access: "feature_flag:write", input_schema: {} }],
    }),
  );
  const { container } = show(
    <SessionContext value={session({ rights })}>
      <AskedApproval project="site" asked={ASKED} state={{ type: "open" }} followed={false} />
    </SessionContext>,
  );
  await screen.findByText(/Change\?/);
  await waitFor(() => expect(container.querySelector("[data-lacks]")?.getAttribute("data-lacks") ?? null).toBe(lacks));
  expect(screen.queryAllByRole("button", { name: "Approve" })).toHaveLength(lacks === null ? 1 : 0);
});

it("a decision says who made it", () => {
  const show_ = (by: string) =>
    show(
      <SessionContext value={session()}>
        <AskedApproval project="site" asked={ASKED} state={{ type: "approved", edited: false, by }} followed={false} />
      </SessionContext>,
    );
  expect(show_("bob").container.textContent).toContain("bob approved it.");
  expect(show_("ann").container.textContent).toContain("You approved it.");
});
