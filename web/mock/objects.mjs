// Stored objects of the mock: held in memory, changed by the tools of flags, with activities that can be undone.

import { readFileSync } from "node:fs";

const catalog = JSON.parse(readFileSync(new URL("catalog.json", import.meta.url), "utf8"));
export const { tools, products, quality } = catalog;

const ADA = { type: "person", name: "Ada" };
const CALL = "01970011-0000-7101-8000-000000000101";
const AGENT = { type: "agent", name: "Ada", run_id: "01970012-0000-7001-8000-000000000001", call_id: CALL };

const TEAM = [{ key: "plan", value: "team", operator: "exact", type: "person" }];

const flag = (name, description, active, rollout_percentage, tags, properties = []) => ({
  kind: "feature_flag",
  id: `flag-${name}`,
  name,
  body: { description, active, filters: { groups: [{ properties, rollout_percentage }] }, tags },
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
    body: {
      description: "What is read, and how much.",
      tiles: [
        { type: "insight", insight: "insight-views", wide: true },
        { type: "insight", insight: "insight-total" },
        { type: "text", text: "The busiest day is **not** the last one, which is not over." },
      ],
    },
  },
  { kind: "cohort", id: "cohort-team", name: "Team plan", body: { filters: { type: "AND", values: TEAM } } },
  {
    kind: "action",
    id: "action-signed-up",
    name: "Signed up",
    body: {
      description: "Somebody has an account.",
      steps: [
        { event: "signed_up" },
        { event: "$pageview", properties: [{ key: "$pathname", value: "/welcome", operator: "exact", type: "event" }] },
      ],
    },
  },
  {
    kind: "notebook",
    id: "notebook-review",
    name: "Launch review",
    body: {
      cells: [
        { type: "text", text: "# Launch review\n\nWhat was read in the first days:" },
        { type: "query", title: "", query: trends("$pageview") },
        { type: "text", text: "- Ask sales\n- Write it up" },
      ],
    },
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
  const stateOf = (object) => (object ? { name: object.name, body: object.body } : undefined);

  /** Writes a state, or deletes without one, and notes who did it. */
  function write({ id, kind }, after, actor, undoes) {
    const old = objects.get(id);
    const [before, at, version] = [stateOf(old), now(), (old?.version ?? 0) + 1];
    const made = { id, project: "site", kind, created_at: old?.created_at ?? at, created_by: old?.created_by ?? actor };
    if (after) objects.set(id, { ...made, ...after, version, updated_at: at, updated_by: actor });
    else objects.delete(id);
    const done = after ? (before ? "changed" : "created") : "deleted";
    const action = undoes ? "restored" : done;
    const activity = { id: `activity-${activities.length + 1}`, object_id: id, project: "site", kind, version, at };
    Object.assign(activity, { actor, action, before, after, undoes });
    activities.unshift(activity);
    return activity;
  }

  for (const object of OBJECTS) write(object, stateOf(object), ADA);
  const editor = OBJECTS[0];
  const withShare = (rollout_percentage) => {
    const [group] = editor.body.filters.groups;
    const filters = { groups: [{ ...group, rollout_percentage }] };
    return { name: editor.name, body: { ...editor.body, filters } };
  };
  write(editor, withShare(5), ADA);
  write(editor, withShare(20), AGENT);

  function undo(activity) {
    const current = stateOf(objects.get(activity.object_id));
    if (JSON.stringify(current) !== JSON.stringify(activity.after))
      throw refusal("conflict", `${activity.kind} is not as this change left it`, "undo what came after it first");
    const back = write({ id: activity.object_id, kind: activity.kind }, activity.before, ADA, activity.id);
    activity.undone_by = back.id;
    return back;
  }

  /** What taking changes back would do, one after the other. */
  function planUndo(list) {
    const states = new Map();
    const plan = { changes: [], conflicts: [] };
    for (const each of list) {
      const { id, object_id, kind } = each;
      const object = objects.get(object_id);
      const current = states.has(object_id) ? states.get(object_id) : stateOf(object);
      if (JSON.stringify(current) !== JSON.stringify(each.after)) {
        const { name } = each.after ?? each.before;
        const reason = `${kind} "${name}" is not as this change left it`;
        const hint = "undo what came after it first, or change the object by hand";
        const since = activities.find((other) => other.object_id === object_id && !list.includes(other));
        plan.conflicts.push({ activity: id, object_id, kind, name, reason, hint, since });
        continue;
      }
      states.set(object_id, each.before);
      const known = plan.changes.find((change) => change.id === object_id);
      if (known) known.after = each.before;
      else
        plan.changes.push({
          id: object_id,
          kind,
          from_version: object?.version ?? 0,
          before: current,
          after: each.before,
        });
    }
    return plan;
  }

  const standing = (run) => activities.filter((each) => each.actor.run_id === run && !each.undone_by);

  const EFFECTS = { create: "create", update: "change", delete: "delete" };

  /** The change that a call of a tool of objects makes. */
  function changeOf(tool, args) {
    const [, verb, kind] = /^(create|update|delete)_(.+)$/.exec(tool);
    const found = [...objects.values()].find((each) => each.kind === kind && each.name === args.name);
    if (verb === "create") {
      if (found) throw refusal("conflict", `a ${kind} named "${args.name}" exists already`);
      return { id: `flag-${args.name}`, kind, from_version: 0, after: { name: args.name, body: args.body } };
    }
    if (!found) throw refusal("unknown_name", `unknown ${kind} "${args.name}"`);
    const body = verb === "update" ? merged(found.body, args.changes ?? {}) : null;
    const after = body ? { name: args.new_name ?? found.name, body } : undefined;
    return { id: found.id, kind, from_version: found.version, before: stateOf(found), after };
  }

  return {
    list: (kind) => [...objects.values()].filter((object) => object.kind === kind),
    get: (id) => objects.get(id),
    activity: ({ object, run }) =>
      activities.filter((each) => (!object || each.object_id === object) && (!run || each.actor.run_id === run)),
    undo: (id) => undo(activities.find((each) => each.id === id)),
    undoRun: (run) => standing(run).map(undo),
    planUndo: (id) => planUndo(activities.filter((each) => each.id === id)),
    planUndoRun: (run) => planUndo(standing(run)),
    preview: (tool, args) => {
      const change = changeOf(tool, args);
      return { tool, effect: EFFECTS[tool.split("_")[0]], decision: "ask", changes: [change] };
    },
    write: (tool, args, actor = ADA) => {
      const change = changeOf(tool, args);
      return write(change, change.after, actor);
    },
    isWrite: (tool) => /^(create|update|delete)_/.test(tool),
  };
}

/** A merge patch (RFC 7396), applied. */
function merged(target, patch) {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const result = { ...(target && typeof target === "object" && !Array.isArray(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** An error with the report that the server would give. */
export function refusal(code, message, hint = null) {
  return Object.assign(new Error(message), { report: { code, retry: "adjust", message, hint } });
}
