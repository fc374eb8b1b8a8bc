import { expect, it } from "vitest";
import type { Json } from "@/api/types";
import { argumentLine } from "@/features/tools/arguments";

const FIREFOX = { key: "$browser", value: "Firefox" };

it.each<[string, Json, string]>([
  ["list_events", {}, "all events"],
  [
    "list_events",
    { event: "signed_up", properties: [FIREFOX], search: "ann", limit: 5 },
    "signed_up · “ann” · 1 filter · at most 5",
  ],
  [
    "list_persons",
    { properties: { type: "OR", values: [FIREFOX, { type: "AND", values: [FIREFOX] }] }, cursor: "1_2" },
    "persons · 2 filters · next page",
  ],
  ["list_persons", { properties: "wrong" }, "persons"],
])("arguments of %s %j", (tool, args, line) => {
  expect(argumentLine({ tool, arguments: args })).toBe(line);
});
