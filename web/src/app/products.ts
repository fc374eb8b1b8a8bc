/** The products' own pieces, found in their folders. */

import type { ProductManifest, ToolUi } from "@/app/product";

const manifests = import.meta.glob<ProductManifest>("../../../crates/products/*/web/manifest.ts", {
  eager: true,
  import: "default",
});

const tools = new Map<string, ToolUi>();
for (const [path, manifest] of Object.entries(manifests)) {
  for (const ui of manifest.tools) {
    if (tools.has(ui.tool)) throw new Error(`${path}: tool ${ui.tool} already has a renderer`);
    tools.set(ui.tool, ui);
  }
}

export function toolUi(tool: string): ToolUi | undefined {
  return tools.get(tool);
}
