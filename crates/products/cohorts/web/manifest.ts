import { defineProduct } from "@/app/product";

export default defineProduct({
  product: "cohorts",
  tools: [{ tool: "create_cohort" }, { tool: "update_cohort" }, { tool: "delete_cohort" }, { tool: "read_cohort" }],
});
