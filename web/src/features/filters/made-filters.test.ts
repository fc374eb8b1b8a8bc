import { expect, it } from "vitest";
import { filtersOf } from "@/features/filters/made-filters";

const tree = { type: "AND", values: [{ key: "active", value: true, type: "flag" }] };
const wish = { list: "flags", filters: [{ key: "activ", value: true }] }; // typos: on purpose

it("the answer's normal form goes before what was asked for", () => {
  const content = JSON.stringify({ list: "flags", filters: tree, understood: ["active is true"] });
  expect(filtersOf({ content, arguments: wish })).toEqual({
    list: "flags",
    filters: tree,
    understood: ["active is true"],
  });
});

it.each(["Made filters.", "", '{"list": "flags"}'])("an answer like %j leaves what was asked for", (content) => {
  expect(filtersOf({ content, arguments: wish })).toEqual({ list: "flags", filters: wish.filters, understood: [] });
});

it("a call without filters is an error and no empty filter", () => {
  expect(() => filtersOf({ content: "", arguments: { list: "flags" } })).toThrow("no filters");
});
