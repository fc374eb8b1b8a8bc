//! The door: who a request is from, and which routes let whom in.
//!
//! Every route and tool with every role, scope and project goes through the real server, in the tests of the
//! binary.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use chrono::TimeDelta;
use hedgerow_agent_api::{Access, Role};
use hedgerow_app::{App, KeyInput};
use hedgerow_data_api::Clock;
use hedgerow_http::WithoutKey;
use hedgerow_testkit::{FakeTool, text};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Fixture, project};

/// What anybody may ask for.
const OPEN: [&str; 4] = [
    "POST /api/session",
    "DELETE /api/session",
    "GET /healthz",
    "GET /openapi.json",
];

fn fixture() -> Fixture {
    Fixture::new(vec![text("None.")]).tool(FakeTool::counting("count"))
}

async fn send(router: &Router, method: &str, path: &str, authorization: &[&str]) -> Response<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost:4747");
    for value in authorization {
        request = request.header(header::AUTHORIZATION, *value);
    }
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from("{}"));
    router.clone().oneshot(request.unwrap()).await.unwrap()
}

async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn key(app: &App, name: &str, role: Role) -> String {
    let input = KeyInput {
        name: name.into(),
        role,
        scopes: None,
        projects: None,
        member: None,
        expires_in: Some(TimeDelta::days(1)),
    };
    app.create_key(input).await.unwrap().secret
}

#[test]
fn every_route_states_its_access_and_the_open_ones_are_these() {
    let routes = hedgerow_http::route_access();
    let mut open = Vec::new();
    for route in &routes {
        let name = format!("{} {}", route.method, route.path);
        match route.access {
            None => panic!("{name} states no access: say .access(\"resource:level\") or .open()"),
            Some("open") => open.push(name),
            // Whom the server knows may ask who they are.
            Some("known") => assert_eq!(name, "GET /api/session"),
            Some("{tool}" | "{kind}:read" | "{kind}:write") => {}
            Some(right) => {
                let access: Access = right.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
                fixture()
                    .app()
                    .registry(None)
                    .check_access(&access)
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }
    assert_eq!(open, OPEN);
    assert!(routes.len() > 20);
}

#[test]
fn the_document_tells_the_access_of_every_operation() {
    let document = hedgerow_http::openapi(&fixture().app().registry(None));
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let mut open = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = format!("{} {path}", method.to_uppercase());
            if operation["security"] == json!([]) {
                assert!(operation["x-access"].is_null(), "{name}");
                open.push(name);
            } else {
                assert!(operation["x-access"].is_string(), "{name}");
            }
        }
    }
    open.sort_unstable();
    let mut expected = OPEN;
    expected.sort_unstable();
    assert_eq!(open, expected);
    assert_eq!(
        document["paths"]["/api/projects/{project}/tools/count"]["post"]["x-access"],
        "query:read"
    );
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_401_with_the_error() {
    let fixture = fixture();
    let app = fixture.app();
    let good = key(&app, "good", Role::Viewer).await;
    let revoked = key(&app, "revoked", Role::Owner).await;
    app.revoke_key("revoked").await.unwrap();
    let unknown = format!("hr_{}", "x".repeat(32));
    let bearer = |key: &str| format!("Bearer {key}");
    let later = fixture.app_at(Clock::fixed("2015-05-23T00:00:00Z".parse().unwrap()));
    for (router, expired) in [
        (hedgerow_http::router(app.clone()), false),
        (hedgerow_http::router_with(app, WithoutKey::Nobody), false),
        (hedgerow_http::router(later), true),
    ] {
        let good = bearer(&good);
        let status = send(&router, "GET", "/api/projects", &[&good]).await.status();
        assert_eq!(status == StatusCode::OK, !expired);
        let cases = [
            (vec![bearer(&revoked)], "revoked"),
            (vec![bearer(&unknown)], "not known"),
            (vec!["Bearer hr_".to_owned()], "not known"),
            (vec!["Basic dXNlcjpwYXNz".to_owned()], "holds no key"),
            (vec![String::new()], "holds no key"),
            (vec![good.clone(), bearer(&unknown)], "several"),
        ];
        let cases = cases
            .into_iter()
            .chain(expired.then(|| (vec![good.clone()], "expired")));
        for (authorization, says) in cases {
            let authorization: Vec<&str> = authorization.iter().map(String::as_str).collect();
            for (method, path) in [("GET", "/api/projects"), ("POST", "/api/projects/site/tools/count")] {
                let response = send(&router, method, path, &authorization).await;
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{authorization:?}");
                assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
                let error = json_of(response).await["error"].clone();
                assert_eq!(error["code"], "denied");
                assert!(error["message"].as_str().unwrap().contains(says), "{error}");
                assert!(error["hint"].is_string());
            }
        }
    }
}

#[tokio::test]
async fn without_a_key_it_is_the_owner_or_nobody() {
    let app = fixture().app();
    let viewer = format!("Bearer {}", key(&app, "viewer", Role::Viewer).await);
    let local = hedgerow_http::router(app.clone());
    let nobody = hedgerow_http::router_with(app, WithoutKey::Nobody);
    for route in hedgerow_http::route_access() {
        let path = route.path.replace("{project}", "site").replace("{name}", "count");
        let path = path.replace("{id}", "0").replace("{run_id}", "0");
        let status = send(&nobody, &route.method, &path, &[]).await.status();
        let is_open = OPEN.contains(&format!("{} {}", route.method, route.path).as_str());
        assert_eq!(
            status == StatusCode::UNAUTHORIZED,
            !is_open,
            "{} {path}: {status}",
            route.method
        );
        let status = send(&local, &route.method, &path, &[]).await.status();
        assert!(
            ![401, 403].contains(&status.as_u16()),
            "{} {path}: {status}",
            route.method
        );
    }
    // The page's own files are no secret, and what they show comes through the routes.
    for path in ["/", "/runs/42", "/assets/gone.js"] {
        assert_ne!(
            send(&nobody, "GET", path, &[]).await.status(),
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
    let runs = format!("/api/projects/{}/runs", project());
    assert_eq!(
        send(&local, "POST", &runs, &[&viewer]).await.status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        send(&nobody, "GET", "/api/tools", &[&viewer]).await.status(),
        StatusCode::OK
    );
    // An open route is open to a bad key, too.
    assert_eq!(
        send(&nobody, "GET", "/healthz", &["Bearer hr_"]).await.status(),
        StatusCode::OK
    );
}
