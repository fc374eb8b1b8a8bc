// Takes pictures of the page's states in both themes and two widths, and checks each with axe.
//
//   node shots/shots.mjs [--base URL --slow URL] [--out DIR] [--only STATE,...] [--widths PX,...]
//
// Without --base the mock serves the fixtures. With it, the pages of two real servers are used: `empty`,
// `answered` and `refused` come from the one at --base, `running` and `error` from the one at --slow, whose
// model is slow-model.sh. Finer states, such as a half-written answer, are fixtures put in the place of the
// real server's run routes. Exit 1 on a serious or critical axe finding, a
// state that is not reached, a console error, or a page wider than its window.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { loadFixtures, rights, startMock } from "../mock/server.mjs";

const here = fileURLToPath(new URL("..", import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { values: options } = parseArgs({
  options: {
    base: { type: "string" },
    slow: { type: "string" },
    out: { type: "string", default: join(here, "shots/out") },
    only: { type: "string" },
    widths: { type: "string", default: "400,1280" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
  },
});

const THEMES = ["light", "dark"];
const WIDTHS = options.widths.split(",").map(Number);
const fixtures = loadFixtures();
const question = (fixture) => fixtures[fixture][0].question;
const settled = (status) => `[data-run-status="${status}"]`;

const VIEWER = {
  name: "Grace Brewster Murray Hopper",
  role: "viewer",
  projects: ["site", "shop"],
  rights: rights("read").filter((right) => !/^(key|member|storage):/.test(right)),
  by: "session",
  key_required: true,
  expires_at: "2026-05-25T10:00:00Z",
};
const CONVERSATION = fixtures.approval[0].conversation_id;

/**
 * `fixture`: played by the mock, also over a real server. `objects`: there, all of the API but the projects is
 * the mock's. `ask`: put to whatever server there is. `slow`: only where there is the real server whose model
 * is slow. `as`: somebody who has signed in with a key, or nobody; all of the API is the mock's then.
 */
const STATES = {
  empty: { wait: "ul[aria-label='Suggested questions'] button" },
  running: { slow: true, ask: "How many page views a day?", wait: "[aria-label='Steps'] li" },
  working: { fixture: "working", wait: "[role='progressbar']" },
  streaming: { fixture: "running", wait: "[data-figure='pending']" },
  answered: { ask: "Daily page views from 17 to 20 May 2015", wait: `${settled("answered")} canvas` },
  refused: { ask: question("refused"), wait: settled("refused") },
  error: { slow: true, ask: "Where does it fail?", wait: settled("failed") },
  "failed-call": {
    fixture: "error",
    wait: settled("failed"),
    act: (page) => page.getByRole("button", { name: /Counting events failed/ }).click(),
  },
  number: { fixture: "number", wait: settled("answered") },
  breakdown: { fixture: "breakdown", wait: `${settled("answered")} canvas` },
  evidence: { part: true, fixture: "answered", wait: settled("answered"), act: openEvidence },
  actors: { part: true, fixture: "breakdown", wait: settled("answered"), act: openActors },
  asked: { fixture: "asked", wait: settled("asked") },
  "asked-marks": { fixture: "asked-marks", wait: settled("asked") },
  sql: {
    fixture: "sql",
    wait: settled("answered"),
    act: (page) => page.getByRole("button", { name: /Ran SQL/ }).click(),
  },
  drawer: {
    part: true,
    widths: [WIDTHS[0]],
    wait: "ul[aria-label='Suggested questions'] button",
    act: openDrawer,
  },
  gallery: { path: "/gallery", wait: "[data-specimen='answer/over time'] canvas" },
  "gallery-open": { path: "/gallery", wait: "[data-specimen='answer/over time'] canvas", act: openApprovals },
  approval: { objects: true, fixture: "approval", wait: settled("asked") },
  approved: {
    objects: true,
    fixture: "approval",
    wait: settled("asked"),
    act: async (page) => {
      await page.getByRole("button", { name: "Approve" }).click();
      await page.getByRole("button", { name: "Undo" }).waitFor();
    },
  },
  commands: { part: true, wait: "ul[aria-label='Suggested questions'] button", act: openCommands },
  flags: { objects: true, path: "/objects/feature_flag", wait: "tbody tr" },
  "flags-by-words": { objects: true, path: "/objects/feature_flag", wait: "tbody tr", act: filterByWords },
  "flags-new": { objects: true, path: "/objects/feature_flag", wait: "tbody tr", act: makeFlag },
  "flags-docked": { objects: true, part: true, path: "/objects/feature_flag", wait: "tbody tr", act: askInDock },
  flag: { objects: true, path: "/objects/feature_flag/flag-new-editor", wait: "[data-undo]", act: undoLast },
  "flag-undo": { objects: true, path: "/objects/feature_flag/flag-new-editor", wait: "[data-undo]", act: planUndo },
  "flag-undo-blocked": {
    objects: true,
    path: "/objects/feature_flag/flag-new-editor",
    wait: "[data-undo]",
    act: blockUndo,
  },
  "flag-edit": { objects: true, path: "/objects/feature_flag/flag-new-editor", wait: "[data-undo]", act: editFlag },
  "flag-gone": { objects: true, noise: true, path: "/objects/feature_flag/none", wait: "text=can't be shown" },
  insight: { objects: true, path: "/objects/insight/insight-views", wait: "canvas" },
  dashboard: { objects: true, path: "/objects/dashboard/dashboard-site", wait: "canvas" },
  cohort: { objects: true, path: "/objects/cohort/cohort-team", wait: "[data-undo]" },
  action: { objects: true, path: "/objects/action/action-signed-up", wait: "[data-undo]" },
  notebook: { objects: true, path: "/objects/notebook/notebook-review", wait: "[data-undo]" },
  "sign-in": { as: null, noise: true, wait: "text=Sign in" },
  "sign-in-wrong": { as: null, noise: true, wait: "text=Sign in", act: signInWrongly },
  account: { as: VIEWER, part: true, wait: "text=may not ask questions", act: openAccount },
  viewer: { as: VIEWER, fixture: "approval", path: `/c/${CONVERSATION}`, wait: "[data-lacks]" },
  "viewer-flags": { as: VIEWER, path: "/objects/feature_flag", wait: "tbody tr" },
  "viewer-flag": { as: VIEWER, path: "/objects/feature_flag/flag-new-editor", wait: "[data-undo]" },
  events: { objects: true, path: "/events", wait: "tbody tr", act: openEvent },
  "events-by-words": { objects: true, path: "/events", wait: "tbody tr", act: filterEvents },
  "events-none": { objects: true, path: "/events?q=nothing+like+it", wait: "text=None of the events fits" },
  "events-refused": { objects: true, noise: true, path: "/events?person=none", wait: "text=could not be read" },
  persons: { objects: true, path: "/persons", wait: "tbody tr" },
  person: { objects: true, path: "/persons/0197b000-0000-7000-8000-000000000003", wait: "tbody tr" },
  "person-gone": { objects: true, noise: true, path: "/persons/none", wait: "text=can't be shown" },
  capabilities: { path: "/capabilities", wait: "article" },
  products: { path: "/products", wait: "section dl" },
  "product-check": {
    objects: true,
    path: "/products",
    wait: "section dl",
    act: async (page) => {
      await page.getByText("What the gate finds").first().click();
      await page.getByText("This runs all of it").first().waitFor();
    },
  },
  search: { objects: true, path: "/search?q=visitors", wait: "main li" },
  quality: { objects: true, path: "/products/product_analytics", wait: "[data-quality] canvas" },
  "quality-unused": { objects: true, path: "/products/feature_flags", wait: "text=Nobody used it" },
  feedback: {
    objects: true,
    fixture: "number",
    wait: settled("answered"),
    act: async (page) => {
      await page.getByRole("button", { name: "No", exact: true }).click();
      await page.getByRole("textbox", { name: "What was wrong?" }).fill("It counts robots");
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await page.getByText("Thank you").waitFor();
      await page.reload();
      await page.getByText("It counts robots").waitFor();
    },
  },
  "not-found": { path: "/nowhere", wait: "text=There is no such page" },
  unreachable: { refuse: true, wait: "[role='alert']" },
};

async function openEvidence(page) {
  const open = () => page.getByRole("button", { name: "31.7%" }).click();
  await open();
  await page.getByRole("dialog").waitFor();
  // Closing it must leave the page as it was.
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await open();
  await page.getByRole("dialog").waitFor();
}

/** Lists the persons behind a number of the table. */
async function openActors(page) {
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await page.getByRole("button", { name: /^153 persons behind/ }).click();
  await page.getByRole("button", { name: "More persons" }).waitFor();
}

/** Leaves the changed arguments of one approval and the reason of another one open. */
async function openApprovals(page) {
  const change = page.locator("[data-specimen='approval/of a change']");
  await change.getByRole("button", { name: "Edit the arguments" }).click();
  await change.getByRole("spinbutton", { name: /Rollout/ }).fill("500");
  await change.getByText("Must be at most 100").waitFor();
  const deletion = page.locator("[data-specimen='approval/of a deletion']");
  await deletion.getByRole("button", { name: "Reject" }).click();
  await deletion.getByRole("textbox", { name: "Why not?" }).fill("The sales team uses it");
}

async function openCommands(page) {
  await page.getByRole("textbox", { name: "Your question" }).fill("/");
  await page.getByRole("listbox", { name: "Commands" }).waitFor();
  await page.keyboard.press("ArrowDown");
}

async function filterByWords(page) {
  await page.getByRole("textbox", { name: "Filter feature flags by words" }).fill(question("filters"));
  await page.keyboard.press("Enter");
  await page.getByText("2 of 5 feature flags").waitFor();
  // The list is filtered before the run has ended.
  await page.getByText("Shown are feature flags").waitFor();
  await page.getByRole("button", { name: "Filters (2)" }).click();
  await page.getByRole("spinbutton").waitFor();
}

/** Opens a row, and reads the next page of rows. */
async function openEvent(page) {
  await page.getByRole("button", { name: "note_created" }).first().click();
  await page.getByText("note_length").waitFor();
  await page.getByRole("button", { name: "More events" }).click();
  await page.getByText("200 events so far").waitFor();
}

async function filterEvents(page) {
  await page.getByRole("textbox", { name: "Filter events by words" }).fill(question("filters-events"));
  await page.keyboard.press("Enter");
  await page.getByText("Shown are events").waitFor();
  await page.getByRole("button", { name: "Filters (2)" }).click();
  await page.getByRole("combobox", { name: "Field of condition 1" }).waitFor();
  await page.getByText(/^\d+ events$/).waitFor();
}

async function makeFlag(page) {
  await page.getByRole("button", { name: "New" }).first().click();
  await page.getByRole("textbox", { name: /^name/ }).fill("search-v2");
  await page.getByRole("button", { name: "Show what it changes" }).click();
  await page.getByRole("button", { name: "Create" }).waitFor();
}

async function askInDock(page) {
  await page.getByRole("textbox", { name: "Your question" }).fill(question("approval"));
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Approve" }).waitFor();
}

async function planUndo(page) {
  await page.getByText("What is different").first().click();
  await page.getByRole("button", { name: "Undo" }).first().click();
  await page.getByRole("button", { name: "Take it back" }).waitFor();
}

async function undoLast(page) {
  await planUndo(page);
  await page.getByRole("button", { name: "Take it back" }).click();
  await page.locator("[data-undo='undone']").waitFor();
}

/** Takes back what somebody has changed since. */
async function blockUndo(page) {
  await page.getByRole("button", { name: "Undo" }).nth(1).click();
  await page.getByText("It can't be taken back as it stands").waitFor();
}

async function signInWrongly(page) {
  await page.getByRole("textbox", { name: "Key" }).fill("hr_wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
}

async function openAccount(page) {
  await page.getByRole("button", { name: /Signed in as/ }).click();
  await page.getByRole("dialog").waitFor();
}

async function editFlag(page) {
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByRole("spinbutton", { name: /rollout/ }).fill("500");
  await page.getByRole("button", { name: "Show what it changes" }).click();
  await page.getByText("Must be at most 100").waitFor();
}

async function openDrawer(page) {
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "New question" }).waitFor();
}

const only = options.only?.split(",");
const mock = await startMock();
const base = options.base ?? mock.url;
mkdirSync(options.out, { recursive: true });
const browser = await chromium.launch({
  executablePath: options.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
let failed = false;
for (const [name, state] of Object.entries(STATES)) {
  if ((only && !only.includes(name)) || (state.slow && !options.slow)) continue;
  for (const theme of THEMES)
    for (const width of state.widths ?? WIDTHS) failed = !(await shot(name, state, theme, width)) || failed;
}
await browser.close();
await mock.close();
process.exit(failed ? 1 : 0);

async function shot(name, state, theme, width) {
  const file = `${name}-${theme}-${width}.png`;
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 860 : 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
    timezoneId: "UTC",
    locale: "en-GB",
  });
  mock.reset();
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    // A browser notes every answer that is no success.
    if (message.type() === "error" && !state.refuse && !state.noise) problems.push(`console: ${message.text()}`);
  });
  try {
    await reach(page, state);
    if (!state.part) await growToContent(page, width);
    await page.waitForTimeout(300);
    problems.push(...(await checkPage(page)));
  } catch (error) {
    problems.push(`state not reached: ${String(error.message).split("\n")[0]}`);
  }
  await page.screenshot({ path: join(options.out, file), fullPage: !state.part });
  await context.close();
  console.log(`${problems.length === 0 ? "ok  " : "FAIL"} ${file}${problems.map((each) => `\n     ${each}`).join("")}`);
  return problems.length === 0;
}

