import { expect, it } from "vitest";
import type { ProductInfo, ToolInfo } from "@/api/types";
import { commandsOf, matchingCommands } from "@/features/chat/commands";

const product = (name: string, tools: string[]): ProductInfo => ({
  name,
  version: 0,
  title: name.toUpperCase(),
  owner: "",
  contact: "",
  stage: "alpha",
  icon: "",
  docs: "",
  hosts: [],
  suggestions: [],
  tools: tools.map((tool) => ({ name: tool, title: `Title of ${tool}`, running: "", done: "" })),
  modes: [{ name: `${name}_mode`, when: `Questions of ${name}`, tools, jobs: [] }],
  skills: [],
});

const tool = (name: string, purpose: string): ToolInfo => ({
  name,
  title: "",
  description: "",
  input_schema: {},
  output_schema: {},
  examples: [{ purpose, arguments: {} }],
  access: "",
  expected_ms: 1,
  progress: null,
});

const commands = commandsOf(
  [product("flags", ["list_flags", "unlisted"]), product("sql", ["execute_sql"])],
  [tool("list_flags", "All flags"), tool("execute_sql", "The biggest responses")],
);

it("modes and tools with an example are commands", () => {
  expect(commands.map((command) => [command.name, command.action])).toEqual([
    ["flags_mode", { type: "mode", mode: "flags_mode" }],
    ["sql_mode", { type: "mode", mode: "sql_mode" }],
    ["list_flags", { type: "example", text: "All flags", modes: ["flags_mode"] }],
    ["execute_sql", { type: "example", text: "The biggest responses", modes: ["sql_mode"] }],
  ]);
});

it.each<[string, string[] | null]>([
  ["/", ["flags_mode", "sql_mode", "list_flags", "execute_sql"]],
  ["/SQL", ["sql_mode", "execute_sql"]],
  ["/list", ["list_flags"]],
  ["/title", ["list_flags", "execute_sql"]],
  ["/nothing", []],
  ["How many /s", null],
  ["/sql count", null],
  ["", null],
])("%j means %j", (text, names) => {
  expect(matchingCommands(commands, text)?.map((command) => command.name) ?? null).toEqual(names);
});
