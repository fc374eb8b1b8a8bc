/** Pages of actions: events with conditions that mean the same, under one name. */

import type { StoredObject } from "@/api/objects";
import type { Json } from "@/api/types";
import type { ObjectUi } from "@/app/product";
import { FilterSummary } from "@/features/filters/filter-summary";
import { Description, tagsField } from "@/features/objects/kinds/common-fields";
import { field, listAt, textAt } from "@/lib/json-read";

const steps = (object: StoredObject) => listAt(object.body, "steps");

function ActionBody({ object }: { object: StoredObject }) {
  return (
    <div className="space-y-3">
      <Description object={object} />
      <p className="text-sm text-muted">It has happened where one of these has:</p>
      <ol className="space-y-2">
        {steps(object).map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step's position is its identity.
          <li key={index} className="space-y-1 rounded-lg border border-line bg-surface px-3 py-2 text-sm">
            <p className="font-medium">{textAt(step, "event") ?? "Any event"}</p>
            {hasConditions(step) && <FilterSummary filters={field(step, "properties") ?? []} />}
          </li>
        ))}
      </ol>
    </div>
  );
}

function hasConditions(step: Json): boolean {
  const properties = field(step, "properties");
  return (Array.isArray(properties) ? properties : listAt(properties, "values")).length > 0;
}

export const actions: ObjectUi = {
  kind: "action",
  title: "Actions",
  icon: "target",
  about: "Events that mean the same, under one name.",
  fields: [
    { key: "steps", type: "action", kind: "whole", label: "Steps", read: (object) => steps(object).length },
    tagsField("action"),
  ],
  columns: [
    { title: "Steps", cell: (object) => steps(object).length },
    { title: "About", wide: true, cell: (object) => textAt(object.body, "description") },
  ],
  Body: ActionBody,
};
