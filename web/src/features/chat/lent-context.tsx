/** What the page shares with a question, one switch a thing, so that nothing goes along unseen. */

import { setShared, useMountedTools } from "@/app/mounted-tools";
import { Icon } from "@/ui/icons";

export interface LentContextProps {
  items: { name: string; description: string; shared: boolean }[];
  onShare: (name: string, share: boolean) => void;
}

export function LentContextChips({ items, onShare }: LentContextProps) {
  if (items.length === 0) return null;
  return (
    <ul aria-label="Shared with the question" className="flex flex-wrap gap-1.5">
      {items.map(({ name, description, shared }) => (
        <li key={name} className="min-w-0">
          <button
            type="button"
            aria-pressed={shared}
            title={shared ? "Goes along with the question. Press to keep it back" : "Kept back. Press to share it"}
            onClick={() => onShare(name, !shared)}
            className={`inline-flex max-w-full items-center gap-1.5 rounded-full border px-2.5 py-0.5 text-xs ${
              shared
                ? "border-accent bg-accent-soft text-accent-strong"
                : "border-dashed border-control text-muted line-through"
            }`}
          >
            <Icon name={shared ? "link" : "minus"} />
            <span className="truncate">
              <span className="sr-only">Share </span>
              {description}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function LentContext() {
  return <LentContextChips items={useMountedTools()} onShare={setShared} />;
}
