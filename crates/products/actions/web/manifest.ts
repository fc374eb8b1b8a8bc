import { defineProduct } from "@/app/product";

export default defineProduct({ product: "actions", tools: [] });
