/** Who uses the page, and what they may. What they may not is not offered, or says why. */

import { createContext, useContext, useSyncExternalStore } from "react";
import { onUnauthorized } from "@/api/client";
import type { Report, Session } from "@/api/types";

/** `null` where it is not known, as in the gallery without a server. */
export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session | null {
  return useContext(SessionContext);
}

/** Whether a right is there, e.g. `feature_flag:write`. Only the server decides: where nothing is known, all is offered. */
export function useMay(): (right: string) => boolean {
  const session = useSession();
  return (right) => session === null || session.rights.includes(right);
}

let refusal: Report | null = null;
const listeners = new Set<() => void>();

function set(next: Report | null): void {
  refusal = next;
  for (const listener of listeners) listener();
}

onUnauthorized(set);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Why the server wants to know who it is, from the first answer that says so until somebody has signed in. */
export function useUnauthorized(): Report | null {
  return useSyncExternalStore(subscribe, () => refusal);
}

export function noteSignedIn(): void {
  set(null);
}
