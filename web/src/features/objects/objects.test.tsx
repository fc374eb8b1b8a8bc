import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { Activity, StoredObject, UndoPlan } from "@/api/objects";
import type { Json, Session } from "@/api/types";
import { ProjectContext } from "@/app/project";
import { SessionContext } from "@/app/session";
import { ActivityList } from "@/features/objects/activity-list";
import { RunChanges } from "@/features/objects/run-changes";
import { WriteForm } from "@/features/objects/write-form";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: ReactNode }) => <span>{children}</span>,
}));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

type Route = (body: Json) => Response;

/** A server with some routes, by method and path; notes what was sent. */
function serve(routes: Record<string, Route>) {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (target: string | Request, init?: RequestInit) => {
    const request = new Request(target instanceof Request ? target : `http://page${target}`, init);
    const { pathname, search } = new URL(request.url);
    const name = `${request.method} ${pathname}${search}`;
    asked.push(name);
    const text = await request.text();
    return routes[name]?.(text ? JSON.parse(text) : null) ?? new Response(null, { status: 404 });
  });
  return asked;
}

function show(node: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={client}>
      <ProjectContext value={{ id: "site", events: 1 }}>{node}</ProjectContext>
    </QueryClientProvider>,
  );
}

const activity = (changes: Partial<Activity>): Activity => ({
  id: "a1",
  object_id: "f",
  kind: "feature_flag",
  project: "site",
  version: 2,
  at: "2026-05-18T10:00:00Z",
  actor: { type: "agent", name: "Ada", run_id: "run", call_id: "c" },
  action: "changed",
  before: { name: "beta", body: { rollout: 5 } },
  after: { name: "beta", body: { rollout: 50 } },
  ...changes,
});

const refusal = (message: string) =>
  Response.json({ error: { code: "conflict", retry: "adjust", message, hint: null } }, { status: 409 });

const PLAN: UndoPlan = {
  changes: [
    {
      kind: "feature_flag",
      id: "f",
      from_version: 2,
      before: { name: "beta", body: { rollout: 50 } },
      after: { name: "beta", body: { rollout: 5 } },
    },
  ],
  conflicts: [],
};

const PLAN_UNDO = "POST /api/projects/site/activity/a1/undo?dry_run=true";

it("activity says who did what, and takes it back once, after it was shown what that does", async () => {
  let undone: string | null = null;
  const asked = serve({
    [PLAN_UNDO]: () => Response.json(PLAN),
    "GET /api/projects/site/activity?object=f": () => Response.json({ data: [activity({ undone_by: undone })] }),
    "POST /api/projects/site/activity/a1/undo": () => {
      undone = "a2";
      return Response.json(activity({ id: "a2", undoes: "a1" }));
    },
  });
  const view = show(<ActivityList project="site" object="f" />);
  await screen.findByText("Changed 1 field");
  expect(view.container.textContent).toContain("agent for Ada");
  fireEvent.click(screen.getByRole("button", { name: "Undo" }));
  const card = await screen.findByRole("region", { name: "Take this back?" });
  expect(document.activeElement).toBe(card);
  expect(card.textContent).toContain("before: 50");
  expect(card.textContent).toContain("after: 5");
  // Nothing is done before it is wanted.
  fireEvent.click(screen.getByRole("button", { name: "Leave it as it is" }));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("button", { name: "Undo" })));
  expect(asked.filter((each) => each.startsWith("POST"))).toEqual([PLAN_UNDO]);
  fireEvent.click(screen.getByRole("button", { name: "Undo" }));
  fireEvent.click(await screen.findByRole("button", { name: "Take it back" }));
  await waitFor(() => expect(view.container.querySelector("[data-undo='undone']")).toBeTruthy());
  expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  await waitFor(() => expect(document.activeElement?.textContent).toContain("Taken back"));
  expect(asked.filter((each) => each.startsWith("POST") && each !== PLAN_UNDO)).toHaveLength(1);
});

it("what stands in the way of taking back is said, with who did it, and nothing else is offered", async () => {
  const since = activity({ id: "a2", version: 3, actor: { type: "person", name: "Grace" } });
  const conflict = {
    activity: "a1",
    object_id: "f",
    kind: "feature_flag",
    name: "beta",
    reason: 'feature_flag "beta" is not as this change left it',
    hint: "undo what came after it first",
    since,
  };
  const asked = serve({
    "GET /api/projects/site/activity?object=f": () => Response.json({ data: [activity({})] }),
    [PLAN_UNDO]: () => Response.json({ changes: [], conflicts: [conflict] }),
  });
  show(<ActivityList project="site" object="f" />);
  fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  const card = await screen.findByRole("region", { name: "It can't be taken back as it stands" });
  expect(card.textContent).toContain("is not as this change left it. Changed since by Grace");
  expect(card.textContent).toContain("Undo what came after it first.");
  expect(screen.queryByRole("button", { name: "Take it back" })).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  expect(asked.filter((each) => each.startsWith("POST"))).toEqual([PLAN_UNDO]);
});

