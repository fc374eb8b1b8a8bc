/** The control of one field of a schema's form: what is typed becomes a value of the field's kind. */

import { useState } from "react";
import type { Json } from "@/api/types";
import { same } from "@/lib/diff";
import { type Field, fieldOf, Unreadable, validate } from "@/lib/json-schema";
import { CONTROL, type ControlProps } from "@/ui/field";

export interface SchemaControlProps {
  control: ControlProps;
  field: Field;
  needed: boolean;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  disabled: boolean;
}

export function SchemaControl(props: SchemaControlProps) {
  const { control, field, needed, value, onChange, disabled } = props;
  const none = field.nullable && needed ? null : undefined;
  switch (field.kind) {
    case "boolean":
      return (
        <select
          {...control}
          className={CONTROL}
          disabled={disabled}
          value={typeof value === "boolean" ? String(value) : ""}
          onChange={(event) => onChange(event.target.value === "" ? none : event.target.value === "true")}
        >
          {(!needed || field.nullable || typeof value !== "boolean") && <option value="">not set</option>}
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      );
    case "choice":
      return (
        <select
          {...control}
          className={CONTROL}
          disabled={disabled}
          value={field.choices.findIndex((choice) => same(choice.value, value))}
          onChange={(event) => onChange(field.choices[Number(event.target.value)]?.value ?? none)}
        >
          {(!needed || field.nullable || value === undefined) && <option value={-1}>not set</option>}
          {field.choices.map((choice, index) => (
            <option key={String(choice.value)} value={index}>
              {String(choice.value)}
            </option>
          ))}
        </select>
      );
    case "number":
    case "integer":
      return (
        <input
          {...control}
          type="number"
          step={field.kind === "integer" ? 1 : "any"}
          min={field.schema.minimum}
          max={field.schema.maximum}
          className={CONTROL}
          disabled={disabled}
          value={typeof value === "number" ? value : ""}
          onChange={(event) => onChange(event.target.value === "" ? none : event.target.valueAsNumber)}
        />
      );
    case "text":
      return (
        <textarea
          {...control}
          dir="auto"
          rows={1}
          className={`${CONTROL} field-sizing-content max-h-60 resize-y`}
          disabled={disabled}
          value={typeof value === "string" ? value : ""}
          onChange={(event) => onChange(event.target.value === "" && !needed ? none : event.target.value)}
        />
      );
    case "list":
      return <ListControl {...props} />;
    default:
      return <JsonControl {...props} />;
  }
}

/** One entry a line. Numbers stay numbers; what is none is left as it was typed, for the check to find. */
function ListControl({ control, field, needed, value, onChange, disabled }: SchemaControlProps) {
  const entries = Array.isArray(value) ? value : [];
  const items = fieldOf(field.schema.items ?? {}, field.schema);
  const written = entries.map(String).join("\n");
  const [text, setText] = useState(written);
  const read = (line: string): Json => {
    const number = Number(line);
    return (items.kind === "number" || items.kind === "integer") && !Number.isNaN(number) ? number : line;
  };
  const parse = (typed: string) =>
    typed
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map(read);
  // What is typed keeps its blank lines while it means the same list.
  const shown = same(parse(text), entries) ? text : written;
  return (
    <textarea
      {...control}
      dir="auto"
      rows={2}
      placeholder="one a line"
      className={`${CONTROL} field-sizing-content max-h-60 resize-y`}
      disabled={disabled}
      value={shown}
      onChange={(event) => {
        setText(event.target.value);
        const list = parse(event.target.value);
        onChange(list.length === 0 && !needed ? undefined : list);
      }}
    />
  );
}

function JsonControl({ control, needed, field, value, onChange, disabled }: SchemaControlProps) {
  // Where a text is allowed, it needs no quotes as long as it can't be taken for something else.
  const plain = validate(field.schema, "text").length === 0;
  const written = writeJson(value, plain);
  const [text, setText] = useState(written);
  // What is typed keeps its blanks while it means the same.
  const shown = value instanceof Unreadable ? value.text : same(readJson(text, plain), value) ? text : written;
  return (
    <textarea
      {...control}
      aria-invalid={value instanceof Unreadable ? true : control["aria-invalid"]}
      rows={3}
      spellCheck={false}
      className={`${CONTROL} field-sizing-content max-h-72 resize-y font-mono text-xs`}
      disabled={disabled}
      value={shown}
      onChange={(event) => {
        setText(event.target.value);
        onChange(readJson(event.target.value, plain) ?? (needed && field.nullable ? null : undefined));
      }}
    />
  );
}

/** `undefined` where there is nothing. */
function readJson(text: string, plain: boolean): Json | undefined {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const begun = /^\s*["[{]/.test(text);
    return plain && !begun ? text : new Unreadable(text, error instanceof Error ? error.message : String(error));
  }
}

function writeJson(value: Json | undefined, plain: boolean): string {
  if (value === undefined) return "";
  if (typeof value === "string" && plain && readJson(value, true) === value) return value;
  return JSON.stringify(value, null, 2);
}
