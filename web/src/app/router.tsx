/** Two addresses, one page: a new question, and a conversation. */

import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { Shell } from "@/app/shell";

const root = createRootRoute({ component: Shell, notFoundComponent: Shell });
const index = createRoute({ getParentRoute: () => root, path: "/" });
const conversation = createRoute({ getParentRoute: () => root, path: "/c/$conversationId" });

export const router = createRouter({ routeTree: root.addChildren([index, conversation]) });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
