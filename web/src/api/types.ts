/** The shapes of the HTTP API by short names. They are generated from the server's own types. */

import type { components } from "@/api/schema";
import type { Decision } from "@/lib/decision";

type Schemas = components["schemas"];

/** Any JSON: arguments of a tool, whose shape depends on the tool. */
export type Json = unknown;
/** A cell of a table. */
export type Cell = Schemas["Cell"];

/** Who uses the page, with all rights that they have. */
export type Session = Schemas["SessionInfo"];

export type Report = Schemas["Report"];
export type Retry = Schemas["Retry"];
export type Role = Schemas["Role"];
export type Unit = Schemas["Unit"];
export type Column = Schemas["Column"];
export type Table = Schemas["Table"];
export type Warning = Schemas["Warning"];
export type Provenance = Schemas["Provenance"];

export type FigureStatus = Schemas["FigureStatus"];
export type CellRef = Schemas["CellRef"];
export type Figure = Schemas["Figure"];
export type Segment = Schemas["Segment"];
export type Answer = Schemas["Answer"];

export type Effect = Schemas["Effect"];
export type ToolCallResult = Schemas["ToolCallResult"];
export type ToolInfo = Schemas["ToolInfo"];
export type ProductInfo = Schemas["ProductInfo"];
export type CheckedProduct = Schemas["CheckedProduct"];
export type ProductReport = Schemas["ProductReport"];
export type Finding = Schemas["Finding"];
export type StageName = ProductInfo["stage"];
export type ProductQuality = Schemas["ProductQuality"];
export type EvalRecord = Schemas["EvalRecord"];
export type GivenFeedback = Schemas["Feedback"];
export type FeedbackBody = Schemas["FeedbackInput"];
export type ProductList = Schemas["ProductList"];
export type ProductProblem = Schemas["ProductProblem"];
export type Operator = Schemas["Operator"];

export type ModelReply = Schemas["ModelReply"];
export type ResultSnapshot = Schemas["ResultSnapshot"];
export type AwaitReason = Schemas["AwaitReason"];
export type ToolCallView = Schemas["ToolCallView"];
export type CallState = Schemas["CallState"];

/** One entry of the run log. `seq` counts from 1 without gaps. */
export type RunEvent = Schemas["RunEvent"];
/** What happened, without the fields that every entry has. */
export type RunEventKind = WithoutFrame<RunEvent>;
type WithoutFrame<Event> = Event extends unknown ? Omit<Event, "version" | "run_id" | "seq" | "at"> : never;
export type RunStatus = Schemas["RunStatus"];
export type RunSummary = Schemas["RunSummary"];
/** A run as it is shown: a pure fold of its events. */
export type Thread = Schemas["Thread"];

export type ProjectInfo = Schemas["ProjectInfo"];
export type ListedPerson = Schemas["ListedPerson"];
/** A question, as the page asks it: it always makes the run's id itself. */
export type AskBody = Schemas["StartRun"] & {
  run_id: string;
  /** What the page lends to the agent: the state of what is mounted on it. */
  context?: LentContext[];
  /** What is said to a call of the run that this one continues. */
  approval?: Decision;
};

/** State of a page, for one of its tools. */
export interface LentContext {
  tool: string;
  /** What it is, for people and models: `the list of feature flags`. */
  description: string;
  data: Json;
}
