/** Pages of notebooks: texts, and queries that are computed when somebody reads. */

import type { StoredObject } from "@/api/objects";
import type { ObjectUi } from "@/app/product";
import { Prose } from "@/features/answer/prose";
import { tagsField } from "@/features/objects/kinds/common-fields";
import { SavedResult } from "@/features/objects/saved-result";
import { field, listAt, textAt } from "@/lib/json-read";
import { proseBlocks } from "@/lib/prose";
import { Empty } from "@/ui/empty";

const cells = (object: StoredObject) => listAt(object.body, "cells");
const textOf = (object: StoredObject) =>
  cells(object)
    .flatMap((cell) => textAt(cell, "text") ?? [])
    .join("\n");

function NotebookBody({ object }: { object: StoredObject }) {
  if (cells(object).length === 0) return <Empty icon="note" title="Nothing stands in it yet" />;
  return (
    <div className="space-y-4">
      {cells(object).map((cell, index) => {
        const query = field(cell, "query");
        const text = textAt(cell, "text") ?? textAt(cell, "title");
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a cell's position is its identity.
          <div key={index} className="space-y-2">
            {text !== null && <Prose blocks={proseBlocks([{ type: "text", text }])} figure={() => null} />}
            {query !== undefined && <SavedResult project={object.project} tool="query_trends" query={query} />}
          </div>
        );
      })}
    </div>
  );
}

/** The first line that is no heading. */
function beginning(object: StoredObject): string {
  const lines = textOf(object).split("\n");
  return lines.find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
}

export const notebooks: ObjectUi = {
  kind: "notebook",
  title: "Notebooks",
  icon: "note",
  about: "Texts about what was found, with the queries in them.",
  fields: [
    { key: "text", type: "notebook", kind: "text", label: "Text", read: (object) => textOf(object) || undefined },
    tagsField("notebook"),
  ],
  columns: [{ title: "Begins", wide: true, cell: beginning }],
  Body: NotebookBody,
};
