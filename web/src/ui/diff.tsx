/** What is different before and after, field by field. Signs and words say which is which, not colour alone. */

import { Fragment } from "react";
import type { Json } from "@/api/types";
import { type DiffLine, fieldChanges, lineDiff } from "@/lib/diff";
import { jsonText } from "@/ui/json-facts";

export interface DiffProps {
  /** `null` for something new. */
  before: Json | null;
  /** `null` for something deleted. */
  after: Json | null;
}

export function Diff({ before, after }: DiffProps) {
  const changes = fieldChanges(before, after);
  if (changes.length === 0) return <p className="text-sm text-muted">Nothing is different.</p>;
  return (
    <dl className="divide-y divide-line rounded-lg border border-line bg-surface text-sm">
      {changes.map((change) => (
        <div key={change.path} className="grid gap-x-4 gap-y-1 px-3 py-2 sm:grid-cols-[minmax(7rem,13rem)_1fr]">
          <dt className="font-mono text-xs text-muted [overflow-wrap:anywhere] sm:pt-0.5">
            <Path path={change.path} />
          </dt>
          <dd
            className={`min-w-0 ${isCode(change.before) || isCode(change.after) ? "font-mono text-xs leading-relaxed" : ""}`}
          >
            <Lines lines={linesOf(change.before, change.after)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A long path breaks between its parts. */
function Path({ path }: { path: string }) {
  if (path === "") return "the whole";
  return path.split(/(?<=[._])/).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a path does not change.
    <Fragment key={index}>
      {part}
      <wbr />
    </Fragment>
  ));
}

function linesOf(before: Json | undefined, after: Json | undefined): DiffLine[] {
  const [left, right] = [textOf(before), textOf(after)];
  if (left !== null && right !== null && `${left}${right}`.includes("\n")) return lineDiff(left, right);
  const lines = (kind: DiffLine["kind"], text: string | null): DiffLine[] =>
    text === null ? [] : text.split("\n").map((line) => ({ kind, text: line }));
  return [...lines("removed", left), ...lines("added", right)];
}

/** `null` where there is no value. */
const textOf = (value: Json | undefined) => (value === undefined ? null : jsonText(value).text);
const isCode = (value: Json | undefined) => value !== undefined && jsonText(value).code;

const KINDS: Record<DiffLine["kind"], { sign: string; word: string; tone: string }> = {
  same: { sign: " ", word: "", tone: "text-muted" },
  removed: { sign: "−", word: "before: ", tone: "bg-bad-soft text-bad" },
  added: { sign: "+", word: "after: ", tone: "bg-accent-soft text-accent-strong" },
};

/** Unchanged lines that stand around a change; further ones are left out. */
const AROUND = 2;

/** The lines around changes; `null` stands for those that are left out. */
function abridged(lines: DiffLine[]): (DiffLine | null)[] {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some((line) => line.kind !== "same"),
  );
  return lines.flatMap((line, index) => (near[index] ? [line] : near[index - 1] === false ? [] : [null]));
}

function Lines({ lines }: { lines: DiffLine[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: the lines are always replaced as a whole.
  return abridged(lines).map((line, index) => (line ? <Line key={index} line={line} /> : <Skipped key={index} />));
}

function Line({ line }: { line: DiffLine }) {
  const { sign, word, tone } = KINDS[line.kind];
  return (
    <p className={`flex gap-2 rounded px-1 ${tone}`}>
      <span aria-hidden="true" className="w-3 shrink-0 text-center font-mono">
        {sign}
      </span>
      <span className="min-w-0 whitespace-pre-wrap [overflow-wrap:anywhere]">
        {word && <span className="sr-only">{word}</span>}
        {line.text || " "}
      </span>
    </p>
  );
}

function Skipped() {
  return (
    <p className="px-1 text-muted">
      <span aria-hidden="true">⋯</span>
      <span className="sr-only">lines that stay as they are</span>
    </p>
  );
}
