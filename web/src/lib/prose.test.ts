import { expect, it } from "vitest";
import { draftPieces, type Piece, proseBlocks } from "@/lib/prose";

const DRAFT = "There were {{r1[0].page_views}} views, {{r1[0].a / r1[0].b | percent}} of all.";

it("a draft never shows a piece of a reference, wherever it is cut", () => {
  for (let cut = 0; cut <= DRAFT.length; cut += 1) {
    const pieces = draftPieces(DRAFT.slice(0, cut));
    const text = pieces.map((piece) => (piece.type === "text" ? piece.text : "")).join("");
    expect(text).not.toMatch(/[{}]|r1/);
  }
  expect(draftPieces(DRAFT).filter((piece) => piece.type === "pending")).toEqual([
    { type: "pending", expression: "r1[0].page_views" },
    { type: "pending", expression: "r1[0].a / r1[0].b | percent" },
  ]);
  expect(draftPieces("{{r1[0].a} and")).toEqual([
    { type: "pending", expression: "r1[0].a" },
    { type: "text", text: " and" },
  ]);
});

const shape = (text: string | Piece[]) =>
  proseBlocks(typeof text === "string" ? [{ type: "text", text }] : text).map((block) => [
    block.type,
    block.inlines
      .map((inline) => {
        const body = inline.type === "text" ? inline.text : inline.type === "figure" ? `#${inline.index}` : "…";
        const marked = inline.type === "text" && inline.code ? `<${body}>` : body;
        return inline.bold ? `*${marked}*` : marked;
      })
      .join(""),
  ]);

it.each<[string, string[][]]>([
  [
    "one\ntwo\n\nthree",
    [
      ["paragraph", "one\ntwo"],
      ["paragraph", "three"],
    ],
  ],
  [
    "a:\n- b\n* c",
    [
      ["paragraph", "a:"],
      ["bullet", "b"],
      ["bullet", "c"],
    ],
  ],
  [
    "1. b\n2) c",
    [
      ["numbered", "1. b"],
      ["numbered", "2) c"],
    ],
  ],
  ["# Title", [["heading", "Title"]]],
  ["a **bold** word", [["paragraph", "a *bold* word"]]],
  ["see `a ** b`", [["paragraph", "see <a ** b>"]]],
  ["/a/** and /b/**", [["paragraph", "/a/** and /b/**"]]],
  ["2 ** 3 ** 4", [["paragraph", "2 ** 3 ** 4"]]],
  ["[x](https://e.example/) ![y](z)", [["paragraph", "[x](https://e.example/) ![y](z)"]]],
  ["-5 and 18. May", [["paragraph", "-5 and 18. May"]]],
])("prose of %j", (text, blocks) => {
  expect(shape(text)).toEqual(blocks);
});

it("figures keep their order and place, also in bold text and lists", () => {
  const pieces: Piece[] = [
    { type: "text", text: "a **" },
    { type: "figure", index: 1 },
    { type: "text", text: " x** \uFFFC\n- `" },
    { type: "figure", index: 0 },
    { type: "text", text: "`" },
  ];
  expect(shape(pieces)).toEqual([
    ["paragraph", "a *#1**\u0020x* \uFFFD"],
    ["bullet", "#0"],
  ]);
});