it("what came between the plan and the doing is said", async () => {
  serve({
    "GET /api/projects/site/activity?object=f": () => Response.json({ data: [activity({})] }),
    [PLAN_UNDO]: () => Response.json(PLAN),
    "POST /api/projects/site/activity/a1/undo": () => refusal("beta was changed since"),
  });
  show(<ActivityList project="site" object="f" />);
  fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  fireEvent.click(await screen.findByRole("button", { name: "Take it back" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Beta was changed since.");
});

it("a run's changes are taken back all at once, or none of them", async () => {
  const sign_ups = { name: "Sign-ups", body: {} };
  const insight = activity({ id: "a3", kind: "insight", action: "created", before: null, after: sign_ups });
  let items = [activity({}), insight];
  let refuse = true;
  const asked = serve({
    "GET /api/projects/site/activity?run=run": () => Response.json({ data: items }),
    "POST /api/runs/run/undo?dry_run=true": () => Response.json(PLAN),
    "POST /api/runs/run/undo": () => {
      if (refuse) return refusal("beta is not as this change left it");
      items = items.map((each) => ({ ...each, undone_by: "a4" }));
      return Response.json({ data: [] });
    },
  });
  const view = show(<RunChanges project="site" run="run" />);
  await screen.findByText("2 changes by this answer");
  expect(view.container.textContent).toContain("Created the insight Sign-ups");
  fireEvent.click(screen.getByRole("button", { name: "Undo all of it" }));
  fireEvent.click(await screen.findByRole("button", { name: "Take it back" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Beta is not as this change left it.");
  refuse = false;
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  fireEvent.click(await screen.findByRole("button", { name: "Take it back" }));
  await waitFor(() => expect(view.container.querySelectorAll("[data-undo='undone']")).toHaveLength(3));
  expect(asked.filter((each) => each === "POST /api/runs/run/undo")).toHaveLength(2);
});

it("who may not write what was changed is not offered to take it back", async () => {
  serve({ "GET /api/projects/site/activity?run=run": () => Response.json({ data: [activity({})] }) });
  const viewer: Session = {
    name: "Grace",
    role: "viewer",
    rights: ["feature_flag:read"],
    by: "session",
    key_required: true,
  };
  show(
    <SessionContext value={viewer}>
      <RunChanges project="site" run="run" />
    </SessionContext>,
  );
  await screen.findByText("beta");
  expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
});

it("a run that changed nothing shows nothing", async () => {
  const asked = serve({ "GET /api/projects/site/activity?run=run": () => Response.json({ data: [] }) });
  const view = show(<RunChanges project="site" run="run" />);
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(view.container.textContent).toBe("");
});

const tool = (name: string, input_schema: Json) => ({ name, title: "Change a flag", description: "", input_schema });

const TOOLS = [
  tool("create_feature_flag", {
    type: "object",
    required: ["name", "body"],
    properties: {
      name: { type: "string" },
      body: { type: "object", properties: { rollout: { type: "integer", maximum: 100 }, on: { type: "boolean" } } },
    },
  }),
  tool("update_feature_flag", {}),
];

const FLAG: StoredObject = {
  id: "f",
  project: "site",
  kind: "feature_flag",
  name: "beta",
  version: 2,
  body: { rollout: 5, on: true },
  created_at: "2026-05-18T10:00:00Z",
  created_by: { type: "person", name: "Ada" },
  updated_at: "2026-05-18T10:00:00Z",
  updated_by: { type: "person", name: "Ada" },
};

const UPDATE = "POST /api/projects/site/tools/update_feature_flag";

function edit(routes: Record<string, Route>) {
  const onClose = vi.fn();
  const asked = serve({ "GET /api/tools?project=site": () => Response.json({ data: TOOLS }), ...routes });
  show(<WriteForm write="update" kind="feature_flag" object={FLAG} onClose={onClose} />);
  return { asked, onClose };
}

const preview = (body: Json): Response =>
  Response.json({
    tool: "update_feature_flag",
    effect: "change",
    decision: "ask",
    changes: [
      {
        kind: "feature_flag",
        id: "f",
        from_version: 2,
        before: { name: "beta", body: FLAG.body },
        after: { name: "beta", body },
      },
    ],
  });

const rollout = async (value: string) =>
  fireEvent.change(await screen.findByRole("spinbutton", { name: /rollout/ }), { target: { value } });

it("a write is filled in, shown, and only then made", async () => {
  const sent: Json[] = [];
  const { asked, onClose } = edit({
    [`${UPDATE}/preview`]: () => preview({ rollout: 50, on: true }),
    [`${UPDATE}?approved=true`]: (body) => {
      sent.push(body);
      return Response.json({});
    },
  });
  await rollout("500");
  fireEvent.click(screen.getByRole("button", { name: "Show what it changes" }));
  await screen.findByText("Must be at most 100");
  await rollout("50");
  fireEvent.click(screen.getByRole("button", { name: "Show what it changes" }));
  await screen.findByText("Change the feature flag “beta” in 1 field?");
  // The form has taken the focus with it, so what has come in its place has it.
  expect(document.activeElement?.textContent).toContain("Change the feature flag “beta” in 1 field?");
  expect(asked.some((each) => each.includes("approved"))).toBe(false);
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(onClose).toHaveBeenCalledWith(true));
  // Only what is different is sent, so that what others change meanwhile stays.
  expect(sent).toEqual([{ name: "beta", changes: { rollout: 50 } }]);
});

it("a write that is refused keeps what was filled in", async () => {
  const { onClose } = edit({
    [`${UPDATE}/preview`]: () => refusal("beta was changed since"),
  });
  await rollout("50");
  fireEvent.click(screen.getByRole("button", { name: "Show what it changes" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Beta was changed since.");
  expect(screen.getByRole<HTMLInputElement>("spinbutton", { name: /rollout/ }).value).toBe("50");
  expect(onClose).not.toHaveBeenCalled();
});
