import { expect, it } from "vitest";
import { results } from "@/features/gallery/fixtures";
import { productSection } from "@/features/gallery/product-sections";

const PATH = "../../../../crates/products/user_research/web/samples.ts";
const [result] = results;
if (!result) throw new Error("the fixture has a result");

it("samples make a section under the product's name", () => {
  const section = productSection(PATH, [{ tool: "query_trends", name: "by day", result }]);
  expect([section.id, section.title]).toEqual(["product-user_research", "User research"]);
  expect(section.specimens.map((specimen) => specimen.name)).toEqual(["query_trends, by day"]);
});

it("a sample of a tool that no product has a renderer for is an error", () => {
  const misspelt = () => productSection(PATH, [{ tool: "query_trend", name: "by day", result }]);
  expect(misspelt).toThrow("tool query_trend has no renderer");
});
