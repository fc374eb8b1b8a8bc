/** How far a product is, in a word. */

import type { ProductInfo } from "@/api/types";

const WORDS: Record<ProductInfo["stage"], { word: string; means: string }> = {
  idea: { word: "idea", means: "being thought about" },
  alpha: { word: "alpha", means: "for its makers" },
  beta: { word: "beta", means: "for the willing" },
  ga: { word: "ready", means: "for everybody" },
};

export function Stage({ stage }: { stage: ProductInfo["stage"] }) {
  const { word, means } = WORDS[stage] ?? { word: stage, means: "" };
  return (
    <span title={means} className="rounded-full border border-line px-2 py-0.5 text-xs text-muted">
      {word}
    </span>
  );
}
