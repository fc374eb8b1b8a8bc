//! Products of files that come, change, break and go while a server runs, and those of one project.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::declared::{copy, import};
use crate::{Server, run, text};

const PRODUCT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/products/activation");

/// Asks again until what is asked for is so: a server looks every second.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn body(answer: &str) -> Value {
    serde_json::from_str(answer.split("\r\n\r\n").last().unwrap()).unwrap()
}

fn change(file: &Path, from: &str, to: &str) {
    let before = fs_err::read_to_string(file).unwrap();
    assert!(before.contains(from), "{}: {before}", file.display());
    fs_err::write(file, before.replace(from, to)).unwrap();
}

#[test]
fn a_running_server_takes_products_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    let server = Server::start(data);
    let described = |tool: &str| -> Option<String> {
        let tools = body(&server.get("/api/tools", ""));
        let tools = tools["data"].as_array().unwrap();
        let found = tools.iter().find(|each| each["name"] == tool)?;
        Some(found["description"].as_str().unwrap().to_owned())
    };
    assert_eq!(described("count_signups"), None);
    let product = data.join("products/activation");
    copy(Path::new(PRODUCT), &product);
    until("the product comes", || described("count_signups").is_some());

    // A run says which version was in force.
    let asked = run(
        data,
        &["ask", "How many people signed up?", "--project", "notes", "--json"],
    );
    let report: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let shown = run(data, &["runs", "show", report["run_id"].as_str().unwrap(), "--json"]);
    let thread: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(thread["products"]["activation"], 1, "{thread}");

    let tool = product.join("tools/count_signups.toml");
    change(&product.join("product.toml"), "version = 1", "version = 2");
    change(&tool, "Counts sign-ups by week", "Counts new people by week");
    until("the product changes", || {
        described("count_signups").is_some_and(|text| text.starts_with("Counts new people"))
    });

    change(&tool, "access = \"query:read\"", "access = [");
    let problems = || body(&server.get("/api/products", ""))["problems"].clone();
    until("the product breaks", || problems() != serde_json::json!([]));
    let problem = problems()[0].clone();
    assert_eq!(
        (&problem["product"], &problem["running_version"]),
        (&"activation".into(), &2.into())
    );
    let message = problem["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("tools/count_signups.toml") && message.contains("line"),
        "{message}"
    );
    // It goes on as it was, and whoever uses the program is told.
    let call = [
        "tools",
        "call",
        "count_signups",
        "{}",
        "--project",
        "notes",
        "--now",
        "2026-06-15T08:00:00Z",
    ];
    let called = run(data, &call);
    assert!(called.status.success(), "{}", text(&called.stderr));
    let said = text(&called.stderr);
    assert!(
        said.contains("product activation goes on as it was, version 2: tools/count_signups.toml"),
        "{said}"
    );

    change(&tool, "access = [", "access = \"query:read\"");
    until("the product is whole again", || problems() == serde_json::json!([]));
    fs_err::remove_dir_all(&product).unwrap();
    until("the product goes", || described("count_signups").is_none());
}

#[test]
fn a_product_of_a_project_is_there_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    let file = data.join("events.jsonl");
    let other = run(data, &["import", "jsonl", file.to_str().unwrap(), "--project", "other"]);
    assert!(other.status.success(), "{}", text(&other.stderr));
    let started = run(data, &["product", "new", "note_watch", "--project", "notes"]);
    assert!(started.status.success(), "{}", text(&started.stderr));
    assert!(
        text(&started.stdout).contains("hedgerow product check note_watch --project notes"),
        "{}",
        text(&started.stdout)
    );
    assert!(data.join("projects/notes/products/note_watch/product.toml").is_file());
    let tool = "count_note_watch_events";
    let listed = |project: &[&str]| {
        let arguments = [&["tools", "list", "--json"], project].concat();
        text(&run(data, &arguments).stdout).contains(tool)
    };
    assert!(listed(&["--project", "notes"]));
    assert!(!listed(&[]) && !listed(&["--project", "other"]));
    let search = |project: &str| {
        let query = "{\"query\": \"note watch events\"}";
        text(
            &run(
                data,
                &["tools", "call", "search", query, "--project", project, "--json"],
            )
            .stdout,
        )
        .contains(tool)
    };
    assert!(search("notes") && !search("other"));
    let call = |project: &str| run(data, &["tools", "call", tool, "{}", "--project", project]);
    assert!(call("notes").status.success(), "{}", text(&call("notes").stderr));
    let refused = text(&call("other").stderr);
    assert!(refused.contains(&format!("unknown tool \"{tool}\"")), "{refused}");

    let checked = run(data, &["product", "check", "note_watch", "--project", "notes"]);
    assert!(
        checked.status.success(),
        "{}{}",
        text(&checked.stdout),
        text(&checked.stderr)
    );
    let unknown = run(data, &["product", "check", "note_watch"]);
    assert!(
        text(&unknown.stderr).contains("unknown product \"note_watch\""),
        "{}",
        text(&unknown.stderr)
    );
    let nowhere = run(data, &["product", "new", "more", "--project", "note"]);
    assert!(
        text(&nowhere.stderr).contains("unknown project \"note\""),
        "{}",
        text(&nowhere.stderr)
    );

    let server = Server::start(data);
    let products = |query: &str| body(&server.get(&format!("/api/products{query}"), ""));
    let own = products("?project=notes");
    let own = own["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|each| each["name"] == "note_watch")
        .unwrap()
        .clone();
    assert_eq!(own["project"], "notes");
    for others in ["", "?project=other"] {
        assert!(!products(others).to_string().contains("note_watch"), "{others}");
    }
    // The gate's report is that of the project's product, and of no other.
    let report = body(&server.get("/api/products/note_watch/check?project=notes", ""));
    assert_eq!(report["last"]["report"]["ran"], true, "{report}");
    for others in ["", "?project=other"] {
        let path = format!("/api/products/note_watch/check{others}");
        assert!(server.get(&path, "").starts_with("HTTP/1.1 404"), "{others}");
    }
    assert!(server.get("/api/tools?project=notes", "").contains(tool));
    let described = |path: &str| server.get(path, "").contains(&format!("/tools/{tool}"));
    assert!(described("/api/projects/notes/openapi.json"));
    assert!(!described("/api/projects/other/openapi.json") && !described("/openapi.json"));
    assert!(!server.get("/api/tools", "").contains(tool));
    assert!(server.get("/api/tools?project=nots", "").contains("unknown project"));

    // One of all projects of the same name: the project's own gives way, and says so.
    copy(
        &data.join("projects/notes/products/note_watch"),
        &data.join("products/note_watch"),
    );
    until("the product of all comes", || {
        products("?project=other").to_string().contains(tool)
    });
    let said = text(&run(data, &["tools", "list", "--project", "notes"]).stderr);
    assert!(
        said.contains(
            "product note_watch of project notes is left out: a product of all projects is named note_watch, too"
        ),
        "{said}"
    );
    let checked = run(data, &["product", "check", "note_watch", "--project", "notes"]);
    assert!(
        text(&checked.stdout).contains("a product of all projects is named note_watch, too"),
        "{}{}",
        text(&checked.stdout),
        text(&checked.stderr)
    );
}
