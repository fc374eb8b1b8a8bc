/** Several values in one field: Enter or a comma adds what is written, Backspace takes the last one away. */

import { type KeyboardEvent, useId, useState } from "react";
import { Icon } from "@/ui/icons";

export interface TokenInputProps {
  label: string;
  values: string[];
  onChange: (values: string[]) => void;
  /** Values to choose from; others may be written, too. */
  options?: string[];
  disabled?: boolean;
  invalid?: boolean;
}

export function TokenInput({ label, values, onChange, options = [], disabled = false, invalid }: TokenInputProps) {
  const [text, setText] = useState("");
  const list = useId();
  const add = () => {
    const value = text.trim();
    setText("");
    if (value !== "" && !values.includes(value)) onChange([...values, value]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if ((event.key === "Enter" || event.key === ",") && text.trim() !== "") {
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && text === "" && values.length > 0) {
      onChange(values.slice(0, -1));
    }
  };
  return (
    <div
      className={`flex min-h-9 w-full min-w-0 flex-wrap items-center gap-1 rounded-lg border bg-surface px-1.5 py-1 text-sm focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent ${invalid ? "border-bad" : "border-control"}`}
    >
      {values.map((value) => (
        <span key={value} className="inline-flex max-w-full items-center gap-1 rounded bg-sunken py-0.5 pr-0.5 pl-1.5">
          <span className="min-w-0 truncate">{value}</span>
          <button
            type="button"
            aria-label={`Take away ${value}`}
            disabled={disabled}
            className="grid size-6 place-items-center rounded text-muted hover:text-ink"
            onClick={() => onChange(values.filter((each) => each !== value))}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <input
        aria-label={label}
        aria-invalid={invalid}
        list={options.length > 0 ? list : undefined}
        className="h-7 min-w-12 flex-1 basis-12 bg-transparent px-1 outline-none placeholder:text-muted"
        placeholder={values.length === 0 ? "a value, then Enter" : ""}
        value={text}
        disabled={disabled}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={add}
      />
      {options.length > 0 && (
        <datalist id={list}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </div>
  );
}
