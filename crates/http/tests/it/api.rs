//! The API over fakes: every check that stands between a browser and the data.

use crate::support::Fixture;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use hedgerow_agent_api::{Effect, ToolOutput};
use hedgerow_data_api::{PersonsQuery, PersonsResponse, SqlQuery, SqlResponse};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::RunId;
use hedgerow_testkit::{FakeEngine, FakeTool, call, calls, text};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

fn get(path: &str) -> Request<Body> {
    Request::get(path)
        .header(header::HOST, "localhost:4747")
        .body(Body::empty())
        .unwrap()
}

fn post(path: &str, body: &Value) -> Request<Body> {
    let request = Request::post(path).header(header::HOST, "localhost:4747");
    request
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

async fn send(router: &Router, request: Request<Body>) -> Response<Body> {
    router.clone().oneshot(request).await.unwrap()
}

async fn body(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_str(&body(response).await).unwrap()
}

fn counting() -> Fixture {
    let replies = vec![
        calls([call("count", json!({"events": 7, "label": "/"}))]),
        text("There were {{r1[0].events}} events for /."),
    ];
    Fixture::new(replies).tool(FakeTool::counting("count"))
}

#[tokio::test]
async fn other_hosts_and_origins_are_refused_on_every_path() {
    let router = hedgerow_http::router(counting().app());
    for path in ["/", "/healthz", "/openapi.json", "/api/projects", "/api/nothing"] {
        for (host, origin, status) in [
            ("localhost:4747", None, None),
            ("localhost:4747", Some("http://localhost:4747"), None),
            ("attacker.example", None, Some(403)),
            ("localhost:4747", Some("http://attacker.example"), Some(403)),
        ] {
            let mut request = Request::get(path).header(header::HOST, host);
            if let Some(origin) = origin {
                request = request.header(header::ORIGIN, origin);
            }
            let response = send(&router, request.body(Body::empty()).unwrap()).await;
            let (got, headers) = (response.status().as_u16(), response.headers().clone());
            assert_eq!(got == 403, status == Some(403), "{path} {host} {origin:?} {got}");
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
            assert!(
                headers[header::CONTENT_SECURITY_POLICY]
                    .to_str()
                    .unwrap()
                    .contains("frame-ancestors 'none'")
            );
            if got == 403 {
                let error = json_of(response).await;
                assert_eq!(error["error"]["code"], "denied");
                assert!(error["error"]["hint"].is_string());
            }
        }
    }
}

#[tokio::test]
async fn a_delivered_twice_question_is_one_run() {
    let router = hedgerow_http::router(counting().app());
    let run_id = RunId::new();
    let question = json!({"question": "How many events for /?", "run_id": run_id});
    for _ in 0..3 {
        let response = send(&router, post("/api/projects/site/runs", &question)).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        assert_eq!(json_of(response).await, json!({"run_id": run_id}));
    }
    let runs = json_of(send(&router, get("/api/runs?project=site")).await).await;
    assert_eq!(runs["data"].as_array().unwrap().len(), 1);
    let other = json!({"question": "Another?", "run_id": run_id});
    assert_eq!(
        send(&router, post("/api/projects/site/runs", &other)).await.status(),
        StatusCode::CONFLICT
    );
}

/// The events of a stream as (id, name, data).
fn events(stream: &str) -> Vec<(u64, String, Value)> {
    let blocks = stream
        .split("\n\n")
        .filter(|block| !block.trim().is_empty() && !block.starts_with(':'));
    let field = |block: &str, name: &str| {
        let prefix = format!("{name}: ");
        block
            .lines()
            .find_map(|line| line.strip_prefix(&prefix))
            .unwrap_or_default()
            .to_owned()
    };
    let event = |block: &str| {
        let data = serde_json::from_str(&field(block, "data")).unwrap();
        (field(block, "id").parse().unwrap(), field(block, "event"), data)
    };
    blocks.map(event).collect()
}

#[tokio::test]
async fn a_followed_run_resumes_after_the_last_event_id() {
    let router = hedgerow_http::router(counting().app());
    let started = send(
        &router,
        post("/api/projects/site/runs", &json!({"question": "How many?"})),
    )
    .await;
    let run_id = json_of(started).await["run_id"].as_str().unwrap().to_owned();
    let path = format!("/api/runs/{run_id}/events");

    let response = send(&router, get(&path)).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let whole = events(&body(response).await);
    assert!(whole.len() >= 4, "{whole:?}");
    for (position, (id, name, data)) in whole.iter().enumerate() {
        assert_eq!(*id, position as u64 + 1);
        assert_eq!(name, "run_event");
        assert_eq!(data["seq"], *id);
    }
    assert_eq!(whole.last().unwrap().2["kind"], "completed");

    let mut resumed = get(&path);
    resumed.headers_mut().insert("last-event-id", "2".parse().unwrap());
    assert_eq!(events(&body(send(&router, resumed).await).await), whole[2..]);
    assert_eq!(
        events(&body(send(&router, get(&format!("{path}?after=2"))).await).await),
        whole[2..]
    );

    // A browser repeats the address it began with; what it has seen since stands in the header.
    let mut both = get(&format!("{path}?after=1"));
    both.headers_mut().insert("last-event-id", "3".parse().unwrap());
    assert_eq!(events(&body(send(&router, both).await).await), whole[3..]);

    let mut bad = get(&path);
    bad.headers_mut().insert("last-event-id", "last".parse().unwrap());
    assert_eq!(send(&router, bad).await.status(), StatusCode::BAD_REQUEST);
    let unknown = format!("/api/runs/{}/events", RunId::new());
    assert_eq!(send(&router, get(&unknown)).await.status(), StatusCode::NOT_FOUND);

    let thread = json_of(send(&router, get(&format!("/api/runs/{run_id}"))).await).await;
    assert_eq!(thread["status"], "answered");
    let conversation = thread["conversation_id"].as_str().unwrap();
    let conversation = json_of(send(&router, get(&format!("/api/conversations/{conversation}"))).await).await;
    assert_eq!(conversation["data"][0], thread);
}

fn answer_sql(query: &SqlQuery) -> Result<SqlResponse> {
    Err(match query.query.as_str() {
        "unknown" => Error::unknown("column", "brwoser", ["browser"]),
        "no data" => Error::new(Code::NoData, "no events in June"),
        "busy" => Error::new(Code::Busy, "another import runs"),
        "io" => Error::caused(Code::Io, "reading /srv/secret/part-1.parquet", "bad sector"),
        _ => Error::internal("plan node 17 has no /srv/secret"),
    })
}

#[tokio::test]
async fn one_route_takes_every_kind_of_query() {
    let persons = |query: &PersonsQuery| {
        let provenance = json!({
            "query_id": hedgerow_ids::QueryId::new(), "project": "site", "kind": "PersonsQuery", "plan_hash": "0",
            "snapshot_id": 1, "time_zone": "UTC", "filters": [], "null_semantics": "", "limits": [],
            "query": json!(query).to_string(), "rows_read": 0, "elapsed_ms": 0,
        });
        let response = json!({"results": [], "has_more": false, "warnings": [], "provenance": provenance});
        Ok(serde_json::from_value::<PersonsResponse>(response).unwrap())
    };
    let engine = FakeEngine::default()
        .trends(|_| Err(Error::new(Code::NoData, "trends were asked")))
        .events(|query| Err(Error::new(Code::NoData, format!("events were asked: {}", json!(query)))))
        .persons(persons);
    let router = hedgerow_http::router(Fixture::new(Vec::new()).engine(engine).app());
    let query = |query: Value| send(&router, post("/api/projects/site/query", &query));
    let list = json_of(query(json!({"kind": "PersonsQuery", "search": "ann", "limit": 5})).await).await;
    assert_eq!((&list["results"], &list["has_more"]), (&json!([]), &json!(false)));
    let understood: Value = serde_json::from_str(list["provenance"]["query"].as_str().unwrap()).unwrap();
    assert_eq!(understood, json!({"kind": "PersonsQuery", "search": "ann", "limit": 5}));
    for (body, status, said) in [
        (json!({"series": [{}]}), 422, "trends were asked"),
        (json!({"kind": "TrendsQuery", "series": [{}]}), 422, "trends were asked"),
        (
            json!({"kind": "EventsQuery", "cursor": "x"}),
            422,
            r#"{"kind":"EventsQuery","cursor":"x"}"#,
        ),
        (json!({"kind": "EventQuery"}), 400, "did you mean EventsQuery"),
        (json!({"kind": "EventsQuery", "limti": 3}), 400, "limti"),
    ] {
        let response = query(body.clone()).await;
        assert_eq!(response.status().as_u16(), status, "{body}");
        let error = json_of(response).await;
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains(said), "{body}: {message}");
    }
}

