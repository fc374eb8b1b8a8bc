/** The part of JSON Schema that forms need: what a value may be, and what is wrong with one. */

import type { Json } from "@/api/types";

export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  const?: Json;
  enum?: Json[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
}

/** How a value is written in a form. What has no form of its own is written as JSON. */
export type FieldKind = "text" | "number" | "integer" | "boolean" | "choice" | "list" | "objects" | "object" | "json";

export interface Field {
  kind: FieldKind;
  /** True where `null` is allowed, too. */
  nullable: boolean;
  /** What is left once references and `null` are out of the way. */
  schema: JsonSchema;
  /** The values of a choice, with what is said of each. */
  choices: { value: Json; description: string | undefined }[];
}

/** What is wrong, and where: the keys and positions that lead there, joined by dots; empty for the whole. */
export interface Problem {
  path: string;
  message: string;
}

export function asSchema(value: Json): JsonSchema {
  return value && typeof value === "object" ? (value as JsonSchema) : {};
}

export function joinPath(path: string, key: string | number): string {
  return path === "" ? String(key) : `${path}.${key}`;
}

/** Follows references within the document; one that leads nowhere, or around, allows anything. */
function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let found = schema;
  for (let steps = 0; found.$ref !== undefined; steps += 1) {
    const name = /^#\/\$defs\/(.+)$/.exec(found.$ref)?.[1];
    const target = name === undefined ? undefined : root.$defs?.[name];
    if (!target || steps > 16) return {};
    const { $ref: _ref, ...beside } = found;
    found = { ...target, ...beside };
  }
  // A reference with a description beside it is written as `allOf` of one.
  const [only, ...more] = found.allOf ?? [];
  if (!only || more.length > 0) return found;
  const { allOf: _all, ...beside } = found;
  return resolve({ ...only, ...beside }, root);
}

export function fieldOf(schema: JsonSchema, root: JsonSchema): Field {
  const whole = resolve(schema, root);
  const { description } = whole;
  let nullable = false;
  let kept = whole;
  const variants = whole.anyOf ?? whole.oneOf;
  if (variants) {
    const others = variants.map((each) => resolve(each, root)).filter((each) => each.type !== "null");
    nullable = others.length < variants.length;
    const [only, ...more] = others;
    if (only && more.length === 0) {
      const inner = fieldOf(only, root);
      const schema = description === undefined ? inner.schema : { ...inner.schema, description };
      return { ...inner, nullable: nullable || inner.nullable, schema };
    }
    const choices = others.flatMap(choicesOf);
    const allChoices = others.every((each) => each.const !== undefined || each.enum !== undefined);
    if (allChoices && choices.length > 0) return { kind: "choice", nullable, schema: whole, choices };
    return { kind: "json", nullable, schema: whole, choices: [] };
  }
  if (Array.isArray(whole.type)) {
    const types = whole.type.filter((each) => each !== "null");
    nullable = types.length < whole.type.length;
    const [only, ...more] = types;
    if (more.length > 0 || !only) return { kind: "json", nullable, schema: whole, choices: [] };
    kept = { ...whole, type: only };
  }
  const choices = choicesOf(kept);
  return { kind: choices.length > 0 ? "choice" : kindOf(kept, root), nullable, schema: kept, choices };
}

function choicesOf(schema: JsonSchema): Field["choices"] {
  const { description } = schema;
  if (schema.const !== undefined) return [{ value: schema.const, description }];
  return (schema.enum ?? []).filter((value) => value !== null).map((value) => ({ value, description: undefined }));
}

function kindOf(schema: JsonSchema, root: JsonSchema): FieldKind {
  switch (schema.type) {
    case "string":
      return "text";
    case "number":
    case "integer":
    case "boolean":
      return schema.type;
    case "array":
      return listKind(schema.items && fieldOf(schema.items, root).kind);
    case "object":
      return schema.properties && Object.keys(schema.properties).length > 0 ? "object" : "json";
    default:
      return schema.properties ? "object" : "json";
  }
}

function listKind(entries: FieldKind | undefined): FieldKind {
  if (entries === "object") return "objects";
  return entries !== undefined && isShort(entries) ? "list" : "json";
}

const isShort = (kind: FieldKind) => ["text", "number", "integer", "choice"].includes(kind);

/** What was typed where JSON is wanted and is none: no schema allows it. */
export class Unreadable {
  constructor(
    readonly text: string,
    readonly reason: string,
  ) {}
}

