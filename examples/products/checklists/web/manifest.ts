import { defineProduct } from "@/app/product";
import { checklists } from "./objects";
import { ReachResult, reachSummary, tickSummary } from "./renderer";

export default defineProduct({
  product: "checklists",
  tools: [
    { tool: "create_checklist" },
    { tool: "update_checklist" },
    { tool: "delete_checklist" },
    { tool: "tick_checklist_item", summary: tickSummary },
    { tool: "measure_reach", result: ReachResult, summary: reachSummary },
  ],
  objects: [checklists],
});
