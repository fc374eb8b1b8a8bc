/** Changes of stored objects in words. */

import type { Activity, Change, ObjectKind, ObjectState } from "@/api/objects";
import type { Effect, Json } from "@/api/types";
import { type FieldChange, fieldChanges } from "@/lib/diff";

const KINDS: Record<ObjectKind, string> = {
  feature_flag: "feature flag",
  insight: "insight",
  dashboard: "dashboard",
  cohort: "cohort",
  action: "action",
  notebook: "notebook",
};

/** The kind as a word; one of a later version as it is named. */
export function kindWord(kind: ObjectKind | string): string {
  return KINDS[kind as ObjectKind] ?? kind.replaceAll("_", " ");
}

export function kindsWord(kind: ObjectKind | string): string {
  return `${kindWord(kind)}s`;
}

const VERBS = {
  create: { now: "Create", past: "Created" },
  change: { now: "Change", past: "Changed" },
  delete: { now: "Delete", past: "Deleted" },
};

type States = Pick<Change, "before" | "after">;

/** The name after a change, or before it where nothing is left. */
export function nameOf({ before, after }: States): string {
  return after?.name ?? before?.name ?? "";
}

/** A state's fields: the name, and beside it those of the body, where neither hides the other. */
export function stateFields(state: ObjectState | null | undefined): Json | null {
  if (!state) return null;
  const { name, body } = state;
  const spread = body !== null && typeof body === "object" && !Array.isArray(body) && !("name" in body);
  return spread ? { name, ...body } : { name, body };
}

/** The fields that are different. */
export function changedFields({ before, after }: States): FieldChange[] {
  return fieldChanges(stateFields(before), stateFields(after));
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name within other words. One from right to left is kept apart, so that it can't turn the quotes around it. */
export function quoted(name: string): string {
  return RIGHT_TO_LEFT.test(name) ? `“\u2068${name}\u2069”` : `“${name}”`;
}

/** What a change does: `Change the insight “Sign-ups” in 2 fields`. */
export function changeWords(change: Pick<Change, "kind" | "before" | "after">, tense: "now" | "past" = "now"): string {
  const verb = !change.after ? "delete" : change.before ? "change" : "create";
  const fields = changedFields(change).length;
  const where = verb === "change" ? ` in ${fields === 1 ? "1 field" : `${fields} fields`}` : "";
  return `${VERBS[verb][tense]} the ${kindWord(change.kind)} ${quoted(nameOf(change))}${where}`;
}

const EFFECTS: Record<Effect, string> = {
  read: "only reads",
  draft: "writes to the conversation",
  create: "makes something new",
  change: "changes something",
  delete: "deletes something",
  publish: "shows something to others",
  spend: "costs money",
  external: "acts on a system outside",
};

export function effectWords(effect: Effect): string {
  return EFFECTS[effect] ?? effect;
}

/** A tool's name as words, where its title is not known: `create_flag` is `Create flag`. */
export function toolWords(tool: string): string {
  const words = tool.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The call as a question: what it does to which objects, else what the tool is for. */
export function callQuestion(title: string, effect: Effect, changes: Change[]): string {
  const [first, ...more] = changes;
  if (!first) return `${title}? It ${effectWords(effect)}.`;
  if (more.length === 0) return `${changeWords(first)}?`;
  return `${changeWords(first)}, and ${more.length === 1 ? "1 more" : `${more.length} more`}?`;
}

const ACTIONS: Record<Activity["action"], string> = {
  created: "Created",
  changed: "Changed",
  deleted: "Deleted",
  restored: "Restored",
};

export function actionWord(action: Activity["action"] | string): string {
  return ACTIONS[action as Activity["action"]] ?? action;
}
