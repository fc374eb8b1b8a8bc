/** What a list of objects can be filtered by: the fields of its kind, and those that every object has. */

import type { StoredObject } from "@/api/objects";
import type { ObjectField, ObjectUi } from "@/app/product";
import { fieldId, type Group, matches } from "@/lib/filters";

/** Values of a text are offered as long as there are no more than so many. */
const MOST_VALUES = 100;

export function listFields(ui: ObjectUi, objects: StoredObject[]): ObjectField[] {
  const common: ObjectField[] = [
    { key: "name", type: ui.kind, kind: "text", label: "Name", read: (object) => object.name },
    { key: "created_by", type: ui.kind, kind: "text", label: "Created by", read: (object) => object.created_by.name },
    { key: "created_at", type: ui.kind, kind: "date", label: "Created", read: (object) => object.created_at },
    { key: "updated_by", type: ui.kind, kind: "text", label: "Changed by", read: (object) => object.updated_by.name },
    { key: "updated_at", type: ui.kind, kind: "date", label: "Changed", read: (object) => object.updated_at },
  ];
  const own = new Set(ui.fields.map((field) => field.label));
  const all = [...ui.fields, ...common.filter((field) => !own.has(field.label) && !(ui.list && field.key === "name"))];
  return all.map((field) => {
    if (field.values || (field.kind !== "text" && field.kind !== "tags")) return field;
    const values = [...new Set(objects.flatMap((object) => field.read(object) ?? []))].filter(
      (value) => typeof value === "string",
    );
    return values.length <= MOST_VALUES ? { ...field, values: values.sort() } : field;
  });
}

/** The objects that fit; the tree's conditions must be usable. */
export function filterObjects(objects: StoredObject[], tree: Group, fields: ObjectField[]): StoredObject[] {
  const readers = new Map(fields.map((field) => [fieldId(field), field.read]));
  return objects.filter((object) => matches(tree, fields, (field) => readers.get(fieldId(field))?.(object)));
}
