/** A form made from a JSON schema. The value is the caller's; what has no form of its own is edited as JSON. */

import type { Json } from "@/api/types";
import { same } from "@/lib/diff";
import { type Field as FieldOf, fieldOf, type JsonSchema, joinPath, type Problem, startValue } from "@/lib/json-schema";
import { Button } from "@/ui/button";
import { Field, ProblemText } from "@/ui/field";
import { Icon } from "@/ui/icons";
import { SchemaControl } from "@/ui/schema-control";
import { Sentence } from "@/ui/sentence";

export interface SchemaFormProps {
  schema: JsonSchema;
  value: Json;
  onChange: (value: Json) => void;
  /** What is wrong with the value, shown at the fields that it is about. */
  problems?: Problem[];
  disabled?: boolean;
}

/** What every part of a form knows of the whole. */
interface Context {
  root: JsonSchema;
  problems: Problem[];
  disabled: boolean;
}

export function SchemaForm({ schema, value, onChange, problems = [], disabled = false }: SchemaFormProps) {
  const context = { root: schema, problems, disabled };
  const field = fieldOf(schema, schema);
  if (field.kind === "object") {
    return <ObjectFields field={field} value={value} path="" onChange={onChange} context={context} />;
  }
  return <Entry name="Value" field={field} needed value={value} path="" onChange={onChange} context={context} />;
}

interface PartProps {
  field: FieldOf;
  value: Json | undefined;
  path: string;
  onChange: (value: Json | undefined) => void;
  context: Context;
}

function ObjectFields({ field, value, path, onChange, context }: PartProps) {
  const { properties = {}, required = [] } = field.schema;
  const values = recordOf(value);
  const set = (key: string, next: Json | undefined) => {
    const { [key]: _old, ...others } = values;
    // Keys keep their places, so that a diff does not show what only moved.
    if (next === undefined) return onChange(others);
    return onChange(key in values ? { ...values, [key]: next } : { ...others, [key]: next });
  };
  // What can only be one thing, and is, needs no field.
  const shown = Object.entries(properties).filter(([key, schema]) => {
    const { choices } = fieldOf(schema, context.root);
    return choices.length !== 1 || (key in values ? !same(values[key], choices[0]?.value) : required.includes(key));
  });
  const unknown = context.problems.filter(
    (problem) => problem.path === path || isForeign(problem.path, path, properties),
  );
  return (
    <div className="space-y-4">
      {unknown.map((problem) => (
        <ProblemText key={problem.path + problem.message} text={`${problem.path || "This"} ${problem.message}`} />
      ))}
      {shown.map(([key, schema]) => (
        <Entry
          key={key}
          name={schema.title ?? key}
          field={fieldOf(schema, context.root)}
          needed={required.includes(key)}
          value={values[key]}
          path={joinPath(path, key)}
          onChange={(next) => set(key, next)}
          context={context}
        />
      ))}
    </div>
  );
}

function recordOf(value: Json | undefined): Record<string, Json> {
  return value && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, Json>) : {};
}

/** A problem of a key right below `path` that has no field. */
function isForeign(problem: string, path: string, properties: Record<string, JsonSchema>): boolean {
  const inside = path === "" ? problem : problem.startsWith(`${path}.`) ? problem.slice(path.length + 1) : "";
  return inside !== "" && !((inside.split(".")[0] ?? "") in properties);
}

interface EntryProps extends PartProps {
  name: string;
  needed: boolean;
}

