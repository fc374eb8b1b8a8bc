/** Pages of notebooks. They lie here until notebooks have a product's folder of their own. */

import type { StoredObject } from "@/api/objects";
import type { ObjectUi } from "@/app/product";
import { Prose } from "@/features/answer/prose";
import { textAt } from "@/lib/json-read";
import { proseBlocks } from "@/lib/prose";
import { JsonFacts } from "@/ui/json-facts";

const textOf = (object: StoredObject) => textAt(object.body, "text") ?? textAt(object.body, "content");

function NotebookBody({ object }: { object: StoredObject }) {
  const text = textOf(object);
  if (text === null) return <JsonFacts value={object.body} />;
  return <Prose blocks={proseBlocks([{ type: "text", text }])} figure={() => null} />;
}

/** The first line that is no heading. */
function beginning(object: StoredObject): string {
  const lines = (textOf(object) ?? "").split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines[0] ?? "";
}

export const notebooks: ObjectUi = {
  kind: "notebook",
  title: "Notebooks",
  icon: "note",
  about: "Texts about what was found.",
  fields: [
    { key: "text", type: "notebook", kind: "text", label: "Text", read: (object) => textOf(object) ?? undefined },
  ],
  columns: [{ title: "Begins", wide: true, cell: beginning }],
  Body: NotebookBody,
};
