/** The filters of a list as they stand in its address, so that it can be shared. */

import type { Json } from "@/api/types";
import { EMPTY_TREE, type Group, readTree } from "@/lib/filters";

/** The tree in the address; a broken one is said, and nothing is filtered. */
export function filtersInAddress(json: Json | undefined): { tree: Group; broken: string | null } {
  if (json === undefined) return { tree: EMPTY_TREE, broken: null };
  try {
    return { tree: readTree(json), broken: null };
  } catch (error) {
    return { tree: EMPTY_TREE, broken: error instanceof Error ? error.message : String(error) };
  }
}
