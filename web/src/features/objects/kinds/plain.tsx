/** How objects are shown that no product has a picture for. */

import type { ObjectKind, StoredObject } from "@/api/objects";
import type { ObjectUi } from "@/app/product";
import { kindsWord } from "@/lib/changes";
import type { IconName } from "@/ui/icons";
import { JsonFacts } from "@/ui/json-facts";

const ICONS: Record<ObjectKind, IconName> = {
  feature_flag: "flag",
  insight: "bars",
  dashboard: "board",
  cohort: "group",
  action: "target",
  notebook: "note",
};

export function plainObjectUi(kind: ObjectKind): ObjectUi {
  const words = kindsWord(kind);
  return {
    kind,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    icon: ICONS[kind],
    about: `All ${words} of this project.`,
    fields: [],
    columns: [],
    Body: PlainBody,
  };
}

function PlainBody({ object }: { object: StoredObject }) {
  return <JsonFacts value={object.body} />;
}
