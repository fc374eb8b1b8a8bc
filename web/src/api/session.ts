/** Who uses the page: signing in with a key, and out again. */

import { request, sendJson } from "@/api/client";
import type { Session } from "@/api/types";

const SESSION = "/api/session";

export const sessionApi = {
  get: async (): Promise<Session> => (await (await request(SESSION)).json()) as Session,
  /** The answer sets the cookie that all later requests bring. */
  signIn: async (key: string): Promise<Session> => (await (await sendJson(SESSION, { key })).json()) as Session,
  signOut: async (): Promise<void> => {
    await request(SESSION, { method: "DELETE" });
  },
};
