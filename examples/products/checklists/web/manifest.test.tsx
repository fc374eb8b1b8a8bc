import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { StoredObject } from "@/api/objects";
import { filterObjects, listFields } from "@/features/objects/list-fields";
import manifest from "./manifest";
import samples from "./samples";

function checklist(name: string, body: object): StoredObject {
  const actor = { type: "person" as const, name: "Ada" };
  const at = "2026-05-18T10:00:00Z";
  const base = { id: name, project: "site", kind: "checklist", version: 1, name, body };
  return { ...base, created_at: at, created_by: actor, updated_at: at, updated_by: actor };
}

const TEMPLATES = checklist("Templates", {
  launched_on: "2026-05-18",
  items: [
    { text: "Write the help page", owner: "Docs", done: true },
    { text: "Tell sales", owner: "Ann", done: false },
  ],
});

// The product's own manifest rather than the page's list, which has only what is installed.
const toolUi = (name: string) => manifest.tools.find((ui) => ui.tool === name);

function pages() {
  const ui = manifest.objects?.find((each) => each.kind === "checklist");
  if (!ui) throw new Error("checklists have pages");
  return ui;
}

it("an item shows who does it and whether it is done", () => {
  const { Body } = pages();
  render(<Body object={TEMPLATES} />);
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
    "Write the help pageDocs · done",
    "Tell salesAnn · open",
  ]);
});

it("checklists are found by what is left to do, and by whom", () => {
  const done = checklist("Palette", { items: [{ text: "Write the help page", owner: "Docs", done: true }] });
  const objects = [TEMPLATES, done];
  const found = (key: string, operator: "gte" | "exact", value: unknown) => {
    const tree = { type: "AND" as const, values: [{ key, operator, value: value as string, type: "checklist" }] };
    return filterObjects(objects, tree, listFields(pages(), objects)).map((object) => object.name);
  };
  expect(found("left", "gte", 1)).toEqual(["Templates"]);
  expect(found("owners", "exact", "Docs")).toEqual(["Templates", "Palette"]);
  expect(found("owners", "exact", "Ann")).toEqual(["Templates"]);
});

it("calls are told by what they are about", () => {
  expect(toolUi("measure_reach")?.summary?.({ checklist: "Templates", weeks: 4 })).toBe("Templates · 4 weeks");
  const tick = toolUi("tick_checklist_item")?.summary;
  expect(tick?.({ checklist: "Templates", item: "Tell sales" })).toBe("Templates · Tell sales");
  expect(tick?.({ checklist: "Templates", item: "Tell sales", done: false })).toBe("Templates · Tell sales · not done");
});

it("the picture has the shares alone, and says that a week is not over", () => {
  const Result = toolUi("measure_reach")?.result;
  if (!Result) throw new Error("the reach has a renderer");
  const notes = samples.map(({ result }) => {
    const { container, unmount } = render(<Result result={result} />);
    const isSaid = container.textContent?.includes("The last week is not over") ?? false;
    expect(screen.getByRole("img").getAttribute("aria-label")).toContain("Reach of Templates");
    unmount();
    return isSaid;
  });
  expect(notes).toEqual([false, true, false]);
});
