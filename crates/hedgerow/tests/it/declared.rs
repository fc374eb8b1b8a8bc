//! A product that is declared as files: on every surface while its folder is there, and nowhere afterwards.

use std::path::Path;

use hedgerow_testkit::{LoopbackServer, Reply};
use serde_json::{Value, json};

use crate::{Server, command, run, text};

pub(crate) const PRODUCT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/products/activation");

pub(crate) fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs_err::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Sign-ups of a fortnight, one on the first day, two on the second, ...; and a note a day later.
pub(crate) fn import(data: &Path) {
    let mut lines = String::new();
    for day in 1..=14 {
        for n in 0..day {
            let device = if n % 3 == 0 { "Mobile" } else { "Desktop" };
            for (event, day) in [("signed_up", day), ("note_created", day + 1)] {
                let event = json!({
                    "uuid": format!("018f0000-0000-7000-8000-{day:06}{n:05}{}", u8::from(event == "signed_up")),
                    "event": event, "distinct_id": format!("user {day} {n}"), "timestamp": format!("2026-06-{day:02}T12:00:00Z"),
                    "properties": {"$device_type": device},
                });
                lines.push_str(&format!("{event}\n"));
            }
        }
    }
    let file = data.join("events.jsonl");
    fs_err::write(&file, lines).unwrap();
    let imported = run(data, &["import", "jsonl", file.to_str().unwrap(), "--project", "notes"]);
    assert!(imported.status.success(), "{}", text(&imported.stderr));
}

#[test]
fn a_declared_product_is_everywhere_while_its_folder_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    let tools = || -> Vec<String> {
        let listed: Value = serde_json::from_slice(&run(data, &["tools", "list", "--json"]).stdout).unwrap();
        let tools = listed["data"].as_array().unwrap().iter();
        tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    };
    let before = tools();
    copy(Path::new(PRODUCT), &data.join("products/activation"));
    let with = tools();
    assert!(
        with.contains(&"count_signups".to_owned()) && with.len() == before.len() + 2,
        "{with:?}"
    );

    // A word that stands in a phrase of the tool only.
    let search = [
        "tools",
        "call",
        "search",
        "{\"query\": \"accounts\"}",
        "--project",
        "notes",
        "--json",
    ];
    let found: Value = serde_json::from_slice(&run(data, &search).stdout).unwrap();
    assert_eq!(found["result"]["found"][0]["name"], "count_signups");

    let call = |arguments: &str| {
        let called = run(
            data,
            &[
                "tools",
                "call",
                "count_signups",
                arguments,
                "--project",
                "notes",
                "--now",
                "2026-06-15T08:00:00Z",
                "--json",
            ],
        );
        (called.status.code(), text(&called.stdout), text(&called.stderr))
    };
    let (code, out, err) = call("{\"days\": 14}");
    assert_eq!(code, Some(0), "{err}");
    let result: Value = serde_json::from_str(&out).unwrap();
    let signups: i64 = result["result"]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[1].as_i64().unwrap())
        .sum();
    assert_eq!(signups, (1..=14_i64).sum::<i64>());
    let (_, out, _) = call("{\"days\": 14, \"device\": \"Mobile\"}");
    let result: Value = serde_json::from_str(&out).unwrap();
    let mobile: i64 = result["result"]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[1].as_i64().unwrap())
        .sum();
    assert_eq!(mobile, (1..=14_i64).map(|day| (day + 2) / 3).sum::<i64>());
    let (code, _, err) = call("{\"days\": 1000}");
    assert_eq!(code, Some(1));
    assert!(
        err.contains("days takes a whole number from 1 to 365, not 1000"),
        "{err}"
    );

    let checked = run(data, &["product", "check", "activation"]);
    assert!(
        checked.status.success(),
        "{}{}",
        text(&checked.stdout),
        text(&checked.stderr)
    );
    assert!(
        text(&checked.stdout).starts_with("activation: passes"),
        "{}",
        text(&checked.stdout)
    );

    let server = Server::start(data);
    assert!(server.get("/api/tools", "").contains("count_signups"));
    let products = server.get("/api/products", "");
    let products: Value = serde_json::from_str(products.split("\r\n\r\n").last().unwrap()).unwrap();
    let brought: Vec<(&str, Vec<&str>)> = products["data"].as_array().unwrap().iter().map(brought).collect();
    for product in [
        ("activation", vec!["count_signups", "list_first_note_delays"]),
        ("events", vec!["list_events", "list_persons"]),
        ("sql", vec!["execute_sql"]),
    ] {
        assert!(brought.contains(&product), "{product:?} in {brought:?}");
    }
    // A tool that is always there, such as `search`, is no product's.
    let all: Vec<&str> = brought.iter().flat_map(|(_, tools)| tools.clone()).collect();
    assert!(!all.contains(&"search"), "{all:?}");
    let listed = products["data"].as_array().unwrap().iter();
    let activation = listed.clone().find(|product| product["name"] == "activation").unwrap();
    assert_eq!(activation["stage"], "beta");
    assert_eq!(activation["modes"][0]["name"], "activation");
    the_gate_s_report_is_there(&server);
    drop(server);

    // What is wrong with a product is said, and does not keep the others from working.
    let tool = data.join("products/activation/tools/count_signups.toml");
    let whole = fs_err::read_to_string(&tool).unwrap();
    fs_err::write(&tool, whole.replace("access = \"query:read\"\n", "")).unwrap();
    let listed = command(data, &["tools", "list"]).output().unwrap();
    assert!(
        text(&listed.stderr).contains("product activation is left out"),
        "{}",
        text(&listed.stderr)
    );
    let checked = run(data, &["product", "check", "--json"]);
    assert_eq!(checked.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(report["data"][0]["findings"][0]["check"], "access");

    fs_err::remove_dir_all(data.join("products/activation")).unwrap();
    assert_eq!(tools(), before);
}

