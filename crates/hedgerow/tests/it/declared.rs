//! A product that is declared as files: on every surface while its folder is there, and nowhere afterwards.

use std::path::Path;

use serde_json::{Value, json};

use crate::{Server, command, run, text};

const PRODUCT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/products/activation");

fn copy(from: &Path, to: &Path) {
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
fn import(data: &Path) {
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
    // A tool that is always there, such as `search`, is no product's.
    assert_eq!(
        brought,
        [
            ("activation", vec!["count_signups", "list_first_note_delays"]),
            ("product_analytics", vec!["query_trends"]),
            ("sql", vec!["execute_sql"]),
        ]
    );
    assert_eq!(products["data"][0]["stage"], "beta");
    assert_eq!(products["data"][0]["modes"][0]["name"], "activation");
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

/// A product with the names of its tools.
fn brought(product: &Value) -> (&str, Vec<&str>) {
    let tools = product["tools"].as_array().unwrap().iter();
    let names = tools.map(|tool| tool["name"].as_str().unwrap());
    (product["name"].as_str().unwrap(), names.collect())
}
