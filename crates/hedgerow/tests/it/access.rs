//! Who may do what, through the real server and the real command line: every route and every tool with every
//! role, scope and project, against a table that is written down here once more.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::{LOG, Server, command, run, text};

/// The project that the keys are for, and one that they are not for.
const PROJECTS: [&str; 2] = ["site", "other"];
const ROLES: [&str; 4] = ["viewer", "member", "admin", "owner"];
/// What anybody may ask for. The page's files come beside them.
const OPEN: [&str; 4] = [
    "POST /api/session",
    "DELETE /api/session",
    "GET /healthz",
    "GET /openapi.json",
];
/// What anybody may ask for who has a key, whatever it may.
const KNOWN: [&str; 1] = ["GET /api/session"];

/// The table: the least role, as a place in `ROLES`, to read, write and administer a resource.
fn least(resource: &str) -> [usize; 3] {
    match resource {
        "storage" => [3, 3, 3],
        "member" | "key" => [2, 2, 2],
        "project" | "taxonomy" | "event" | "person" | "activity" | "product" => [0, 2, 2],
        "run" | "query" | "feature_flag" | "insight" | "dashboard" | "cohort" | "action" | "notebook" => [0, 1, 2],
        other => panic!("say here what each role may with {other}"),
    }
}

fn level(name: &str) -> usize {
    ["read", "write", "admin"]
        .iter()
        .position(|known| *known == name)
        .unwrap()
}

/// Whether a call is let in.
fn expected(access: &str, role: usize, scope: Option<&str>, sees_project: bool) -> bool {
    let (resource, needed) = access.split_once(':').unwrap();
    let in_scope = match scope {
        None | Some("*") => true,
        Some("*:read") => needed == "read",
        Some(scope) => {
            let (scoped, given) = scope.split_once(':').unwrap();
            scoped == resource && level(given) >= level(needed)
        }
    };
    role >= least(resource)[level(needed)] && in_scope && sees_project
}

/// The scopes that a right is tried with: none, to read it, to write it, another's, all reading, and all.
fn scopes(access: &str) -> [Option<String>; 6] {
    let (resource, _) = access.split_once(':').unwrap();
    let other = if resource == "taxonomy" {
        "run:write"
    } else {
        "taxonomy:write"
    };
    [
        None,
        Some(format!("{resource}:read")),
        Some(format!("{resource}:write")),
        Some(other.to_owned()),
        Some("*:read".to_owned()),
        Some("*".to_owned()),
    ]
}

/// One request to make.
struct Ask {
    name: String,
    access: String,
    /// The path and body, by project.
    requests: [(String, String); 2],
    method: String,
    /// Whether the request is about a project; others answer the same to keys of any project.
    of_project: bool,
}

/// What there is in a project to ask for.
struct Fixture {
    run_id: String,
    conversation_id: String,
    object_id: String,
    change_id: String,
}

