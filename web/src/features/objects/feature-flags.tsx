/** Pages of feature flags. They lie here until flags have a product's folder of their own. */

import type { StoredObject } from "@/api/objects";
import type { ObjectUi } from "@/app/product";
import { FilterSummary } from "@/features/filters/filter-summary";
import { field, listAt, textAt } from "@/lib/json-read";
import { Facts } from "@/ui/facts";

/** The share of people, from the flag itself or from the widest of its groups; `undefined` where none is set. */
function rollout(object: StoredObject): number | undefined {
  const own = field(object.body, "rollout_percentage");
  if (typeof own === "number") return own;
  const shares = groups(object).map((group) => field(group, "rollout_percentage"));
  const known = shares.filter((share) => typeof share === "number");
  return known.length > 0 ? Math.max(...known) : undefined;
}

const groups = (object: StoredObject) => listAt(field(object.body, "filters"), "groups");
const active = (object: StoredObject) => field(object.body, "active") === true;
const tags = (object: StoredObject) => listAt(object.body, "tags").filter((tag) => typeof tag === "string");
const variants = (object: StoredObject) => listAt(field(field(object.body, "filters"), "multivariate"), "variants");

function State({ object }: { object: StoredObject }) {
  return (
    <span
      className={`rounded-full border px-2 py-0.5 text-xs ${active(object) ? "border-accent bg-accent-soft text-accent-strong" : "border-line text-muted"}`}
    >
      {active(object) ? "active" : "off"}
    </span>
  );
}

function FlagBody({ object }: { object: StoredObject }) {
  const share = rollout(object);
  const filters = field(object.body, "filters");
  const about = textAt(object.body, "name");
  return (
    <div className="space-y-4">
      {about && <p className="text-muted">{about}</p>}
      <Facts
        facts={[
          ["State", <State key="state" object={object} />],
          ["Rollout", share === undefined ? "not set" : `${share}% of those who match`],
          ...(variants(object).length > 0
            ? [
                [
                  "Variants",
                  variants(object)
                    .map((each) => textAt(each, "key") ?? "")
                    .join(", "),
                ] as [string, string],
              ]
            : []),
          ["Tags", tags(object).join(", ") || "none"],
          [
            "Who matches",
            groups(object).length > 0 ? (
              <ol key="groups" className="space-y-1">
                {groups(object).map((group, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a group's position is its identity.
                  <li key={index}>
                    <FilterSummary filters={field(group, "properties") ?? []} />
                    <span className="text-muted">
                      {typeof field(group, "rollout_percentage") === "number" &&
                        `${field(group, "rollout_percentage")}% of them`}
                    </span>
                  </li>
                ))}
              </ol>
            ) : (
              <FilterSummary key="filters" filters={filters ?? []} />
            ),
          ],
        ]}
      />
    </div>
  );
}

const flagField = { type: "flag" } as const;

export const featureFlags: ObjectUi = {
  kind: "feature_flag",
  title: "Feature flags",
  icon: "flag",
  about: "Parts of the product that are on for some people.",
  list: "flags",
  fields: [
    {
      ...flagField,
      key: "key",
      kind: "text",
      label: "Key",
      read: (object) => textAt(object.body, "key") ?? object.name,
    },
    {
      ...flagField,
      key: "name",
      kind: "text",
      label: "About",
      read: (object) => textAt(object.body, "name") ?? undefined,
    },
    { ...flagField, key: "active", kind: "boolean", label: "Active", read: active },
    { ...flagField, key: "rollout_percentage", kind: "whole", label: "Rollout", read: rollout },
    {
      ...flagField,
      key: "has_variants",
      kind: "boolean",
      label: "Has variants",
      read: (object) => variants(object).length > 0,
    },
    { ...flagField, key: "tags", kind: "tags", label: "Tags", read: tags },
    { ...flagField, key: "created_by", kind: "text", label: "Created by", read: (object) => object.created_by.name },
    { ...flagField, key: "created_at", kind: "date", label: "Created", read: (object) => object.created_at },
    {
      ...flagField,
      key: "last_called_at",
      kind: "date",
      label: "Last called",
      read: (object) => textAt(object.body, "last_called_at") ?? undefined,
    },
  ],
  columns: [
    { title: "State", cell: (object) => <State object={object} /> },
    { title: "Rollout", cell: (object) => (rollout(object) === undefined ? "" : `${rollout(object)}%`) },
    { title: "Tags", wide: true, cell: (object) => tags(object).join(", ") },
  ],
  Body: FlagBody,
  tools: {
    create: { tool: "create_feature_flag", arguments: () => ({ key: "", rollout_percentage: 0 }) },
    change: { tool: "update_feature_flag", arguments: (object) => object?.body ?? {} },
    delete: { tool: "delete_feature_flag", arguments: (object) => ({ key: textAt(object?.body, "key") ?? "" }) },
  },
  suggestions: ["Active flags for at least 40 percent"],
};
