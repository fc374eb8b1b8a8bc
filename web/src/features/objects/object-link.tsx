/** A link to an object's page. */

import { Link } from "@tanstack/react-router";
import type { StoredObject } from "@/api/objects";

export function ObjectLink({ object }: { object: StoredObject }) {
  return (
    <Link
      to="/objects/$kind/$id"
      params={{ kind: object.kind, id: object.id }}
      className="rounded underline underline-offset-3"
    >
      {object.name}
    </Link>
  );
}
