/** Changes of stored objects in words. */

import type { Activity, Change, ObjectKind } from "@/api/objects";
import type { Effect } from "@/api/types";
import { fieldChanges } from "@/lib/diff";

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

function verbOf(change: Pick<Change, "before" | "after">): keyof typeof VERBS {
  if (change.after === null) return "delete";
  return change.before === null ? "create" : "change";
}

/** What a change does: `Change the insight “Sign-ups” in 2 fields`. */
export function changeWords(change: Change, tense: "now" | "past" = "now"): string {
  const verb = verbOf(change);
  const fields = fieldChanges(change.before, change.after).length;
  const where = verb === "change" ? ` in ${fields === 1 ? "1 field" : `${fields} fields`}` : "";
  return `${VERBS[verb][tense]} the ${kindWord(change.kind)} “${change.name}”${where}`;
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
