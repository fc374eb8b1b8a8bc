/** What the lines about the arguments of several kinds of queries have in common. */

import type { Json } from "@/api/types";
import { field, listAt, textAt } from "@/lib/json-read";

export function nameOf(node: Json | undefined): string {
  return (
    textAt(node, "custom_name") ?? textAt(node, "event") ?? textAt(node, "id") ?? textAt(node, "name") ?? "any event"
  );
}

export function period(args: Json): string | null {
  const range = field(args, "dateRange");
  const [from, until] = [textAt(range, "date_from"), textAt(range, "date_to")];
  return from && (until && until !== from ? `${from} to ${until}` : from);
}

/** `by plan`, `by $browser and $os`, `by cohorts`; `null` where there is no breakdown. */
export function breakdownOf(args: Json): string | null {
  const filter = field(args, "breakdownFilter");
  if (textAt(filter, "breakdown_type") === "cohort") return "by cohorts";
  const several = listAt(filter, "breakdowns").flatMap((each) => textAt(each, "property") ?? []);
  const one = textAt(filter, "breakdown");
  const names = several.length > 0 ? several : one ? [one] : [];
  return names.length > 0 ? `by ${names.join(" and ")}` : null;
}
