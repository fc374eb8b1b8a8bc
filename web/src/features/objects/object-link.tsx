/** A link to an object, by its name as soon as that is known. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ObjectKind } from "@/api/objects";
import { objectQuery } from "@/api/queries";
import { useProject } from "@/app/project";
import { kindWord } from "@/lib/changes";

export function ObjectLink({ kind, id }: { kind: ObjectKind; id: string }) {
  const project = useProject();
  const object = useQuery(objectQuery(project.id, id));
  if (object.isError) {
    return (
      <span className="text-sm text-muted">
        The {kindWord(kind)} {id} can't be read; it may be deleted.
      </span>
    );
  }
  return (
    <Link to="/objects/$kind/$id" params={{ kind, id }} className="text-accent underline underline-offset-3">
      {object.data?.name ?? id}
    </Link>
  );
}
