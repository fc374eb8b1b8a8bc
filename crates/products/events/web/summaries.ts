/** The arguments of both tools on one line: what is listed, with how many conditions, and how many rows. */

import type { Json } from "@/api/types";
import { conditions, readTree } from "@/lib/filters";
import { field, textAt } from "@/lib/json-read";

export const eventsSummary = (args: Json) => summary(textAt(args, "event") ?? "all events", args);
export const personsSummary = (args: Json) => summary("persons", args);

function summary(what: string, args: Json): string | null {
  const search = textAt(args, "search");
  const count = countConditions(field(args, "properties"));
  const limit = field(args, "limit");
  const parts = [
    what,
    search && `“${search}”`,
    count > 0 && (count === 1 ? "1 filter" : `${count} filters`),
    typeof limit === "number" && `at most ${limit}`,
    textAt(args, "cursor") && "next page",
  ];
  return parts.filter(Boolean).join(" · ");
}

function countConditions(filters: Json | undefined): number {
  try {
    return filters === undefined ? 0 : conditions(readTree(filters)).length;
  } catch {
    return 0;
  }
}
