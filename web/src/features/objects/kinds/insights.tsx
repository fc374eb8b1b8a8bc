/** Pages of insights and dashboards: queries under a name, with their numbers as they are now. */

import type { StoredObject } from "@/api/objects";
import type { Json } from "@/api/types";
import type { ObjectUi } from "@/app/product";
import { Prose } from "@/features/answer/prose";
import { Description, tagsField } from "@/features/objects/kinds/common-fields";
import { ObjectLink } from "@/features/objects/object-link";
import { SavedResult } from "@/features/objects/saved-result";
import { WithObject } from "@/features/objects/with-object";
import { argumentLine } from "@/features/tools/arguments";
import { field, listAt, textAt } from "@/lib/json-read";
import { proseBlocks } from "@/lib/prose";
import { CodeBlock } from "@/ui/code-block";
import { Disclosure } from "@/ui/disclosure";
import { Empty } from "@/ui/empty";

/** The tool that computes an insight's query. */
const TOOL = "query_trends";

const queryOf = (object: StoredObject): Json => field(object.body, "query") ?? null;

function InsightBody({ object }: { object: StoredObject }) {
  return (
    <div className="space-y-4">
      <Description object={object} />
      <h2 className="sr-only">Its numbers as they are now</h2>
      <SavedResult project={object.project} tool={TOOL} query={queryOf(object)} />
      <Disclosure label="The query">
        <CodeBlock label="The query" text={JSON.stringify(queryOf(object), null, 2)} />
      </Disclosure>
    </div>
  );
}

export const insights: ObjectUi = {
  kind: "insight",
  title: "Insights",
  icon: "bars",
  about: "Questions that were kept, with their numbers as they are now.",
  fields: [tagsField("insight")],
  columns: [
    { title: "Counts", wide: true, cell: (object) => argumentLine({ tool: TOOL, arguments: queryOf(object) }) },
  ],
  Body: InsightBody,
};

function DashboardBody({ object }: { object: StoredObject }) {
  const tiles = listAt(object.body, "tiles");
  return (
    <div className="space-y-4">
      <Description object={object} />
      {tiles.length === 0 && <Empty icon="board" title="Nothing stands on it yet" />}
      <ul aria-label="Tiles" className="grid gap-6 empty:hidden xl:grid-cols-2">
        {tiles.map((tile, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a tile's position is its identity.
          <li key={index} className={`min-w-0 space-y-2 ${field(tile, "wide") === true ? "xl:col-span-2" : ""}`}>
            <Tile tile={tile} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Tile({ tile }: { tile: Json }) {
  const insight = textAt(tile, "insight");
  if (insight === null) {
    const blocks = proseBlocks([{ type: "text", text: textAt(tile, "text") ?? "" }]);
    return <Prose blocks={blocks} figure={() => null} />;
  }
  return (
    <WithObject id={insight}>
      {(object) => (
        <>
          <h2 className="font-medium">
            <ObjectLink object={object} />
          </h2>
          <SavedResult project={object.project} tool={TOOL} query={queryOf(object)} />
        </>
      )}
    </WithObject>
  );
}

const tiles = (object: StoredObject) => listAt(object.body, "tiles").length;

export const dashboards: ObjectUi = {
  kind: "dashboard",
  title: "Dashboards",
  icon: "board",
  about: "Insights that are looked at together.",
  fields: [
    { key: "tiles", type: "dashboard", kind: "whole", label: "Tiles", read: tiles },
    {
      key: "pinned",
      type: "dashboard",
      kind: "boolean",
      label: "Pinned",
      read: (object) => field(object.body, "pinned") === true,
    },
    tagsField("dashboard"),
  ],
  columns: [
    { title: "Tiles", cell: tiles },
    { title: "About", wide: true, cell: (object) => textAt(object.body, "description") },
  ],
  Body: DashboardBody,
};
