/** Slash commands: what the registry knows, by name. */

import type { ProductInfo, ToolInfo } from "@/api/types";

export interface Command {
  /** What is typed behind the slash. */
  name: string;
  /** What it is for people. */
  title: string;
  about: string;
  action: { type: "mode"; mode: string } | { type: "example"; text: string; modes: string[] };
}

/** Modes that a question can begin with, and for each tool of a product an example of what it does. */
export function commandsOf(products: ProductInfo[], tools: ToolInfo[]): Command[] {
  const modes = products.flatMap((product) =>
    product.modes.map(
      (mode): Command => ({
        name: mode.name,
        title: `Mode ${product.title}`,
        about: mode.when,
        action: { type: "mode", mode: mode.name },
      }),
    ),
  );
  const examples = products.flatMap((product) =>
    product.tools.flatMap(({ name, title }): Command[] => {
      const [example] = tools.find((tool) => tool.name === name)?.examples ?? [];
      const mode = product.modes.find((each) => each.tools.includes(name))?.name;
      if (!example) return [];
      return [
        {
          name,
          title,
          about: `For example: ${example.purpose}`,
          action: { type: "example", text: example.purpose, modes: mode ? [mode] : [] },
        },
      ];
    }),
  );
  return [...modes, ...examples];
}

/** The commands that what is typed may mean; `null` where it is no command. */
export function matchingCommands(commands: Command[], text: string): Command[] | null {
  const typed = /^\/(\S*)$/.exec(text)?.[1]?.toLowerCase();
  if (typed === undefined) return null;
  const begins = (command: Command) => command.name.toLowerCase().startsWith(typed);
  const holds = (command: Command) => `${command.name} ${command.title}`.toLowerCase().includes(typed);
  return [...commands.filter(begins), ...commands.filter((command) => !begins(command) && holds(command))];
}
