/** What can be done about an error, as a sentence. */

import type { Retry } from "@/api/types";

const TEXTS: Record<Retry, string> = {
  never: "trying again gives the same result.",
  adjust: "other input may work.",
  once: "trying once more may work.",
};

export function retryText(retry: Retry): string {
  return TEXTS[retry];
}
