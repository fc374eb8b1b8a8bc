import { defineProduct } from "@/app/product";

export default defineProduct({
  product: "notebooks",
  tools: [{ tool: "create_notebook" }, { tool: "update_notebook" }, { tool: "delete_notebook" }],
});
