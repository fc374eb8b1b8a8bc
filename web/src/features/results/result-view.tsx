/** A call's result, shown by the product that owns the tool, else as the tool declares. */

import type { ToolCallView } from "@/api/types";
import { toolUi } from "@/app/products";
import { DeclaredResult } from "@/features/results/declared-result";

export function ResultView({ call }: { call: Pick<ToolCallView, "tool" | "result"> }) {
  if (!call.result) return null;
  const Result = toolUi(call.tool)?.result;
  return Result ? <Result result={call.result} /> : <DeclaredResult result={call.result} />;
}
