//! Signing in from a browser: what the cookie opens, for how long, and from where.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, Request, Response, StatusCode, header};
use chrono::TimeDelta;
use hedgerow_agent_api::Role;
use hedgerow_app::{App, KeyInput};
use hedgerow_data_api::Clock;
use hedgerow_http::WithoutKey;
use hedgerow_testkit::{FakeTool, text};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::Fixture;

const HOST: &str = "localhost:4747";
const OWN: (HeaderName, &str) = (header::ORIGIN, "http://localhost:4747");
const CALL: &str = "/api/projects/site/tools/count";

fn fixture() -> Fixture {
    Fixture::new(vec![text("None.")]).tool(FakeTool::counting("count"))
}

async fn key(app: &App, name: &str, role: Role, member: Option<&str>, expires_in: Option<TimeDelta>) -> String {
    let input = KeyInput {
        name: name.into(),
        role,
        scopes: None,
        projects: None,
        member: member.map(str::to_owned),
        expires_in,
    };
    app.create_key(input).await.unwrap().secret
}

async fn send(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(HeaderName, &str)],
    body: &Value,
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, HOST);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()));
    router.clone().oneshot(request.unwrap()).await.unwrap()
}

async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn sign_in(router: &Router, key: &str) -> Response<Body> {
    send(router, "POST", "/api/session", &[OWN], &json!({"key": key})).await
}

/// The cookie of somebody who has just signed in, as a browser sends it.
async fn cookie(router: &Router, key: &str) -> String {
    let response = sign_in(router, key).await;
    assert_eq!(response.status(), StatusCode::OK);
    let set = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    set.split(';').next().unwrap().to_owned()
}

async fn session(router: &Router, cookie: &str) -> (StatusCode, Value) {
    let response = send(router, "GET", "/api/session", &[(header::COOKIE, cookie)], &json!({})).await;
    (response.status(), json_of(response).await)
}

#[tokio::test]
async fn a_key_is_exchanged_for_a_cookie_that_says_who_one_is() {
    let app = fixture().app();
    app.add_member("ann", Role::Viewer, Some(vec!["site".parse().unwrap()]))
        .await
        .unwrap();
    let input = KeyInput {
        name: "laptop".into(),
        role: Role::Viewer,
        scopes: Some(vec!["*:read".parse().unwrap()]),
        projects: Some(vec!["site".parse().unwrap()]),
        member: Some("ann".into()),
        expires_in: Some(TimeDelta::days(2)),
    };
    let secret = app.create_key(input).await.unwrap().secret;
    let router = hedgerow_http::router_with(app, WithoutKey::Nobody);
    let nobody = send(&router, "GET", "/api/session", &[], &json!({})).await;
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);

    let response = sign_in(&router, &format!("  {secret}\n")).await;
    let set = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    let (pair, rest) = set.split_once("; ").unwrap();
    // It ends with its key, which is good for two days.
    assert_eq!(rest, "Path=/; HttpOnly; SameSite=Strict; Max-Age=172800");
    assert!(
        pair.starts_with("hedgerow_session_4747=hs_") && !set.contains(&secret),
        "{set}"
    );
    let told = json_of(response).await;
    let (status, session) = session(&router, pair).await;
    assert_eq!((status, &session), (StatusCode::OK, &told));
    assert_eq!(session["name"], "ann");
    assert_eq!(session["role"], "viewer");
    assert_eq!(session["projects"], json!(["site"]));
    assert_eq!(session["by"], "session");
    assert_eq!(session["key_required"], true);
    assert_eq!(session["expires_at"], "2015-05-23T00:00:00Z");
    let rights: Vec<&str> = session["rights"]
        .as_array()
        .unwrap()
        .iter()
        .map(|right| right.as_str().unwrap())
        .collect();
    assert!(rights.contains(&"run:read") && rights.iter().all(|right| right.ends_with(":read")));
    let projects = send(&router, "GET", "/api/projects", &[(header::COOKIE, pair)], &json!({})).await;
    assert_eq!(projects.status(), StatusCode::OK);
    let asked = send(
        &router,
        "POST",
        "/api/projects/site/runs",
        &[(header::COOKIE, pair), OWN],
        &json!({"question": "How many?"}),
    )
    .await;
    assert_eq!(asked.status(), StatusCode::FORBIDDEN);
    assert!(
        json_of(asked).await["error"]["message"]
            .as_str()
            .unwrap()
            .contains("run:write")
    );
}

