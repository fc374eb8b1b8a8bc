/** An address that leads nowhere. */

import { Link } from "@tanstack/react-router";
import { buttonClass } from "@/ui/button";
import { Empty } from "@/ui/empty";

export function NotFound() {
  return (
    <div className="mx-auto w-full max-w-3xl px-4 py-10 sm:px-6">
      <h1 className="sr-only">Not found</h1>
      <Empty
        icon="ask"
        title="There is no such page"
        actions={
          <Link to="/" className={buttonClass("secondary")}>
            Ask a question
          </Link>
        }
      />
    </div>
  );
}
