/** Stored objects (flags, insights, dashboards, ...), who changed them, and how a change is taken back. */

import { request, segment, sendJson } from "@/api/client";
import type { Effect, Json, Warning } from "@/api/types";

/** The kinds that the menu has, in its order. The server may know others. */
export const OBJECT_KINDS = ["feature_flag", "insight", "dashboard", "cohort", "action", "notebook"] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** Who did something. An agent acts for a person, within a run, by one of its calls. */
export type Actor = { type: "person"; name: string } | { type: "agent"; name: string; run_id: string; call_id: string };

export interface StoredObject {
  id: string;
  project: string;
  kind: string;
  /** One of a kind in a project. */
  name: string;
  version: number;
  body: Json;
  created_at: string;
  created_by: Actor;
  updated_at: string;
  updated_by: Actor;
}

/** What a change can change of an object. */
export interface ObjectState {
  name: string;
  body: Json;
}

/** What a call would do to an object, or has done. */
export interface Change {
  id: string;
  kind: string;
  /** The version that is changed; 0 for something new. */
  from_version: number;
  /** Absent for something new. */
  before?: ObjectState | null;
  /** Absent for something deleted. */
  after?: ObjectState | null;
}

export interface Activity {
  id: string;
  object_id: string;
  project: string;
  kind: string;
  /** The version that it led to. */
  version: number;
  at: string;
  actor: Actor;
  action: "created" | "changed" | "deleted" | "restored";
  before?: ObjectState | null;
  after?: ObjectState | null;
  /** The activity that this one has taken back. */
  undoes?: string | null;
  /** The activity that has taken this one back. */
  undone_by?: string | null;
}

/** What a call would do, before it is made. */
export interface Preview {
  tool: string;
  effect: Effect;
  decision: "allow" | "ask" | "deny";
  changes: Change[];
  /** What whoever agrees to them must know. */
  warnings?: Warning[];
}

/** What taking changes back would do. It is all done, or nothing of it. */
export interface UndoPlan {
  changes: Change[];
  conflicts: UndoConflict[];
}

/** Why a change can't be taken back. */
export interface UndoConflict {
  activity: string;
  object_id: string;
  kind: string;
  name: string;
  reason: string;
  hint?: string | null;
  /** What came to the object since. */
  since?: Activity | null;
}

const of = (project: string) => `/api/projects/${segment(project)}`;
const list = async <T>(reply: Promise<Response>): Promise<T[]> => ((await (await reply).json()) as { data: T[] }).data;
const one = async <T>(reply: Promise<Response>): Promise<T> => (await (await reply).json()) as T;

export interface ActivityFilter {
  object?: string;
  run?: string;
}

export const objectsApi = {
  list: (project: string, kind: string) => list<StoredObject>(request(`${of(project)}/objects?kind=${segment(kind)}`)),
  get: (project: string, id: string) => one<StoredObject>(request(`${of(project)}/objects/${segment(id)}`)),
  activity: (project: string, filter: ActivityFilter) => {
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== undefined));
    return list<Activity>(request(`${of(project)}/activity?${query}`));
  },
  /** Takes one change back. */
  undo: (project: string, activity: string) =>
    one<Activity>(sendJson(`${of(project)}/activity/${segment(activity)}/undo`, {})),
  /** What taking one change back would do. */
  planUndo: (project: string, activity: string) =>
    one<UndoPlan>(sendJson(`${of(project)}/activity/${segment(activity)}/undo?dry_run=true`, {})),
  /** Takes back all that a run has changed. */
  undoRun: (run: string) => list<Activity>(sendJson(`/api/runs/${segment(run)}/undo`, {})),
  /** What taking back all that a run has changed would do. */
  planUndoRun: (run: string) => one<UndoPlan>(sendJson(`/api/runs/${segment(run)}/undo?dry_run=true`, {})),
  /** What a call would do. */
  preview: (project: string, tool: string, args: Json) =>
    one<Preview>(sendJson(`${of(project)}/tools/${segment(tool)}/preview`, args)),
  /** Makes a call as a person, who has seen what it does. */
  write: async (project: string, tool: string, args: Json): Promise<void> => {
    await sendJson(`${of(project)}/tools/${segment(tool)}?approved=true`, args);
  },
};
