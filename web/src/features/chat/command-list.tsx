/** The commands above the ask box; the box keeps the focus and says which one is chosen. */

import { useEffect, useRef } from "react";
import type { Command } from "@/features/chat/commands";
import { Icon } from "@/ui/icons";

export interface CommandListProps {
  id: string;
  commands: Command[];
  chosen: number;
  onChoose: (index: number) => void;
  onTake: (command: Command) => void;
}

export function CommandList({ id, commands, chosen, onChoose, onTake }: CommandListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Newer browsers give a promise back, which must not be taken for the effect's clean-up.
    void list.current?.children[chosen]?.scrollIntoView?.({ block: "nearest" });
  }, [chosen]);
  if (commands.length === 0) {
    return (
      <p role="status" className="mb-2 rounded-xl border border-line bg-surface px-3 py-2 text-sm text-muted shadow-sm">
        No command begins like this. Press Escape to ask it as it stands.
      </p>
    );
  }
  return (
    <div
      ref={list}
      id={id}
      role="listbox"
      aria-label="Commands"
      tabIndex={-1}
      className="mb-2 max-h-72 overflow-y-auto rounded-xl border border-line bg-surface p-1 shadow-sm"
    >
      {commands.map((command, index) => (
        // The keyboard is the ask box's: it moves the choice and takes it.
        // biome-ignore lint/a11y/useKeyWithClickEvents: see above.
        <div
          key={command.name}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          onMouseMove={() => onChoose(index)}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(command)}
          className={`flex cursor-pointer gap-2.5 rounded-lg px-2.5 py-1.5 text-sm ${index === chosen ? "bg-accent-soft" : ""}`}
        >
          <Icon name={command.action.type === "mode" ? "spark" : "chat"} className="mt-0.5 text-muted" />
          <span className="min-w-0 flex-1">
            <span className="flex flex-wrap items-baseline gap-x-2">
              <span className="font-mono text-xs font-semibold">/{command.name}</span>
              <span>{command.title}</span>
            </span>
            <span className="line-clamp-2 text-xs text-muted">{command.about}</span>
          </span>
        </div>
      ))}
    </div>
  );
}
