/** Results for the tests of what is behind their numbers. */

import type { Cell, Column, Json, Provenance, ResultSnapshot } from "@/api/types";

export const RANGE = {
  date_from: "2015-05-17T00:00:00+00:00",
  date_to: "2015-05-18T23:59:59.999999+00:00",
  partial: false,
};

export function provenanceOf(query: Record<string, Json>): Provenance {
  return {
    query_id: "01970001-0000-7201-8000-000000000201",
    project: "site",
    kind: String(query.kind),
    plan_hash: "0",
    snapshot_id: 1,
    time_zone: "UTC",
    range: RANGE,
    filters: [],
    null_semantics: "",
    limits: [],
    query: JSON.stringify(query),
    rows_read: 10,
    elapsed_ms: 1,
  };
}

export function resultOf(query: Record<string, Json>, columns: Column[], rows: Cell[][]): ResultSnapshot {
  const table = { title: "a table", columns, rows, rows_cut: 0 };
  return { handle: "r1", table, provenance: provenanceOf(query), warnings: [] };
}
