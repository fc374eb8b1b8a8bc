import "@/app/theme";
import "@/app/styles.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "@/api/client";
import { router } from "@/app/router";

/** Once more where it may help, which it does not where the server wants to know who it is. */
const retry = (failures: number, error: Error) => failures < 1 && !(error instanceof ApiError && error.status === 401);
const client = new QueryClient({ defaultOptions: { queries: { retry } } });
const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