/** Everything that is wrong with a value, in the order of the schema. */
export function validate(schema: JsonSchema, value: Json, root: JsonSchema = schema, path = ""): Problem[] {
  if (value instanceof Unreadable) return [{ path, message: `is no JSON: ${value.reason}` }];
  const whole = resolve(schema, root);
  const variants = whole.anyOf ?? whole.oneOf;
  if (variants) {
    const tried = variants.map((each) => validate(each, value, root, path));
    if (tried.some((problems) => problems.length === 0)) return [];
    // The problems of the variant that comes nearest say most; `null` never does.
    const real = tried.filter((_, index) => resolve(variants[index] ?? {}, root).type !== "null");
    const field = fieldOf(whole, root);
    if (field.kind === "choice") return [{ path, message: `must be one of ${namesOf(field)}` }];
    return real.sort((a, b) => a.length - b.length)[0] ?? [{ path, message: "has a form that is not allowed" }];
  }
  if (whole.const !== undefined && value !== whole.const) return [{ path, message: `must be ${plain(whole.const)}` }];
  if (whole.enum && !whole.enum.includes(value)) {
    return [{ path, message: `must be one of ${whole.enum.map(plain).join(", ")}` }];
  }
  const types = whole.type === undefined ? [] : [whole.type].flat();
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return [{ path, message: `must be ${types.map(typeWord).join(" or ")}` }];
  }
  if (typeof value === "string") return textProblems(whole, value, path);
  if (typeof value === "number") return numberProblems(whole, value, path);
  if (Array.isArray(value)) return listProblems(whole, value, root, path);
  if (value && typeof value === "object") {
    return objectProblems(whole, value as Record<string, Json>, root, path);
  }
  return [];
}

const namesOf = (field: Field) => field.choices.map((choice) => plain(choice.value)).join(", ");
const plain = (value: Json) => (typeof value === "string" ? value : JSON.stringify(value));

function isOfType(value: Json, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "boolean":
      return typeof value === "boolean";
    default:
      // A type of a later schema is left to the server.
      return true;
  }
}

const TYPE_WORDS: Record<string, string> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "yes or no",
  array: "a list",
  object: "an object",
  null: "nothing",
};
const typeWord = (type: string) => TYPE_WORDS[type] ?? type;

function textProblems(schema: JsonSchema, value: string, path: string): Problem[] {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = schema;
  if (minLength > 0 && value.trim() === "") return [{ path, message: "must not be empty" }];
  if (value.length < minLength) return [{ path, message: `must have at least ${minLength} characters` }];
  if (value.length > maxLength) return [{ path, message: `must have at most ${maxLength} characters` }];
  if (pattern !== undefined && !matches(pattern, value)) return [{ path, message: `must match ${pattern}` }];
  return [];
}

/** Patterns that this browser can't read are left to the server. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

function numberProblems(schema: JsonSchema, value: number, path: string): Problem[] {
  if (schema.minimum !== undefined && value < schema.minimum) {
    return [{ path, message: `must be at least ${schema.minimum}` }];
  }
  if (schema.maximum !== undefined && value > schema.maximum) {
    return [{ path, message: `must be at most ${schema.maximum}` }];
  }
  return [];
}

function listProblems(schema: JsonSchema, value: Json[], root: JsonSchema, path: string): Problem[] {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items } = schema;
  if (value.length < minItems) return [{ path, message: `must have at least ${minItems} entries` }];
  if (value.length > maxItems) return [{ path, message: `must have at most ${maxItems} entries` }];
  if (!items) return [];
  return value.flatMap((each, index) => validate(items, each, root, joinPath(path, index)));
}

function objectProblems(schema: JsonSchema, value: Record<string, Json>, root: JsonSchema, path: string): Problem[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const missing = required
    .filter((key) => value[key] === undefined)
    .map((key) => ({ path: joinPath(path, key), message: "is needed" }));
  const inside = Object.entries(value).flatMap(([key, each]) => {
    const at = joinPath(path, key);
    const known = properties[key];
    if (each === undefined) return [];
    if (known) return validate(known, each, root, at);
    if (additionalProperties === false) return [{ path: at, message: "is not known here" }];
    return typeof additionalProperties === "object" ? validate(additionalProperties, each, root, at) : [];
  });
  return [...missing, ...inside];
}

/** What a field starts with when it is filled in for the first time. */
export function startValue(field: Field): Json {
  const { schema } = field;
  if (schema.default !== undefined) return schema.default;
  switch (field.kind) {
    case "text":
      return "";
    case "boolean":
      return false;
    case "list":
    case "objects":
      return [];
    case "object":
      return {};
    case "choice":
      return field.choices[0]?.value;
    case "json":
      return schema.type === "array" ? [] : schema.type === "object" ? {} : null;
    default:
      return schema.minimum ?? 0;
  }
}
