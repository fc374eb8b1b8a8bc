/** The title of the window, of the page that is shown. */

import { useEffect } from "react";

const NAME = "Hedgerow";

export function usePageTitle(title: string | null): void {
  useEffect(() => {
    document.title = title === null ? NAME : `${title} · ${NAME}`;
    return () => {
      document.title = NAME;
    };
  }, [title]);
}
