import { defineProduct } from "@/app/product";
import { FunnelResult, funnelSummary } from "./funnel";
import { activitySummary, actorsSummary, LifecycleResult, PathsResult, pathsSummary, StickinessResult } from "./people";
import { TrendsResult, trendsSummary } from "./renderer";
import { RetentionResult, retentionSummary } from "./retention";

export default defineProduct({
  product: "product_analytics",
  tools: [
    { tool: "query_trends", result: TrendsResult, summary: trendsSummary },
    { tool: "query_funnel", result: FunnelResult, summary: funnelSummary },
    { tool: "query_retention", result: RetentionResult, summary: retentionSummary },
    { tool: "query_lifecycle", result: LifecycleResult, summary: activitySummary },
    { tool: "query_stickiness", result: StickinessResult, summary: activitySummary },
    { tool: "query_paths", result: PathsResult, summary: pathsSummary },
    { tool: "query_actors", summary: actorsSummary },
  ],
});
