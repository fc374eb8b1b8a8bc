/** `search` and `read_data`, as the page calls them. */

import { api } from "@/api/client";

/** A thing that was found. */
export interface Found {
  kind: "tool" | "mode" | "skill" | "doc" | "event" | "property" | "object";
  name: string;
  /** One line about it. */
  line: string;
  /** An object's kind. */
  of?: string;
  /** An object's id. */
  id?: string;
}

export interface FoundList {
  found: Found[];
  /** How many more there are. */
  more: number;
}

export async function search(project: string, query: string): Promise<FoundList> {
  const { result } = await api.callTool(project, "search", { query });
  return result as FoundList;
}

/** The text of a skill or of a product's documentation. */
export async function told(project: string, kind: "skill" | "doc", name: string): Promise<string> {
  const { result } = await api.callTool(project, "read_data", { kind, of: name });
  return (result as { text: string }).text;
}
