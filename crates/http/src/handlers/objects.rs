//! Objects and their history.

use axum::Json;
use hedgerow_agent_api::{Activity, ActivityFilter, Object, UndoPlan};
use hedgerow_ids::{ActivityId, CallId, ObjectId, ProjectId, RunId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// Whether to do it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoChangeParams {
    /// Only say what would change, and what stands in the way.
    #[serde(default)]
    dry_run: bool,
}

/// How much of a run, and whether to do it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoRunParams {
    /// Only what this call changed.
    #[serde(default)]
    call: Option<CallId>,
    /// Only say what would change, and what stands in the way.
    #[serde(default)]
    dry_run: bool,
}

/// The change that took one back, or with `dry_run` what it would be.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum UndoneChange {
    Done(Box<Activity>),
    Planned(UndoPlan),
}

/// The changes that took a run's back, or with `dry_run` what they would be.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum UndoneRun {
    Done(List<Activity>),
    Planned(UndoPlan),
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
    QueryParams(params): QueryParams<UndoChangeParams>,
) -> ApiResult<Json<UndoneChange>> {
    Ok(Json(if params.dry_run {
        UndoneChange::Planned(app.plan_undo_change(&project, id).await?)
    } else {
        UndoneChange::Done(Box::new(app.undo_change(&project, id).await?))
    }))
}

pub(crate) async fn undo_run(
    Caller(app): Caller,
    PathParams(run_id): PathParams<RunId>,
    QueryParams(params): QueryParams<UndoRunParams>,
) -> ApiResult<Json<UndoneRun>> {
    Ok(Json(if params.dry_run {
        UndoneRun::Planned(app.plan_undo_run(run_id, params.call).await?)
    } else {
        let data = app.undo_run(run_id, params.call).await?;
        UndoneRun::Done(List { data })
    }))
}
