/** Stored objects (flags, insights, dashboards, ...), who changed them, and how a change is taken back. */

import { request, segment, sendJson } from "@/api/client";
import type { Effect, Json } from "@/api/types";

export const OBJECT_KINDS = ["feature_flag", "insight", "dashboard", "cohort", "action", "notebook"] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** Who did something. An agent acts within a run, by one of its calls. */
export interface Actor {
  type: "person" | "agent";
  name: string;
  run_id?: string;
  call_id?: string;
}

export interface StoredObject {
  id: string;
  project: string;
  kind: ObjectKind;
  name: string;
  version: number;
  body: Json;
  created_at: string;
  created_by: Actor;
  updated_at: string;
  updated_by: Actor;
}

/** What a call would do to an object, or has done. */
export interface Change {
  kind: ObjectKind;
  id: string;
  name: string;
  /** The version that is changed; 0 for something new. */
  from_version: number;
  /** The body as it stands; `null` for something new. */
  before: Json | null;
  /** The body afterwards; `null` for something deleted. */
  after: Json | null;
}

export interface Activity {
  id: string;
  object_id: string;
  kind: ObjectKind;
  name: string;
  version: number;
  at: string;
  actor: Actor;
  action: "created" | "changed" | "deleted" | "restored";
  before: Json | null;
  after: Json | null;
  /** The activity that this one has taken back. */
  undoes: string | null;
  /** The activity that has taken this one back. */
  undone_by: string | null;
}

/** What a call would do, before it is made. */
export interface Preview {
  tool: string;
  effect: Effect;
  decision: "allow" | "ask" | "deny";
  changes: Change[];
}

interface Items<T> {
  items: T[];
}

const of = (project: string) => `/api/projects/${segment(project)}`;
const items = async <T>(reply: Promise<Response>): Promise<T[]> => ((await (await reply).json()) as Items<T>).items;
const one = async <T>(reply: Promise<Response>): Promise<T> => (await (await reply).json()) as T;

export interface ActivityFilter {
  object?: string;
  run?: string;
}

export const objectsApi = {
  list: (project: string, kind: ObjectKind) =>
    items<StoredObject>(request(`${of(project)}/objects?kind=${segment(kind)}`)),
  get: (project: string, id: string) => one<StoredObject>(request(`${of(project)}/objects/${segment(id)}`)),
  activity: (project: string, filter: ActivityFilter) => {
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== undefined));
    return items<Activity>(request(`${of(project)}/activity?${query}`));
  },
  /** Takes one change back. */
  undo: (project: string, activity: string) =>
    one<Activity>(sendJson(`${of(project)}/activity/${segment(activity)}/undo`, {})),
  /** Takes back all that a run has changed, or one call of it. */
  undoRun: (project: string, run: string, call?: string) => {
    const query = call === undefined ? "" : `?call=${segment(call)}`;
    return items<Activity>(sendJson(`${of(project)}/runs/${segment(run)}/undo${query}`, {}));
  },
  /** What a call would do. */
  preview: (project: string, tool: string, args: Json) =>
    one<Preview>(sendJson(`${of(project)}/tools/${segment(tool)}/preview`, args)),
  /** Makes a call as a person, who has seen what it does. */
  write: async (project: string, tool: string, args: Json): Promise<void> => {
    await sendJson(`${of(project)}/tools/${segment(tool)}?approved=true`, args);
  },
};
