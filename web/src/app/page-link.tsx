/** Links to pages of products, whose addresses the router's types don't know. */

import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Json } from "@/api/types";

/** What a link takes to lead to a page of a product; `search` is what stands behind the question mark. */
export function pageLink(to: string, search: Record<string, Json> = {}): Pick<LinkProps, "to" | "search"> {
  return { to: to as LinkProps["to"], search: search as LinkProps["search"] } as Pick<LinkProps, "to" | "search">;
}

export interface PageLinkProps {
  /** The address, its parts encoded. */
  to: string;
  search?: Record<string, Json>;
  className?: string;
  children: ReactNode;
}

export function PageLink({ to, search, className, children }: PageLinkProps) {
  return (
    <Link {...pageLink(to, search)} className={className ?? "rounded underline-offset-3 hover:underline"}>
      {children}
    </Link>
  );
}
