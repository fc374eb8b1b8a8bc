//! Objects and their history.

use axum::Json;
use hedgerow_agent_api::{Activity, ActivityFilter, Object};
use hedgerow_ids::{ActivityId, CallId, ObjectId, ProjectId, RunId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::List;
use crate::api_error::ApiResult;
use crate::door::Caller;
use crate::params::{PathParams, QueryParams};

/// How many changes a list holds where nobody says.
const DEFAULT_CHANGES: usize = 100;

/// Which objects.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObjectParams {
    /// Only those of this kind, e.g. `feature_flag`.
    #[serde(default)]
    kind: Option<String>,
}

/// Which changes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivityParams {
    /// Only this object's.
    #[serde(default)]
    object: Option<ObjectId>,
    /// Only those of objects of this kind.
    #[serde(default)]
    kind: Option<String>,
    /// Only those of this run.
    #[serde(default)]
    run: Option<RunId>,
    /// How many; 100 when absent.
    #[serde(default)]
    limit: Option<usize>,
}

/// How much of a run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoParams {
    /// Only what this call changed.
    #[serde(default)]
    call: Option<CallId>,
}

pub(crate) async fn list(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
    QueryParams(params): QueryParams<ObjectParams>,
) -> ApiResult<Json<List<Object>>> {
    let data = app.objects(&project, params.kind.as_deref()).await?;
    Ok(Json(List { data }))
}

pub(crate) async fn show(
    Caller(app): Caller,
    PathParams((project, id)): PathParams<(ProjectId, ObjectId)>,
) -> ApiResult<Json<Object>> {
    Ok(Json(app.object(&project, id).await?))
}

pub(crate) async fn activity(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
    QueryParams(params): QueryParams<ActivityParams>,
) -> ApiResult<Json<List<Activity>>> {
    let filter = ActivityFilter {
        object: params.object,
        kind: params.kind,
        run: params.run,
        call: None,
        limit: Some(params.limit.unwrap_or(DEFAULT_CHANGES)),
    };
    let data = app.activity(&project, &filter).await?;
    Ok(Json(List { data }))
}

pub(crate) async fn undo(
    Caller(app): Caller,
    PathParams((project, id)): PathParams<(ProjectId, ActivityId)>,
) -> ApiResult<Json<Activity>> {
    Ok(Json(app.undo_change(&project, id).await?))
}

pub(crate) async fn undo_run(
    Caller(app): Caller,
    PathParams(run_id): PathParams<RunId>,
    QueryParams(params): QueryParams<UndoParams>,
) -> ApiResult<Json<List<Activity>>> {
    let data = app.undo_run(run_id, params.call).await?;
    Ok(Json(List { data }))
}