function Entry({ name, field, needed, value, path, onChange, context }: EntryProps) {
  const own = context.problems.find((problem) => problem.path === path);
  const inside = context.problems.find((problem) => problem.path.startsWith(`${path}.`));
  const { description } = field.schema;
  if (field.kind === "object") {
    return (
      <fieldset
        disabled={context.disabled}
        className={`space-y-2 ${value === undefined || value === null ? "" : "border-l-2 border-line pl-3"}`}
      >
        <legend className="flex items-center gap-2 text-sm font-medium">
          {name}
          <Presence field={field} needed={needed} value={value} onChange={onChange} name={name} />
        </legend>
        {description && (
          <p className="text-xs text-muted">
            <Sentence text={description} />
          </p>
        )}
        {value !== undefined && value !== null && (
          <ObjectFields field={field} value={value} path={path} onChange={onChange} context={context} />
        )}
        {own && (value === undefined || value === null) && <ProblemText text={own.message} />}
      </fieldset>
    );
  }
  if (field.kind === "objects") {
    return (
      <Entries
        name={name}
        field={field}
        needed={needed}
        value={value}
        path={path}
        onChange={onChange}
        context={context}
      />
    );
  }
  const hint = hintOf(field, value);
  const problem =
    own?.message ?? (inside && `Entry ${inside.path.slice(path.length + 1)} ${inside.message}`) ?? undefined;
  return (
    <Field
      label={name}
      needed={needed}
      hint={hint && <Sentence text={hint} />}
      problem={problem && problem.charAt(0).toUpperCase() + problem.slice(1)}
    >
      {(control) => (
        <SchemaControl
          control={control}
          field={field}
          needed={needed}
          value={value}
          onChange={onChange}
          disabled={context.disabled}
        />
      )}
    </Field>
  );
}

/** A list of groups of fields. */
function Entries({ name, field, needed, value, path, onChange, context }: EntryProps) {
  const entries = Array.isArray(value) ? (value as Json[]) : [];
  const items = fieldOf(field.schema.items ?? {}, context.root);
  const own = context.problems.find((problem) => problem.path === path);
  const set = (next: Json[]) => onChange(next.length === 0 && !needed ? undefined : next);
  const word = `${name} ${entries.length + 1}`;
  return (
    <fieldset disabled={context.disabled} className="space-y-2">
      <legend className="text-sm font-medium">{name}</legend>
      {field.schema.description && (
        <p className="text-xs text-muted">
          <Sentence text={field.schema.description} />
        </p>
      )}
      {entries.map((entry, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an entry's position is its identity.
        <fieldset key={index} className="space-y-2 rounded-lg border border-line p-3">
          <legend className="sr-only">{`${name} ${index + 1}`}</legend>
          <div className="flex items-center justify-between gap-2 text-xs text-muted">
            <span aria-hidden="true">{`${name} ${index + 1}`}</span>
            <Button
              variant="ghost"
              size="small"
              aria-label={`Take away ${name} ${index + 1}`}
              onClick={() => set(entries.filter((_, at) => at !== index))}
            >
              <Icon name="close" />
              Take away
            </Button>
          </div>
          <ObjectFields
            field={items}
            value={entry}
            path={joinPath(path, index)}
            onChange={(next) => set(entries.map((each, at) => (at === index ? next : each)))}
            context={context}
          />
        </fieldset>
      ))}
      {own && <ProblemText text={own.message.charAt(0).toUpperCase() + own.message.slice(1)} />}
      <Button size="small" aria-label={`Add ${word}`} onClick={() => set([...entries, startValue(items)])}>
        <Icon name="plus" />
        Add
      </Button>
    </fieldset>
  );
}

/** What the field says of itself, and for a choice what it says of what is chosen. */
function hintOf({ schema, choices }: FieldOf, value: Json | undefined): string | undefined {
  const chosen = choices.find((choice) => choice.value === value)?.description;
  return [schema.description, chosen].filter(Boolean).join(" ") || undefined;
}

/** Sets an optional group of fields, or takes it away. */
function Presence({ field, needed, value, onChange, name }: Omit<EntryProps, "path" | "context">) {
  if (needed && !field.nullable) return null;
  const there = value !== undefined && value !== null;
  return (
    <Button
      variant="ghost"
      size="small"
      aria-label={there ? `Take away ${name}` : `Set ${name}`}
      onClick={() => onChange(there ? (needed ? null : undefined) : startValue(field))}
    >
      <Icon name={there ? "close" : "plus"} />
      {there ? "Take away" : "Set"}
    </Button>
  );
}
