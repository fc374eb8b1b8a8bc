/** What a product's folder may add to the page. */

import type { ComponentType, ReactNode } from "react";
import type { StoredObject } from "@/api/objects";
import type { Json, ResultSnapshot } from "@/api/types";
import type { FilterField } from "@/lib/filters";
import type { IconName } from "@/ui/icons";

export interface ResultProps {
  result: ResultSnapshot;
}

export interface ToolUi {
  /** The tool's name. */
  tool: string;
  /** Shows the tool's result. */
  result?: ComponentType<ResultProps>;
  /** The arguments of a call on one line; `null` where the general text serves. */
  summary?: (args: Json) => string | null;
}

/** A made-up result that the gallery shows with its tool's renderer; a product's `samples.ts` gives a list of them. */
export interface ResultSample {
  tool: string;
  /** The state that it shows, e.g. `the last week is not over`. */
  name: string;
  result: ResultSnapshot;
}

/** A field of an object that its list can be filtered by. */
export interface ObjectField extends FilterField {
  read: (object: StoredObject) => Json | undefined;
}

export interface ObjectColumn {
  title: string;
  cell: (object: StoredObject) => ReactNode;
  /** Left out where the window is narrow. */
  wide?: boolean;
}

/** The pages of a kind of stored objects: a list, and one object with what was done to it. */
export interface ObjectUi {
  /** The kind's name, as the server has it. */
  kind: string;
  /** `Feature flags`. */
  title: string;
  icon: IconName;
  /** What these are for, in a sentence. */
  about: string;
  /** The list's name for `make_filters`, where it has one. */
  list?: string;
  /** Beside name, version and dates, which every object has. */
  fields: ObjectField[];
  columns: ObjectColumn[];
  /** Shows the body of one. */
  Body: ComponentType<{ object: StoredObject }>;
  /** Wishes for the list, in words. */
  suggestions?: string[];
}

/** A page of a product's own, with the ask box below it. */
export interface PageUi {
  /** Its address, parts of which may be parameters: `/persons/$id`. */
  path: `/${string}`;
  /** `Events`. */
  title: string;
  /** With an icon it stands in the menu. */
  icon?: IconName;
  /** Fetches the page when it is opened. */
  load: () => Promise<{ default: ComponentType }>;
}

export interface ProductManifest {
  product: string;
  tools: ToolUi[];
  objects?: ObjectUi[];
  pages?: PageUi[];
}

export function defineProduct(manifest: ProductManifest): ProductManifest {
  return manifest;
}
