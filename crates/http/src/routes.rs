//! The table of all routes: the one place that says what the API offers.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use hedgerow_agent_api::{Activity, Feedback, Object, RunEvent, RunSummary, Thread};
use hedgerow_app::{
    CheckedProduct, EarlyAccess, FeedbackInput, ProductList, ProductQuality, Reopened, RunFeedback, ToolCallResult,
    ToolInfo, ToolPreview,
};
use hedgerow_data_api::{
    Explained, ProjectInfo, QuerySettings, SqlQuery, SqlResponse, Taxonomy, TypedQuery, TypedResponse,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::door::{Entry, Server};
use crate::handlers::data::{self, RunQueryParams, SuggestionParams, Suggestions};
use crate::handlers::objects::{
    self, ActivityParams, ObjectParams, UndoChangeParams, UndoRunParams, UndoneChange, UndoneRun,
};
use crate::handlers::quality::{self, QualityParams, SetEarlyAccess};
use crate::handlers::runs::{self, EventParams, RunAccepted, RunParams, StartRun};
use crate::handlers::session::{self, SessionInfo, SignIn, SignedOut};
use crate::handlers::tools::{self, CallParams, OfProject, SeenParams};
use crate::handlers::{List, meta};

/// A schema with the name that it has in the document.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) schema: Schema,
}

/// What a route answers when all is well.
pub(crate) enum Reply {
    /// JSON of a type.
    Json(Named),
    /// JSON of any form.
    AnyJson,
    /// Plain text.
    Text,
    /// A stream of server-sent events, each with JSON of a type.
    Events(Named),
}

/// One route.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) status: u16,
    pub(crate) query: Option<Schema>,
    pub(crate) body: Option<Named>,
    pub(crate) reply: Reply,
    /// True for the route that stands for one path per installed tool.
    pub(crate) per_tool: bool,
    /// What it asks of whoever calls it.
    pub(crate) entry: Entry,
    pub(crate) handler: MethodRouter<Server>,
}

/// All routes.
pub(crate) fn all() -> Vec<Route> {
    let groups = [session_routes(), data_routes(), tool_routes(), run_routes()];
    groups.into_iter().flatten().collect()
}

/// Who calls.
fn session_routes() -> Vec<Route> {
    vec![
        get(
            "/api/session",
            "get_session",
            "Who one is, with all rights",
            session::show,
        )
        .known()
        .json::<SessionInfo>(),
        post(
            "/api/session",
            "sign_in",
            "Signs in with a key: the answer sets the cookie of a session",
            session::sign_in,
        )
        .open()
        .body::<SignIn>()
        .json::<SessionInfo>(),
        Route::new(
            Method::DELETE,
            "/api/session",
            "sign_out",
            "Signs out: ends the session of the cookie",
            on(MethodFilter::DELETE, session::sign_out),
        )
        .open()
        .json::<SignedOut>(),
    ]
}

