//! The real binary: verbs in their own process, verbs through a server, and the demo.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

mod access;
mod data;
mod declared;
mod definitions;
mod filters;
mod gate;
mod killed;
mod mcp_tools;
mod quality;
mod reload;
mod schedules;
mod sessions;
mod writes;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const LOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../evals/data/access-log/access.log");

#[expect(clippy::disallowed_methods, reason = "the binary is tested as users start it")]
fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hedgerow"));
    command
        .env("HEDGEROW_DATA", data)
        .env_remove("HEDGEROW_LOG")
        .env_remove("HEDGEROW_KEY")
        .args(arguments);
    command
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    command(data, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn import(data: &Path) {
    let imported = run(data, &["import", "access-log", LOG, "--project", "site", "--json"]);
    let summary: serde_json::Value = serde_json::from_slice(&imported.stdout).unwrap();
    assert_eq!(
        (summary["events_added"].as_u64(), summary["rejected"].as_u64()),
        (Some(10_000), Some(0))
    );
}

/// A server that is stopped when the test ends, however it ends.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    fn start_with(data: &Path, arguments: &[&str]) -> Self {
        let mut child = command(data, &["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .find_map(|line| line.unwrap().strip_prefix("serving ").map(str::to_owned))
            .unwrap();
        Self { child, url }
    }

    fn address(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches('/')
    }

    /// Ends it by a signal and waits until it is gone.
    #[expect(clippy::disallowed_methods, reason = "a signal is sent as a person would")]
    fn end(mut self, signal: &str) {
        let sent = Command::new("kill")
            .args(["-s", signal, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        self.child.wait().unwrap();
    }

    fn get(&self, path: &str, host: &str) -> String {
        use std::io::Write;
        let address = self.address();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let host = if host.is_empty() { address } else { host };
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_question_gets_a_number_that_proves_itself() {
    let data = tempfile::tempdir().unwrap();
    import(data.path());
    let asked = run(
        data.path(),
        &[
            "ask",
            "How many page views did we get on 18 May 2015?",
            "--project",
            "site",
            "--json",
        ],
    );
    assert_eq!(asked.status.code(), Some(0), "{}", text(&asked.stderr));
    let report: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(
        (
            &report["outcome"],
            &report["headline"]["value"],
            &report["headline"]["status"]
        ),
        (&"answered".into(), &1002.into(), &"verified".into())
    );
    assert_eq!(report["headline"]["cells"][0]["value"], 1002);
    let refused = run(
        data.path(),
        &["ask", "How many purchases did we have?", "--project", "site"],
    );
    assert!(
        matches!(refused.status.code(), Some(3 | 4)),
        "{}",
        text(&refused.stdout)
    );
    let unknown = run(data.path(), &["ask", "How many page views?", "--project", "sit"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        text(&unknown.stderr).contains("hint: did you mean site?"),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn verbs_reach_the_data_through_the_server_that_owns_it() {
    let data = tempfile::tempdir().unwrap();
    import(data.path());
    let sql = [
        "sql",
        "SELECT event, count(*) AS events FROM events GROUP BY event ORDER BY event",
        "--project",
        "site",
        "--format",
        "csv",
    ];
    let alone = run(data.path(), &sql);
    let server = Server::start(data.path());
    let through = run(data.path(), &sql);
    assert_eq!(text(&alone.stdout), "event,events\n$pageview,3165\n$request,6835\n");
    assert_eq!(
        (text(&alone.stdout), alone.status.code()),
        (text(&through.stdout), through.status.code())
    );
    let second = run(data.path(), &["serve"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(
        text(&second.stderr).contains("in use by another process"),
        "{}",
        text(&second.stderr)
    );
    let failed = run(data.path(), &["query", "{}", "--project", "site"]);
    assert_eq!(failed.status.code(), Some(1));
    let asked = run(
        data.path(),
        &["ask", "how many hits on May 19th, 2015", "--project", "site", "--json"],
    );
    let report: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(report["headline"]["value"], 2896);
    assert!(server.get("/healthz", "").starts_with("HTTP/1.1 200"));
    assert!(server.get("/api/projects", "evil.example").starts_with("HTTP/1.1 403"));
}

/// The documentation's own commands, as far as they need no server.
#[test]
fn documented_examples_work() {
    let data = tempfile::tempdir().unwrap();
    import(data.path());
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/exec-model.py");
    let model = format!("exec:python3 '{example}'");
    let question = "How many page views were there on 2015-05-18?";
    let asked = run(
        data.path(),
        &["ask", question, "--model", &model, "--project", "site", "--json"],
    );
    assert_eq!(asked.status.code(), Some(0), "{}", text(&asked.stdout));
    let report: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(
        (&report["headline"]["value"], &report["headline"]["status"]),
        (&1002.into(), &"verified".into())
    );
    let tools = run(data.path(), &["tools", "list", "--json"]);
    let tools: serde_json::Value = serde_json::from_slice(&tools.stdout).unwrap();
    let mut called = 0;
    let mut tools: Vec<&serde_json::Value> = tools["data"].as_array().unwrap().iter().collect();
    // What is changed must have been made, and what is deleted is needed no more.
    let turn = |name: &str| match name.split('_').next() {
        Some("create") => 0,
        Some("update") => 2,
        Some("delete") => 3,
        _ => 1,
    };
    tools.sort_by_key(|tool| turn(tool["name"].as_str().unwrap()));
    for tool in tools {
        let name = tool["name"].as_str().unwrap();
        // A log has no properties of persons; the gate runs these examples on the made-up product.
        if ["list_events", "list_persons"].contains(&name) {
            continue;
        }
        for example in tool["examples"].as_array().unwrap() {
            let arguments = example["arguments"].to_string();
            let dry = run(
                data.path(),
                &["tools", "call", name, &arguments, "--dry-run", "--project", "site"],
            );
            assert_eq!(dry.status.code(), Some(0), "{name} {arguments}: {}", text(&dry.stderr));
            let made = run(
                data.path(),
                &["tools", "call", name, &arguments, "--approve", "--project", "site"],
            );
            // Tools that change a run have none to change here.
            let for_runs = ["ask_user", "enable_mode", "todo_write"].contains(&name);
            assert_eq!(
                made.status.code(),
                Some(i32::from(for_runs)),
                "{name} {arguments}: {}",
                text(&made.stderr)
            );
            called += 1;
        }
    }
    assert!(called >= 10, "{called} examples");
}

#[test]
fn search_finds_tools_docs_data_and_what_people_made() {
    let data = tempfile::tempdir().unwrap();
    import(data.path());
    let notebook = r#"{"name": "Zebra crossing", "body": {"cells": [{"type": "text", "text": "Okapis, too."}]}}"#;
    let made = run(
        data.path(),
        &[
            "tools",
            "call",
            "create_notebook",
            notebook,
            "--approve",
            "--project",
            "site",
        ],
    );
    assert!(made.status.success(), "{}", text(&made.stderr));
    for (words, what, name) in [
        (&["okapi"][..], "notebook", "Zebra crossing"),
        (&["trends", "visitors", "sessions"], "tool", "query_trends"),
        (&["PostHog SDK local evaluation hash flag"], "doc", "feature_flags"),
        (&["page", "view"], "event", "$pageview"),
    ] {
        let arguments = [&["search", "--project", "site"], words].concat();
        let found = run(data.path(), &arguments);
        let shown = text(&found.stdout);
        let is_row = |line: &str| line.contains(what) && line.contains(name);
        assert!(shown.lines().any(is_row), "{words:?}: {shown}{}", text(&found.stderr));
        let json = run(data.path(), &[&arguments[..], &["--json"]].concat());
        let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        let found = json["found"].as_array().unwrap();
        assert!(found.iter().any(|found| found["name"] == name), "{json}");
    }
    let nothing = run(data.path(), &["search", "xyzzy", "--project", "site"]);
    assert_eq!((nothing.status.code(), text(&nothing.stdout)), (Some(0), String::new()));
    assert!(text(&nothing.stderr).contains("tools list"));
}

/// A mistyped folder is not made, and looks like no empty one.
#[test]
fn a_folder_that_is_not_there_is_said() {
    let data = tempfile::tempdir().unwrap();
    let missing = data.path().join("mistyped");
    let listed = run(&missing, &["projects", "list"]);
    assert_eq!(listed.status.code(), Some(1));
    assert!(
        text(&listed.stderr).contains("hint: import something first"),
        "{}",
        text(&listed.stderr)
    );
    assert!(!missing.exists());
}

/// The questions of a benchmark stay out of the user's projects and runs.
#[test]
fn benchmarks_lie_apart() {
    let data = tempfile::tempdir().unwrap();
    import(data.path());
    let evals = concat!(env!("CARGO_MANIFEST_DIR"), "/../../evals");
    let judged = run(
        data.path(),
        &["eval", "product_analytics", "--evals", evals, "--fail-under", "100"],
    );
    assert_eq!(judged.status.code(), Some(0), "{}", text(&judged.stderr));
    let projects = run(data.path(), &["projects", "list", "--json"]);
    let projects: serde_json::Value = serde_json::from_slice(&projects.stdout).unwrap();
    assert_eq!(projects["data"].as_array().unwrap().len(), 1, "{projects}");
    let runs = run(data.path(), &["runs", "list", "--json"]);
    assert!(text(&runs.stdout).contains("\"data\":[]"), "{}", text(&runs.stdout));
}

/// A path on the command line and a model's own folder are the caller's, also through a server.
#[test]
fn relative_paths_start_from_the_callers_folder() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    import(data.path());
    let script = serde_json::json!({"replies": [{"text": "Nothing to say.", "outcome": "refused"}]});
    fs_err::write(folder.path().join("script.json"), script.to_string()).unwrap();
    fs_err::write(
        folder.path().join("model.sh"),
        "#!/bin/sh\ncat > /dev/null\necho '{\"text\": \"Nothing to say.\", \"outcome\": \"refused\"}'\n",
    )
    .unwrap();
    let server = Server::start(data.path());
    for model in ["scripted:script.json", "exec:sh model.sh"] {
        let asked = command(
            data.path(),
            &["ask", "Anything?", "--model", model, "--project", "site"],
        )
        .current_dir(folder.path())
        .output()
        .unwrap();
        assert_eq!(asked.status.code(), Some(3), "{model}: {}", text(&asked.stderr));
    }
    let arrow = run(
        data.path(),
        &[
            "sql",
            "SELECT event FROM events",
            "--format",
            "arrow",
            "--project",
            "site",
        ],
    );
    assert_eq!(&arrow.stdout[..4], [0xff; 4], "{}", text(&arrow.stderr));
    drop(server);
}

/// Ctrl-C on a caller of a server ends its verb in the verb's own way.
#[test]
#[expect(clippy::disallowed_methods, reason = "a signal is sent as a person would")]
fn a_caller_that_is_told_to_stop_cancels_its_run() {
    let data = tempfile::tempdir().unwrap();
    import(data.path());
    for through_a_server in [false, true] {
        let server = through_a_server.then(|| Server::start(data.path()));
        let asked_model = data.path().join(format!("asked-{through_a_server}"));
        let model = format!("exec:sh -c 'touch {}; sleep 60'", asked_model.display());
        let asking = command(
            data.path(),
            &["ask", "Anything?", "--model", &model, "--project", "site", "--json"],
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        while !asked_model.exists() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Command::new("kill")
            .args(["-s", "INT", &asking.id().to_string()])
            .status()
            .unwrap();
        let asked = asking.wait_with_output().unwrap();
        assert_eq!(asked.status.code(), Some(130), "{}", text(&asked.stderr));
        let report: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap();
        assert_eq!(report["outcome"], "cancelled");
        drop(server);
    }
}

#[test]
fn the_demo_serves_its_first_page() {
    let data = tempfile::tempdir().unwrap();
    let demo = run(data.path(), &["demo", "--once", "--listen", "127.0.0.1:0"]);
    assert_eq!(demo.status.code(), Some(0), "{}", text(&demo.stderr));
    assert!(text(&demo.stdout).contains("3,165"), "{}", text(&demo.stdout));
}
