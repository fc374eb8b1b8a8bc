/** The pages and their addresses. What is not seen first is fetched when it is opened. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  useParams,
} from "@tanstack/react-router";
import { Fragment } from "react";
import type { Json } from "@/api/types";
import { productPages } from "@/app/products";
import { useProject } from "@/app/project";
import { Shell } from "@/app/shell";
import { AskDock } from "@/features/chat/ask-dock";
import { Chat } from "@/features/chat/chat";
import { RunPage } from "@/features/chat/run-page";
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

/** Pages with the ask box below them. */
const page = createRoute({ getParentRoute: () => root, id: "page", component: DockedPage });
const objects = createRoute({
  getParentRoute: () => page,
  path: "/objects/$kind",
  validateSearch: (search: Record<string, unknown>): { filters?: Json } =>
    search.filters === undefined ? {} : { filters: search.filters },
  component: lazyRouteComponent(() => import("@/features/objects/objects-page")),
});
const object = createRoute({
  getParentRoute: () => page,
  path: "/objects/$kind/$id",
  component: lazyRouteComponent(() => import("@/features/objects/object-page")),
});
const capabilities = createRoute({
  getParentRoute: () => page,
  path: "/capabilities",
  component: lazyRouteComponent(() => import("@/features/products/capabilities-page")),
});
const products = createRoute({
  getParentRoute: () => page,
  path: "/products",
  component: lazyRouteComponent(() => import("@/features/products/products-page")),
});
const search = createRoute({
  getParentRoute: () => page,
  path: "/search",
  validateSearch: (search: Record<string, unknown>): { q?: string } =>
    search.q === undefined ? {} : { q: String(search.q) },
  component: lazyRouteComponent(() => import("@/features/search/search-page")),
});
const product = createRoute({
  getParentRoute: () => page,
  path: "/products/$name",
  component: lazyRouteComponent(() => import("@/features/products/quality-page")),
});
/** Pages of products. Each reads what its address says by itself. */
const ofProducts = productPages().map((ui) =>
  createRoute({
    getParentRoute: () => page,
    path: ui.path,
    validateSearch: (search: Record<string, unknown>) => search,
    component: lazyRouteComponent(ui.load),
  }),
);
const run = createRoute({ getParentRoute: () => page, path: "/runs/$runId", component: RunPage });

function DockedPage() {
  const project = useProject();
  return (
    <Fragment key={project.id}>
      <Outlet />
      <AskDock project={project.id} />
    </Fragment>
  );
}

function ChatPage() {
  const project = useProject();
  const { conversationId } = useParams({ strict: false });
  return <Chat project={project.id} events={project.events} conversationId={conversationId} />;
}

export const router = createRouter({
  routeTree: root.addChildren([
    chat.addChildren([index, conversation]),
    page.addChildren([objects, object, capabilities, products, product, search, run, ...ofProducts]),
    gallery,
  ]),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
