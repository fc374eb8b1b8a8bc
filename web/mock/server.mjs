// Serves dist/ and the API from fixtures/, to look at the page without a server. Every first
// connection of a run is cut after a few events, so that resuming is always exercised.

import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { transformWithOxc } from "vite";
import { listed, taxonomyOf } from "./lists.mjs";
import { objectStore, products, quality, refusal, tools } from "./objects.mjs";

const here = fileURLToPath(new URL("..", import.meta.url));
const dist = join(here, "dist");
const TERMINAL = new Set(["completed", "failed", "cancelled", "awaiting_user"]);
const CUT_AFTER = 5;

/** What the real server is asked to send. */
export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

export function loadFixtures() {
  const names = readdirSync(join(here, "fixtures")).filter((name) => name.endsWith(".json"));
  const entries = names.map((name) => [
    name.replace(".json", ""),
    JSON.parse(readFileSync(join(here, "fixtures", name), "utf8")),
  ]);
  return Object.fromEntries(entries);
}

export async function startMock({ port = 0, delay = 25, history = true } = {}) {
  const fixtures = loadFixtures();
  const state = { fixtures, delay, runs: new Map(), said: new Map(), objects: objectStore(), session: LOCAL };
  const reset = () => {
    state.objects = objectStore();
    state.session = LOCAL;
    state.runs.clear();
    state.said.clear();
    state.earlyAccess = "ga";
    if (history) for (const events of Object.values(fixtures)) addEnded(state, events);
  };
  reset();
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error) => {
      if (error.report) send(response, error.report.code === "unknown_name" ? 404 : 409, { error: error.report });
      else send(response, 500, failure("internal", String(error)));
    });
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  /** Lets somebody else use the page; `null` lets nobody. */
  const signIn = (session) => {
    state.session = session;
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close, reset, signIn };
}

const RESOURCES = [
  ...["activity", "event", "key", "member", "person", "product", "project", "query", "run", "storage", "taxonomy"],
  ...["feature_flag", "insight", "dashboard", "cohort", "action", "notebook"],
];

/** All rights of some levels. */
export const rights = (...levels) => RESOURCES.flatMap((resource) => levels.map((level) => `${resource}:${level}`));

/** Whoever sits at this machine. */
const LOCAL = {
  name: "local",
  role: "owner",
  rights: rights("read", "write", "admin"),
  by: "local",
  key_required: false,
};

/** History shows what has ended; a fixture that has not is left out. */
function addEnded(state, events) {
  if (!TERMINAL.has(events.at(-1).kind)) return;
  const id = events[0].run_id;
  state.runs.set(id, { id, events: [...events], waiting: new Set(), connections: 0 });
}

async function handle(state, request, response) {
  const url = new URL(request.url, "http://mock");
  const path = url.pathname;
  if (!path.startsWith("/api/")) return serveFile(path, response);
  if (!state.session) {
    const nobody = { code: "denied", retry: "adjust", message: "this server wants a key", hint: null };
    const wrong = {
      ...nobody,
      message: "the key is not known",
      hint: "check that all of it was copied: hr_ and 32 characters",
    };
    return send(response, 401, { error: request.method === "POST" ? wrong : nobody });
  }
  if (path === "/api/session") return send(response, 200, state.session);
  const runs = [...state.runs.values()];
  const [, , kind, id, action] = path.split("/");
  if (path === "/api/projects")
    return send(response, 200, {
      data: [
        { id: "site", events: 10000 },
        { id: "shop", events: 48211 },
      ],
    });
  if (kind === "suggestions") return send(response, 200, { data: suggestions(state.fixtures) });
  if (path === "/api/tools") return send(response, 200, { data: tools });
  if (path.startsWith("/api/products/") && path.endsWith("/check")) return send(response, 200, productCheck(id));
  if (path === "/api/products") return send(response, 200, { data: products, problems: [] });
  if (kind === "products" && quality[id]) return send(response, 200, quality[id]);
  if (kind === "projects" && action === "runs" && path.endsWith("/runs")) return startRun(state, request, response);
  if (kind === "projects" && action === "early-access")
    return send(response, 200, await earlyAccess(state, id, request));
  if (kind === "projects") return send(response, 200, await ofProject(state, request, url));
  if (kind === "runs" && !id) return send(response, 200, { data: runs.map(summary).reverse() });
  if (kind === "conversations") return send(response, 200, { data: await threads(runs, id) });
  const run = state.runs.get(id);
  if (!run) return send(response, 404, failure("unknown_name", `unknown run "${id}"`));
  if (!action) return send(response, 200, (await threads([run], run.events[0].conversation_id))[0]);
  if (action === "events") return stream(run, request, url, response);
  if (action === "undo" && url.searchParams.has("dry_run")) return send(response, 200, state.objects.planUndoRun(id));
  if (action === "undo") return send(response, 200, { data: state.objects.undoRun(id) });
  if (action === "feedback") return send(response, 200, await feedback(state, run, request));
  if (action === "cancel") {
    push(run, { kind: "cancelled" });
    return send(response, 202, {});
  }
  return send(response, 404, failure("unknown_name", `no route ${path}`));
}

