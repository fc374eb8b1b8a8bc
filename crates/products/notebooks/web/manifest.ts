import { defineProduct } from "@/app/product";

export default defineProduct({ product: "notebooks", tools: [] });
