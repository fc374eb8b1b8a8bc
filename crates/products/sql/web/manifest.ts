import { defineProduct } from "@/app/product";
import { SqlResult, sqlSummary } from "./renderer";

export default defineProduct({
  product: "sql",
  tools: [{ tool: "execute_sql", result: SqlResult, summary: sqlSummary }],
});
