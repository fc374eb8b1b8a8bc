/** A section for each product that gives samples of its results, found in its folder. */

import type { ResultSample } from "@/app/product";
import { toolUi } from "@/app/products";
import type { Section } from "@/features/gallery/specimen";
import { ResultView } from "@/features/results/result-view";
import { toolWords } from "@/lib/changes";

const samples = import.meta.glob<ResultSample[]>("../../../../crates/products/*/web/samples.ts", {
  eager: true,
  import: "default",
});

export const PRODUCT_SECTIONS: Section[] = Object.entries(samples).map(([path, given]) => productSection(path, given));

/** The section of the product in whose folder the samples lie. */
export function productSection(path: string, given: ResultSample[]): Section {
  const product = path.split("/").at(-3) ?? "";
  return {
    id: `product-${product}`,
    title: toolWords(product),
    about: "How this product shows its own results.",
    specimens: given.map(({ tool, name, result }) => {
      // A table would be shown in its place, and nobody would see that the name is wrong.
      if (!toolUi(tool)?.result) throw new Error(`${path}: tool ${tool} has no renderer`);
      return { name: `${tool}, ${name}`, node: <ResultView call={{ tool, result }} /> };
    }),
  };
}
