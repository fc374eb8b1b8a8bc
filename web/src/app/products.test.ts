import { expect, it } from "vitest";
import { OBJECT_KINDS } from "@/api/objects";
import type { Json } from "@/api/types";
import { defineProduct, type ProductManifest } from "@/app/product";
import { piecesOf } from "@/app/products";
import { plainObjectUi } from "@/features/objects/kinds/plain";
import { argumentLine } from "@/features/tools/arguments";

it.each<[string, Json, string]>([
  ["query_trends", { series: [{ event: "$pageview" }] }, "$pageview · per day"],
  [
    "query_trends",
    { series: [{}, { custom_name: "errors", math: "dau" }], trendsFilter: { display: "BoldNumber" } },
    "all events, errors · total",
  ],
  [
    "query_trends",
    {
      series: [{ math: "unique_session", properties: [{ key: "status", value: 404 }] }],
      interval: "hour",
      dateRange: { date_from: "2015-05-18", date_to: "2015-05-18" },
      breakdownFilter: { breakdown: "$os" },
      properties: {
        type: "AND",
        values: [
          { key: "method", value: "GET" },
          { type: "OR", values: [{ key: "bytes", value: 1 }] },
        ],
      },
    },
    "sessions of all events · per hour · by $os · 2015-05-18 · 3 filters",
  ],
  ["query_trends", { series: "wrong" }, "series: wrong"],
  ["query_trends", null, ""],
  ["execute_sql", { query: "SELECT 1\n  FROM events" }, "SELECT 1 FROM events"],
  ["ask_user", { question: "There were 9,999 views. Go on?" }, ""],
  ["read_taxonomy", { kind: "events", limit: 5, names: ["a"] }, 'kind: events · limit: 5 · names: ["a"]'],
])("arguments of %s %j", (tool, args, line) => {
  expect(argumentLine({ tool, arguments: args })).toBe(line);
});

function productWith(kind: string): ProductManifest {
  return defineProduct({ product: kind, tools: [], objects: [{ ...plainObjectUi("action"), kind, title: "Its own" }] });
}

it("a kind that only a product knows comes behind those of the menu, and its pages in place of the page's own", () => {
  const { objects } = piecesOf({ "a/manifest.ts": productWith("checklist"), "b/manifest.ts": productWith("cohort") });
  expect(objects.map((ui) => ui.kind)).toEqual([...OBJECT_KINDS, "checklist"]);
  const own = objects.filter((ui) => ui.title === "Its own").map((ui) => ui.kind);
  expect(own).toEqual(["cohort", "checklist"]);
});

it("two products can't both have the pages of a kind", () => {
  const twice = { "a/manifest.ts": productWith("checklist"), "b/manifest.ts": productWith("checklist") };
  expect(() => piecesOf(twice)).toThrow("b/manifest.ts: objects of kind checklist already have pages");
});
