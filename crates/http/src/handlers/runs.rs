//! Runs: started, followed, stopped, listed, shown.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{Stream, StreamExt as _};
use hedgerow_agent_api::{Approval, PageContext, RunEvent, RunSummary, Surface, Thread};
use hedgerow_app::AskInput;
use hedgerow_errors::{Error, Result};
use hedgerow_ids::{ConversationId, ProjectId, RunId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::List;
use crate::api_error::ApiResult;
use crate::door::Caller;
use crate::params::{Body, PathParams, QueryParams};

/// How many runs a list holds where nobody says.
const DEFAULT_RUNS: usize = 50;
/// How often an idle stream shows that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// A question.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartRun {
    /// The user's words.
    question: String,
    /// The conversation it belongs to; a new one when absent.
    #[serde(default)]
    conversation_id: Option<ConversationId>,
    /// The run whose question this answers, or whose conversation it goes on.
    #[serde(default)]
    continues: Option<RunId>,
    /// What the user says to the call that the continued run asks about.
    #[serde(default)]
    approval: Option<Approval>,
    /// Modes that are on from the start.
    #[serde(default)]
    modes: Vec<String>,
    /// The model: `builtin`, or the one that the server was started with; that one when absent.
    #[serde(default)]
    model: Option<String>,
    /// The run's id, a UUID of the client's choice: sending the same request again starts nothing.
    #[serde(default)]
    run_id: Option<RunId>,
    /// What the page lends from which the question is sent; at most 8. With
    /// `{"tool": "make_filters", "description": "the list of events", "data": {"list": "events"}}` the question is a
    /// wish for that list, and the run's result is its call of `make_filters`.
    #[serde(default)]
    context: Vec<PageContext>,
}

/// A run that was started or is being stopped.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RunAccepted {
    /// The run.
    run_id: RunId,
}

/// Which runs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunParams {
    /// Only this project's.
    #[serde(default)]
    project: Option<ProjectId>,
    /// How many, 1 to 1,000; 50 when absent.
    #[serde(default)]
    limit: Option<usize>,
}

/// Where to begin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventParams {
    /// The last position that the reader has; the header `Last-Event-ID` goes before it.
    #[serde(default)]
    after: Option<u64>,
}

pub(crate) async fn start(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
    Body(body): Body<StartRun>,
) -> ApiResult<(StatusCode, Json<RunAccepted>)> {
    let input = AskInput {
        project,
        question: body.question,
        model: body.model,
        modes: body.modes,
        conversation_id: body.conversation_id,
        continues: body.continues,
        approval: body.approval,
        run_id: body.run_id,
        surface: Surface::Http,
        context: body.context,
    };
    let run_id = app.start_run(input).await?;
    Ok((StatusCode::ACCEPTED, Json(RunAccepted { run_id })))
}

pub(crate) async fn list(
    Caller(app): Caller,
    QueryParams(params): QueryParams<RunParams>,
) -> ApiResult<Json<List<RunSummary>>> {
    let limit = params.limit.unwrap_or(DEFAULT_RUNS);
    Ok(Json(List {
        data: app.runs(params.project.as_ref(), limit).await?,
    }))
}

pub(crate) async fn show(Caller(app): Caller, PathParams(run_id): PathParams<RunId>) -> ApiResult<Json<Thread>> {
    Ok(Json(app.run_thread(run_id).await?))
}

pub(crate) async fn cancel(
    Caller(app): Caller,
    PathParams(run_id): PathParams<RunId>,
) -> ApiResult<(StatusCode, Json<RunAccepted>)> {
    app.cancel_run(run_id).await?;
    Ok((StatusCode::ACCEPTED, Json(RunAccepted { run_id })))
}

pub(crate) async fn conversation(
    Caller(app): Caller,
    PathParams(conversation_id): PathParams<ConversationId>,
) -> ApiResult<Json<List<Thread>>> {
    Ok(Json(List {
        data: app.conversation(conversation_id).await?,
    }))
}

pub(crate) async fn events(
    Caller(app): Caller,
    PathParams(run_id): PathParams<RunId>,
    QueryParams(params): QueryParams<EventParams>,
    headers: HeaderMap,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>> + use<>>> {
    let after = last_event_id(&headers)?.or(params.after).unwrap_or(0);
    // An unknown run is an error now, while the answer still can be one.
    let events = app
        .follow_run(run_id, after)
        .await?
        .map(|event| event.and_then(|event| sse_event(&event)));
    let readable = events.scan((), move |(), event| {
        let event = event.inspect_err(|error| {
            // The reader sees the stream end without a terminal event, and comes back.
            tracing::warn!(%run_id, error = error.chain(), "a followed run can't be read");
        });
        std::future::ready(event.ok().map(Ok))
    });
    Ok(Sse::new(readable).keep_alive(KeepAlive::new().interval(KEEP_ALIVE).text("alive")))
}

fn sse_event(event: &RunEvent) -> Result<Event> {
    let data =
        serde_json::to_string(event).map_err(|error| Error::internal(format!("a run event is no JSON: {error}")))?;
    Ok(Event::default().id(event.seq.to_string()).event("run_event").data(data))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let position = value.to_str().ok().and_then(|text| text.parse().ok());
    position
        .map(Some)
        .ok_or_else(|| Error::invalid("Last-Event-ID is not a position within a run"))
}
