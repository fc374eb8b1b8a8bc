//! The contract of the agent: tools, effects, policy, modes, models, run events and figures.
//!
//! Types and traits only. A tool is declared once, here is the shape of that declaration; the
//! loop that runs tools lives in `hedgerow-agent`, the tools in their products.

mod access;
mod access_store;
mod effect;
pub mod egress;
mod figure;
mod mcp;
mod mode;
mod model;
mod object;
mod object_notes;
mod object_references;
mod object_tools;
mod outside;
mod page_context;
mod policy;
mod principal;
mod registries;
mod registry;
mod run;
mod run_log;
mod sql_output;
mod stage;
mod taint;
mod thread;
mod tool;
mod undo_plan;
mod usage;
mod write_tool;

pub use access::{Access, Level, Resource, Role, Scope};
pub use access_store::{AccessStore, Key, KeyHash, Member, Organisation, Session};
pub use effect::Effect;
pub use egress::{Egress, EgressRequest, EgressResponse, EgressStream};
pub use figure::{Answer, CellRef, Claim, Figure, FigureStatus, Segment};
pub use hedgerow_data_api::Progress;
pub use mcp::{McpClient, McpHints, McpReply, McpServer, McpTool};
pub use mode::{Mode, Trajectory};
pub use model::{
    DeltaSink, Message, ModelProvider, ModelReply, ModelRequest, Outcome, ToolCallRequest, ToolCard, ToolOutcome, Usage,
};
pub use object::{
    Activity, ActivityAction, ActivityFilter, Actor, Object, ObjectChange, ObjectState, ObjectStore, ObjectWrite,
    effect_of,
};
pub use object_notes::{ObjectNote, ObjectNotes, object_notes};
pub use object_references::{refuse_while_used, users_of};
pub use object_tools::{
    CreateArguments, DeleteArguments, ObjectKind, ObjectTool, UpdateArguments, body_of, object_tools,
};
pub use outside::Outside;
pub use page_context::PageContext;
pub use policy::{Decision, Policy, Rule, Surface};
pub use principal::{LOCAL, Principal};
pub use registries::{Installed, ProductProblem, Registries};
pub use registry::{Product, ProductParts, Registry, Skill, Suggestion, Views};
pub use run::{
    Approval, AwaitReason, CallState, Question, RUN_EVENT_VERSION, ResultSnapshot, RunEvent, RunEventKind, RunStatus,
    RunSummary, TodoItem, TodoStatus,
};
pub use run_log::{NewRun, RunLog};
pub use sql_output::{named_like_a_label, sql_output};
pub use stage::{ProjectSettings, Stage};
pub use taint::Tainted;
pub use thread::{Thread, ToolCallView};
pub use tool::{
    CallPreview, Control, Declaration, Display, DynTool, Example, ResultView, Tool, ToolContext, ToolOutput, erase,
};
pub use undo_plan::{UndoConflict, UndoPlan};
pub use usage::{CallEnd, CallRecord, Feedback, Rating, UsageStore};
pub use write_tool::{WritePlan, WriteTool, Written, erase_write};
