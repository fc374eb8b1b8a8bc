/** The products' own pieces, found in their folders. */

import { OBJECT_KINDS, type ObjectKind } from "@/api/objects";
import type { ObjectUi, PageUi, ProductManifest, ToolUi } from "@/app/product";
import { OBJECT_PAGES } from "@/features/objects/kinds";
import { plainObjectUi } from "@/features/objects/kinds/plain";

const manifests = import.meta.glob<ProductManifest>("../../../crates/products/*/web/manifest.ts", {
  eager: true,
  import: "default",
});

const tools = new Map<string, ToolUi>();
const objects = new Map<ObjectKind, ObjectUi>();
const pages = new Map<string, PageUi>();
for (const [path, manifest] of Object.entries(manifests)) {
  for (const ui of manifest.tools) {
    if (tools.has(ui.tool)) throw new Error(`${path}: tool ${ui.tool} already has a renderer`);
    tools.set(ui.tool, ui);
  }
  for (const ui of manifest.objects ?? []) {
    if (objects.has(ui.kind)) throw new Error(`${path}: objects of kind ${ui.kind} already have pages`);
    objects.set(ui.kind, ui);
  }
  for (const ui of manifest.pages ?? []) {
    if (pages.has(ui.path)) throw new Error(`${path}: there is a page at ${ui.path} already`);
    pages.set(ui.path, ui);
  }
}
for (const ui of OBJECT_PAGES) if (!objects.has(ui.kind)) objects.set(ui.kind, ui);
// A kind that nobody has pages for is shown plainly rather than not at all.
const inOrder = OBJECT_KINDS.map((kind) => objects.get(kind) ?? plainObjectUi(kind));

export function toolUi(tool: string): ToolUi | undefined {
  return tools.get(tool);
}

/** All kinds of objects, in the order of the menu. */
export function objectUis(): ObjectUi[] {
  return inOrder;
}

export function objectUi(kind: string): ObjectUi | undefined {
  return inOrder.find((ui) => ui.kind === kind);
}

/** The pages of products' own. */
export function productPages(): PageUi[] {
  return [...pages.values()];
}
