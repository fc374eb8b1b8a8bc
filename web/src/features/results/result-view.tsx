/** A call's result, shown by the product that owns the tool, else as a table. */

import type { ToolCallView } from "@/api/types";
import { toolUi } from "@/app/products";
import { ResultFrame } from "@/ui/result-frame";

export function ResultView({ call }: { call: Pick<ToolCallView, "tool" | "result"> }) {
  if (!call.result) return null;
  const Result = toolUi(call.tool)?.result;
  return Result ? <Result result={call.result} /> : <ResultFrame result={call.result} />;
}
