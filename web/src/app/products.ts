/** The products' own pieces, found in their folders. */

import { OBJECT_KINDS } from "@/api/objects";
import type { ObjectUi, PageUi, ProductManifest, ToolUi } from "@/app/product";
import { OBJECT_PAGES } from "@/features/objects/kinds";
import { plainObjectUi } from "@/features/objects/kinds/plain";

interface Pieces {
  tools: Map<string, ToolUi>;
  objects: ObjectUi[];
  pages: PageUi[];
}

let pieces: Pieces | undefined;

// Read when first asked for and not before: what a product shows uses this module in turn, whichever comes first.
function all(): Pieces {
  pieces ??= piecesOf(
    import.meta.glob<ProductManifest>("../../../crates/products/*/web/manifest.ts", { eager: true, import: "default" }),
  );
  return pieces;
}

/** What manifests bring, by the paths that they are found at. */
export function piecesOf(manifests: Record<string, ProductManifest>): Pieces {
  const tools = new Map<string, ToolUi>();
  const objects = new Map<string, ObjectUi>();
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
  // A kind that nobody has pages for is shown plainly rather than not at all; those of products alone come last.
  const core = OBJECT_KINDS.map((kind) => objects.get(kind) ?? plainObjectUi(kind));
  const own = [...objects.values()].filter((ui) => !core.includes(ui));
  return { tools, objects: [...core, ...own], pages: [...pages.values()] };
}

export function toolUi(tool: string): ToolUi | undefined {
  return all().tools.get(tool);
}

/** All kinds of objects, in the order of the menu. */
export function objectUis(): ObjectUi[] {
  return all().objects;
}

export function objectUi(kind: string): ObjectUi | undefined {
  return all().objects.find((ui) => ui.kind === kind);
}

/** The pages of products' own. */
export function productPages(): PageUi[] {
  return all().pages;
}
