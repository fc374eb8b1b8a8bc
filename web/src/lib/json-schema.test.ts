import { expect, it } from "vitest";
import type { Json } from "@/api/types";
import { fieldOf, type JsonSchema, startValue, Unreadable, validate } from "@/lib/json-schema";

const flag: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["key", "rollout"],
  properties: {
    key: { type: "string", minLength: 1, maxLength: 20, pattern: "^[a-z-]+$" },
    rollout: { type: "integer", minimum: 0, maximum: 100 },
    active: { type: "boolean", default: true },
    stage: { oneOf: [{ const: "alpha", description: "For its makers." }, { const: "beta" }] },
    owner: { anyOf: [{ $ref: "#/$defs/Owner" }, { type: "null" }], description: "Who answers for it." },
    tags: { type: "array", items: { type: "string" }, maxItems: 2 },
    groups: { type: "array", items: { $ref: "#/$defs/Owner" } },
    limit: { type: ["number", "null"] },
    shape: { anyOf: [{ type: "string" }, { type: "number" }] },
  },
  $defs: { Owner: { type: "object", required: ["name"], properties: { name: { type: "string" } } } },
};

it.each([
  ["key", "text", false],
  ["rollout", "integer", false],
  ["active", "boolean", false],
  ["stage", "choice", false],
  ["owner", "object", true],
  ["tags", "list", false],
  ["groups", "objects", false],
  ["limit", "number", true],
  ["shape", "json", false],
])("the field of %s is %s, nullable %s", (key, kind, nullable) => {
  const field = fieldOf(flag.properties?.[key] ?? {}, flag);
  expect([field.kind, field.nullable]).toEqual([kind, nullable]);
});

it("a reference keeps the description that stands beside it, and choices their own", () => {
  expect(fieldOf(flag.properties?.owner ?? {}, flag).schema.description).toBe("Who answers for it.");
  expect(fieldOf(flag.properties?.stage ?? {}, flag).choices).toEqual([
    { value: "alpha", description: "For its makers." },
    { value: "beta", description: undefined },
  ]);
  const wrapped: JsonSchema = { allOf: [{ $ref: "#/$defs/Owner" }], description: "The second." };
  expect(fieldOf(wrapped, flag)).toMatchObject({ kind: "object", schema: { description: "The second." } });
});

const good = { key: "beta", rollout: 50 };

it.each<[string, Json, [string, string][]]>([
  ["all that is needed", good, []],
  [
    "everything",
    { ...good, active: false, stage: "beta", owner: { name: "A" }, tags: ["a"], limit: null, shape: 5 },
    [],
  ],
  [
    "nothing",
    {},
    [
      ["key", "is needed"],
      ["rollout", "is needed"],
    ],
  ],
  ["another kind", [], [["", "must be an object"]]],
  ["a text for a number", { ...good, rollout: "50" }, [["rollout", "must be a whole number"]]],
  ["half of one", { ...good, rollout: 0.5 }, [["rollout", "must be a whole number"]]],
  ["too much", { ...good, rollout: 101 }, [["rollout", "must be at most 100"]]],
  ["an empty text", { ...good, key: " " }, [["key", "must not be empty"]]],
  ["a text that does not match", { ...good, key: "Beta" }, [["key", "must match ^[a-z-]+$"]]],
  ["an unknown choice", { ...good, stage: "ga" }, [["stage", "must be one of alpha, beta"]]],
  ["an unknown key", { ...good, kee: 1 }, [["kee", "is not known here"]]],
  ["a part that lacks something", { ...good, owner: {} }, [["owner.name", "is needed"]]],
  ["an entry that is wrong", { ...good, tags: ["a", 1] }, [["tags.1", "must be a text"]]],
  ["too many entries", { ...good, tags: ["a", "b", "c"] }, [["tags", "must have at most 2 entries"]]],
  ["what is no JSON", { ...good, shape: new Unreadable("{", "cut off") }, [["shape", "is no JSON: cut off"]]],
  ["none of two kinds", { ...good, shape: true }, [["shape", "must be a text"]]],
])("%s", (_name, value, problems) => {
  expect(validate(flag, value).map(({ path, message }) => [path, message])).toEqual(problems);
});

it("a reference that leads around allows anything instead of hanging", () => {
  const around: JsonSchema = { $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/A" } } };
  expect(validate(around, 5)).toEqual([]);
});

it("a pattern of another dialect is left to the server", () => {
  expect(validate({ type: "string", pattern: "(?i)a" }, "A")).toEqual([]);
});

it("a field starts with its default, else with the least that fits", () => {
  const start = (schema: JsonSchema) => startValue(fieldOf(schema, flag));
  expect(start({ type: "boolean", default: true })).toBe(true);
  expect(start({ type: "integer", minimum: 1 })).toBe(1);
  expect(start({ enum: ["a", "b"] })).toBe("a");
  expect(start({ type: "array", items: { type: "string" } })).toEqual([]);
});