/** Who is in whatever cohort is read. */
const cohortMembers = {
  persons: 2,
  ids_without_person: 0,
  first: [
    {
      person_id: "0197b000-0000-7000-8000-000000000003",
      created_at: "2026-06-01T09:00:00Z",
      properties: { name: "Ann", plan: "team" },
    },
    { person_id: "0197b000-0000-7000-8000-000000000004", created_at: "2026-06-02T09:00:00Z", properties: {} },
  ],
};

const output = (result) => ({ result, content: "", table: null, warnings: [], provenance: null });

/** A thing of each kind for every search but one. */
function searched(flags, query) {
  if (query === "nothing") return { found: [], more: 0 };
  const { name, id } = flags[0];
  return {
    found: [
      { kind: "tool", name: "query_trends", line: "Counts events, unique visitors or unique sessions over time." },
      { kind: "mode", name: "product_analytics", line: "How many, how often, who, by what." },
      { kind: "skill", name: "query-trends", line: "How trends are asked for." },
      { kind: "doc", name: "feature_flags", line: "Feature flags: who sees what." },
      { kind: "object", name, line: "feature flag", of: "feature_flag", id },
      { kind: "event", name: "$pageview", line: "captured 9123 times" },
      { kind: "property", name: "$browser", line: "text property of 9123 events" },
    ],
    more: 3,
  };
}

/** A product with which something is wrong; it ran before that. */
function productCheck(product) {
  const report = {
    product,
    tokens: [{ file: "modes/demo/mode.md", tokens: 214 }],
    findings: [],
    notes: [],
  };
  const findings = [
    {
      check: "discovery",
      file: "tools/count_signups.toml",
      message: 'the phrase "quarterly revenue" has little to do with what count_signups says of itself',
      hint: "write what people would type for this tool, or say in its description what they type",
    },
  ];
  const last = { at: "2026-07-01T08:00:00Z", program: "0.1.0", report: { ...report, ran: true } };
  return { read: { ...report, ran: false, findings }, last };
}

async function earlyAccess(state, project, request) {
  if (request.method === "PUT") state.earlyAccess = JSON.parse(await text(request)).stage;
  return { project, stage: state.earlyAccess };
}

/** What was said of a run; the last word counts. */
async function feedback({ said }, run, request) {
  if (request.method === "POST") {
    const { project } = run.events[0];
    const words = JSON.parse(await text(request));
    said.set(run.id, { run_id: run.id, project, person: "local", at: new Date().toISOString(), ...words });
    return said.get(run.id);
  }
  return { given: said.get(run.id) ?? null };
}

/** Objects, their activity, and tools, of whatever project. */
async function ofProject({ objects, fixtures }, request, url) {
  const [, , , , what, id, action] = url.pathname.split("/");
  const query = Object.fromEntries(url.searchParams);
  const body = request.method === "POST" ? JSON.parse((await text(request)) || "{}") : null;
  if (what === "objects") {
    if (!id) return { data: objects.list(query.kind) };
    const object = objects.get(id);
    if (!object) throw refusal("unknown_name", `there is no object ${id}`);
    return object;
  }
  if (what === "activity" && id) return query.dry_run ? objects.planUndo(id) : objects.undo(id);
  if (what === "activity") return { data: objects.activity(query) };
  if (what === "tools" && action === "preview") return objects.preview(id, body);
  if (what === "tools" && id === "read_cohort") return output(cohortMembers);
  if (what === "tools" && id === "search") return output(searched(objects.list("feature_flag"), body.query));
  if (what === "tools" && id === "read_data")
    return output({ name: body.of, text: `# ${body.of}\n\nWhat it is for.\n` });
  if (what === "query" && body.kind !== undefined && body.kind !== "TrendsQuery") return listed(body);
  if (what === "tools" && id === "read_taxonomy") {
    const result = taxonomyOf(body);
    if (result) return { result, content: "", table: null, warnings: [], provenance: null };
  }
  if (what === "tools" && id === "query_trends") return trendsResult(fixtures, body);
  if (what === "tools" && objects.isWrite(id)) {
    objects.write(id, body);
    return { result: {}, content: "done", table: null, warnings: [], provenance: null };
  }
  throw refusal("unknown_name", `no route ${url.pathname}`);
}

