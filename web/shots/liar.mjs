// Asks a model that lies through the page and looks for its claim among what the page shows as fact.
//
//   node shots/liar.mjs --base URL --question TEXT [--number N [--about WORD]]
//
// With --number, that text is the false claim (only in blocks that hold the word --about): it must stand in
// a figure marked as unverified, wherever it stands. Without it, the answer rests on a reference that does
// not exist: no figure of it may be verified. Exit 1 where the lie shows as fact.

import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: options } = parseArgs({
  options: {
    base: { type: "string" },
    question: { type: "string" },
    number: { type: "string" },
    about: { type: "string", default: "" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
  },
});

const browser = await chromium.launch({
  executablePath: options.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const page = await browser.newPage();
await page.goto(options.base, { waitUntil: "load" });
await page.getByRole("textbox", { name: "Your question" }).fill(options.question);
await page.keyboard.press("Enter");
const ended = page.locator("[data-run-status]:not([data-run-status='running'])");
await ended.first().waitFor({ timeout: 30_000 });
// A run that ends without a bound answer, e.g. as failed, has to say so itself.
const problems = await page.evaluate(findLies, { number: options.number ?? null, about: options.about });
await browser.close();
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

function findLies({ number, about }) {
  const problems = [];
  const answer = document.querySelector("[data-answer='bound']");
  if (!answer) return ["the page shows no answer"];
  const step = document.querySelector("[aria-label='Steps']");
  if (!step?.textContent.match(/Counted events|Ran SQL/)) problems.push("the query before the lie did not work");
  const figures = [...answer.querySelectorAll("[data-figure]")];
  if (!figures.some((figure) => figure.dataset.figure === "unverified"))
    problems.push("nothing is marked as unverified");
  if (number === null) {
    const facts = figures.filter((figure) => figure.dataset.figure === "verified" && /\d/.test(figure.textContent));
    return [...problems, ...facts.map((figure) => `verified without a cell: ${figure.textContent}`)];
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    // Text for screen readers carries the mark behind the number.
    const unmarked = node.textContent.replaceAll(`${number} [unverified]`, "");
    if (!unmarked.includes(number) || parent.closest("script, style")) continue;
    const figure = parent.closest("[data-figure]");
    if (figure?.dataset.figure === "unverified") continue;
    // The true number of a reference may stand beside the lie; results and what was sent back are no answer.
    if (figure?.dataset.claim === "reference" || parent.closest("[aria-label='Steps'], [data-repair]")) continue;
    const block = parent.closest("p, li, h2, dialog") ?? parent;
    if (block.textContent.includes(about)) problems.push(`shown as fact: ${block.textContent}`);
  }
  return problems;
}