async function reach(page, state) {
  if (state.as !== undefined) mock.signIn(state.as);
  if (state.as !== undefined && base !== mock.url) await routeToMock(page, /^\/api\//);
  else if (state.refuse) await page.route("**/api/**", (route) => route.abort());
  else if (state.objects && base !== mock.url) await routeToMock(page, /^\/api\/(?!projects$)/);
  else if (state.fixture && base !== mock.url) await routeToMock(page);
  await page.goto((state.slow ? options.slow : base) + (state.path ?? ""), { waitUntil: "load" });
  const text = state.fixture ? question(state.fixture) : state.ask;
  if (text && !state.path) {
    await page.getByRole("textbox", { name: "Your question" }).fill(text);
    await page.keyboard.press("Enter");
  }
  await page.locator(state.wait).first().waitFor({ timeout: 30_000 });
  await state.act?.(page);
}

/** Lets the mock answer some routes, those of runs at first, behind the real server's page. */
async function routeToMock(page, paths = /^\/api\/(runs|conversations|projects\/[^/]+\/runs)/) {
  await page.route(
    (url) => paths.test(url.pathname),
    (route) => {
      const { pathname, search } = new URL(route.request().url());
      return route.continue({ url: mock.url + pathname + search });
    },
  );
}

/** Gives the window the page's height, so that nothing sticks in the middle of the picture. */
async function growToContent(page, width) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.max(height, page.viewportSize().height) });
}

async function checkPage(page) {
  const problems = [];
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) problems.push(`the page is ${wide} px wider than the window`);
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, impact, help, nodes } of result.violations) {
    if (impact !== "serious" && impact !== "critical") continue;
    problems.push(
      `axe ${impact} ${id}: ${help} (${nodes
        .map((node) => node.target.join(" "))
        .slice(0, 3)
        .join("; ")})`,
    );
  }
  return problems;
}
