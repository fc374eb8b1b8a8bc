/** What a product's folder may add to the page. */

import type { ComponentType } from "react";
import type { Json, ResultSnapshot } from "@/api/types";

export interface ResultProps {
  result: ResultSnapshot;
}

export interface ToolUi {
  /** The tool's name. */
  tool: string;
  /** Shows the tool's result. */
  result?: ComponentType<ResultProps>;
  /** The arguments of a call on one line; `null` where the general text serves. */
  summary?: (args: Json) => string | null;
}

export interface ProductManifest {
  product: string;
  tools: ToolUi[];
}

export function defineProduct(manifest: ProductManifest): ProductManifest {
  return manifest;
}
