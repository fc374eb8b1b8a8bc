/** Pages of feature flags. */

import type { StoredObject } from "@/api/objects";
import type { Json } from "@/api/types";
import type { ObjectUi } from "@/app/product";
import { FilterSummary } from "@/features/filters/filter-summary";
import { Description, tagsOf } from "@/features/objects/kinds/common-fields";
import { field, listAt, textAt } from "@/lib/json-read";
import { Facts } from "@/ui/facts";

const filters = (object: StoredObject) => field(object.body, "filters");
const groups = (object: StoredObject) => listAt(filters(object), "groups");
const variants = (object: StoredObject) => listAt(field(filters(object), "multivariate"), "variants");
const active = (object: StoredObject) => field(object.body, "active") === true;

/** The share of those who match a condition; all of them where none is set. */
function share(group: Json): number {
  const percent = field(group, "rollout_percentage");
  return typeof percent === "number" ? percent : 100;
}

/** The widest share of all conditions; 0 without one, since nobody gets the flag then. */
const rollout = (object: StoredObject) => Math.max(0, ...groups(object).map(share));

function State({ object }: { object: StoredObject }) {
  const tone = active(object) ? "border-accent bg-accent-soft text-accent-strong" : "border-line text-muted";
  return <span className={`rounded-full border px-2 py-0.5 text-xs ${tone}`}>{active(object) ? "active" : "off"}</span>;
}

function FlagBody({ object }: { object: StoredObject }) {
  const named = variants(object).map(
    (each) => `${textAt(each, "key") ?? "?"} ${field(each, "rollout_percentage") ?? 0}%`,
  );
  return (
    <div className="space-y-4">
      <Description object={object} />
      <Facts
        facts={[
          ["State", <State key="state" object={object} />],
          ["Variants", named.join(", ") || "none: on or off"],
          ["Tags", tagsOf(object).join(", ") || "none"],
          ["Who gets it", <Conditions key="conditions" object={object} />],
        ]}
      />
    </div>
  );
}

function Conditions({ object }: { object: StoredObject }) {
  if (groups(object).length === 0) return "Nobody: it has no condition.";
  return (
    <ol className="space-y-2">
      {groups(object).map((group, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a condition's position is its identity.
        <li key={index} className="flex flex-wrap gap-x-1.5">
          <span className="text-muted">{share(group)}% of </span>
          <FilterSummary filters={listAt(group, "properties")} everything="everybody" />
          {textAt(group, "variant") && <span className="text-muted">with the variant {textAt(group, "variant")}</span>}
        </li>
      ))}
    </ol>
  );
}

const type = "flag";

export const featureFlags: ObjectUi = {
  kind: "feature_flag",
  title: "Feature flags",
  icon: "flag",
  about: "Parts of the product that are on for some people.",
  list: "flags",
  fields: [
    { type, key: "key", kind: "text", label: "Key", read: (object) => object.name },
    {
      type,
      key: "name",
      kind: "text",
      label: "About",
      read: (object) => textAt(object.body, "description") ?? undefined,
    },
    { type, key: "active", kind: "boolean", label: "Active", read: active },
    { type, key: "rollout_percentage", kind: "whole", label: "Rollout", read: rollout },
    {
      type,
      key: "has_variants",
      kind: "boolean",
      label: "Has variants",
      read: (object) => variants(object).length > 0,
    },
    { type, key: "tags", kind: "tags", label: "Tags", read: tagsOf },
    { type, key: "created_by", kind: "text", label: "Created by", read: (object) => object.created_by.name },
    { type, key: "created_at", kind: "date", label: "Created", read: (object) => object.created_at },
  ],
  columns: [
    { title: "State", cell: (object) => <State object={object} /> },
    { title: "Rollout", cell: (object) => `${rollout(object)}%` },
    { title: "Tags", wide: true, cell: (object) => tagsOf(object).join(", ") },
  ],
  Body: FlagBody,
  suggestions: ["Active flags for at least 40 percent"],
};
