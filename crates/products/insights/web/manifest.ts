import { defineProduct } from "@/app/product";

export default defineProduct({ product: "insights", tools: [] });
