import { defineProduct } from "@/app/product";
import { actions, cohorts, dashboards, insights } from "./objects";
import { TrendsResult, trendsSummary } from "./renderer";

export default defineProduct({
  product: "product_analytics",
  tools: [{ tool: "query_trends", result: TrendsResult, summary: trendsSummary }],
  objects: [insights, dashboards, cohorts, actions],
});