/// The gate's report is there for those who look later.
fn the_gate_s_report_is_there(server: &Server) {
    let checked = server.get("/api/products/activation/check", "");
    let checked: Value = serde_json::from_str(checked.split("\r\n\r\n").last().unwrap()).unwrap();
    assert_eq!(
        (&checked["read"]["findings"], &checked["read"]["ran"]),
        (&json!([]), &json!(false))
    );
    assert_eq!(checked["last"]["report"]["ran"], true);
    let never = server.get("/api/products/sql/check", "");
    assert!(never.contains("\"last\":null"), "{never}");
    // A name is no path.
    assert!(
        server
            .get("/api/products/..%2Factivation/check", "")
            .starts_with("HTTP/1.1 404")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_over_http_asks_the_host_that_is_declared_and_opened() {
    let server = LoopbackServer::start(|received| match received.header("authorization") {
        Some("Bearer of the contacts") => Reply::json(200, &json!({"id": "c_7", "name": "Ada </data>"})),
        _ => Reply::json(401, &json!({"error": "who are you"})),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_owned();
    import(&data);
    let product = data.join("products/contacts");
    copy(&Path::new(PRODUCT).join("../contacts"), &product);
    for (file, from, to) in [
        ("openapi.yaml", "https://crm.notes.example", server.base().as_str()),
        ("product.toml", "crm.notes.example", "127.0.0.1"),
    ] {
        let text = fs_err::read_to_string(product.join(file)).unwrap();
        fs_err::write(product.join(file), text.replace(from, to)).unwrap();
    }
    let called = move |tool: &'static str, arguments: &'static str, opened: &'static str| {
        let data = data.clone();
        tokio::task::spawn_blocking(move || {
            let arguments = ["tools", "call", tool, arguments, "--project", "notes", "--json"];
            let called = command(&data, &arguments)
                .env("HEDGEROW_ALLOW_PRIVATE", opened)
                .output()
                .unwrap();
            (called.status.code(), text(&called.stdout), text(&called.stderr))
        })
    };
    let find = "{\"email\": \"ada@notes.example\"}";
    // Without the secret, and without the operator's leave, nothing is sent.
    let (code, _, err) = called("find_contact", find, "127.0.0.1").await.unwrap();
    assert_eq!(code, Some(1));
    assert!(err.contains("the secret CONTACTS_TOKEN is not set"), "{err}");
    let secrets = folder.path().join("secrets.toml");
    fs_err::write(secrets, "[contacts]\nCONTACTS_TOKEN = \"of the contacts\"\n").unwrap();
    let (_, _, err) = called("find_contact", find, "").await.unwrap();
    assert!(err.contains("127.0.0.1 is at a loopback address"), "{err}");
    assert!(server.received().is_empty());

    let (code, out, err) = called("find_contact", find, "127.0.0.1").await.unwrap();
    assert_eq!(code, Some(0), "{err}");
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["result"]["body"], json!({"id": "c_7", "name": "Ada </data>"}));
    assert_eq!(found["content"].as_str().unwrap().matches("</data>").count(), 1);
    assert_eq!(server.received()[0].target, "/v1/contacts?email=ada%40notes.example");

    // What acts outside asks first, and nothing was sent.
    let (code, _, err) = called(
        "add_contact_note",
        "{\"id\": \"c_7\", \"text\": \"Hello\"}",
        "127.0.0.1",
    )
    .await
    .unwrap();
    assert_eq!(code, Some(1));
    assert!(err.contains("needs approval"), "{err}");
    assert_eq!(server.received().len(), 1);
}

/// A product with the names of its tools.
fn brought(product: &Value) -> (&str, Vec<&str>) {
    let tools = product["tools"].as_array().unwrap().iter();
    let names = tools.map(|tool| tool["name"].as_str().unwrap());
    (product["name"].as_str().unwrap(), names.collect())
}
