//! Members in a browser, through the real server: signed in with a key, after a restart, and until the key is
//! revoked.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::{Server, import, run, text};

/// The status, headers and body of an answer to a browser's request.
fn send(server: &Server, method: &str, path: &str, cookie: Option<&str>, body: &str) -> (u16, String, String) {
    let address = server.address();
    let mut stream = TcpStream::connect(address).unwrap();
    let port = address.rsplit(':').next().unwrap();
    let cookie = cookie.map_or(String::new(), |token| {
        format!("Cookie: hedgerow_session_{port}={token}\r\n")
    });
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: close\r\n{cookie}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
}

fn key(data: &Path, name: &str, role: &str, member: &str) -> String {
    let added = run(data, &["members", "add", member, "--role", role]);
    assert!(added.status.success(), "{}", text(&added.stderr));
    let made = run(
        data,
        &["keys", "create", "--name", name, "--role", role, "--member", member],
    );
    assert!(made.status.success(), "{}", text(&made.stderr));
    text(&made.stdout).trim().to_owned()
}

fn sign_in(server: &Server, key: &str) -> String {
    let (status, head, body) = send(server, "POST", "/api/session", None, &json!({ "key": key }).to_string());
    assert_eq!(status, 200, "{body}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let (pair, _) = cookie.split_once(';').unwrap();
    pair.split_once('=').unwrap().1.to_owned()
}

fn json_body(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

#[test]
fn a_member_signs_in_asks_and_stays_signed_in_until_the_key_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    let ann = key(data, "ann's laptop", "member", "ann");
    let bob = key(data, "bob's laptop", "viewer", "bob");
    let server = Server::start_with(data, &["--require-key"]);
    assert_eq!(send(&server, "GET", "/api/session", None, "").0, 401);
    let token = sign_in(&server, &ann);
    let looking = sign_in(&server, &bob);

    let question = json!({"question": "How many page views did we get on 18 May 2015?"}).to_string();
    let (status, _, body) = send(&server, "POST", "/api/projects/site/runs", Some(&looking), &question);
    assert_eq!(status, 403, "{body}");
    let (status, _, body) = send(&server, "POST", "/api/projects/site/runs", Some(&token), &question);
    assert_eq!(status, 202, "{body}");
    let run_id = json_body(&body)["run_id"].as_str().unwrap().to_owned();
    // The stream of events works with the cookie, and ends with the run.
    let events = format!("/api/runs/{run_id}/events");
    assert_eq!(send(&server, "GET", &events, None, "").0, 401);
    let (status, head, stream) = send(&server, "GET", &events, Some(&token), "");
    assert_eq!(status, 200);
    assert!(
        head.contains("text/event-stream") && stream.contains("\"kind\":\"completed\""),
        "{stream}"
    );
    // Whoever may read may follow, too, and sees who asked.
    let (_, _, thread) = send(&server, "GET", &format!("/api/runs/{run_id}"), Some(&looking), "");
    assert_eq!(json_body(&thread)["person"], "ann");

    server.end("TERM");
    let server = Server::start_with(data, &["--require-key"]);
    let (status, _, body) = send(&server, "GET", "/api/session", Some(&token), "");
    assert_eq!(
        (status, &json_body(&body)["name"]),
        (200, &json!("ann")),
        "a restart signs nobody out"
    );
    assert!(run(data, &["keys", "revoke", "ann's laptop"]).status.success());
    let (status, _, body) = send(&server, "GET", "/api/session", Some(&token), "");
    assert_eq!(status, 401);
    assert!(body.contains("was revoked"), "{body}");
    assert_eq!(send(&server, "GET", "/api/session", Some(&looking), "").0, 200);
    assert!(run(data, &["members", "remove", "bob"]).status.success());
    assert_eq!(send(&server, "GET", "/api/session", Some(&looking), "").0, 401);

    // What opens with a session is nowhere in the folder.
    drop(server);
    for entry in fs_err::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let stored = fs_err::read(&path).unwrap();
            let found = stored.windows(token.len()).any(|window| window == token.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[test]
fn a_session_that_was_ended_stays_ended() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    let ann = key(data, "laptop", "member", "ann");
    let server = Server::start_with(data, &["--require-key"]);
    let (first, second) = (sign_in(&server, &ann), sign_in(&server, &ann));
    assert_eq!(send(&server, "DELETE", "/api/session", Some(&first), "").0, 200);
    assert_eq!(send(&server, "GET", "/api/projects", Some(&first), "").0, 401);
    assert_eq!(
        send(&server, "GET", "/api/projects", Some(&second), "").0,
        200,
        "each is its own"
    );
}

/// Undoing is said before it is done, over HTTP and on the command line, and what stands in the way is named.
#[test]
fn undoing_is_previewed_with_what_stands_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    let json_of = |arguments: &[&str]| -> Value {
        let output = run(data, &[arguments, &["--project", "site", "--json"]].concat());
        assert!(!output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let write = |tool: &str, arguments: Value| -> String {
        let made = json_of(&["tools", "call", tool, &arguments.to_string(), "--approve"]);
        made["changes"][0]["id"].as_str().unwrap().to_owned()
    };
    let body = json!({"filters": {"groups": [{"rollout_percentage": 10}]}});
    let created = write("create_feature_flag", json!({"name": "new-editor", "body": body}));
    let plan = json_of(&["activity", "undo", &created, "--dry-run"]);
    assert_eq!(plan["conflicts"], json!([]));
    assert_eq!(plan["changes"][0]["before"]["name"], "new-editor");
    assert!(plan["changes"][0]["after"].is_null());
    let changed = write(
        "update_feature_flag",
        json!({"name": "new-editor", "changes": {"active": true}}),
    );
    let objects = json_of(&["objects", "list"]);
    let server = Server::start(data);
    let path = format!("/api/projects/site/activity/{created}/undo?dry_run=true");
    let (status, _, over_http) = send(&server, "POST", &path, None, "{}");
    assert_eq!(status, 200, "{over_http}");
    let plan = json_of(&["activity", "undo", &created, "--dry-run"]);
    assert_eq!(plan, json_body(&over_http));
    assert_eq!(plan["changes"], json!([]));
    assert_eq!(plan["conflicts"][0]["since"]["id"], json!(changed));
    let said = run(data, &["activity", "undo", &created, "--dry-run", "--project", "site"]);
    let said = text(&said.stdout);
    assert!(
        said.contains("conflict: ") && said.contains("changed since by local"),
        "{said}"
    );
    assert_eq!(json_of(&["objects", "list"]), objects, "looking changes nothing");
    let (status, _, refused) = send(&server, "POST", &path.replace("?dry_run=true", ""), None, "{}");
    assert_eq!(status, 409, "{refused}");
    assert_eq!(json_body(&refused)["error"]["message"], plan["conflicts"][0]["reason"]);
}
