import { defineProduct } from "@/app/product";
import { FunnelResult, funnelSummary } from "./funnel";
import { TrendsResult, trendsSummary } from "./renderer";

export default defineProduct({
  product: "product_analytics",
  tools: [
    { tool: "query_trends", result: TrendsResult, summary: trendsSummary },
    { tool: "query_funnel", result: FunnelResult, summary: funnelSummary },
  ],
});
