//! What the gate finds by reading; what it finds by running is tested with the engines, in the binary's tests.

use std::path::PathBuf;

use super::*;

fn products() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/products")
}

/// Names that a product's texts may mention beside its own.
fn known() -> Known {
    let names = ["read_taxonomy", "product_analytics"];
    Known {
        names: names.map(str::to_owned).to_vec(),
        resources: BTreeSet::from(["query".to_owned()]),
        fields: BTreeSet::new(),
    }
}

/// The files of a product with one text of them changed.
fn changed(product: &str, path: &str, from: &str, to: &str) -> Vec<Finding> {
    let files = Files::read(&products().join(product)).unwrap();
    let mut texts: Vec<_> = files.all().cloned().collect();
    let file = texts.iter_mut().find(|file| file.path == path).unwrap();
    assert!(from.is_empty() || file.text.contains(from), "{path} has no {from:?}");
    file.text = if from.is_empty() {
        format!("{}{to}", file.text)
    } else {
        file.text.replace(from, to)
    };
    let mut found = Findings::default();
    let subject = declared_subject(Files::of(product.to_owned(), texts), None, &mut found);
    read(&subject, &known(), &mut found);
    found.wrong
}

#[test]
fn nothing_is_wrong_with_good_products() {
    for product in ["activation", "contacts", "issues"] {
        assert_eq!(changed(product, "README.md", "", ""), []);
    }
}

/// A change that breaks a good product; `tests.yaml` says what the fields are.
#[derive(Deserialize)]
struct Case {
    product: String,
    file: String,
    #[serde(default)]
    from: String,
    to: String,
    finds: Check,
    #[serde(default, rename = "in")]
    at: Option<String>,
    says: String,
}

#[test]
fn what_can_be_read_is_found_where_it_is() {
    let cases: Vec<Case> = serde_saphyr::from_str(include_str!("tests.yaml")).unwrap();
    assert!(cases.len() > 25);
    for case in cases {
        let found = changed(&case.product, &case.file, &case.from, &case.to);
        let at = case.at.as_ref().unwrap_or(&case.file);
        let is_it = |finding: &Finding| {
            finding.check == case.finds && finding.file == *at && finding.message.contains(&case.says)
        };
        assert!(found.iter().any(is_it), "{:?}: {found:?}", case.to);
        assert!(
            !found.iter().any(|finding| finding.message.contains("8f3a91")),
            "{found:?}"
        );
    }
}
