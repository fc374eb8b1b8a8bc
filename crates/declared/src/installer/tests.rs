//! What changes is installed anew, what breaks goes on, and projects have their own.

use hedgerow_testkit::FakeTool;

use super::*;
use crate::tests::{MODE, PRODUCT, TOOL, data, write};

/// An installer over the products of a data folder; after them comes a tool that is always there.
fn installer(folder: &Path) -> Installer {
    let finish = |registry: &mut Registry| registry.add_core_tool(FakeTool::counting("search"));
    let mut built_in = Registry::default();
    let product = crate::product(&files("sql", &PRODUCT.replace("activation", "sql"))).unwrap();
    built_in.add_product(product).unwrap();
    Installer::start(
        Arc::new(built_in),
        ProductFolders::new(folder),
        data(&Arc::default()),
        Outside::nowhere(),
        finish,
    )
    .unwrap()
}

fn files(name: &str, manifest: &str) -> Files {
    let manifest = crate::TextFile {
        path: "product.toml".to_owned(),
        text: manifest.to_owned(),
    };
    Files::of(name.to_owned(), vec![manifest])
}

fn versioned(name: &str, version: u32) -> String {
    format!("{}version = {version}\n", PRODUCT.replace("activation", name))
}

/// Whether a project, or all, has a tool, and what it says of itself.
fn described(installer: &Installer, project: Option<&str>, tool: &str) -> Option<String> {
    let project = project.map(|project| project.parse().unwrap());
    let registry = installer.registries().registry(project.as_ref());
    registry
        .tool(tool)
        .ok()
        .map(|tool| tool.declaration().description.to_string())
}

fn problems(installer: &Installer) -> Vec<String> {
    installer
        .registries()
        .now()
        .problems
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn what_changes_is_installed_anew_and_what_breaks_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = |path: &str| format!("products/activation/{path}");
    let (manifest, tool, mode) = (
        path("product.toml"),
        path("tools/count_signups.toml"),
        path("modes/activation/mode.md"),
    );
    write(
        folder.path(),
        &[(&manifest, &versioned("activation", 1)), (&tool, TOOL), (&mode, MODE)],
    );
    let installer = installer(folder.path());
    let before = installer.registries().registry(None);
    assert_eq!(
        described(&installer, None, "count_signups").unwrap(),
        "Counts sign-ups."
    );
    assert!(!installer.refresh().unwrap());

    let worded = TOOL.replace("Counts sign-ups.", "Counts who signed up.");
    write(
        folder.path(),
        &[(&tool, &worded), (&manifest, &versioned("activation", 20))],
    );
    assert!(installer.refresh().unwrap());
    assert_eq!(
        described(&installer, None, "count_signups").unwrap(),
        "Counts who signed up."
    );
    assert_eq!(installer.registries().registry(None).versions()["activation"], 20);
    // Who began before has what was there.
    assert_eq!(
        before.tool("count_signups").unwrap().declaration().description,
        "Counts sign-ups."
    );

    write(
        folder.path(),
        &[(&tool, "name = [\n"), (&manifest, &versioned("activation", 300))],
    );
    assert!(installer.refresh().unwrap());
    assert_eq!(
        described(&installer, None, "count_signups").unwrap(),
        "Counts who signed up."
    );
    let said = problems(&installer);
    let begins = "product activation goes on as it was, version 20: tools/count_signups.toml is not valid";
    assert!(said[0].starts_with(begins) && said[0].contains("line 1"), "{said:?}");
    assert!(!installer.refresh().unwrap());

    write(folder.path(), &[(&tool, TOOL)]);
    assert!(installer.refresh().unwrap());
    assert_eq!(problems(&installer), Vec::<String>::new());
    assert_eq!(installer.registries().registry(None).versions()["activation"], 300);

    fs::remove_dir_all(folder.path().join("products/activation")).unwrap();
    assert!(installer.refresh().unwrap());
    assert_eq!(described(&installer, None, "count_signups"), None);
    assert!(described(&installer, None, "search").is_some());
}

#[test]
fn a_product_of_a_project_is_there_alone() {
    let folder = tempfile::tempdir().unwrap();
    let own = "projects/notes/products/activation";
    write(
        folder.path(),
        &[
            (&format!("{own}/product.toml"), PRODUCT),
            (&format!("{own}/tools/count_signups.toml"), TOOL),
            (&format!("{own}/modes/activation/mode.md"), MODE),
            ("projects/other/catalog.sqlite", ""),
            (
                "projects/other/products/sql/product.toml",
                &PRODUCT.replace("activation", "sql"),
            ),
        ],
    );
    let installer = installer(folder.path());
    assert!(described(&installer, Some("notes"), "count_signups").is_some());
    assert!(described(&installer, Some("notes"), "search").is_some());
    for others in [None, Some("other"), Some("nowhere")] {
        assert_eq!(described(&installer, others, "count_signups"), None);
        assert!(described(&installer, others, "search").is_some());
    }
    assert_eq!(
        problems(&installer),
        [
            "product sql of project other is left out: a product of the program is named sql, too \
          (hint: give it another name, in product.toml and for its folder)"
        ]
    );
    // One of all projects comes: it is installed, and the project's own gives way.
    write(
        folder.path(),
        &[
            ("products/activation/product.toml", PRODUCT),
            ("products/activation/tools/count_signups.toml", TOOL),
        ],
    );
    assert!(installer.refresh().unwrap());
    assert!(described(&installer, Some("other"), "count_signups").is_some());
    let said = problems(&installer);
    let begins = "product activation of project notes is left out: a product of all projects is named activation, too";
    assert!(said.iter().any(|problem| problem.starts_with(begins)), "{said:?}");
}

#[test]
fn a_product_that_did_not_change_never_gives_way() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, tool: &str| {
        let path = |path: &str| format!("products/{name}/{path}");
        let text = TOOL.replace("count_signups", tool);
        write(
            folder.path(),
            &[
                (&path("product.toml"), &versioned(name, 4)),
                (&path(&format!("tools/{tool}.toml")), &text),
            ],
        );
    };
    of("later", "count_later");
    of("earlier", "count_earlier");
    let installer = installer(folder.path());
    // Its name comes first, and it takes the other's tool.
    fs::remove_file(folder.path().join("products/earlier/tools/count_earlier.toml")).unwrap();
    of("earlier", "count_later");
    assert!(installer.refresh().unwrap());
    for tool in ["count_earlier", "count_later"] {
        assert!(described(&installer, None, tool).is_some(), "{tool}");
    }
    let said = problems(&installer);
    assert!(
        said[0].starts_with("product earlier goes on as it was, version 4: two tools are named \"count_later\""),
        "{said:?}"
    );
    // Names of tools that are always there are nobody's.
    of("third", "search");
    assert!(installer.refresh().unwrap());
    assert!(
        problems(&installer)
            .iter()
            .any(|problem| problem.contains("one that is always there")),
        "{:?}",
        problems(&installer)
    );
}
