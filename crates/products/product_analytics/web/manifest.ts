import { defineProduct } from "@/app/product";
import { TrendsResult, trendsSummary } from "./renderer";

export default defineProduct({
  product: "product_analytics",
  tools: [{ tool: "query_trends", result: TrendsResult, summary: trendsSummary }],
});
