/** A figure in an answer. Only a verified one looks and works like a fact. */

import type { ReactNode } from "react";
import type { Figure } from "@/api/types";
import { markedPieces } from "@/lib/marks";
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
  // The text of a reference without a value is its own mark: `[unverified: r9[0].views]`.
  const broken = figure?.claim === "reference" && figure.value === null && figure.unit === "none";
  return <Unverified>{broken ? figure.expression : (figure?.text ?? "?")}</Unverified>;
}

/** Text that the server has marked where nothing supports it, e.g. of a question to the user. */
export function MarkedText({ text }: { text: string }) {
  return markedPieces(text).map((piece, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the text of a run does not change.
    piece.unverified ? <Unverified key={index}>{piece.text}</Unverified> : piece.text,
  );
}

/** A number or word that nothing supports: the word and the icon say it, not the colour alone. */
function Unverified({ children }: { children: ReactNode }) {
  return (
    <span
      data-figure="unverified"
      title="Nothing in this run's results supports this"
      className="inline-flex items-baseline gap-1 rounded-md border border-dashed border-warn bg-warn-soft px-1 text-[0.95em] leading-tight text-warn italic"
    >
      <Icon name="alert" className="self-center" />
      {children}
      <span className="text-xs font-semibold not-italic">unverified</span>
    </span>
  );
}