/// What is there, and queries over it.
fn data_routes() -> Vec<Route> {
    vec![
        get("/healthz", "health", "Says that the server is up", meta::health)
            .open()
            .text(),
        get("/openapi.json", "openapi", "This document", meta::openapi).open(),
        get(
            "/api/projects/{project}/openapi.json",
            "get_project_openapi",
            "This document with the tools that the caller sees in a project, those of its own products among them",
            meta::project_openapi,
        )
        .access("product:read"),
        get("/api/projects", "list_projects", "Projects, by id", data::projects)
            .access("project:read")
            .json::<List<ProjectInfo>>(),
        get(
            "/api/projects/{project}/taxonomy",
            "get_taxonomy",
            "A project's events and properties",
            data::taxonomy,
        )
        .access("taxonomy:read")
        .json::<Taxonomy>(),
        get(
            "/api/projects/{project}/early-access",
            "get_early_access",
            "The stage from which on a project's members see products",
            quality::early_access,
        )
        .access("project:read")
        .json::<EarlyAccess>(),
        put(
            "/api/projects/{project}/early-access",
            "set_early_access",
            "Opens a project's products to its members from a stage on",
            quality::set_early_access,
        )
        .access("project:admin")
        .body::<SetEarlyAccess>()
        .json::<EarlyAccess>(),
        get(
            "/api/projects/{project}/settings",
            "get_settings",
            "What is set for a project's queries: time zone, test accounts, rules for paths, mode of persons",
            quality::query_settings,
        )
        .access("project:read")
        .json::<QuerySettings>(),
        put(
            "/api/projects/{project}/settings",
            "set_settings",
            "Sets all of a project's settings for queries; what is left out has its default again",
            quality::set_query_settings,
        )
        .access("project:admin")
        .body::<QuerySettings>()
        .json::<QuerySettings>(),
        post(
            "/api/projects/{project}/query",
            "run_query",
            "Runs a typed query: counts, or a list of events or persons",
            data::query,
        )
        .access("query:read")
        .query::<RunQueryParams>()
        .body::<TypedQuery>()
        .json::<TypedResponse>(),
        post(
            "/api/projects/{project}/query/explain",
            "explain_query",
            "Runs a typed query anew and says what that took: plans, files and rows read, time by stage",
            data::explain,
        )
        .access("query:read")
        .body::<TypedQuery>()
        .json::<Explained>(),
        get(
            "/api/projects/{project}/queries/{query_id}",
            "reopen_query",
            "Runs a query of before again, by the id in its result's provenance, and says whether the data has moved",
            data::reopen,
        )
        .access("query:read")
        .json::<Reopened>(),
        post(
            "/api/projects/{project}/sql",
            "run_sql",
            "Runs one read-only SELECT",
            data::sql,
        )
        .access("query:read")
        .query::<RunQueryParams>()
        .body::<SqlQuery>()
        .json::<SqlResponse>(),
        get(
            "/api/suggestions",
            "list_suggestions",
            "Questions that a project's data can answer",
            data::suggestions,
        )
        .access("taxonomy:read")
        .query::<SuggestionParams>()
        .json::<Suggestions>(),
    ]
}

/// Tools, and the objects that they write.
fn tool_routes() -> Vec<Route> {
    vec![
        get(
            "/api/tools",
            "list_tools",
            "Tools that the caller sees, by name",
            tools::list,
        )
        .access("product:read")
        .query::<SeenParams>()
        .json::<List<ToolInfo>>(),
        get(
            "/api/products",
            "list_products",
            "Products that the caller sees, with their tools, modes and skills, by name",
            tools::products,
        )
        .access("product:read")
        .query::<SeenParams>()
        .json::<ProductList>(),
        get(
            "/api/products/{name}/check",
            "get_product_check",
            "What the gate finds in a product: by reading now, and by running when it was checked last",
            tools::checked,
        )
        .access("product:read")
        .query::<OfProject>()
        .json::<CheckedProduct>(),
        get(
            "/api/products/{name}/quality",
            "get_product_quality",
            "How well a product works in a project: calls, errors, times, feedback, evals",
            quality::quality,
        )
        .access("product:read")
        .query::<QualityParams>()
        .json::<ProductQuality>(),
        post(
            "/api/projects/{project}/tools/{name}",
            "call_tool",
            "Calls a tool",
            tools::call,
        )
        .access("{tool}")
        .query::<CallParams>()
        .json::<ToolCallResult>()
        .per_tool(),
        post(
            "/api/projects/{project}/tools/{name}/preview",
            "preview_tool",
            "Says what a call would do",
            tools::preview,
        )
        .access("{tool}")
        .body::<serde_json::Value>()
        .json::<ToolPreview>(),
        get(
            "/api/projects/{project}/objects",
            "list_objects",
            "What people and agents made, by name",
            objects::list,
        )
        .access("{kind}:read")
        .query::<ObjectParams>()
        .json::<List<Object>>(),
        get(
            "/api/projects/{project}/objects/{id}",
            "get_object",
            "One object as it stands",
            objects::show,
        )
        .access("{kind}:read")
        .json::<Object>(),
        get(
            "/api/projects/{project}/activity",
            "list_activity",
            "Changes of objects, newest first",
            objects::activity,
        )
        .access("activity:read")
        .query::<ActivityParams>()
        .json::<List<Activity>>(),
        post(
            "/api/projects/{project}/activity/{id}/undo",
            "undo_change",
            "Takes one change back, or says what that would do",
            objects::undo,
        )
        .access("{kind}:write")
        .query::<UndoChangeParams>()
        .json::<UndoneChange>(),
    ]
}

