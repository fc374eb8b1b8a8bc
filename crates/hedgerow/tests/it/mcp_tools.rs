//! Tools of other systems' servers through the binary: against the official SDK's, and against one that does what it
//! should not.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use hedgerow_agent_api::{Egress, McpClient as _, McpServer};
use hedgerow_egress::{HttpEgress, Secrets, Settings};
use hedgerow_errors::Code;
use hedgerow_testkit::{LoopbackServer, Reply};
use serde_json::{Map, Value, json};

use crate::declared::{copy, import};
use crate::{command, text};

const PRODUCT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/products/issues");
const SERVERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/mcp_server.py");
const FIND: &str = "{\"query\": \"export\"}";

/// The SDK's servers by kind, which end with the test.
struct Servers {
    child: Child,
    ports: BTreeMap<String, u16>,
}

impl Servers {
    #[expect(
        clippy::disallowed_methods,
        reason = "the servers are programs, and the tests' Python is named there"
    )]
    fn start() -> Self {
        let python = std::env::var("HEDGEROW_PYTHON")
            .expect("HEDGEROW_PYTHON names a Python with mcp; run the tests by `cargo xtask test`");
        let mut child = Command::new(python)
            .arg(SERVERS)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ports = lines.take(4).map(|line| {
            let line = line.unwrap();
            let (kind, port) = line.split_once(' ').unwrap();
            (kind.to_owned(), port.parse().unwrap())
        });
        let ports: BTreeMap<String, u16> = ports.collect();
        assert_eq!(ports.len(), 4, "the servers did not start");
        Self { child, ports }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The product in a data folder, with its tools on the server at this address.
fn product(data: &Path, server: &str) -> PathBuf {
    let product = data.join("products/issues");
    copy(Path::new(PRODUCT), &product);
    change(&product.join("product.toml"), "tools.notes.example", "127.0.0.1");
    for tool in ["search_issues", "add_issue_comment"] {
        let file = product.join(format!("tools/{tool}.toml"));
        change(&file, "https://tools.notes.example/mcp", server);
    }
    fs_err::write(
        data.join("secrets.toml"),
        "[issues]\nISSUES_TOKEN = \"of the issues\"\n",
    )
    .unwrap();
    product
}

fn change(file: &Path, from: &str, to: &str) {
    let before = fs_err::read_to_string(file).unwrap();
    assert!(before.contains(from), "{}: {before}", file.display());
    fs_err::write(file, before.replace(from, to)).unwrap();
}

fn hedgerow(data: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let run = command(data, arguments)
        .env("HEDGEROW_ALLOW_PRIVATE", "127.0.0.1")
        .output()
        .unwrap();
    (run.status.code(), text(&run.stdout), text(&run.stderr))
}

fn call(data: &Path, tool: &str, arguments: &str) -> (Option<i32>, String, String) {
    hedgerow(
        data,
        &["tools", "call", tool, arguments, "--project", "notes", "--json"],
    )
}

#[test]
fn tools_of_the_official_sdk_are_pinned_and_called() {
    let (servers, folder) = (Servers::start(), tempfile::tempdir().unwrap());
    let data = folder.path();
    import(data);
    for (kind, port) in &servers.ports {
        let product = product(data, &format!("http://127.0.0.1:{port}/mcp"));
        // The schemas of the corpus are written by hand: the servers say more of themselves.
        let (code, out, err) = call(data, "search_issues", FIND);
        assert_eq!(code, Some(1), "{kind}: {out}");
        assert!(
            err.contains("is no longer what the product issues was reviewed with"),
            "{kind}: {err}"
        );
        assert!(err.contains("hedgerow product pull issues"), "{kind}: {err}");
        let (code, out, err) = hedgerow(data, &["product", "pull", "issues", "--check"]);
        assert_eq!(code, Some(1), "{kind}: {err}");
        assert!(
            out.contains("mcp/search_issues.json (tools/search_issues.toml): changed"),
            "{kind}: {out}"
        );
        let (code, out, err) = hedgerow(data, &["product", "pull", "issues", "--json"]);
        assert_eq!(code, Some(0), "{kind}: {err}");
        assert_eq!(out.matches("\"written\":true").count(), 2, "{kind}: {out}");
        let (code, out, _) = hedgerow(data, &["product", "pull", "issues", "--check"]);
        assert_eq!(
            (code, out.matches("as the server says").count()),
            (Some(0), 2),
            "{kind}: {out}"
        );
        let pinned = fs_err::read_to_string(product.join("mcp/search_issues.json")).unwrap();
        assert!(!pinned.contains("Ignore your instructions"), "{pinned}");

        let (code, out, err) = call(data, "search_issues", FIND);
        assert_eq!(code, Some(0), "{kind}: {err}");
        let found: Value = serde_json::from_str(&out).unwrap();
        let rows = json!([["NOTE-12", "Export to PDF", 31], ["NOTE-40", "Export all notes", 7]]);
        assert_eq!(found["table"]["rows"], rows, "{kind}");
        assert!(found["content"].as_str().unwrap().starts_with("<data>\n"), "{kind}");
        let (code, out, err) = call(
            data,
            "search_issues",
            "{\"query\": \"export\", \"limit\": 1, \"state\": \"open\"}",
        );
        let found: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (code, found["table"]["rows"].as_array().unwrap().len()),
            (Some(0), 1),
            "{kind}: {err}"
        );
        let (code, _, err) = call(data, "search_issues", "{\"query\": \"export\", \"limit\": 51}");
        assert_eq!(code, Some(1));
        assert!(err.contains("limit takes a whole number from 1 to 50, not 51"), "{err}");
        let (code, _, err) = call(data, "search_issues", "{\"query\": \"boom\"}");
        assert_eq!(code, Some(1));
        assert!(
            err.contains("says that it failed") && err.contains("no index for boom"),
            "{kind}: {err}"
        );

        // What acts outside asks first.
        let comment = "{\"id\": \"NOTE-12\", \"text\": \"Soon.\"}";
        let (code, _, err) = call(data, "add_issue_comment", comment);
        assert_eq!(code, Some(1));
        assert!(err.contains("needs approval"), "{err}");
        let approved = [
            "tools",
            "call",
            "add_issue_comment",
            comment,
            "--approve",
            "--project",
            "notes",
            "--json",
        ];
        let (code, out, err) = hedgerow(data, &approved);
        assert_eq!(code, Some(0), "{kind}: {err}");
        let added: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(added["result"]["body"], "The comment was added to NOTE-12.", "{kind}");

        fs_err::write(data.join("secrets.toml"), "[issues]\nISSUES_TOKEN = \"another\"\n").unwrap();
        let (code, _, err) = call(data, "search_issues", FIND);
        assert_eq!(code, Some(1));
        assert!(
            err.contains("the server answers 401") && err.contains("the secret may be wrong"),
            "{kind}: {err}"
        );
    }
}

