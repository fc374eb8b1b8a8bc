/** What a person is called. */

import type { ListedPerson } from "@/api/types";
import { textAt } from "@/lib/json-read";

const CALLED = ["name", "$name", "email", "$email"];

/** Name or email where something said it, else a distinct id. */
export function personName(person: Pick<ListedPerson, "distinct_ids" | "properties" | "person_id">): string {
  for (const key of CALLED) {
    const said = textAt(person.properties, key);
    if (said) return said;
  }
  return person.distinct_ids[0] ?? person.person_id;
}
