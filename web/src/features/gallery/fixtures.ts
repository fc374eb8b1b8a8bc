/** What the gallery shows its components with. Typed, so that a component that changes says what is out of date. */

import type { Change, ObjectState, UndoPlan } from "@/api/objects";
import type { Answer, Figure, FigureStatus, Report, ResultSnapshot, Session, ToolCallView, Warning } from "@/api/types";
import type { Command } from "@/features/chat/commands";
import type { AskedCall } from "@/features/results/approval";
import type { FilterField, Group } from "@/lib/filters";
import { fixture } from "@/lib/fixtures";
import { fold } from "@/lib/fold";
import type { JsonSchema } from "@/lib/json-schema";
import { resultsOf } from "@/lib/thread";

export const thread = (name: string) => fold(fixture(name));

const [counted] = thread("answered").calls.filter((call) => call.result);
if (!counted) throw new Error("the fixture has a result");

export const call = (changes: Partial<ToolCallView>): ToolCallView => ({ ...counted, ...changes });
export const countedCall: ToolCallView = counted;
export const results: ResultSnapshot[] = resultsOf(thread("answered"));

/** Somebody who may only look. */
export const VIEWER: Session = {
  name: "Grace",
  role: "viewer",
  rights: ["run:read", "feature_flag:read"],
  by: "session",
  key_required: true,
};

export const ERROR: Report = {
  code: "unavailable",
  retry: "once",
  message: "cannot read the events of 20 May: the store did not answer within 30 seconds",
  hint: "start it again with `hedgerow serve`",
};

export const REFUSED_ERROR: Report = {
  code: "unknown_name",
  retry: "adjust",
  message: 'unknown property "$brwser"',
  hint: "the nearest are $browser and $browser_version",
};

export const WARNINGS: Warning[] = [
  { code: "partial_period", message: "The last day is not over: its numbers still grow." },
  { code: "row_limit", message: "The first 100 of 2,317 paths are shown." },
];

const flagFor = (percent: number, tags: string[]): ObjectState => ({
  name: "new-editor",
  body: {
    active: true,
    filters: {
      groups: [{ properties: [{ key: "plan", operator: "exact", value: "team" }], rollout_percentage: percent }],
    },
    tags,
  },
});

export const FLAG_CHANGE: Change = {
  kind: "feature_flag",
  id: "flag-new-editor",
  from_version: 3,
  before: flagFor(20, ["editor"]),
  after: flagFor(50, ["editor", "rollout"]),
};

export const INSIGHT_CREATE: Change = {
  kind: "insight",
  id: "insight-sign-ups",
  from_version: 0,
  after: {
    name: "Sign-ups per week",
    body: { query: { kind: "TrendsQuery", series: [{ event: "signed_up" }], interval: "week" } },
  },
};

const NOTES = "# Launch review\n\nSign-ups rose in the first week.\n";

export const NOTEBOOK_CHANGE: Change = {
  kind: "notebook",
  id: "notebook-review",
  from_version: 7,
  before: {
    name: "Launch review",
    body: { text: `${NOTES}Churn is not known yet.\n\n## Next\nAsk sales.\nWrite it up.` },
  },
  after: {
    name: "Launch review",
    body: { text: `${NOTES}Churn was flat.\n\n## Next\nAsk sales.\nWrite it up.\nShare it.` },
  },
};

export const COHORT_DELETE: Change = {
  kind: "cohort",
  id: "cohort-trial",
  from_version: 2,
  before: {
    name: "Trial without a note",
    body: { filters: { type: "AND", values: [{ key: "trial", value: true, type: "person" }] } },
  },
};

export const UNDO_PLAN: UndoPlan = { changes: [{ ...FLAG_CHANGE, from_version: 4 }], conflicts: [] };

/** Somebody has changed the flag since. */
export const BLOCKED_PLAN: UndoPlan = {
  changes: [],
  conflicts: [
    {
      activity: "activity-1",
      object_id: "flag-new-editor",
      kind: "feature_flag",
      name: "new-editor",
      reason: 'feature_flag "new-editor" is not as this change left it',
      hint: "undo what came after it first, or change the object by hand",
      since: {
        id: "activity-2",
        object_id: "flag-new-editor",
        project: "site",
        kind: "feature_flag",
        version: 5,
        at: "2026-05-18T10:00:00Z",
        actor: { type: "person", name: "Grace" },
        action: "changed",
      },
    },
  ],
};

export const CHANGE_CALL: AskedCall = {
  tool: "update_feature_flag",
  title: "Change a feature flag",
  arguments: { name: "new-editor", rollout_percentage: 50, tags: ["editor", "rollout"] },
  effect: "change",
  why: "what changes a flag is always asked for",
  changes: [FLAG_CHANGE],
};