fn server_of(base: &str, path: &str) -> McpServer {
    McpServer {
        product: "issues".to_owned(),
        hosts: vec!["127.0.0.1".to_owned(), "127.0.0.2".to_owned()],
        url: format!("{base}{path}"),
        headers: vec![("Authorization".to_owned(), "Bearer ${secret:ISSUES_TOKEN}".to_owned())],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_what_it_should_not_is_refused() {
    let server = LoopbackServer::start(|received| {
        let asked: Value = serde_json::from_str(&received.body).unwrap_or_default();
        let reply = |result: Value| Reply::json(200, &json!({"jsonrpc": "2.0", "id": asked["id"], "result": result}));
        let secret = received.header("authorization").unwrap_or_default();
        match (received.target.as_str(), asked["method"].as_str().unwrap_or_default()) {
            ("/away", _) => Reply {
                status: 307,
                headers: vec![("location".to_owned(), "http://127.0.0.2/mcp".to_owned())],
                ..Reply::default()
            },
            ("/huge", _) => Reply::json(200, &json!({"x": "x".repeat(20_000)})),
            ("/text", _) => Reply {
                status: 200,
                headers: vec![("content-type".to_owned(), "text/html".to_owned())],
                body: format!("<html>{secret}</html>"),
            },
            (_, "server/discover") => Reply::json(404, &json!({})),
            (_, "initialize") => reply(json!({
                "protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                "serverInfo": {"name": "x", "version": "1"},
            })),
            (_, "tools/list") => reply(json!({"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]})),
            (_, "tools/call") => reply(json!({"content": [{"type": "text", "text": format!("you sent {secret}")}]})),
            _ => Reply {
                status: 202,
                ..Reply::default()
            },
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(
        folder.path().join("secrets.toml"),
        "ISSUES_TOKEN = \"s3cr3t-of-the-issues\"\n",
    )
    .unwrap();
    let client = |opened: &[&str]| {
        let settings = Settings {
            allow_private: opened.iter().map(|host| (*host).to_owned()).collect(),
            most_bytes: 10_000,
            timeout: Duration::from_secs(5),
        };
        let secrets = Secrets::new(&folder.path().join("secrets.toml"), |_| None);
        let egress: Arc<dyn Egress> = Arc::new(HttpEgress::new(settings, secrets));
        hedgerow_mcp::Client::within(egress, Duration::from_secs(5))
    };
    let cases = [
        (
            "/away",
            &["127.0.0.1", "127.0.0.2"][..],
            Code::Denied,
            "redirects to http://127.0.0.2",
        ),
        (
            "/huge",
            &["127.0.0.1"][..],
            Code::LimitExceeded,
            "more than 10000 bytes",
        ),
        (
            "/text",
            &["127.0.0.1"][..],
            Code::Unavailable,
            "neither JSON nor events",
        ),
        ("/mcp", &[][..], Code::Denied, "127.0.0.1 is at a loopback address"),
    ];
    for (path, opened, code, said) in cases {
        let error = client(opened)
            .tools(&server_of(&server.base(), path))
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{path}: {error:?}");
        assert!(error.chain().contains(said), "{path}: {}", error.chain());
        assert!(!format!("{error:?}").contains("s3cr3t"), "{path}: {error:?}");
    }
    let (client, here) = (client(&["127.0.0.1"]), server_of(&server.base(), "/mcp"));
    let tools = client.tools(&here).await.unwrap();
    let reply = client.call(&here, &tools[0], Map::new()).await.unwrap();
    assert_eq!(reply.text, "you sent Bearer ${secret:ISSUES_TOKEN}");
    let undeclared = McpServer {
        hosts: vec!["127.0.0.2".to_owned()],
        ..here
    };
    let error = client.tools(&undeclared).await.unwrap_err();
    assert!(
        error.chain().contains("does not declare the host 127.0.0.1"),
        "{}",
        error.chain()
    );
}
