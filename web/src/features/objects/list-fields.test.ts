import { expect, it } from "vitest";
import { OBJECT_KINDS, type StoredObject } from "@/api/objects";
import { objectUi, objectUis } from "@/app/products";
import { filterObjects, listFields } from "@/features/objects/list-fields";
import { fieldId } from "@/lib/filters";

const flag = (key: string, body: object, changes: Partial<StoredObject> = {}): StoredObject => ({
  id: key,
  project: "site",
  kind: "feature_flag",
  name: key,
  version: 1,
  body,
  created_at: "2026-05-18T10:00:00Z",
  created_by: { type: "person", name: "Ada" },
  updated_at: "2026-05-19T10:00:00Z",
  updated_by: { type: "agent", name: "Hedgerow", run_id: "r", call_id: "c" },
  ...changes,
});

const groups = (...shares: number[]) => ({ groups: shares.map((rollout_percentage) => ({ rollout_percentage })) });

const FLAGS = [
  flag("new-editor", { active: true, filters: groups(20), tags: ["editor"] }),
  flag("palette", { active: true, filters: { groups: [{ rollout_percentage: 5 }, { properties: [] }] } }),
  flag("old", { active: false, filters: { multivariate: { variants: [{ key: "a" }] } } }),
];

it("every kind has pages, and no field of a kind stands twice", () => {
  // Those of products that bring a kind of their own come behind them.
  expect(
    objectUis()
      .slice(0, OBJECT_KINDS.length)
      .map((ui) => ui.kind),
  ).toEqual([...OBJECT_KINDS]);
  for (const ui of objectUis()) {
    const fields = listFields(ui, []);
    expect(new Set(fields.map(fieldId)).size).toBe(fields.length);
    expect(new Set(fields.map((field) => field.label)).size).toBe(fields.length);
  }
});

it("flags are filtered by what they hold, wherever they hold it", () => {
  const ui = objectUi("feature_flag");
  if (!ui) throw new Error("flags have pages");
  const fields = listFields(ui, FLAGS);
  const names = (key: string, operator: "gte" | "exact" | "is_date_before", value?: unknown) =>
    filterObjects(FLAGS, { type: "AND", values: [{ key, operator, value, type: "flag" }] }, fields).map(
      (each) => each.name,
    );
  expect(names("rollout_percentage", "gte", 20)).toEqual(["new-editor", "palette"]);
  expect(names("rollout_percentage", "exact", 100)).toEqual(["palette"]);
  expect(names("rollout_percentage", "exact", 0)).toEqual(["old"]);
  expect(names("has_variants", "exact", true)).toEqual(["old"]);
  expect(names("tags", "exact", "editor")).toEqual(["new-editor"]);
  expect(names("created_by", "exact", "Ada")).toHaveLength(3);
  expect(names("created_at", "is_date_before", "2026-05-18")).toEqual([]);
});

it("values that are there are offered, and not too many of them", () => {
  const ui = objectUi("insight");
  if (!ui) throw new Error("insights have pages");
  const values = (objects: StoredObject[]) => listFields(ui, objects).find((field) => field.key === "name")?.values;
  expect(values(FLAGS)).toEqual(["new-editor", "old", "palette"]);
  expect(values(Array.from({ length: 101 }, (_, index) => flag(`f${index}`, {})))).toBeUndefined();
});
