/** What a call of `make_filters` gives a page. */

import type { Json, ToolCallView } from "@/api/types";
import { field, listAt, textAt } from "@/lib/json-read";

export interface MadeFilters {
  list: string | null;
  filters: Json;
  /** One sentence for each condition. */
  understood: string[];
}

/** The filters in their normal form, as the tool answered; a tool that answers in words has them as they were asked for. */
export function filtersOf(call: Pick<ToolCallView, "content" | "arguments">): MadeFilters {
  const answered = readJson(call.content);
  const from = field(answered, "filters") === undefined ? call.arguments : answered;
  const filters = field(from, "filters");
  if (filters === undefined) throw new Error("the call of make_filters has no filters");
  return {
    list: textAt(from, "list"),
    filters,
    understood: listAt(from, "understood").filter((each) => typeof each === "string"),
  };
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
