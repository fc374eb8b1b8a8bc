//! Who sees a product, how well it works, what is set for a project's queries, and what people say of runs.

use axum::Json;
use hedgerow_agent_api::{Feedback, Stage};
use hedgerow_app::{EarlyAccess, FeedbackInput, ProductQuality, QualityOptions, RunFeedback};
use hedgerow_data_api::QuerySettings;
use hedgerow_ids::{ProjectId, RunId};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api_error::ApiResult;
use crate::door::Caller;
use crate::params::{Body, PathParams, QueryParams};

/// Which calls count.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QualityParams {
    /// Those of this project.
    project: ProjectId,
    /// Those of so many full days before today, 1 to 90, and of today; 30 when absent.
    #[serde(default)]
    days: Option<u32>,
}

/// From which stage on members see products.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetEarlyAccess {
    /// The lowest stage that members see.
    stage: Stage,
}

pub(crate) async fn quality(
    Caller(app): Caller,
    PathParams(name): PathParams<String>,
    QueryParams(params): QueryParams<QualityParams>,
) -> ApiResult<Json<ProductQuality>> {
    let QualityParams { project, days } = params;
    Ok(Json(
        app.product_quality(&name, &QualityOptions { project, days }).await?,
    ))
}

pub(crate) async fn early_access(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
) -> ApiResult<Json<EarlyAccess>> {
    Ok(Json(app.early_access(&project).await?))
}

pub(crate) async fn set_early_access(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
    Body(body): Body<SetEarlyAccess>,
) -> ApiResult<Json<EarlyAccess>> {
    Ok(Json(app.set_early_access(&project, body.stage).await?))
}

pub(crate) async fn query_settings(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
) -> ApiResult<Json<QuerySettings>> {
    Ok(Json(app.query_settings(&project).await?))
}

pub(crate) async fn set_query_settings(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
    Body(body): Body<QuerySettings>,
) -> ApiResult<Json<QuerySettings>> {
    Ok(Json(app.set_query_settings(&project, body).await?))
}

pub(crate) async fn feedback(
    Caller(app): Caller,
    PathParams(run_id): PathParams<RunId>,
) -> ApiResult<Json<RunFeedback>> {
    Ok(Json(app.feedback(run_id).await?))
}

pub(crate) async fn give_feedback(
    Caller(app): Caller,
    PathParams(run_id): PathParams<RunId>,
    Body(body): Body<FeedbackInput>,
) -> ApiResult<Json<Feedback>> {
    Ok(Json(app.give_feedback(run_id, body).await?))
}