function trendsResult(fixtures, query) {
  const events = fixtures[query.trendsFilter ? "number" : "answered"];
  const { result, content } = events.find((event) => event.result);
  return { result: {}, content, ...result };
}

function suggestions(fixtures) {
  return ["number", "answered", "breakdown", "refused"].map((name) => fixtures[name][0].question);
}

function summary({ id, events }) {
  const { project, conversation_id, question, at } = events[0];
  const last = events.at(-1);
  const ends = { failed: "failed", cancelled: "cancelled", awaiting_user: "asked", completed: last.outcome };
  return { run_id: id, conversation_id, project, question, status: ends[last.kind] ?? "running", started_at: at };
}

/** A conversation's runs, by the page's own fold: there is one rule of how events become a thread. */
async function threads(runs, conversation) {
  const file = join(here, "src/lib/fold.ts");
  const { code } = await transformWithOxc(readFileSync(file, "utf8"), file);
  const { fold } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return runs.filter((run) => run.events[0].conversation_id === conversation).map((run) => fold(run.events));
}

async function startRun(state, request, response) {
  const body = JSON.parse(await text(request));
  const id = body.run_id;
  if (state.runs.has(id)) return send(response, 202, { run_id: id });
  const scripts = Object.values(state.fixtures);
  const script =
    (body.approval && decided(state, body)) ??
    scripts.find((events) => events[0].question === body.question) ??
    unknownQuestion(state.fixtures, body.question);
  const run = { id, events: [], waiting: new Set(), connections: 0 };
  state.runs.set(id, run);
  const conversation_id = body.conversation_id ?? id.replace(/.{4}$/, "c0de");
  const continues = body.continues ?? undefined;
  push(run, { ...script[0], conversation_id, continues, question: body.question, at: new Date().toISOString() });
  void play(run, script.slice(1), state.delay);
  return send(response, 202, { run_id: id });
}

/** What follows on a yes or a no to the flag's call. A yes changes the flag. */
function decided({ fixtures, objects }, { run_id, approval }) {
  if (approval.decision === "reject") return fixtures.rejected;
  const { tool, call_id, arguments: args } = fixtures.approval.at(-1).reason;
  objects.write(tool, approval.arguments ?? args, { type: "agent", name: "Ada", run_id, call_id });
  return fixtures.approved;
}

function unknownQuestion(fixtures, question) {
  const known = Object.values(fixtures).map((events) => events[0].question);
  const error = {
    code: "unknown_name",
    retry: "adjust",
    message: `the mock has no fixture for ${JSON.stringify(question)}`,
    hint: `it knows: ${known.join("; ")}`,
  };
  return [{ ...fixtures.error[0] }, { version: 1, kind: "failed", error }];
}

async function play(run, events, delay) {
  for (const event of events) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (run.events.some((each) => TERMINAL.has(each.kind))) return;
    push(run, event);
  }
}

function push(run, event) {
  const { run_id: _run, seq: _seq, ...rest } = event;
  run.events.push({ version: 1, at: new Date().toISOString(), ...rest, run_id: run.id, seq: run.events.length + 1 });
  for (const wake of run.waiting) wake();
}

function stream(run, request, url, response) {
  let next = Number(request.headers["last-event-id"] ?? url.searchParams.get("after") ?? 0);
  run.connections += 1;
  const until = run.connections === 1 ? next + CUT_AFTER : Number.POSITIVE_INFINITY;
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const heartbeat = setInterval(() => response.write(": heartbeat\n\n"), 10_000);
  const write = () => {
    while (next < run.events.length) {
      const event = run.events[next];
      next += 1;
      response.write(`id: ${event.seq}\nevent: run_event\ndata: ${JSON.stringify(event)}\n\n`);
      if (TERMINAL.has(event.kind) || next >= until) return response.end();
    }
  };
  run.waiting.add(write);
  response.on("close", () => {
    clearInterval(heartbeat);
    run.waiting.delete(write);
  });
  write();
}

function serveFile(path, response) {
  const wanted = join(dist, normalize(path));
  const file =
    wanted.startsWith(dist) && existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(dist, "index.html");
  const headers = {
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "content-security-policy": CSP,
  };
  response.writeHead(200, headers);
  createReadStream(file).pipe(response);
}

async function text(request) {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function failure(code, message) {
  return { error: { code, retry: "never", message, hint: null } };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2] ?? 4556);
  const { url } = await startMock({ port, delay: 120 });
  console.log(`mock at ${url}`);
}
