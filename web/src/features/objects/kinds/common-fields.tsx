/** What bodies of several kinds have in common. */

import type { StoredObject } from "@/api/objects";
import type { ObjectField } from "@/app/product";
import { listAt, textAt } from "@/lib/json-read";

export function tagsOf(object: StoredObject): string[] {
  return listAt(object.body, "tags").filter((tag) => typeof tag === "string");
}

export function tagsField(type: string): ObjectField {
  return { key: "tags", type, kind: "tags", label: "Tags", read: tagsOf };
}

export function Description({ object }: { object: StoredObject }) {
  const text = textAt(object.body, "description");
  return text === null ? null : <p className="text-muted [overflow-wrap:anywhere]">{text}</p>;
}
