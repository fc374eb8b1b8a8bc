/** Pages of objects are read again when a run has begun or ended: it may have changed what they show. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { onRunListed } from "@/features/chat/live-runs";

export function useReadAgain(): void {
  const client = useQueryClient();
  useEffect(
    () =>
      onRunListed(() => {
        void client.invalidateQueries({ queryKey: ["objects"] });
        void client.invalidateQueries({ queryKey: ["activity"] });
      }),
    [client],
  );
}
