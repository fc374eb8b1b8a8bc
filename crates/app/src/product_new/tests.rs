//! What is started meets the bar by reading; what is of files is run in the binary's tests.

use hedgerow_agent_api::Registry;
use hedgerow_testkit::FakeStore;

use super::*;
use crate::product_check::read_built_in;

/// The product in Rust as it is started under the template's own name: it compiles here.
#[expect(unreachable_pub, reason = "a crate of its own where it is started")]
#[path = "../scaffold/starter/src/lib.rs"]
mod starter;

#[tokio::test]
async fn a_product_in_rust_meets_the_bar_by_reading() {
    let mut registry = Registry::default();
    starter::install(&mut registry, FakeStore::new("notes").data()).unwrap();
    assert_eq!(read_built_in(&registry, "starter").await.unwrap(), []);
    let tool = registry.tool("count_starter_events").unwrap();
    assert_eq!(tool.phrases().len(), 2);
}

#[test]
fn a_name_stands_in_all_its_forms() {
    let folder = tempfile::tempdir().unwrap();
    for templates in [DECLARED, RUST] {
        let into = folder.path().join(format!("user_research_{}", templates.len()));
        let written = write(templates, "user_research", &into).unwrap();
        for path in &written {
            let text = fs::read_to_string(into.join(path)).unwrap();
            let left = text.to_lowercase().contains("starter") || path.contains("starter");
            assert!(!left, "{path}: {text}");
        }
        let error = write(templates, "user_research", &into).unwrap_err();
        assert_eq!(error.code(), Code::Conflict);
    }
    let rust = folder.path().join("user_research_6");
    let library = fs::read_to_string(rust.join("src/lib.rs")).unwrap();
    assert!(library.starts_with("//! User research: what"), "{library}");
    assert!(
        library.contains("use tools::count_user_research_events::CountUserResearchEvents;"),
        "{library}"
    );
    let manifest = fs::read_to_string(rust.join("Cargo.toml")).unwrap();
    assert!(
        manifest.contains("name = \"hedgerow-product-user-research\""),
        "{manifest}"
    );
    assert!(rust.join("skills/using-user-research/SKILL.md").is_file());
}
