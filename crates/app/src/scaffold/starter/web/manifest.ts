import { defineProduct } from "@/app/product";
import { StarterResult } from "./renderer";

export default defineProduct({
  product: "starter",
  tools: [{ tool: "count_starter_events", result: StarterResult }],
});
