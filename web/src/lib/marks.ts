/** Text in which the server has put a mark behind each number or word that nothing supports. */

export interface MarkedPiece {
  text: string;
  unverified: boolean;
}

const MARK = " [unverified]";

// A number may be written with blanks (`2 896`) and end in a word (`57.5 percent`); anything else is one word.
const SUBJECT =
  /(?<![\d.,])[$€£¥~≈<>≤≥±+−-]*(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d)[\d.,]*(?: ?(?:%|percent|per cent|thousand|million|billion))?$|[\p{L}\p{M}\p{N}'’-]+$/iu;

/** A reference without a value, which may have brackets itself: `[unverified: r9[0].views]`. */
const BROKEN = /\[unverified: ((?:\[[^\]]*\]|[^[\]])*)\]/;

/** The text in pieces; a mark is taken out and makes the number or word before it a piece of its own. */
export function markedPieces(text: string): MarkedPiece[] {
  const pieces = text
    .split(BROKEN)
    .flatMap((part, index) => (index % 2 === 0 ? subjects(part) : [{ text: part, unverified: true }]));
  return pieces.filter((piece) => piece.unverified || piece.text !== "");
}

function subjects(text: string): MarkedPiece[] {
  const parts = text.split(MARK);
  const rest = parts.pop() ?? "";
  const pieces = parts.flatMap((part) => {
    const at = part.search(SUBJECT);
    const begin = at < 0 ? part.length : at;
    return [
      { text: part.slice(0, begin), unverified: false },
      { text: part.slice(begin), unverified: true },
    ];
  });
  return [...pieces, { text: rest, unverified: false }];
}
