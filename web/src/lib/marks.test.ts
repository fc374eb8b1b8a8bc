import { expect, it } from "vitest";
import { markedPieces } from "@/lib/marks";

/** Pieces as text, unverified ones in angle brackets. */
const shape = (text: string) =>
  markedPieces(text)
    .map((piece) => (piece.unverified ? `<${piece.text}>` : piece.text))
    .join("");

it.each([
  ["Which page?", "Which page?"],
  ["About 9,999 [unverified] views, or 12 [unverified]?", "About <9,999> views, or <12>?"],
  ["It rose [unverified] by 57.5 % [unverified]", "It <rose> by <57.5 %>"],
  ["57.5 percent [unverified] of 2 896 [unverified]", "<57.5 percent> of <2 896>"],
  ["(~$1.2 million [unverified])", "(<~$1.2 million>)"],
  ["in 2015, 896 [unverified] of them", "in 2015, <896> of them"],
  ["“9,999 [unverified] 2nd [unverified] x5 [unverified]”", "“<9,999> <2nd> <x5>”"],
  ["(rose [unverified]) ! [unverified]", "(<rose>) !<>"],
  ["9,999 [unverified] [unverified]", "<9,999><>"],
  [" [unverified]", "<>"],
  ["of [unverified: r9[0].views / r1[0].x] views, 5 [unverified]", "of <r9[0].views / r1[0].x> views, <5>"],
  ["", ""],
])("marks of %j", (text, shown) => {
  expect(shape(text)).toBe(shown);
});

it("no text is lost and no mark is shown as text", () => {
  const text = "All 3 [unverified] of 9,999 [unverified] rose [unverified].";
  const pieces = markedPieces(text);
  expect(pieces.map((piece) => piece.text).join("")).toBe("All 3 of 9,999 rose.");
  expect(pieces.filter((piece) => piece.unverified)).toHaveLength(3);
});