export const DELETE_CALL: AskedCall = {
  tool: "delete_cohort",
  title: "Delete a cohort",
  arguments: { id: "cohort-trial" },
  effect: "delete",
  why: "deleting always asks",
  changes: [COHORT_DELETE],
};

export const OUTSIDE_CALL: AskedCall = {
  tool: "send_message",
  title: "Send a message to a channel",
  arguments: { channel: "#launch", text: "Sign-ups are up this week." },
  effect: "external",
  why: "what acts outside is always asked for",
  changes: [],
};

export const FLAG_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name", "rollout_percentage"],
  properties: {
    name: {
      type: "string",
      title: "Name",
      description: "What the code asks for.",
      minLength: 1,
      pattern: "^[a-z0-9-]+$",
    },
    rollout_percentage: {
      type: "integer",
      title: "Rollout",
      description: "How many of a hundred people have it.",
      minimum: 0,
      maximum: 100,
    },
    active: { type: "boolean", title: "Active" },
    stage: {
      title: "Stage",
      oneOf: [
        { const: "alpha", description: "For its makers." },
        { const: "beta", description: "For the willing." },
      ],
    },
    tags: { type: "array", title: "Tags", items: { type: "string" } },
    owner: {
      title: "Owner",
      anyOf: [
        {
          type: "object",
          required: ["email"],
          properties: { email: { type: "string", title: "Email", minLength: 3 } },
        },
        { type: "null" },
      ],
    },
    filters: { title: "Filters", description: "A tree of conditions, as JSON." },
  },
};

export const FLAG_VALUE = { name: "new-editor", rollout_percentage: 50, active: true, stage: "beta", tags: ["editor"] };
export const WRONG_FLAG_VALUE = { name: "New editor", rollout_percentage: 500, stage: "ga", owner: { email: "" } };

/** An answer of one sentence with one figure. */
export function answerWith(status: FigureStatus): Answer {
  const cell = { handle: "r1", query_id: null, row: 1, column: "page_views", label: "2015-05-18", value: 1002 };
  const figure: Figure = {
    text: "1,002",
    value: 1002,
    unit: "events",
    status,
    expression: "r1[1].page_views",
    cells: status === "verified" ? [cell] : [],
    claim: "reference",
  };
  return {
    text: "There were 1,002 page views on 18 May.",
    headline: null,
    figures: [figure],
    segments: [
      { type: "text", text: "There were " },
      { type: "figure", index: 0 },
      { type: "text", text: " page views on 18 May." },
    ],
  };
}

export const FIELDS: FilterField[] = [
  { key: "key", type: "flag", kind: "text", label: "Key", values: ["new-editor", "dark-mode", "old-billing"] },
  { key: "active", type: "flag", kind: "boolean", label: "Active" },
  { key: "rollout_percentage", type: "flag", kind: "whole", label: "Rollout" },
  { key: "created_at", type: "flag", kind: "date", label: "Created" },
  { key: "tags", type: "flag", kind: "tags", label: "Tags" },
  { key: "plan", type: "person", kind: "text", label: "Plan", values: ["free", "team"] },
  { key: "app_version", type: "event", kind: "version", label: "App version" },
];

export const TREE: Group = {
  type: "AND",
  values: [
    { key: "active", type: "flag", operator: "exact", value: true },
    {
      type: "OR",
      values: [
        { key: "rollout_percentage", type: "flag", operator: "between", value: [10, 50] },
        { key: "tags", type: "flag", operator: "in", value: ["editor", "growth"] },
        { type: "AND", values: [{ key: "plan", type: "person", operator: "is_not_set" }] },
      ],
    },
    { key: "created_at", type: "flag", operator: "is_date_after", value: "2026-05-01" },
  ],
};

/** A condition that lacks its value, one of a field that is not there, and one with bounds the wrong way round. */
export const WRONG_TREE: Group = {
  type: "OR",
  values: [
    { key: "key", type: "flag", operator: "icontains" },
    { key: "owner", type: "flag", operator: "exact", value: "Ada" },
    { key: "rollout_percentage", type: "flag", operator: "between", value: [50, 10] },
  ],
};

export const COMMANDS: Command[] = [
  {
    name: "sql",
    title: "Mode SQL",
    about: "Questions no typed query can express: medians, joins, lists of single events.",
    action: { type: "mode", mode: "sql" },
  },
  {
    name: "query_trends",
    title: "Query trends",
    about: "For example: Most viewed pages",
    action: { type: "example", text: "Most viewed pages", modes: ["product_analytics"] },
  },
];
