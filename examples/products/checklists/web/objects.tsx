/** Pages of checklists: what is done and by whom the rest is, and below it the reach since the launch. */

import type { StoredObject } from "@/api/objects";
import type { ObjectUi } from "@/app/product";
import { SavedResult } from "@/features/objects/saved-result";
import { field, listAt, textAt } from "@/lib/json-read";
import { Empty } from "@/ui/empty";
import { Icon } from "@/ui/icons";

const items = (object: StoredObject) => listAt(object.body, "items");
const left = (object: StoredObject) => items(object).filter((item) => field(item, "done") !== true).length;
const launchedOn = (object: StoredObject) => textAt(object.body, "launched_on");
const owners = (object: StoredObject) => [...new Set(items(object).flatMap((item) => textAt(item, "owner") ?? []))];

function ChecklistBody({ object }: { object: StoredObject }) {
  const measured = textAt(object.body, "event") !== null && launchedOn(object) !== null;
  return (
    <div className="space-y-4">
      <p className="text-muted [overflow-wrap:anywhere]">{textAt(object.body, "description")}</p>
      {items(object).length === 0 ? (
        <Empty icon="check" title="Nothing stands on it yet" />
      ) : (
        <ul className="space-y-2">
          {items(object).map((item) => {
            const done = field(item, "done") === true;
            return (
              <li
                key={textAt(item, "text")}
                className="flex items-center gap-2 rounded-lg border border-line px-3 py-2"
              >
                <Icon name={done ? "check" : "circle"} />
                <span className="[overflow-wrap:anywhere]">{textAt(item, "text")}</span>
                <span className="ml-auto text-sm text-muted">
                  {[textAt(item, "owner"), done ? "done" : "open"].filter(Boolean).join(" · ")}
                </span>
              </li>
            );
          })}
        </ul>
      )}
      {measured && <SavedResult project={object.project} tool="measure_reach" query={{ checklist: object.name }} />}
    </div>
  );
}

export const checklists: ObjectUi = {
  kind: "checklist",
  title: "Checklists",
  icon: "check",
  about: "What has to be done for a launch, and how many people it has reached.",
  fields: [
    { key: "left", type: "checklist", kind: "whole", label: "Left to do", read: left },
    { key: "owners", type: "checklist", kind: "tags", label: "Owners", read: owners },
    {
      key: "launched_on",
      type: "checklist",
      kind: "date",
      label: "Launch",
      read: (object) => launchedOn(object) ?? undefined,
    },
  ],
  columns: [
    { title: "Left to do", cell: (object) => `${left(object)} of ${items(object).length}` },
    { title: "Launch", wide: true, cell: launchedOn },
  ],
  Body: ChecklistBody,
};
