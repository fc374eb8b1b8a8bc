import { defineProduct } from "@/app/product";

export default defineProduct({
  product: "feature_flags",
  tools: [
    { tool: "create_feature_flag" },
    { tool: "update_feature_flag" },
    { tool: "delete_feature_flag" },
    { tool: "evaluate_feature_flags" },
  ],
});
