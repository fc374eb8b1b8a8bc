import { defineProduct } from "@/app/product";

export default defineProduct({ product: "cohorts", tools: [] });
