/** The ask box with what goes along: what the page shares, chosen modes, and the commands behind the slash. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { productsQuery, toolsQuery } from "@/api/queries";
import { useMay } from "@/app/session";
import { AskBox } from "@/features/chat/ask-box";
import { type Command, commandsOf } from "@/features/chat/commands";
import {
  chooseModes,
  clearQuestion,
  fillQuestion,
  useDraftQuestion,
  writeQuestion,
} from "@/features/chat/draft-question";
import { LentContext } from "@/features/chat/lent-context";
import { Lacks } from "@/features/session/lacks";
import { Icon } from "@/ui/icons";

export interface AskAreaProps {
  project: string;
  onAsk: (question: string, modes: string[]) => void;
  onStop: (() => void) | null;
  placeholder: string;
}

export function AskArea({ project, onAsk, onStop, placeholder }: AskAreaProps) {
  const draft = useDraftQuestion();
  const mayAsk = useMay()("run:write");
  const commands = useCommands(project);
  const ask = (question: string) => {
    onAsk(question, draft.modes);
    clearQuestion();
  };
  const onCommand = ({ action }: Command) => {
    if (action.type === "example") fillQuestion(action.text, action.modes);
    else fillQuestion("", [...draft.modes.filter((mode) => mode !== action.mode), action.mode]);
  };
  if (!mayAsk) return <Lacks what="ask questions" right="run:write" />;
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap gap-1.5 empty:hidden">
        <LentContext />
        {draft.modes.map((mode) => (
          <button
            key={mode}
            type="button"
            title="Press to ask without this mode"
            className="inline-flex items-center gap-1.5 rounded-full border border-control px-2.5 py-0.5 text-xs hover:bg-sunken"
            onClick={() => chooseModes(draft.modes.filter((each) => each !== mode))}
          >
            <Icon name="spark" />
            <span className="sr-only">Without the mode </span>
            {mode}
            <Icon name="close" />
          </button>
        ))}
      </div>
      <AskBox
        text={draft.text}
        onText={writeQuestion}
        onAsk={ask}
        onStop={onStop}
        disabled={false}
        placeholder={placeholder}
        commands={commands}
        onCommand={onCommand}
        filled={draft.filled}
      />
    </div>
  );
}

function useCommands(project: string): Command[] {
  const products = useQuery(productsQuery(project));
  const tools = useQuery(toolsQuery(project));
  return useMemo(() => commandsOf(products.data?.data ?? [], tools.data ?? []), [products.data, tools.data]);
}
