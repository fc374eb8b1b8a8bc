//! Projects, taxonomy and queries.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use hedgerow_app::{App, Reopened};
use hedgerow_data_api::{Explained, ProjectInfo, SqlQuery, SqlResponse, TypedQuery, TypedResponse};
use hedgerow_ids::{ProjectId, QueryId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::List;
use crate::api_error::ApiResult;
use crate::door::Caller;
use crate::params::{Body, PathParams, QueryParams};

/// Which project's suggestions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuggestionParams {
    /// The project.
    project: ProjectId,
    /// The path of the page that asks, e.g. `/objects/feature_flag`.
    #[serde(default)]
    page: Option<String>,
}

/// How a query is run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunQueryParams {
    /// Computes the result anew, also where it is kept from the same data.
    #[serde(default)]
    refresh: bool,
}

impl RunQueryParams {
    fn on(&self, app: App) -> App {
        if self.refresh { app.computing_anew() } else { app }
    }
}

/// Questions that the data can answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Suggestions {
    /// The questions.
    data: Vec<String>,
}

pub(crate) async fn projects(Caller(app): Caller) -> ApiResult<Json<List<ProjectInfo>>> {
    Ok(Json(List {
        data: app.projects().await?,
    }))
}

pub(crate) async fn taxonomy(Caller(app): Caller, PathParams(project): PathParams<ProjectId>) -> ApiResult<Response> {
    let taxonomy = app.taxonomy(&project).await?;
    Ok(Json(taxonomy.as_ref()).into_response())
}

pub(crate) async fn query(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
    QueryParams(params): QueryParams<RunQueryParams>,
    Body(query): Body<TypedQuery>,
) -> ApiResult<Json<TypedResponse>> {
    Ok(Json(params.on(app).query(&project, &query).await?))
}

pub(crate) async fn explain(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
    Body(query): Body<TypedQuery>,
) -> ApiResult<Json<Explained>> {
    Ok(Json(app.explain(&project, &query).await?))
}

pub(crate) async fn reopen(
    Caller(app): Caller,
    PathParams((project, query_id)): PathParams<(ProjectId, QueryId)>,
) -> ApiResult<Json<Reopened>> {
    Ok(Json(app.reopen(&project, query_id, None).await?))
}

pub(crate) async fn sql(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
    QueryParams(params): QueryParams<RunQueryParams>,
    Body(query): Body<SqlQuery>,
) -> ApiResult<Json<SqlResponse>> {
    Ok(Json(params.on(app).sql(&project, &query).await?))
}

pub(crate) async fn suggestions(
    Caller(app): Caller,
    QueryParams(params): QueryParams<SuggestionParams>,
) -> ApiResult<Json<Suggestions>> {
    Ok(Json(Suggestions {
        data: app.suggestions(&params.project, params.page.as_deref()).await?,
    }))
}
