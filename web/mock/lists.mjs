// Events and persons of the mock: made by a rule, so that every picture shows the same. Filters go by the page's own
// rule of what matches, search and cursors by the server's.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformWithOxc } from "vite";
import { refusal } from "./objects.mjs";

const PLANS = ["free", "pro", "team"];
const CITIES = ["Berlin", "London", "Tokyo", "New York"];
const BROWSERS = ["Chrome", "Firefox", "Safari", "Samsung Internet"];
const NAMES = ["$pageview", "$pageview", "note_created", "signed_up", "search_performed", "$exception"];
const PATHS = ["/", "/pricing", "/app/notes", "/docs/api/authentication", "/blog/writing-notes-that-last"];
const LAST = Date.parse("2026-06-30T21:40:00Z");

const uuid = (kind, number) => `0197${kind}-0000-7000-8000-${String(number).padStart(12, "0")}`;

const persons = Array.from({ length: 130 }, (_, at) => ({
  person_id: uuid("b000", at),
  distinct_ids: at % 3 === 0 ? [`device_${7000 + at}`, `user-${at}`] : [`user-${at}`],
  created_at: new Date(LAST - at * 5_400_000).toISOString(),
  is_identified: at % 4 !== 1,
  properties: {
    ...(at % 4 === 1 ? {} : { email: `user-${at}@mail.example` }),
    plan: PLANS[at % 3],
    city: CITIES[at % 4],
    seats: 1 + (at % 9),
    $browser: BROWSERS[at % 4],
    $initial_utm_source: at % 2 ? "newsletter" : "google",
  },
}));

const events = Array.from({ length: 260 }, (_, at) => {
  const person = persons[(at * 7) % persons.length];
  return {
    uuid: uuid("e000", 9999 - at),
    event: NAMES[at % NAMES.length],
    timestamp: new Date(LAST - at * 171_000).toISOString(),
    distinct_id: person.distinct_ids[0],
    // A crawler is no person.
    ...(at % 13 === 5 ? {} : { person_id: person.person_id }),
    ...(at % 13 === 5 ? {} : { session_id: uuid("5e55", at >> 3) }),
    properties: {
      $browser: BROWSERS[(at * 7) % 4],
      $pathname: PATHS[at % PATHS.length],
      $current_url: `https://app.leaflet.example${PATHS[at % PATHS.length]}`,
      ...(at % 6 === 2 ? { note_length: 40 + at, tags: ["work", "draft"] } : {}),
    },
  };
});

const of = (property_type, kind, keys) => keys.map((key) => ({ key, type: property_type, kind }));
const OF_PERSONS = [
  ...of("person", "text", ["$browser", "$initial_utm_source", "city", "email", "plan"]),
  ...of("person", "whole", ["seats"]),
];
const FIELDS = {
  events: [
    ...of("event_field", "text", ["event", "distinct_id"]),
    ...of("event_field", "date", ["timestamp"]),
    ...of("event", "text", ["$browser", "$current_url", "$pathname"]),
    ...of("event", "whole", ["note_length"]),
    ...OF_PERSONS,
  ],
  persons: [
    ...of("person_field", "text", ["distinct_id"]),
    ...of("person_field", "date", ["created_at"]),
    ...OF_PERSONS,
  ],
};

const personOf = (event) => persons.find((person) => person.person_id === event.person_id);

/** The value of a field of an event or a person. */
function value(row, { key, type }) {
  if (type === "event") return row.properties[key];
  if (type === "person") return (row.uuid ? personOf(row) : row)?.properties[key];
  return key === "distinct_id" && !row.uuid ? row.distinct_ids : row[key];
}

/** `read_taxonomy` of a list; `null` where the call is about something else. */
export function taxonomyOf({ kind, list, key, type, limit = 100 }) {
  const fields = FIELDS[list];
  if (!fields) return null;
  if (kind === "fields") return { kind, list, fields };
  const counts = new Map();
  for (const row of list === "events" ? events : persons) {
    const held = value(row, { key, type });
    if (typeof held === "string") counts.set(held, (counts.get(held) ?? 0) + 1);
  }
  const values = [...counts].sort((one, other) => other[1] - one[1]).map(([each, count]) => ({ value: each, count }));
  return { kind: "field_values", list, type, key, field: "text", values: values.slice(0, limit), complete: true };
}

