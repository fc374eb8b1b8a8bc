/** An answer while it is written, or one that never got bound: no number in it is a fact. */

import { PendingFigure, Prose } from "@/features/answer/prose";
import { draftPieces, proseBlocks } from "@/lib/prose";

export function Draft({ text, ended }: { text: string; ended: boolean }) {
  return (
    <div data-answer="draft" className="text-muted">
      <Prose blocks={proseBlocks(draftPieces(text))} figure={() => <PendingFigure expression="" />} />
      <p className="mt-2 text-xs">
        {ended
          ? "An unfinished draft; its numbers were never checked."
          : "A draft; figures appear once they are checked."}
      </p>
    </div>
  );
}

/** What was said before a call. It is no answer, so nothing in it is bound. */
export function Note({ text }: { text: string }) {
  return (
    <div data-answer="note" className="text-muted">
      <Prose blocks={proseBlocks(draftPieces(text))} figure={() => <PendingFigure expression="" />} />
      <UncheckedNumbers what="Said on the way" text={text} />
    </div>
  );
}

/** Words of a model on one line, as they stand: no prose, and no reference of them is bound. */
export function UnboundText({ text }: { text: string }) {
  return draftPieces(text).map((piece, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the text of a run does not change.
    piece.type === "pending" ? <PendingFigure key={index} expression={piece.expression} /> : piece.text,
  );
}

/** Whether there is anything in a text that could pass for a checked number. */
export function hasNumbers(text: string): boolean {
  return /\p{N}/u.test(text) || draftPieces(text).some((piece) => piece.type === "pending");
}

/** Stands below words of a model that are no answer, where there are numbers in them. */
export function UncheckedNumbers({ what, text }: { what: string; text: string }) {
  if (!hasNumbers(text)) return null;
  return <p className="mt-1 text-xs text-muted">{what}; numbers in it are not checked.</p>;
}
