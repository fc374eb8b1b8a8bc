import { defineProduct } from "@/app/product";

export default defineProduct({
  product: "insights",
  tools: [
    { tool: "create_insight" },
    { tool: "update_insight" },
    { tool: "delete_insight" },
    { tool: "create_dashboard" },
    { tool: "update_dashboard" },
    { tool: "delete_dashboard" },
  ],
});
