//! The manifest: who answers for a product, what it may reach, and where its page is.

use hedgerow_agent_api::Product;
use hedgerow_agent_api::egress::host_problem;

use hedgerow_errors::did_you_mean;
use serde_json::{Map, Value};

use super::{Check, Findings, Subject};

/// The icons that the page can draw, by name.
const ICONS: &str = include_str!("../../../../web/src/ui/product-icons.json");
/// Words with which a field waits to be filled in.
const PLACEHOLDERS: [&str; 6] = ["todo", "tbd", "fixme", "example team", "your team", "nobody"];

pub(super) fn check(subject: &Subject, found: &mut Findings) {
    let path = &subject.files.manifest.path;
    let product = match hedgerow_declared::product(&subject.files) {
        Ok(product) => product,
        Err(error) => {
            let hint = "product.toml has name, title, owner, contact, stage, icon and docs";
            return found.add(Check::Manifest, path, error.chain(), hint);
        }
    };
    if product.name != subject.files.name {
        let message = format!(
            "the product names itself {:?} and lies in {:?}",
            product.name, subject.files.name
        );
        found.add(Check::Manifest, path, message, "give both one name");
    }
    people(path, &product, found);
    if !subject
        .files
        .all()
        .any(|file| file.path == product.docs && !file.text.trim().is_empty())
    {
        let message = format!("docs {:?} is no file of the product, or an empty one", product.docs);
        found.add(Check::Docs, path, message, "write the page, or name the one there is");
    }
    for host in &product.hosts {
        if let Some(problem) = host_problem(host) {
            let hint = "products reach public hosts only; the operator may open one: HEDGEROW_ALLOW_PRIVATE";
            found.add(Check::Egress, path, problem, hint);
        }
    }
    for suggestion in &product.suggestions {
        if suggestion.text.split_whitespace().count() < 3 {
            let message = format!("the suggestion {:?} is no question", suggestion.text);
            found.add(Check::Suggestions, path, message, "write it as somebody would ask");
        }
    }
}

fn people(path: &str, product: &Product, found: &mut Findings) {
    for (field, value) in [
        ("title", &product.title),
        ("owner", &product.owner),
        ("icon", &product.icon),
    ] {
        if value.trim().is_empty() {
            let message = format!("`{field}` is empty");
            found.add(Check::Manifest, path, message, "say it in a few words");
        }
        if PLACEHOLDERS.contains(&value.trim().to_lowercase().as_str()) {
            let message = format!("`{field}` is {value:?}, which is yet to be filled in");
            found.add(Check::Manifest, path, message, "say it in a few words");
        }
    }
    let icons: Map<String, Value> = serde_json::from_str(ICONS).unwrap_or_default();
    if !product.icon.trim().is_empty() && !icons.contains_key(&product.icon) {
        let message = format!("there is no icon {:?}", product.icon);
        let names: Vec<&str> = icons.keys().map(String::as_str).collect();
        let hint = format!(
            "{}; there are {}",
            did_you_mean(&product.icon, names.iter().copied()),
            names.join(", ")
        );
        found.add(Check::Manifest, path, message, hint);
    }
    if !is_reachable(product.contact.trim()) {
        let message = format!("contact {:?} reaches nobody", product.contact);
        found.add(Check::Manifest, path, message, "give an address, a channel or a page");
    }
}

/// An address of mail, a channel or a page.
fn is_reachable(contact: &str) -> bool {
    let is_one_word = !contact.contains(char::is_whitespace);
    let is_mail = contact
        .split_once('@')
        .is_some_and(|(who, host)| !who.is_empty() && host.contains('.') && !host.starts_with('.'));
    let rest = |prefix: &str| contact.strip_prefix(prefix).is_some_and(|rest| rest.len() > 1);
    is_one_word && (is_mail || rest("https://") || rest("#"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_reaches_somebody() {
        for good in ["growth@notes.example", "#growth", "https://notes.example/growth"] {
            assert!(is_reachable(good), "{good}");
        }
        for bad in [
            "",
            "ask around",
            "@",
            "growth",
            "#",
            "me@",
            "@notes.example",
            "ask @ann",
        ] {
            assert!(!is_reachable(bad), "{bad}");
        }
    }
}