#[tokio::test]
async fn errors_have_a_status_and_a_body_without_internals() {
    let app = Fixture::new(Vec::new())
        .engine(FakeEngine::default().sql(answer_sql))
        .app();
    let router = hedgerow_http::router(app);
    let sql = |query: &str| post("/api/projects/site/sql", &json!({"query": query}));
    let large = json!({"query": "x".repeat(1_100_000)});
    let mut plain = post("/api/projects/site/sql", &json!({"query": "x"}));
    plain
        .headers_mut()
        .insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    let cases = [
        (sql("unknown"), 404, "unknown_name"),
        (sql("no data"), 422, "no_data"),
        (sql("busy"), 503, "busy"),
        (sql("io"), 500, "io"),
        (sql("defect"), 500, "internal"),
        (
            post("/api/projects/site/sql", &json!({"query": "x", "limitt": 3})),
            400,
            "invalid_argument",
        ),
        (post("/api/projects/site/sql", &large), 413, "limit_exceeded"),
        (plain, 415, "invalid_argument"),
        (
            post("/api/projects/No%20Name/sql", &json!({"query": "x"})),
            400,
            "invalid_argument",
        ),
        (get("/api/projects/elsewhere/taxonomy"), 404, "unknown_name"),
        (get("/api/projects/site/sql"), 405, "invalid_argument"),
        (get("/api/nothing"), 404, "unknown_name"),
        (get("/api/runs?limit=0"), 400, "invalid_argument"),
        (get("/api/runs?limits=5"), 400, "invalid_argument"),
        (get("/api/runs/42"), 400, "invalid_argument"),
        (
            post("/api/projects/site/tools/nothing", &json!({})),
            404,
            "unknown_name",
        ),
        (
            post(
                "/api/projects/site/runs",
                &json!({"question": "?", "model": "exec:true"}),
            ),
            403,
            "denied",
        ),
    ];
    for (request, status, code) in cases {
        let name = format!("{} {}", request.method(), request.uri());
        let response = send(&router, request).await;
        assert_eq!(response.status().as_u16(), status, "{name}");
        let text = body(response).await;
        assert!(!text.contains("secret") && !text.contains("sector"), "{text}");
        let error: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(error["error"]["code"], code, "{name}");
        assert!(
            error["error"]["message"].is_string() && error["error"]["retry"].is_string(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn tools_are_listed_and_called_under_the_policy() {
    let output = || async { Ok(ToolOutput::text(json!("done"), "done")) };
    let deleting = FakeTool::new("drop_events", Effect::Delete, move |_, _| output());
    let router = hedgerow_http::router(counting().tool(deleting.clone()).app());
    let tools = json_of(send(&router, get("/api/tools")).await).await;
    let names = tools["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect::<Vec<_>>();
    assert_eq!(names, ["count", "drop_events"]);
    let called = send(
        &router,
        post("/api/projects/site/tools/count", &json!({"events": 3, "label": "/"})),
    )
    .await;
    assert_eq!(json_of(called).await["table"]["rows"], json!([["/", 3]]));
    let denied = send(&router, post("/api/projects/site/tools/drop_events", &json!({}))).await;
    assert_eq!(denied.status(), StatusCode::FORBIDDEN);
    assert_eq!(deleting.runs(), 0);
}

#[tokio::test]
async fn suggestions_and_page_are_there_from_the_start() {
    let router = hedgerow_http::router(counting().app());
    let suggestions = json_of(send(&router, get("/api/suggestions?project=site")).await).await;
    assert_eq!(suggestions["data"].as_array().unwrap().len(), 4);
    for path in ["/", "/runs/42"] {
        let page = send(&router, get(path)).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(
            page.headers()[header::CONTENT_TYPE]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
        assert!(body(page).await.contains("<title>"));
    }
    assert_eq!(body(send(&router, get("/healthz")).await).await, "ok");
    assert_eq!(
        send(&router, post("/", &json!({}))).await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn addresses_that_others_can_reach_are_refused() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let error = hedgerow_http::bind(address.parse().unwrap()).await.unwrap_err();
        assert_eq!(error.code(), Code::Denied, "{address}");
    }
    assert!(hedgerow_http::bind("127.0.0.1:0".parse().unwrap()).await.is_ok());
}

#[tokio::test]
async fn a_server_stops_though_somebody_follows_a_run() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let waiting = vec![calls([call("count", json!({"ms": 600_000}))])];
    let app = Fixture::new(waiting).tool(FakeTool::counting("count")).app();
    let started = hedgerow_app::AskInput::new(
        crate::support::project(),
        "How many?",
        hedgerow_agent_api::Surface::Http,
    );
    let run_id = app.start_run(started).await.unwrap();
    let listener = hedgerow_http::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(hedgerow_http::serve(
        app,
        listener,
        hedgerow_http::WithoutKey::Local,
        async {
            stopped.await.ok();
        },
    ));
    let mut follower = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET /api/runs/{run_id}/events HTTP/1.1\r\nhost: {address}\r\n\r\n");
    follower.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 16];
    follower.read_exact(&mut first).await.unwrap();
    assert_eq!(&first[..12], b"HTTP/1.1 200");
    stop.send(()).unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(10), server)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}
