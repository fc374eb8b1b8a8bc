/** Objects as a table whose names lead to their pages. */

import { Link } from "@tanstack/react-router";
import type { StoredObject } from "@/api/objects";
import type { ObjectUi } from "@/app/product";
import { ActorName } from "@/features/objects/actor-name";
import { formatWhen } from "@/lib/format";

export function ObjectTable({ ui, objects }: { ui: ObjectUi; objects: StoredObject[] }) {
  const head = "border-b border-line px-3 py-2 text-left text-xs font-medium text-muted";
  const cell = "border-b border-line/70 px-3 py-2 align-top group-last:border-b-0";
  const wide = (isWide: boolean | undefined) => (isWide ? "hidden sm:table-cell" : "");
  return (
    <div className="overflow-hidden rounded-xl border border-line bg-surface">
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{ui.title}</caption>
        <thead>
          <tr>
            <th scope="col" className={head}>
              Name
            </th>
            {ui.columns.map((column) => (
              <th key={column.title} scope="col" className={`${head} ${wide(column.wide)}`}>
                {column.title}
              </th>
            ))}
            <th scope="col" className={`${head} ${wide(true)}`}>
              Changed
            </th>
          </tr>
        </thead>
        <tbody>
          {objects.map((object) => (
            <tr key={object.id} className="group hover:bg-sunken">
              <th scope="row" className={`${cell} text-left font-medium [overflow-wrap:anywhere]`}>
                <Link
                  to="/objects/$kind/$id"
                  params={{ kind: object.kind, id: object.id }}
                  className="rounded underline-offset-3 hover:underline"
                >
                  {object.name}
                </Link>
              </th>
              {ui.columns.map((column) => (
                <td key={column.title} className={`${cell} [overflow-wrap:anywhere] ${wide(column.wide)}`}>
                  {column.cell(object)}
                </td>
              ))}
              <td className={`${cell} whitespace-nowrap text-muted ${wide(true)}`}>
                {formatWhen(object.updated_at)}, <ActorName actor={object.updated_by} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
