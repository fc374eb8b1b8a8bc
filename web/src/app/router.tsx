/** The pages and their addresses. What is not seen first is fetched when it is opened. */

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, useParams } from "@tanstack/react-router";
import { useProject } from "@/app/project";
import { Shell } from "@/app/shell";
import { Chat } from "@/features/chat/chat";
import { NotFound } from "@/features/not-found";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

/** One page for a new question and a conversation, which stays while a new one gets its address. */
const chat = createRoute({ getParentRoute: () => root, id: "chat", component: ChatPage });
const index = createRoute({ getParentRoute: () => chat, path: "/" });
const conversation = createRoute({ getParentRoute: () => chat, path: "/c/$conversationId" });

const gallery = createRoute({
  getParentRoute: () => root,
  path: "/gallery",
  component: lazyRouteComponent(() => import("@/features/gallery/gallery")),
});

function ChatPage() {
  const project = useProject();
  const { conversationId } = useParams({ strict: false });
  return <Chat project={project.id} events={project.events} conversationId={conversationId} />;
}

export const router = createRouter({
  routeTree: root.addChildren([chat.addChildren([index, conversation]), gallery]),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
