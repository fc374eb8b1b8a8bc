import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { ProductList } from "@/api/types";
import { ProjectContext } from "@/app/project";
import ProductsPage from "@/features/products/products-page";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: ReactNode }) => <span>{children}</span>,
}));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const PRODUCTS: ProductList = {
  data: [
    {
      name: "issues",
      project: "site",
      version: 3,
      title: "Issues",
      owner: "Support team",
      contact: "support@notes.example",
      stage: "alpha",
      icon: "box",
      docs: "README.md",
      hosts: ["tools.notes.example"],
      suggestions: [],
      tools: [
        { name: "search_issues", title: "Search issues", running: "Searching", done: "Searched", result: "table" },
      ],
      modes: [],
      skills: [],
    },
  ],
  problems: [
    {
      product: "issues",
      project: "site",
      running_version: 3,
      error: {
        code: "invalid_argument",
        retry: "adjust",
        message: "tools/search_issues.toml is not valid: line 4",
        hint: "`hedgerow product check` says more",
      },
    },
    {
      product: "contacts",
      error: { code: "conflict", retry: "never", message: 'two tools are named "find_contact"', hint: null },
    },
  ],
};

it("products of the project are shown, and what is wrong with their files", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (target: Request) => {
    const { pathname, search } = new URL(target.url);
    asked.push(pathname + search);
    if (pathname.endsWith("/early-access")) return Response.json({ project: "site", stage: "ga" });
    return Response.json(PRODUCTS);
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const page = render(
    <QueryClientProvider client={client}>
      <ProjectContext value={{ id: "site", events: 1 }}>
        <ProductsPage />
      </ProjectContext>
    </QueryClientProvider>,
  );
  await screen.findByText("The product issues of site goes on as it was, version 3");
  const text = page.container.textContent ?? "";
  expect(text).toContain("ools/search_issues.toml is not valid: line 4");
  expect(text).toContain("The product contacts is left out");
  expect(text).toContain("Only insite");
  expect(asked).toContain("/api/products?project=site");
});
