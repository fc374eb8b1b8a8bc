import { expect, it } from "vitest";
import { formatCell, formatCompact, formatLeft, sentence } from "@/lib/format";

it.each([
  [900, "about a second left"],
  [42_000, "about 42 seconds left"],
  [120_000, "about 2 minutes left"],
  [89 * 60_000, "about 89 minutes left"],
  [2 * 3_600_000, "about 2 hours left"],
  [86_400_000, "about 24 hours left"],
  [3 * 86_400_000, "about 3 days left"],
])("%d milliseconds are %s", (milliseconds, text) => {
  expect(formatLeft(milliseconds)).toBe(text);
});

it.each([
  [null, "none"],
  ["", "(empty)"],
  ["/", "/"],
  [0, "0"],
  [0.054321, "0.05"],
  [0.0054321, "0.0054"],
  [-0.004, "-0.004"],
  [9_007_199_254_740_991, "9,007,199,254,740,991"],
])("the cell %j is shown as %s", (cell, text) => {
  expect(formatCell(cell)).toBe(text);
});

it("numbers of an axis between 0 and 1 stay apart", () => {
  expect([0, 0.02, 0.04, 0.06, 1500].map(formatCompact)).toEqual(["0", "0.02", "0.04", "0.06", "1.5K"]);
});

it("a sentence begins with a capital, unless a name does", () => {
  expect(sentence("there is no such day")).toBe("There is no such day.");
  expect(sentence("query_retention comes with a mode")).toBe("query_retention comes with a mode.");
});
