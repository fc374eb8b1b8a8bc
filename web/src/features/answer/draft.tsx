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
  const pieces = draftPieces(text);
  const numbers = /\d/.test(text) || pieces.some((piece) => piece.type === "pending");
  return (
    <div data-answer="note" className="text-muted">
      <Prose blocks={proseBlocks(pieces)} figure={() => <PendingFigure expression="" />} />
      {numbers && <p className="mt-1 text-xs">Said on the way; numbers in it are not checked.</p>}
    </div>
  );
}
