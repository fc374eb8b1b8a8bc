//! Chains of elements as events have them: from the target outwards, as text or as a list in JSON.

use serde_json::Value;

/// One element.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Element {
    pub(super) tag: String,
    pub(super) classes: Vec<String>,
    /// Its attributes by their names in HTML, and `text`, `nth-child` and `nth-of-type`.
    attributes: Vec<(String, String)>,
}

impl Element {
    /// An attribute, or the text.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn add(&mut self, name: &str, value: String) {
        let name = name
            .strip_prefix("attr__")
            .or_else(|| name.strip_prefix("attr_"))
            .unwrap_or(name);
        let name = match name {
            "nth_child" => "nth-child",
            "nth_of_type" => "nth-of-type",
            other => other,
        };
        // What stands twice, once as an attribute and once by itself, has one value.
        if self.attribute(name).is_none() {
            self.attributes.push((name.to_owned(), value));
        }
    }
}

/// The elements of a chain: `button.big.blue:text="Buy"nth-child="2";form:attr__id="order"`.
pub(super) fn read(chain: &str) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut chars = chain.chars().peekable();
    while chars.peek().is_some() {
        let mut element = Element::default();
        let mut names = String::new();
        let mut end = None;
        for char in chars.by_ref() {
            if matches!(char, ':' | ';') {
                end = Some(char);
                break;
            }
            names.push(char);
        }
        let mut names = names.split('.').filter(|name| !name.is_empty());
        names.next().unwrap_or_default().clone_into(&mut element.tag);
        element.classes = names.map(str::to_owned).collect();
        while end == Some(':') {
            let mut name = String::new();
            while let Some(char) = chars.next_if(|char| !matches!(char, '=' | ';')) {
                name.push(char);
            }
            if chars.next() != Some('=') {
                break;
            }
            element.add(name.trim(), quoted(&mut chars));
        }
        elements.push(element);
    }
    elements
}

/// A value in quotes, with a backslash before a quote within it.
fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut value = String::new();
    if chars.next_if_eq(&'"').is_none() {
        return value;
    }
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => value.extend(chars.next_if(|next| matches!(next, '"' | '\\')).or(Some(char))),
            _ => value.push(char),
        }
    }
    value
}

/// The elements of a list of objects; nothing where it is none.
pub(super) fn of_json(text: &str) -> Vec<Element> {
    let Ok(Value::Array(list)) = serde_json::from_str(text) else {
        return Vec::new();
    };
    let element = |value: &Value| {
        let mut element = Element::default();
        for (key, value) in value.as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match key.as_str() {
                "tag_name" => element.tag = text,
                "classes" | "attr_class" | "attr__class" => {
                    let classes = match value {
                        Value::Array(classes) => classes.iter().filter_map(Value::as_str).collect(),
                        _ => text.split_whitespace().collect::<Vec<_>>(),
                    };
                    element.classes.extend(classes.into_iter().map(str::to_owned));
                }
                "$el_text" => element.add("text", text),
                "attributes" => {
                    for (name, value) in value.as_object().into_iter().flatten() {
                        element.add(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                    }
                }
                key => element.add(key, text),
            }
        }
        element
    };
    list.iter().map(element).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: &str, classes: &[&str], attributes: &[(&str, &str)]) -> Element {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Element {
            tag: tag.to_owned(),
            classes: classes.iter().map(|class| (*class).to_owned()).collect(),
            attributes: attributes.iter().map(pair).collect(),
        }
    }

    #[test]
    fn chains_are_read_with_all_that_quotes_hold() {
        let button = element(
            "button",
            &["big", "blue"],
            &[("text", "Buy; \"now\": a.b"), ("data-id", "7"), ("nth-child", "2")],
        );
        let form = element("form", &[], &[("id", "order"), ("href", "/a?b=c;d")]);
        let cases = [
            ("", vec![]),
            ("div", vec![element("div", &[], &[])]),
            (
                "a.b;;p",
                vec![element("a", &["b"], &[]), element("", &[], &[]), element("p", &[], &[])],
            ),
            (
                r#"button.big.blue:text="Buy; \"now\": a.b"attr__data-id="7"nth-child="2";form:attr_id="order"href="/a?b=c;d"attr__href="/a""#,
                vec![button.clone(), form],
            ),
            (r#"a:text="open"#, vec![element("a", &[], &[("text", "open")])]),
            (
                r#"a:text=open;b"#,
                vec![element("a", &[], &[("text", "")]), element("b", &[], &[])],
            ),
            (r#"a:b:c"#, vec![element("a", &[], &[])]),
        ];
        for (chain, wanted) in cases {
            assert_eq!(read(chain), wanted, "{chain}");
        }
        let json = r#"[{"tag_name": "button", "classes": ["big", "blue"], "$el_text": "Buy; \"now\": a.b",
            "attr__data-id": "7", "nth_child": 2}]"#;
        let found = of_json(json);
        assert_eq!((&found[0].tag, &found[0].classes), (&button.tag, &button.classes));
        for name in ["text", "data-id", "nth-child"] {
            assert_eq!(found[0].attribute(name), button.attribute(name), "{name}");
        }
        assert!(of_json("{}").is_empty() && of_json("no").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[a-c.:;=\"\\\\ ]{0,40}") {
            read(&text);
        }
    }
}
