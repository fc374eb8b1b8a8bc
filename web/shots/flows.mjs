// One flow for each kind of object, in a real browser over a real server: asked for in the chat, approved with its
// difference in sight, on its page as it was said, and gone by undo that was shown before it was done. And one flow
// of members who sign in.
//
//   node shots/flows.mjs --base URL --members URL --keys JSON [--out DIR]
//
// The servers have the built-in analyst; the one at --members wants a key from everybody, and --keys has those of
// asker, approver and viewer, and the project.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { playMembers } from "./member-flow.mjs";

const here = fileURLToPath(new URL("..", import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { values: options } = parseArgs({
  options: {
    base: { type: "string" },
    members: { type: "string" },
    keys: { type: "string" },
    out: { type: "string", default: join(here, "shots/out") },
    chromium: { type: "string", default: "/usr/bin/chromium" },
  },
});

/** `shows`: what must stand on the object's page. */
const FLOWS = [
  {
    kind: "feature_flag",
    ask: "create a flag quick-search for 10% of users and turn it on",
    name: "quick-search",
    shows: "10%",
  },
  {
    kind: "insight",
    ask: "save page views by day from 17 to 20 May 2015 as an insight called Traffic",
    name: "Traffic",
    shows: "page views per day",
  },
  { kind: "dashboard", ask: "create a dashboard Growth", name: "Growth", shows: "Activity" },
  {
    kind: "cohort",
    ask: "create a cohort Testers of the persons user-1 and user-2",
    name: "Testers",
    shows: "user-2",
  },
  {
    kind: "action",
    ask: "define an action Not found as page views with status 404",
    name: "Not found",
    shows: "404",
  },
  {
    kind: "notebook",
    ask: "create a notebook Findings with page views per browser",
    name: "Findings",
    shows: "Page views per browser",
  },
];

mkdirSync(options.out, { recursive: true });
const browser = await chromium.launch({
  executablePath: options.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
let failed = 0;
for (const flow of FLOWS) report(flow.kind, await play(flow));
const members = JSON.parse(options.keys);
const pictureOf = (page, step, problems) => picture(page, { kind: "members" }, step, problems);
report("members", await playMembers(browser, options.members, members, pictureOf));
await browser.close();
process.exit(failed > 0 ? 1 : 0);

function report(name, problems) {
  failed += problems.length > 0 ? 1 : 0;
  console.log(`${problems.length === 0 ? "ok  " : "FAIL"} ${name}${problems.map((each) => `\n     ${each}`).join("")}`);
}

async function play(flow) {
  const problems = [];
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
  page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
  const api = async (path) => (await page.request.get(`${options.base}${path}`)).json();
  try {
    const project = (await api("/api/projects")).data[0].id;
    const objects = async () => (await api(`/api/projects/${project}/objects?kind=${flow.kind}`)).data;
    const before = JSON.stringify(await objects());

    await page.goto(`${options.base}/`, { waitUntil: "load" });
    await page.getByRole("textbox", { name: "Your question" }).fill(flow.ask);
    await page.keyboard.press("Enter");
    const card = page.locator("[data-approval='open']");
    await card.waitFor();
    if (JSON.stringify(await objects()) !== before) problems.push("something was written before it was approved");
    await picture(page, flow, "asked", problems);
    await card.getByRole("button", { name: "Approve" }).click();
    await page.locator("[data-undo='ready']").waitFor();
    const undo = page.locator("[data-undo]");
    const made = (await objects()).find((object) => object.name === flow.name);
    if (!made) throw new Error(`there is no ${flow.kind} named ${flow.name}`);
    if (made.created_by.type !== "agent") problems.push("it is not signed by the agent");
    await picture(page, flow, "made", problems);

    const own = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
    await own.goto(`${options.base}/objects/${flow.kind}/${made.id}`, { waitUntil: "load" });
    await own.getByRole("heading", { name: flow.name }).waitFor();
    await own.getByText(flow.shows).first().waitFor();
    await picture(own, flow, "page", problems);
    await own.close();

    await undo.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("region", { name: "Take this back?" }).waitFor();
    await picture(page, flow, "undo", problems);
    if (!(await objects()).some((object) => object.id === made.id)) problems.push("it was undone before it was wanted");
    await page.getByRole("button", { name: "Take it back" }).click();
    await page.locator("[data-undo='undone']").waitFor();
    if (JSON.stringify(await objects()) !== before) problems.push("undo left something behind");
    await page.goto(`${options.base}/objects/${flow.kind}`, { waitUntil: "load" });
    await page.getByRole("heading").first().waitFor();
    if (await page.getByRole("link", { name: flow.name, exact: true }).count())
      problems.push("its page still lists it");
  } catch (error) {
    problems.push(String(error.message).split("\n")[0]);
    await page.screenshot({ path: join(options.out, `flow-${flow.kind}-stuck.png`), fullPage: true });
  }
  await page.close();
  return problems;
}

async function picture(page, flow, step, problems) {
  await page.waitForTimeout(200);
  await page.screenshot({ path: join(options.out, `flow-${flow.kind}-${step}.png`), fullPage: true });
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, impact, nodes } of result.violations) {
    if (impact === "serious" || impact === "critical") problems.push(`${step}: axe ${id} at ${nodes[0].target}`);
  }
}
