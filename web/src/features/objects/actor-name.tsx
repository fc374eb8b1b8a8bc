/** Who did something: a person, or the agent with a way to the run in which it did. */

import { Link } from "@tanstack/react-router";
import type { Actor } from "@/api/objects";
import { Icon } from "@/ui/icons";

export function ActorName({ actor }: { actor: Actor }) {
  const agent = actor.type === "agent";
  return (
    <span className="whitespace-nowrap">
      <Icon name={agent ? "agent" : "person"} className="mr-1 align-[-0.15em]" />
      {agent && actor.run_id ? (
        <Link to="/runs/$runId" params={{ runId: actor.run_id }} className="underline underline-offset-3">
          {actor.name}
        </Link>
      ) : (
        actor.name
      )}
      {agent && <span className="sr-only"> (agent)</span>}
    </span>
  );
}