pub(crate) fn json_of(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, &[arguments, &["--json"]].concat());
    assert!(!output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Makes a project with a feature flag that an agent made.
fn make(data: &Path, project: &str) -> Fixture {
    let imported = run(data, &["import", "access-log", LOG, "--project", project]);
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    // All tools are asked for, also those of products that are not open to members by themselves.
    let opened = run(data, &["projects", "early-access", project, "idea"]);
    assert!(opened.status.success(), "{}", text(&opened.stderr));
    let script = json!({"replies": [
        {"text": "", "tool_calls": [{"name": "create_feature_flag", "arguments": {
            "name": "new-editor", "body": {"filters": {"groups": [{"rollout_percentage": 10}]}}}}]},
        {"text": "Done."},
    ]});
    let file = data.join("script.json");
    fs_err::write(&file, script.to_string()).unwrap();
    let model = format!("scripted:{}", file.to_str().unwrap());
    let ask = [
        "ask",
        "Do it",
        "--model",
        &model,
        "--mode",
        "feature_flags",
        "--project",
        project,
    ];
    let asked = json_of(data, &ask);
    assert_eq!(asked["outcome"], "asked", "{asked}");
    let approved = json_of(data, &["runs", "approve", asked["run_id"].as_str().unwrap()]);
    let run_id = approved["run_id"].as_str().unwrap().to_owned();
    let thread = json_of(data, &["runs", "show", &run_id]);
    let changes = json_of(data, &["activity", "list", "--project", project]);
    let change = &changes["data"][0];
    let of = |value: &Value| value.as_str().unwrap().to_owned();
    Fixture {
        run_id,
        conversation_id: of(&thread["conversation_id"]),
        object_id: of(&change["object_id"]),
        change_id: of(&change["id"]),
    }
}

/// All routes and tools, as requests whose only reason to be refused is who asks.
fn asks(fixtures: [&Fixture; 2], tools: &Value) -> (Vec<Ask>, Vec<String>, Vec<String>) {
    let (mut asks, mut open, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for route in hedgerow_http::route_access() {
        let name = format!("{} {}", route.method, route.path);
        let access = route.access.unwrap_or_else(|| panic!("{name} states no access"));
        if access == "open" {
            open.push(name);
            continue;
        }
        if access == "known" {
            known.push(name);
            continue;
        }
        let tools = if access == "{tool}" {
            let tools = tools["data"].as_array().unwrap().iter();
            let named = |tool: &Value| {
                (
                    tool["name"].as_str().unwrap().to_owned(),
                    tool["access"].as_str().unwrap().to_owned(),
                )
            };
            tools.map(named).collect()
        } else {
            vec![(String::new(), access.replace("{kind}", "feature_flag"))]
        };
        for (tool, access) in tools {
            let (query, body) = match route.path {
                "/api/suggestions" | "/api/runs" => ("?project={project}", json!({})),
                "/api/products/{name}/quality" => ("?project={project}", json!({})),
                "/api/projects/{project}/early-access" => ("", json!({"stage": "idea"})),
                "/api/projects/{project}/settings" => ("", json!({"timezone": "UTC"})),
                "/api/runs/{run_id}/feedback" => ("", json!({"rating": "good"})),
                "/api/projects/{project}/objects" => ("?kind=feature_flag", json!({})),
                "/api/projects/{project}/tools/{name}" => ("?approved=true", json!({})),
                "/api/projects/{project}/query" | "/api/projects/{project}/query/explain" => {
                    ("", json!({"series": [{"event": "$pageview"}]}))
                }
                "/api/projects/{project}/sql" => ("", json!({"query": "SELECT 1 AS one"})),
                // An empty question is refused after the door, and starts nothing.
                "/api/projects/{project}/runs" => ("", json!({"question": ""})),
                _ => ("", json!({})),
            };
            let template = format!("{}{query}", route.path);
            let filled = |position: usize| {
                let Fixture {
                    run_id,
                    conversation_id,
                    object_id,
                    change_id,
                } = fixtures[position];
                let id = match route.path.split('/').nth(4) {
                    Some("objects") => object_id,
                    Some("activity") => change_id,
                    _ => conversation_id,
                };
                let path = template
                    .replace("{project}", PROJECTS[position])
                    .replace("{name}", if tool.is_empty() { "sql" } else { &tool });
                // A query that nobody asked is not found, which only those are told who may ask.
                let path = path.replace("{query_id}", "0190163d-8694-739b-aea5-966c26f8ad91");
                let path = path.replace("{run_id}", run_id).replace("{id}", id);
                assert!(!path.contains('{'), "say here what stands for the parameters of {path}");
                (path, body.to_string())
            };
            asks.push(Ask {
                name: format!("{name} {tool}"),
                access,
                requests: [filled(0), filled(1)],
                method: route.method.clone(),
                // Whoever may see products may see what the gate finds in them.
                of_project: template.contains('{') && route.path != "/api/products/{name}/check",
            });
        }
    }
    (asks, open, known)
}

/// The status and body of an answer.
pub(crate) fn send(server: &Server, method: &str, (path, body): &(String, String), key: Option<&str>) -> (u16, String) {
    let address = server.address();
    let mut stream = TcpStream::connect(address).unwrap();
    let key = key.map_or(String::new(), |key| format!("Authorization: Bearer {key}\r\n"));
    let body = if method == "GET" { "" } else { body };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{key}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer[9..12].parse().unwrap(), answer)
}

/// A key made as a person makes it.
pub(crate) fn create_key(data: &Path, name: &str, role: &str, scope: Option<&str>, project: Option<&str>) -> String {
    let mut arguments = vec!["keys", "create", "--name", name, "--role", role];
    arguments.extend(scope.iter().flat_map(|scope| ["--scope", scope]));
    arguments.extend(project.iter().flat_map(|project| ["--for-project", project]));
    let made = run(data, &arguments);
    assert!(made.status.success(), "{arguments:?}: {}", text(&made.stderr));
    text(&made.stdout).trim().to_owned()
}

#[test]
fn every_route_and_tool_lets_in_whom_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let fixtures = PROJECTS.map(|project| make(data, project));
    let server = Server::start_with(data, &["--require-key"]);
    let tools = json_of(data, &["tools", "list"]);
    let (asks, open, known) = asks([&fixtures[0], &fixtures[1]], &tools);
    assert_eq!(open, OPEN, "the open routes are these and no others");
    assert_eq!(known, KNOWN, "and so are those that are open to every key");

    let mut keys: BTreeMap<(usize, Option<String>), String> = BTreeMap::new();
    let (mut let_in, mut denied) = (0, 0);
    for ask in &asks {
        for scope in scopes(&ask.access) {
            for (role, role_name) in ROLES.iter().enumerate() {
                let key = keys.entry((role, scope.clone())).or_insert_with(|| {
                    let name = format!("{role_name} {}", scope.as_deref().unwrap_or("all"));
                    create_key(data, &name, role_name, scope.as_deref(), Some(PROJECTS[0]))
                });
                for (position, request) in ask.requests.iter().enumerate() {
                    let sees = !ask.of_project || position == 0;
                    let expected = expected(&ask.access, role, scope.as_deref(), sees);
                    let (status, answer) = send(&server, &ask.method, request, Some(key));
                    let what = format!("{} {} {role_name} {scope:?}: {status}", ask.name, request.0);
                    assert_eq!(status != 403, expected, "{what}");
                    // Whatever else is wrong with a request, it is not the server, nor the key.
                    assert!(status < 500 && status != 401, "{what} {answer}");
                    assert!(expected || answer.contains("\"code\":\"denied\""), "{what} {answer}");
                    if expected { let_in += 1 } else { denied += 1 }
                }
            }
        }
        let (status, _) = send(&server, &ask.method, &ask.requests[0], None);
        assert_eq!(status, 401, "{} without a key", ask.name);
    }
    let number = tools["data"].as_array().unwrap().len();
    println!(
        "{} routes and calls, {number} tools, {} keys: {let_in} let in, {denied} denied",
        asks.len(),
        keys.len()
    );
    println!("open: {}, and the page's files", open.join(", "));
    assert!(
        number > 20 && let_in > 800 && denied > 1500,
        "{number} {let_in} {denied}"
    );
    for path in ["/healthz", "/openapi.json", "/"] {
        assert_eq!(
            send(&server, "GET", &(path.to_owned(), String::new()), None).0,
            200,
            "{path}"
        );
    }

    // Every key may ask whose it is, and is told the rights of the table, neither more nor fewer.
    let session = ("/api/session".to_owned(), String::new());
    assert_eq!(send(&server, "GET", &session, None).0, 401);
    let resources = [
        "storage",
        "member",
        "key",
        "project",
        "taxonomy",
        "event",
        "person",
        "activity",
        "product",
        "run",
        "query",
        "feature_flag",
        "insight",
        "dashboard",
        "cohort",
        "action",
        "notebook",
    ];
    for ((role, scope), key) in &keys {
        let (status, answer) = send(&server, "GET", &session, Some(key));
        assert_eq!(status, 200, "{answer}");
        let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let rights = body["rights"].as_array().unwrap();
        for resource in resources {
            for needed in ["read", "write", "admin"] {
                let right = format!("{resource}:{needed}");
                let told = rights.contains(&json!(right));
                assert_eq!(
                    told,
                    expected(&right, *role, scope.as_deref(), true),
                    "{right} {role} {scope:?}"
                );
            }
        }
    }

    // Lists that name no project show those of the key's.
    let key = &keys[&(3, None)];
    for (path, field) in [("/api/projects", "id"), ("/api/runs", "project")] {
        let (_, answer) = send(&server, "GET", &(path.to_owned(), String::new()), Some(key));
        let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let listed = body["data"].as_array().unwrap();
        assert!(
            !listed.is_empty() && listed.iter().all(|one| one[field] == PROJECTS[0]),
            "{path}: {body}"
        );
    }
}

