/** A figure in an answer. Only a verified one looks and works like a fact. */

import type { Figure } from "@/api/types";
import { Icon } from "@/ui/icons";

export interface FigureViewProps {
  figure: Figure | undefined;
  onOpen: () => void;
}

export function FigureView({ figure, onOpen }: FigureViewProps) {
  if (figure?.status === "verified") {
    return (
      <button
        type="button"
        data-figure="verified"
        data-claim={figure.claim}
        aria-haspopup="dialog"
        title="Show where this comes from"
        className="figure"
        onClick={onOpen}
      >
        {figure.text}
      </button>
    );
  }
  if (figure?.status === "given") {
    return (
      <span data-figure="given" title="from your question">
        {figure.text}
      </span>
    );
  }
  return (
    <span
      data-figure="unverified"
      title="Nothing in this run's results supports this"
      className="inline-flex items-baseline gap-1 rounded-md border border-dashed border-warn bg-warn-soft px-1 text-[0.95em] text-warn italic"
    >
      <Icon name="alert" className="self-center" />
      {figure?.text ?? "?"}
      <span className="text-xs font-semibold not-italic">unverified</span>
    </span>
  );
}