/// Questions and their runs.
fn run_routes() -> Vec<Route> {
    vec![
        post(
            "/api/projects/{project}/runs",
            "start_run",
            "Asks a question; the answer comes as events",
            runs::start,
        )
        .access("run:write")
        .body::<StartRun>()
        .json::<RunAccepted>()
        .accepted(),
        get("/api/runs", "list_runs", "Runs, newest first", runs::list)
            .access("run:read")
            .query::<RunParams>()
            .json::<List<RunSummary>>(),
        get("/api/runs/{run_id}", "get_run", "A run as it is shown", runs::show)
            .access("run:read")
            .json::<Thread>(),
        get(
            "/api/runs/{run_id}/events",
            "follow_run",
            "A run's events, recorded and live",
            runs::events,
        )
        .access("run:read")
        .query::<EventParams>()
        .events::<RunEvent>(),
        post("/api/runs/{run_id}/cancel", "cancel_run", "Stops a run", runs::cancel)
            .access("run:write")
            .json::<RunAccepted>()
            .accepted(),
        get(
            "/api/runs/{run_id}/feedback",
            "get_feedback",
            "What the caller has said of a run",
            quality::feedback,
        )
        .access("run:read")
        .json::<RunFeedback>(),
        post(
            "/api/runs/{run_id}/feedback",
            "give_feedback",
            "Says whether a run was of use; a person's last word counts",
            quality::give_feedback,
        )
        .access("run:write")
        .body::<FeedbackInput>()
        .json::<Feedback>(),
        post(
            "/api/runs/{run_id}/undo",
            "undo_run",
            "Takes back what a run changed, or one call of it, or says what that would do",
            objects::undo_run,
        )
        .access("{kind}:write")
        .query::<UndoRunParams>()
        .json::<UndoneRun>(),
        get(
            "/api/conversations/{id}",
            "get_conversation",
            "A conversation's runs, oldest first",
            runs::conversation,
        )
        .access("run:read")
        .json::<List<Thread>>(),
    ]
}

fn get<H: Handler<T, Server>, T: 'static>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    Route::new(Method::GET, path, id, summary, on(MethodFilter::GET, handler))
}

fn post<H: Handler<T, Server>, T: 'static>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    Route::new(Method::POST, path, id, summary, on(MethodFilter::POST, handler))
}

fn put<H: Handler<T, Server>, T: 'static>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    Route::new(Method::PUT, path, id, summary, on(MethodFilter::PUT, handler))
}

impl Route {
    fn new(
        method: Method,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        handler: MethodRouter<Server>,
    ) -> Self {
        let (query, body, reply) = (None, None, Reply::AnyJson);
        Self {
            method,
            path,
            id,
            summary,
            status: 200,
            query,
            body,
            reply,
            per_tool: false,
            entry: Entry::Unstated,
            handler,
        }
    }

    /// The right that a caller needs.
    fn access(self, right: &'static str) -> Self {
        Self {
            entry: Entry::Right(right),
            ..self
        }
    }

    /// Lets in whom the server knows, whatever their rights.
    fn known(self) -> Self {
        Self {
            entry: Entry::Known,
            ..self
        }
    }

    /// Lets everybody in.
    fn open(self) -> Self {
        Self {
            entry: Entry::Open,
            ..self
        }
    }

    fn query<T: JsonSchema>(self) -> Self {
        Self {
            query: Some(incoming::<T>().schema),
            ..self
        }
    }

    fn body<T: JsonSchema>(self) -> Self {
        Self {
            body: Some(incoming::<T>()),
            ..self
        }
    }

    fn json<T: JsonSchema>(self) -> Self {
        Self {
            reply: Reply::Json(outgoing::<T>()),
            ..self
        }
    }

    fn events<T: JsonSchema>(self) -> Self {
        Self {
            reply: Reply::Events(outgoing::<T>()),
            ..self
        }
    }

    fn text(self) -> Self {
        Self {
            reply: Reply::Text,
            ..self
        }
    }

    fn accepted(self) -> Self {
        Self { status: 202, ..self }
    }

    fn per_tool(self) -> Self {
        Self { per_tool: true, ..self }
    }
}

/// The schema of what a client sends: a field with a default may be left out.
fn incoming<T: JsonSchema>() -> Named {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    Named {
        name: T::schema_name().into_owned(),
        schema: settings.into_generator().into_root_schema_for::<T>(),
    }
}

/// The schema of what the server sends: a field that is always written is required.
pub(crate) fn outgoing<T: JsonSchema>() -> Named {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    Named {
        name: T::schema_name().into_owned(),
        schema: settings.into_generator().into_root_schema_for::<T>(),
    }
}