/// Runs a verb with a key in the environment, and gives its exit code and all that it said.
pub(crate) fn with_key(data: &Path, key: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(data, arguments).env("HEDGEROW_KEY", key).output().unwrap();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn verbs_with_a_key_may_what_the_key_may_here_and_through_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    make(data, "site");
    let viewer = create_key(data, "viewer", "viewer", None, None);
    let revoked = create_key(data, "revoked", "owner", None, None);
    assert!(run(data, &["keys", "revoke", "revoked"]).status.success());
    let admin = create_key(data, "admin", "admin", None, None);
    let all = || {
        let allowed: [&[&str]; 5] = [
            &["sql", "SELECT 1 AS one", "--project", "site"],
            &["runs", "list"],
            &["objects", "list", "--project", "site"],
            &["tools", "list"],
            &["persons", "list", "--project", "site"],
        ];
        for arguments in allowed {
            let (code, said) = with_key(data, &viewer, arguments);
            assert_eq!(code, Some(0), "{arguments:?}: {said}");
            let (code, said) = with_key(data, &revoked, arguments);
            assert!(code == Some(1) && said.contains("was revoked"), "{arguments:?}: {said}");
        }
        let backup = folder.path().join("backup");
        let denied: [(&[&str], &str); 6] = [
            (&["ask", "How many page views?", "--project", "site"], "run:write"),
            (
                &["persons", "delete", "nobody", "--yes", "--project", "site"],
                "person:admin",
            ),
            (&["keys", "list"], "key:read"),
            (&["members", "add", "eve", "--role", "owner"], "member:write"),
            (&["backup", backup.to_str().unwrap()], "storage:admin"),
            (&["import", "access-log", LOG, "--project", "site"], "event:write"),
        ];
        for (arguments, right) in denied {
            let (code, said) = with_key(data, &viewer, arguments);
            assert!(code == Some(1) && said.contains(right), "{arguments:?}: {said}");
            assert!(said.contains("hint:"), "{arguments:?}: {said}");
        }
        let (code, said) = with_key(data, &admin, &["keys", "create", "--name", "more", "--role", "owner"]);
        assert!(code == Some(1) && said.contains("lacks the role owner"), "{said}");
        assert_eq!(with_key(data, &admin, &["members", "list"]).0, Some(0));
    };
    all();
    let (code, said) = with_key(data, &viewer, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(code == Some(1) && said.contains("HEDGEROW_KEY"), "{said}");
    let server = Server::start(data);
    all();
    drop(server);
    // What opens with a key is nowhere in the folder, and its hash is no key.
    let mut stored = Vec::new();
    for entry in fs_err::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs_err::File::open(&path).unwrap().read_to_end(&mut stored).unwrap();
        }
    }
    assert!(!stored.windows(viewer.len()).any(|window| window == viewer.as_bytes()));
}