/** `EventsQuery`, `PersonsQuery` and `ActorsQuery`. */
export async function listed(query) {
  if (query.kind === "ActorsQuery") return behind(query);
  const isEvents = query.kind === "EventsQuery";
  const [name, time, id] = isEvents ? ["events", "timestamp", "uuid"] : ["persons", "created_at", "person_id"];
  if (query.personId && !persons.some((person) => person.person_id === query.personId)) {
    throw refusal("unknown_name", `there is no person with the id "${query.personId}"`);
  }
  const { matches } = await filters();
  const search = (query.search ?? "").toLowerCase();
  const called = (row) => (isEvents ? [row.event, row.distinct_id] : [...row.distinct_ids, row.properties.email ?? ""]);
  const tree = query.properties ?? { type: "AND", values: [] };
  const found = (isEvents ? events : persons).filter(
    (row) =>
      (!query.personId || row.person_id === query.personId) &&
      called(row).some((each) => each.toLowerCase().includes(search)) &&
      matches(tree, FIELDS[name], (field) => value(row, field)),
  );
  const at = (row) => `${row[time]}_${row[id]}`;
  const rest = query.cursor ? found.filter((row) => at(row) < query.cursor) : found;
  const limit = query.limit ?? 100;
  const results = rest.slice(0, limit);
  const has_more = rest.length > limit;
  return {
    results: isEvents ? results : results.map(withEvents),
    has_more,
    ...(has_more ? { next_cursor: at(results.at(-1)) } : {}),
    warnings: has_more ? [{ code: "row_limit", message: `only the first ${limit} ${name} are listed` }] : [],
    provenance: provenance(query),
  };
}

/** Every second person is behind whatever number. */
function behind(query) {
  const found = persons.filter((_, at) => at % 2 === 0);
  const at = (row) => `${row.created_at}_${row.person_id}`;
  const rest = query.cursor ? found.filter((row) => at(row) < query.cursor) : found;
  const limit = query.limit ?? 100;
  const results = rest.slice(0, limit);
  const has_more = rest.length > limit;
  const counts = ["TrendsQuery", "PathsQuery"].includes(query.source.kind);
  const count = (person) => 1 + (persons.indexOf(person) % 5);
  const said = Object.entries(query.cell ?? {}).map(([name, value]) => `${name} ${value}`);
  const listedActor = (person) => {
    const { events, ...known } = withEvents(person);
    return { ...known, events: events + count(person), ...(counts ? { count: count(person) } : {}) };
  };
  return {
    results: results.map(listedActor),
    persons: found.length,
    ...(counts ? { count: found.reduce((sum, person) => sum + count(person), 0) } : {}),
    has_more,
    ...(has_more ? { next_cursor: at(results.at(-1)) } : {}),
    warnings: has_more ? [{ code: "row_limit", message: `only the first ${limit} persons are listed` }] : [],
    provenance: { ...provenance(query), limits: [`${query.source.kind}: ${said.join(", ")}`, `${limit} rows a page`] },
  };
}

function withEvents(person) {
  const own = events.filter((event) => event.person_id === person.person_id);
  return { ...person, events: own.length, ...(own[0] ? { last_seen: own[0].timestamp } : {}) };
}

function provenance(query) {
  return {
    query_id: uuid("9000", 1),
    project: "site",
    kind: query.kind,
    plan_hash: "0",
    snapshot_id: 1,
    time_zone: "UTC",
    filters: [],
    null_semantics: "",
    limits: [],
    query: JSON.stringify(query),
    rows_read: events.length,
    elapsed_ms: 3,
  };
}

/** The page's own rule of what fits a tree. */
async function filters() {
  const file = fileURLToPath(new URL("../src/lib/filters.ts", import.meta.url));
  const { code } = await transformWithOxc(readFileSync(file, "utf8"), file);
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}
