/** A filter tree to be put together by hand: conditions, and groups of them within groups. */

import { useEffect, useRef } from "react";
import { ConditionRow } from "@/features/filters/condition-row";
import {
  type Condition,
  conditionProblem,
  type FilterField,
  type FilterNode,
  type Group,
  isGroup,
  type NodePath,
  replaceAt,
  startCondition,
} from "@/lib/filters";
import { Button } from "@/ui/button";
import { ProblemText } from "@/ui/field";
import { Icon } from "@/ui/icons";

export interface FilterBuilderProps {
  fields: FilterField[];
  tree: Group;
  onChange: (tree: Group) => void;
  disabled?: boolean;
}

export function FilterBuilder({ fields, tree, onChange, disabled = false }: FilterBuilderProps) {
  const box = useRef<HTMLDivElement>(null);
  const focusAt = useRef<string | null>(null);
  // What was added takes the focus; after something was taken away, its group does, since the place is gone.
  useEffect(() => {
    if (focusAt.current === null) return;
    box.current?.querySelector<HTMLElement>(`[data-focus="${focusAt.current}"]`)?.focus();
    focusAt.current = null;
  });
  const put = (path: NodePath, node: FilterNode | null, focus?: string) => {
    if (focus !== undefined) focusAt.current = focus;
    onChange(replaceAt(tree, path, node));
  };
  return (
    <div ref={box}>
      <GroupView group={tree} path={[]} fields={fields} put={put} disabled={disabled} />
    </div>
  );
}

interface PartProps {
  path: NodePath;
  fields: FilterField[];
  /** Puts a node in a place, or takes it away, and gives the focus to what is named. */
  put: (path: NodePath, node: FilterNode | null, focus?: string) => void;
  disabled: boolean;
}

function GroupView({ group, path, fields, put, disabled }: PartProps & { group: Group }) {
  const inner = path.length > 0;
  const name = inner ? `Group ${path.map((at) => at + 1).join(".")}` : "Filters";
  const add = (node: FilterNode) => {
    const at = [...path, group.values.length];
    put(
      path,
      { ...group, values: [...group.values, node] },
      isGroup(node) ? `add-${at.join(".")}` : `row-${at.join(".")}`,
    );
  };
  const [first] = fields;
  return (
    <fieldset
      disabled={disabled}
      className={inner ? "min-w-0 space-y-2 rounded-lg border border-line bg-bg p-2.5" : "min-w-0 space-y-2"}
    >
      <legend className="sr-only">{name}</legend>
      <div className="flex items-center gap-2 text-sm text-muted">
        <select
          aria-label={`${name}: how they combine`}
          className="h-8 rounded-lg border border-control bg-surface px-1.5 text-sm text-ink"
          value={group.type}
          onChange={(event) => put(path, { ...group, type: event.target.value === "OR" ? "OR" : "AND" })}
        >
          <option value="AND">All</option>
          <option value="OR">Any</option>
        </select>
        <span aria-hidden="true">of these {group.type === "AND" ? "must hold" : "is enough"}</span>
        {inner && (
          <Button
            variant="ghost"
            size="small"
            className="ml-auto"
            aria-label={`Take away ${name}`}
            onClick={() => put(path, null, `add-${path.slice(0, -1).join(".")}`)}
          >
            <Icon name="trash" />
          </Button>
        )}
      </div>
      {group.values.length > 0 && (
        <ul className="space-y-2">
          {group.values.map((node, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a node's position is its identity.
            <li key={index}>
              {isGroup(node) ? (
                <GroupView group={node} path={[...path, index]} fields={fields} put={put} disabled={disabled} />
              ) : (
                <ConditionView condition={node} path={[...path, index]} fields={fields} put={put} disabled={disabled} />
              )}
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-1.5">
        <Button
          size="small"
          data-focus={`add-${path.join(".")}`}
          disabled={!first}
          onClick={() => first && add(startCondition(first))}
        >
          <Icon name="plus" />
          Condition
        </Button>
        <Button
          size="small"
          variant="ghost"
          onClick={() => add({ type: group.type === "AND" ? "OR" : "AND", values: [] })}
        >
          <Icon name="plus" />
          Group
        </Button>
      </div>
    </fieldset>
  );
}

function ConditionView({ condition, path, fields, put }: PartProps & { condition: Condition }) {
  const problem = conditionProblem(condition, fields);
  const place = path.map((at) => at + 1).join(".");
  return (
    <div className="space-y-1">
      <ConditionRow
        condition={condition}
        fields={fields}
        place={place}
        focus={`row-${path.join(".")}`}
        invalid={problem !== null}
        onChange={(next) => put(path, next)}
        onRemove={() => put(path, null, `add-${path.slice(0, -1).join(".")}`)}
      />
      {problem && <ProblemText text={problem} />}
    </div>
  );
}