#[test]
fn an_agent_may_what_the_key_of_its_run_may() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    make(data, "site");
    let script = json!({"replies": [
        {"text": "", "tool_calls": [{"name": "execute_sql", "arguments": {"query": "SELECT 1 AS one"}}]},
        {"text": "Done."},
    ]});
    let file = data.join("script.json");
    fs_err::write(&file, script.to_string()).unwrap();
    let model = format!("scripted:{}", file.to_str().unwrap());
    for (scopes, allowed) in [(vec!["run:write", "query:read"], true), (vec!["run:write"], false)] {
        let mut arguments = vec!["keys", "create", "--name", "agent", "--role", "member"];
        arguments.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
        let key = text(&run(data, &arguments).stdout).trim().to_owned();
        let ask = [
            "ask",
            "One?",
            "--model",
            &model,
            "--mode",
            "sql",
            "--project",
            "site",
            "--json",
        ];
        let output = command(data, &ask).env("HEDGEROW_KEY", &key).output().unwrap();
        let said = text(&output.stdout) + &text(&output.stderr);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["tool_calls"][0]["ok"], allowed, "{said}");
        let thread = json_of(data, &["runs", "show", report["run_id"].as_str().unwrap()]);
        let content = thread["calls"][0]["content"].as_str().unwrap();
        assert_eq!(content.contains("lacks the scope query:read"), !allowed, "{content}");
        assert!(run(data, &["keys", "revoke", "agent"]).status.success());
    }
}
