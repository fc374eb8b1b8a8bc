import { defineProduct } from "@/app/product";
import { eventsSummary, personsSummary } from "./summaries";

export default defineProduct({
  product: "events",
  tools: [
    { tool: "list_events", summary: eventsSummary },
    { tool: "list_persons", summary: personsSummary },
  ],
  pages: [
    { path: "/events", title: "Events", icon: "list", load: () => import("./events-page") },
    { path: "/persons", title: "Persons", icon: "person", load: () => import("./persons-page") },
    { path: "/persons/$personId", title: "Person", load: () => import("./person-page") },
  ],
});
