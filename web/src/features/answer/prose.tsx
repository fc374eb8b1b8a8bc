/** Blocks of prose, with whatever stands for figures and pending references. */

import type { ReactNode } from "react";
import type { Block, Inline } from "@/lib/prose";

export interface ProseProps {
  blocks: Block[];
  figure: (index: number) => ReactNode;
}

export function Prose({ blocks, figure }: ProseProps) {
  return (
    <div className="space-y-3 [overflow-wrap:anywhere]">
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever appended.
        <BlockView key={index} block={block} figure={figure} />
      ))}
    </div>
  );
}

function BlockView({ block, figure }: { block: Block; figure: ProseProps["figure"] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: pieces are only ever appended.
  const body = block.inlines.map((inline, index) => <InlineView key={index} inline={inline} figure={figure} />);
  if (block.type === "bullet") {
    return (
      <p className="-mt-1.5 flex gap-2 pl-1">
        <span aria-hidden="true" className="text-muted">
          •
        </span>
        <span dir="auto" className="min-w-0 flex-1">
          {body}
        </span>
      </p>
    );
  }
  if (block.type === "heading") {
    return (
      <p dir="auto" className="pt-1 font-semibold">
        {body}
      </p>
    );
  }
  return (
    <p dir="auto" className={`whitespace-pre-wrap ${block.type === "numbered" ? "-mt-1.5" : ""}`}>
      {body}
    </p>
  );
}

function InlineView({ inline, figure }: { inline: Inline; figure: ProseProps["figure"] }) {
  let body: ReactNode;
  if (inline.type === "figure") body = figure(inline.index);
  else if (inline.type === "pending") body = <PendingFigure expression={inline.expression} />;
  else if (inline.code)
    body = <code className="rounded bg-sunken px-1 py-0.5 font-mono text-[0.9em]">{inline.text}</code>;
  else body = inline.text;
  return inline.bold ? <strong className="font-semibold">{body}</strong> : body;
}

/** A reference that is not bound yet: it shows no value. */
export function PendingFigure({ expression }: { expression: string }) {
  return (
    <span
      data-figure="pending"
      title={expression ? `Not bound yet: ${expression}` : "Not bound yet"}
      className="pending inline-block rounded-md border border-dashed border-control px-1.5 leading-tight text-muted"
    >
      <span aria-hidden="true">…</span>
      <span className="sr-only">figure pending</span>
    </span>
  );
}
