/**
 * An answer's text as blocks: paragraphs, lists, bold and code. Links stay text, images are not
 * a thing. Figures keep their place, also within bold text.
 */

import type { Segment } from "@/api/types";

export type Piece = Segment | { type: "pending"; expression: string };
/** What stands in text of which nothing is bound. */
export type DraftPiece = Extract<Piece, { type: "text" | "pending" }>;

export type Inline =
  | { type: "text"; text: string; bold: boolean; code: boolean }
  | { type: "figure"; index: number; bold: boolean }
  | { type: "pending"; expression: string; bold: boolean };

export interface Block {
  type: "paragraph" | "heading" | "bullet" | "numbered";
  inlines: Inline[];
}

type Held = Exclude<Piece, { type: "text" }>;

/** Stands for a figure while the text around it is read. */
const HOLE = "\uFFFC";

/** Text that is still being written: references are pending, also one that is cut in the middle or ends wrongly. */
export function draftPieces(text: string): DraftPiece[] {
  const pieces: DraftPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(/\{\{([^}]*)(?:\}\}?|$)|\{$/g)) {
    if (match.index > end) pieces.push({ type: "text", text: text.slice(end, match.index) });
    pieces.push({ type: "pending", expression: (match[1] ?? "").trim() });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ type: "text", text: text.slice(end) });
  return pieces;
}

export function proseBlocks(pieces: Piece[]): Block[] {
  const held: Held[] = [];
  const text = pieces
    .map((piece) => {
      if (piece.type === "text") return piece.text.replaceAll(HOLE, "\uFFFD");
      held.push(piece);
      return HOLE;
    })
    .join("");
  return groupLines(text).map(({ type, text: body }) => ({ type, inlines: inlines(body, held) }));
}

function groupLines(text: string): { type: Block["type"]; text: string }[] {
  const blocks: { type: Block["type"]; text: string }[] = [];
  let open = false;
  for (const line of text.split("\n")) {
    const { type, body } = classify(line);
    const last = blocks.at(-1);
    if (body.trim() === "") open = false;
    else if (type === "paragraph" && open && last) last.text += `\n${body}`;
    else {
      blocks.push({ type, text: body });
      open = type === "paragraph";
    }
  }
  return blocks;
}

function classify(line: string): { type: Block["type"]; body: string } {
  const bullet = /^\s*[-*•]\s+(.*)$/.exec(line);
  if (bullet) return { type: "bullet", body: bullet[1] ?? "" };
  // The number stays in the text: it could be more than a position.
  if (/^\s*\d{1,3}[.)]\s+\S/.test(line)) return { type: "numbered", body: line.trim() };
  const heading = /^#{1,6}\s+(.*)$/.exec(line);
  if (heading) return { type: "heading", body: heading[1] ?? "" };
  return { type: "paragraph", body: line };
}

// Bold must begin at a word's start and end at a word's end, so that a path like /a/** stays whole.
const MARKS = /`([^`\n]+)`|(?<![^\s("'[])\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*(?![\w/])/g;

function inlines(text: string, held: Held[]): Inline[] {
  const result: Inline[] = [];
  const add = (part: string, bold: boolean, code: boolean) => {
    for (const piece of part.split(/(\uFFFC)/)) {
      if (piece === HOLE) {
        const figure = held.shift();
        if (figure) result.push({ ...figure, bold });
      } else if (piece !== "") result.push({ type: "text", text: piece, bold, code });
    }
  };
  let end = 0;
  for (const match of text.matchAll(MARKS)) {
    add(text.slice(end, match.index), false, false);
    if (match[1] !== undefined) add(match[1], false, true);
    else add(match[2] ?? "", true, false);
    end = match.index + match[0].length;
  }
  add(text.slice(end), false, false);
  return result;
}
