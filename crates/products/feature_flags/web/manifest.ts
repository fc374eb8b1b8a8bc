import { defineProduct } from "@/app/product";

export default defineProduct({ product: "feature_flags", tools: [] });
