/** The shapes of the HTTP API, as the server writes them. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Cell = null | boolean | number | string;

export type Retry = "never" | "adjust" | "once";

/** An error as it crosses the wire. */
export interface Report {
  code: string;
  retry: Retry;
  message: string;
  hint?: string | null;
}

export type Role = "time" | "label" | "measure";
export type Unit = "events" | "persons" | "sessions" | "percent" | "bytes" | "none";

export interface Column {
  name: string;
  title: string;
  role: Role;
  unit: Unit;
}

export interface Table {
  title: string;
  columns: Column[];
  rows: Cell[][];
  rows_cut?: number;
}

export interface Warning {
  code: string;
  message: string;
}

export interface ResolvedRange {
  date_from: string;
  date_to: string;
  partial: boolean;
}

export interface Provenance {
  query_id: string;
  project: string;
  kind: string;
  plan_hash: string;
  snapshot_id: number;
  time_zone: string;
  range?: ResolvedRange | null;
  filters: string[];
  null_semantics: string;
  limits: string[];
  query: string;
  rows_read: number;
  elapsed_ms: number;
}

export type FigureStatus = "verified" | "given" | "unverified";

export interface CellRef {
  handle: string;
  query_id: string | null;
  row: number;
  column: string;
  label: string;
  value: Cell;
}

export interface Figure {
  text: string;
  value: Cell;
  unit: Unit;
  status: FigureStatus;
  expression: string;
  cells: CellRef[];
  claim: "reference" | "literal" | "word";
}

export type Segment = { type: "text"; text: string } | { type: "figure"; index: number };

export interface Answer {
  text: string;
  segments: Segment[];
  figures: Figure[];
  headline: number | null;
}

export type Effect = "read" | "draft" | "create" | "change" | "delete" | "publish" | "spend" | "external";

export interface Usage {
  replies: number;
  input_tokens: number;
  output_tokens: number;
}

export interface ToolCallRequest {
  id: string;
  name: string;
  arguments: Json;
}

export interface ModelReply {
  text: string;
  tool_calls: ToolCallRequest[];
  outcome: "answered" | "refused";
  headline?: string | null;
  usage: Usage;
}

export interface ResultSnapshot {
  handle: string;
  table: Table;
  provenance: Provenance | null;
  warnings: Warning[];
}

export interface Question {
  question: string;
  options: string[];
}

export interface TodoItem {
  content: string;
  status: "pending" | "in_progress" | "completed";
}

export type AwaitReason =
  | { type: "question"; question: Question }
  | { type: "approval"; call_id: string; tool: string; arguments: Json; effect: Effect; why: string };

export type RunEventKind =
  | {
      kind: "run_started";
      project: string;
      conversation_id: string;
      question: string;
      model: string;
      now: string;
      continues?: string | null;
    }
  | { kind: "mode_enabled"; mode: string; by: string }
  | { kind: "text_delta"; text: string }
  | { kind: "replied"; reply: ModelReply }
  | {
      kind: "call_started";
      call_id: string;
      model_call_id: string;
      tool: string;
      title: string;
      arguments: Json;
      effect: Effect;
    }
  | { kind: "call_progress"; call_id: string; fraction: number; note: string }
  | {
      kind: "call_finished";
      call_id: string;
      outcome: "ok" | "error";
      title: string;
      content: string;
      result?: ResultSnapshot | null;
      error?: Report | null;
      ms: number;
    }
  | { kind: "repair_requested"; problem: string }
  | { kind: "todo_changed"; items: TodoItem[] }
  | { kind: "call_outcome_unknown"; call_id: string }
  | { kind: "completed"; outcome: "answered" | "refused"; answer: Answer; warnings: Warning[]; usage: Usage }
  | { kind: "failed"; error: Report }
  | { kind: "cancelled" }
  | { kind: "awaiting_user"; reason: AwaitReason };

/** One entry of the run log. `seq` counts from 1 without gaps. */
export type RunEvent = { version: number; run_id: string; seq: number; at: string } & RunEventKind;

export type RunStatus = "running" | "answered" | "refused" | "asked" | "failed" | "cancelled";
export type CallState = "running" | "ok" | "error" | "unknown";

export interface ToolCallView {
  call_id: string;
  model_call_id: string;
  tool: string;
  title: string;
  arguments: Json;
  effect: Effect;
  state: CallState;
  progress: number | null;
  content: string;
  result: ResultSnapshot | null;
  error: Report | null;
  ms: number | null;
}

/** A run as it is shown: a pure fold of its events. */
export interface Thread {
  run_id: string | null;
  conversation_id: string | null;
  project: string | null;
  continues: string | null;
  question: string;
  model: string;
  now: string;
  status: RunStatus;
  modes: string[];
  replies: ModelReply[];
  calls_before_reply: number[];
  calls: ToolCallView[];
  todo: TodoItem[];
  draft: string;
  repairs: string[];
  answer: Answer | null;
  awaiting: AwaitReason | null;
  error: Report | null;
  warnings: Warning[];
  usage: Usage;
  seq: number;
}

export interface RunSummary {
  run_id: string;
  conversation_id: string;
  project: string;
  question: string;
  status: RunStatus;
  started_at: string;
}

export interface ProjectInfo {
  id: string;
  events: number;
}

export interface AskBody {
  run_id: string;
  question: string;
  conversation_id?: string;
  continues?: string;
}
