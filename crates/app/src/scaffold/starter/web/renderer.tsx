/** Results of `count_starter_events`: the table. */

import type { ResultProps } from "@/app/product";
import { ResultFrame } from "@/ui/result-frame";

export function StarterResult({ result }: ResultProps) {
  return <ResultFrame result={result} />;
}