#[tokio::test]
async fn by_a_cookie_only_the_servers_own_page_changes_something() {
    let app = fixture().app();
    let secret = key(&app, "member", Role::Member, None, None).await;
    let bearer = format!("Bearer {secret}");
    let router = hedgerow_http::router_with(app, WithoutKey::Nobody);
    let cookie = cookie(&router, &secret).await;
    let by_cookie = (header::COOKIE, cookie.as_str());
    // Another port of this machine is the same site to a browser, which sends the cookie along.
    let (other_port, elsewhere) = ("http://localhost:5000", "http://attacker.example");
    for (headers, status) in [
        (vec![by_cookie.clone(), OWN], 200),
        (vec![by_cookie.clone()], 403),
        (vec![by_cookie.clone(), (header::ORIGIN, other_port)], 403),
        (vec![by_cookie.clone(), (header::ORIGIN, elsewhere)], 403),
        (vec![by_cookie.clone(), (header::ORIGIN, "null")], 403),
        // A program with a key has no page.
        (vec![(header::AUTHORIZATION, bearer.as_str())], 200),
        // The header goes before the cookie.
        (vec![by_cookie.clone(), (header::AUTHORIZATION, bearer.as_str())], 200),
        (vec![by_cookie.clone(), (header::AUTHORIZATION, "Bearer hr_"), OWN], 401),
    ] {
        let response = send(&router, "POST", CALL, &headers, &json!({"events": 1, "label": "/"})).await;
        assert_eq!(response.status(), status, "{headers:?}");
        if status == 403 {
            assert_eq!(json_of(response).await["error"]["code"], "denied");
        }
    }
    // Nobody is signed out from elsewhere either.
    for headers in [
        vec![by_cookie.clone()],
        vec![by_cookie.clone(), (header::ORIGIN, elsewhere)],
    ] {
        let response = send(&router, "DELETE", "/api/session", &headers, &json!({})).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(session(&router, &cookie).await.0, StatusCode::OK);
    // Reading needs no origin: browsers send none with it.
    let read = send(&router, "GET", "/api/runs", &[by_cookie], &json!({})).await;
    assert_eq!(read.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_session_ends_when_it_is_ended_and_with_its_key() {
    let fixture = fixture();
    let app = fixture.app();
    app.add_member("ann", Role::Member, None).await.unwrap();
    let router = hedgerow_http::router_with(app.clone(), WithoutKey::Nobody);
    let mut cookies = Vec::new();
    for (name, member) in [
        ("out", None),
        ("revoked", None),
        ("removed", Some("ann")),
        ("late", None),
    ] {
        let secret = key(&app, name, Role::Member, member, None).await;
        cookies.push(cookie(&router, &secret).await);
    }
    let out = send(
        &router,
        "DELETE",
        "/api/session",
        &[(header::COOKIE, cookies[0].as_str()), OWN],
        &json!({}),
    )
    .await;
    assert_eq!(out.status(), StatusCode::OK);
    assert!(
        out.headers()[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    app.revoke_key("revoked").await.unwrap();
    app.remove_member("ann").await.unwrap();
    for (cookie, says) in [
        (&cookies[0], "nobody is signed in"),
        (&cookies[1], "was revoked"),
        (&cookies[2], "was revoked"),
    ] {
        let (status, error) = session(&router, cookie).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(error["error"]["message"].as_str().unwrap().contains(says), "{error}");
    }
    // The other one lasts seven days, also in another process.
    for (at, status) in [("2015-05-27T23:59:59Z", 200), ("2015-05-28T00:00:00Z", 401)] {
        let later = fixture.app_at(Clock::fixed(at.parse().unwrap()));
        let router = hedgerow_http::router_with(later, WithoutKey::Nobody);
        assert_eq!(session(&router, &cookies[3]).await.0, status, "{at}");
    }
    // A key is no session, nor is what nobody was given.
    let secret = key(&app, "other", Role::Owner, None, None).await;
    for token in [secret, format!("hs_{}", "x".repeat(32)), String::new()] {
        let (status, _) = session(&router, &format!("hedgerow_session_4747={token}")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{token:?}");
    }
}

#[tokio::test]
async fn after_some_wrong_keys_nobody_signs_in_for_a_while() {
    let app = fixture().app();
    let secret = key(&app, "good", Role::Viewer, None, None).await;
    let router = hedgerow_http::router_with(app, WithoutKey::Nobody);
    let wrong = format!("hr_{}", "x".repeat(32));
    for _ in 0..3 {
        assert_eq!(sign_in(&router, &secret).await.status(), StatusCode::OK);
    }
    for _ in 0..5 {
        let response = sign_in(&router, &wrong).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(!response.headers().contains_key(header::SET_COOKIE));
        assert!(
            json_of(response).await["error"]["message"]
                .as_str()
                .unwrap()
                .contains("not known")
        );
    }
    for key in [&wrong, &secret] {
        let response = sign_in(&router, key).await;
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait: u64 = response.headers()[header::RETRY_AFTER]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=61).contains(&wait));
        let error = json_of(response).await["error"].clone();
        assert!(error["hint"].as_str().unwrap().contains("seconds"), "{error}");
    }
}

#[tokio::test]
async fn where_nobody_needs_a_key_a_session_narrows_and_one_that_is_over_is_nothing() {
    let app = fixture().app();
    let secret = key(&app, "viewer", Role::Viewer, None, None).await;
    let router = hedgerow_http::router(app);
    let local = send(&router, "GET", "/api/session", &[], &json!({})).await;
    let local = json_of(local).await;
    assert_eq!((&local["name"], &local["by"]), (&json!("local"), &json!("local")));
    assert_eq!(
        (&local["role"], &local["key_required"]),
        (&json!("owner"), &json!(false))
    );
    assert!(local["expires_at"].is_null());
    let cookie = cookie(&router, &secret).await;
    assert_eq!(session(&router, &cookie).await.1["role"], "viewer");
    let (status, over) = session(&router, &format!("hedgerow_session_4747=hs_{}", "x".repeat(32))).await;
    assert_eq!((status, &over), (StatusCode::OK, &local));
}
