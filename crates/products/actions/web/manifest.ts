import { defineProduct } from "@/app/product";

export default defineProduct({
  product: "actions",
  tools: [{ tool: "create_action" }, { tool: "update_action" }, { tool: "delete_action" }],
});
