/** One condition: a field, how it is compared, and with what. */

import { useId } from "react";
import type { Json, Operator } from "@/api/types";
import {
  type Condition,
  type FilterField,
  fieldId,
  fieldOf,
  OPERATOR_WORDS,
  OPERATORS,
  startCondition,
  valueShape,
  withOperator,
} from "@/lib/filters";
import { Button } from "@/ui/button";
import { CONTROL } from "@/ui/field";
import { Icon } from "@/ui/icons";
import { TokenInput } from "@/ui/token-input";

export interface ConditionRowProps {
  condition: Condition;
  fields: FilterField[];
  /** Where it stands, for names of its controls: `2.1`. */
  place: string;
  /** The name by which the first control gets the focus. */
  focus: string;
  invalid: boolean;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

export function ConditionRow({ condition, fields, place, focus, invalid, onChange, onRemove }: ConditionRowProps) {
  const field = fieldOf(condition, fields);
  const operator = condition.operator ?? "exact";
  const operators = field ? OPERATORS[field.kind] : [];
  return (
    <fieldset className="flex min-w-0 flex-wrap items-start gap-1.5 sm:flex-nowrap">
      <legend className="sr-only">Condition {place}</legend>
      <select
        aria-label={`Field of condition ${place}`}
        data-focus={focus}
        className={`${CONTROL} h-9 flex-1 basis-24 sm:max-w-48`}
        value={field ? fieldId(field) : ""}
        onChange={(event) => {
          const next = fields.find((each) => fieldId(each) === event.target.value);
          if (next) onChange(startCondition(next));
        }}
      >
        {!field && <option value="">{condition.key}</option>}
        <FieldOptions fields={fields} />
      </select>
      <select
        aria-label={`Operator of condition ${place}`}
        className={`${CONTROL} h-9 flex-1 basis-32 sm:max-w-44`}
        value={operator}
        onChange={(event) => onChange(withOperator(condition, event.target.value as Operator))}
      >
        {!operators.includes(operator) && <option value={operator}>{OPERATOR_WORDS[operator]}</option>}
        {operators.map((each) => (
          <option key={each} value={each}>
            {OPERATOR_WORDS[each]}
          </option>
        ))}
      </select>
      <div className="order-last min-w-0 basis-full sm:order-none sm:flex-1 sm:basis-0">
        <ValueControl
          condition={condition}
          field={field}
          label={`Value of condition ${place}`}
          invalid={invalid}
          onChange={(value) => {
            const { value: _old, ...rest } = condition;
            onChange(value === undefined ? rest : { ...rest, value });
          }}
        />
      </div>
      <Button variant="ghost" size="icon" aria-label={`Take away condition ${place}`} onClick={onRemove}>
        <Icon name="close" />
      </Button>
    </fieldset>
  );
}

const TYPES: Record<string, string> = {
  event: "Event properties",
  event_field: "Event",
  person: "Person properties",
  person_field: "Person",
  session: "Session",
  flag: "Flag",
};

/** Fields by whose they are, where there are several kinds. */
function FieldOptions({ fields }: { fields: FilterField[] }) {
  const types = [...new Set(fields.map((field) => field.type))];
  const options = (type: string) =>
    fields
      .filter((field) => field.type === type)
      .map((field) => (
        <option key={fieldId(field)} value={fieldId(field)}>
          {field.label}
        </option>
      ));
  if (types.length === 1 && types[0] !== undefined) return options(types[0]);
  return types.map((type) => (
    <optgroup key={type} label={TYPES[type] ?? type}>
      {options(type)}
    </optgroup>
  ));
}

interface ValueControlProps {
  condition: Condition;
  field: FilterField | undefined;
  label: string;
  invalid: boolean;
  onChange: (value: Json | undefined) => void;
}

function ValueControl({ condition, field, label, invalid, onChange }: ValueControlProps) {
  const list = useId();
  const { value } = condition;
  const numeric = field?.kind === "whole" || field?.kind === "number";
  const options = field?.values ?? [];
  const shape = valueShape(condition);
  if (shape === "none") return null;
  if (shape === "range") {
    const bounds = Array.isArray(value) ? value : [];
    const set = (at: 0 | 1, bound: number | undefined) => {
      const next = [bounds[0] ?? null, bounds[1] ?? null];
      next[at] = bound ?? null;
      onChange(next);
    };
    return (
      <div className="flex items-center gap-1.5 text-sm text-muted">
        <NumberInput label={`${label}, from`} value={bounds[0]} invalid={invalid} onChange={(bound) => set(0, bound)} />
        and
        <NumberInput label={`${label}, to`} value={bounds[1]} invalid={invalid} onChange={(bound) => set(1, bound)} />
      </div>
    );
  }
  if (shape === "several") {
    const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
    const read = (text: string): Json => (numeric && !Number.isNaN(Number(text)) ? Number(text) : text);
    return (
      <TokenInput
        label={label}
        values={values.map(String)}
        options={options}
        invalid={invalid}
        onChange={(texts) => onChange(texts.map(read))}
      />
    );
  }
  if (field?.kind === "boolean") {
    return (
      <select
        aria-label={label}
        aria-invalid={invalid}
        className={`${CONTROL} h-9`}
        value={String(value)}
        onChange={(event) => onChange(event.target.value === "true")}
      >
        {typeof value !== "boolean" && <option value={String(value)}>not set</option>}
        <option value="true">yes</option>
        <option value="false">no</option>
      </select>
    );
  }
  if (numeric) return <NumberInput label={label} value={value} invalid={invalid} onChange={onChange} />;
  // Dates that are relative or have a time, e.g. `-7d`, are edited as text.
  const isDay = field?.kind === "date" && (value === undefined || /^(\d{4}-\d{2}-\d{2})?$/.test(String(value)));
  return (
    <>
      <input
        aria-label={label}
        aria-invalid={invalid}
        type={isDay ? "date" : "text"}
        list={options.length > 0 ? list : undefined}
        className={`${CONTROL} h-9`}
        value={value === undefined ? "" : String(value)}
        onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)}
      />
      {options.length > 0 && (
        <datalist id={list}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </>
  );
}

interface NumberInputProps {
  label: string;
  value: Json | undefined;
  invalid: boolean;
  onChange: (value: number | undefined) => void;
}

function NumberInput({ label, value, invalid, onChange }: NumberInputProps) {
  return (
    <input
      type="number"
      step="any"
      aria-label={label}
      aria-invalid={invalid}
      className={`${CONTROL} h-9`}
      value={typeof value === "number" ? value : ""}
      onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.valueAsNumber)}
    />
  );
}
