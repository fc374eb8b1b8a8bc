/** Who did something: a person, or an agent for a person, with a way to the run in which it did. */

import { Link } from "@tanstack/react-router";
import type { Actor } from "@/api/objects";
import { Icon } from "@/ui/icons";

export function ActorName({ actor }: { actor: Actor }) {
  if (actor.type === "person") {
    return (
      <span className="inline-block max-w-full [overflow-wrap:anywhere]">
        <Icon name="person" className="mr-1 align-[-0.15em]" />
        <bdi>{actor.name}</bdi>
      </span>
    );
  }
  return (
    <span className="[overflow-wrap:anywhere]">
      <span className="whitespace-nowrap">
        <Icon name="agent" className="mr-1 align-[-0.15em]" />
        <Link to="/runs/$runId" params={{ runId: actor.run_id }} className="underline underline-offset-3">
          agent
        </Link>
      </span>{" "}
      for <bdi>{actor.name}</bdi>
    </span>
  );
}
