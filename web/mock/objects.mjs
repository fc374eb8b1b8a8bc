// Stored objects of the mock: held in memory, changed by the tools of flags, with activities that can be undone.

import { readFileSync } from "node:fs";

const catalog = JSON.parse(readFileSync(new URL("catalog.json", import.meta.url), "utf8"));
export const { tools, products } = catalog;

const ADA = { type: "person", name: "Ada" };
const AGENT = { type: "agent", name: "Hedgerow", run_id: "01970012-0000-7001-8000-000000000001" };
const CALL = "01970011-0000-7101-8000-000000000101";

const TEAM = { type: "AND", values: [{ key: "plan", value: "team", operator: "exact", type: "person" }] };

const flag = (key, name, active, rollout_percentage, tags, filters) => ({
  kind: "feature_flag",
  id: `flag-${key}`,
  name: key,
  body: { key, name, active, rollout_percentage, filters: filters ?? { type: "AND", values: [] }, tags },
});

const trends = (event, display) => ({
  kind: "TrendsQuery",
  series: [{ event }],
  dateRange: { date_from: "2015-05-17", date_to: "2015-05-20" },
  ...(display ? { trendsFilter: { display } } : { interval: "day" }),
});

const OBJECTS = [
  flag("new-editor", "The editor with blocks", true, 20, ["editor"], TEAM),
  flag("command-palette", "Commands by keyboard", true, 100, ["editor", "keyboard"]),
  flag("onboarding-checklist", "Steps for those who are new", true, 40, ["growth"]),
  flag("old-billing", "The billing page of before", false, 0, []),
  flag("dark-mode", "", false, 5, ["design"]),
  { kind: "insight", id: "insight-views", name: "Page views per day", body: { query: trends("$pageview") } },
  {
    kind: "insight",
    id: "insight-total",
    name: "Page views in May",
    body: { query: trends("$pageview", "BoldNumber") },
  },
  {
    kind: "dashboard",
    id: "dashboard-site",
    name: "The site at a glance",
    body: { description: "What is read, and how much.", insights: ["insight-views", "insight-total"] },
  },
  { kind: "cohort", id: "cohort-team", name: "Team plan", body: { filters: TEAM } },
  {
    kind: "action",
    id: "action-signed-up",
    name: "Signed up",
    body: { steps: [{ event: "signed_up" }, { event: "$pageview", url: "/welcome" }] },
  },
  {
    kind: "notebook",
    id: "notebook-review",
    name: "Launch review",
    body: { text: "# Launch review\n\nSign-ups rose in the first week.\n\n- Ask sales\n- Write it up" },
  },
];

export function objectStore() {
  const objects = new Map();
  const activities = [];
  let clock = Date.parse("2026-05-18T09:00:00Z");
  const now = () => {
    clock += 3_600_000;
    return new Date(clock).toISOString();
  };

  /** Writes a body, or deletes with `null`, and notes who did it. */
  function write(object, after, actor, extra = {}) {
    const before = objects.get(object.id)?.body ?? null;
    const at = now();
    const version = (objects.get(object.id)?.version ?? object.version ?? 0) + 1;
    const old = objects.get(object.id);
    if (after === null) objects.delete(object.id);
    else
      objects.set(object.id, {
        id: object.id,
        project: "site",
        kind: object.kind,
        name: after.key ?? object.name,
        version,
        body: after,
        created_at: old?.created_at ?? at,
        created_by: old?.created_by ?? actor,
        updated_at: at,
        updated_by: actor,
      });
    const action = after === null ? "deleted" : before === null ? "created" : "changed";
    const activity = {
      id: `activity-${activities.length + 1}`,
      object_id: object.id,
      kind: object.kind,
      name: after?.key ?? object.name,
      version,
      at,
      actor,
      action,
      before,
      after,
      undoes: null,
      undone_by: null,
      ...extra,
    };
    activities.unshift(activity);
    return activity;
  }

  for (const object of OBJECTS) write(object, object.body, ADA);
  const editor = OBJECTS[0];
  write(editor, { ...editor.body, rollout_percentage: 5 }, ADA);
  write(editor, { ...editor.body, rollout_percentage: 20 }, { ...AGENT, call_id: CALL });

  function undo(activity) {
    if (activity.undone_by) throw refusal("conflict", "it has been taken back already");
    const current = objects.get(activity.object_id)?.body ?? null;
    if (JSON.stringify(current) !== JSON.stringify(activity.after))
      throw refusal("conflict", `${activity.name} was changed since`, "take the later changes back first");
    const object = { id: activity.object_id, kind: activity.kind, name: activity.name, version: activity.version };
    const back = write(object, activity.before, ADA, { undoes: activity.id, action: "restored" });
    activity.undone_by = back.id;
    return back;
  }

  /** The change that a call of a flag's tool makes. */
  function changeOf(tool, args) {
    const found = [...objects.values()].find((each) => each.kind === "feature_flag" && each.body.key === args.key);
    const of = { kind: "feature_flag", id: found?.id ?? `flag-${args.key}`, name: args.key };
    if (tool === "create_feature_flag") {
      if (found) throw refusal("conflict", `there is a flag ${args.key} already`);
      return { ...of, from_version: 0, before: null, after: { active: true, tags: [], ...args } };
    }
    if (!found) throw refusal("unknown_name", `there is no flag ${args.key}`, "known are the flags on this page");
    const after = tool === "delete_feature_flag" ? null : { ...found.body, ...args };
    return { ...of, from_version: found.version, before: found.body, after };
  }

  const EFFECTS = { create_feature_flag: "create", update_feature_flag: "change", delete_feature_flag: "delete" };

  return {
    list: (kind) => [...objects.values()].filter((object) => object.kind === kind),
    get: (id) => objects.get(id),
    activity: ({ object, run }) =>
      activities.filter(
        (each) => (!object || each.object_id === object) && (!run || each.actor.run_id === run || each.run === run),
      ),
    undo: (id) => undo(activities.find((each) => each.id === id)),
    undoRun: (run, call) =>
      activities
        .filter((each) => each.actor.run_id === run && !each.undone_by && (!call || each.actor.call_id === call))
        .map(undo),
    preview: (tool, args) => ({ tool, effect: EFFECTS[tool], decision: "ask", changes: [changeOf(tool, args)] }),
    write: (tool, args, actor = ADA) => {
      const change = changeOf(tool, args);
      return write({ ...change, version: change.from_version }, change.after, actor);
    },
    isWrite: (tool) => tool in EFFECTS,
  };
}

/** An error with the report that the server would give. */
export function refusal(code, message, hint = null) {
  return Object.assign(new Error(message), { report: { code, retry: "adjust", message, hint } });
}
