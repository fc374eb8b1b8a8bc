//! Selectors of CSS, as far as chains of elements tell whether they fit: tags, classes, ids, attributes, places among
//! siblings, and what lies within what.

use hedgerow_errors::{Error, Result};

use super::chain::Element;

/// What one element has to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Compound {
    tag: Option<String>,
    classes: Vec<String>,
    /// Names with values; without one the attribute has to be there.
    attributes: Vec<(String, Option<String>)>,
    /// Whether the element before it in the selector lies right around it, and not anywhere around.
    is_child: bool,
}

/// A selector, the outermost element first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector {
    compounds: Vec<Compound>,
}

impl Selector {
    /// Reads a selector; what chains can't tell is refused.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let refused = |what: &str| {
            Error::invalid(format!("the selector {text:?} {what}")).with_hint(
                "take tags, .class, #id, [attribute=\"value\"], :nth-child(n), :nth-of-type(n), a blank and >",
            )
        };
        let mut compounds = Vec::new();
        let mut current = Compound::default();
        let mut is_empty = true;
        let mut chars = text.trim().chars().peekable();
        while let Some(char) = chars.next() {
            if char.is_whitespace() || char == '>' {
                let mut is_child = char == '>';
                while let Some(next) = chars.next_if(|next| next.is_whitespace() || *next == '>') {
                    if next == '>' && is_child {
                        return Err(refused("has > twice"));
                    }
                    is_child |= next == '>';
                }
                if is_empty || chars.peek().is_none() {
                    return Err(refused("begins or ends with >"));
                }
                compounds.push(std::mem::take(&mut current));
                (current.is_child, is_empty) = (is_child, true);
                continue;
            }
            let mut name = |first: Option<char>| {
                let mut name: String = first.into_iter().collect();
                while let Some(next) = chars.next_if(|next| is_name(*next)) {
                    name.push(next);
                }
                if name.is_empty() {
                    Err(refused("lacks a name"))
                } else {
                    Ok(name)
                }
            };
            match char {
                '*' => {}
                '.' => current.classes.push(name(None)?),
                '#' => current.attributes.push(("id".to_owned(), Some(name(None)?))),
                ':' => {
                    let place = name(None)?;
                    if !matches!(place.as_str(), "nth-child" | "nth-of-type") || chars.next() != Some('(') {
                        return Err(refused(&format!("has :{place}, which chains of elements don't tell")));
                    }
                    let number: String = chars.by_ref().take_while(|next| *next != ')').collect();
                    if number.trim().parse::<u32>().is_err() {
                        return Err(refused(&format!("has :{place}({number}), and a place is a number")));
                    }
                    current.attributes.push((place, Some(number.trim().to_owned())));
                }
                '[' => {
                    let inside: String = chars.by_ref().take_while(|next| *next != ']').collect();
                    current
                        .attributes
                        .push(attribute(&inside).ok_or_else(|| refused("has brackets that are no attribute"))?);
                }
                first if is_name(first) && is_empty => current.tag = Some(name(Some(first))?),
                other => return Err(refused(&format!("has {other:?}"))),
            }
            is_empty = false;
        }
        if is_empty {
            return Err(refused("is empty"));
        }
        compounds.push(current);
        Ok(Self { compounds })
    }

    /// Whether an element of a chain, or what lies around it, fits. The target comes first in chains.
    pub(super) fn fits(&self, elements: &[Element]) -> bool {
        (0..elements.len()).any(|place| self.fits_at(self.compounds.len() - 1, elements, place))
    }

    fn fits_at(&self, compound: usize, elements: &[Element], place: usize) -> bool {
        if !self.compounds[compound].fits(&elements[place]) {
            return false;
        }
        let Some(outer) = compound.checked_sub(1) else {
            return true;
        };
        let around = place + 1..elements.len();
        if self.compounds[compound].is_child {
            return around.take(1).any(|place| self.fits_at(outer, elements, place));
        }
        around.into_iter().any(|place| self.fits_at(outer, elements, place))
    }
}

impl Compound {
    fn fits(&self, element: &Element) -> bool {
        self.tag
            .as_ref()
            .is_none_or(|tag| tag.eq_ignore_ascii_case(&element.tag))
            && self.classes.iter().all(|class| element.classes.contains(class))
            && self.attributes.iter().all(|(name, value)| {
                let found = element.attribute(name);
                found.is_some_and(|found| value.as_deref().is_none_or(|value| value == found))
            })
    }
}

fn is_name(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '-' | '_')
}

/// `name` or `name="value"`, with either quotes or none.
fn attribute(inside: &str) -> Option<(String, Option<String>)> {
    let (name, value) = match inside.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (inside.trim(), None),
    };
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let value = value.map(|value| value.trim_matches(|char| matches!(char, '"' | '\'')).to_owned());
    Some((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elements::chain::read;

    #[test]
    fn selectors_fit_what_they_say() {
        let chain = read(
            r#"span.label:text="Buy"nth-child="2"nth-of-type="1";button.big.blue:attr__id="buy"attr__data-kind="x y";div.row;form:attr__id="order";body"#,
        );
        let cases = [
            ("span", true),
            ("SPAN.label", true),
            ("button.blue.big", true),
            ("button.red", false),
            ("#buy", true),
            ("form#order span", true),
            ("form#order > span", false),
            ("button > span", true),
            ("form > div > button > .label", true),
            ("div button span:nth-child(2)", true),
            ("span:nth-of-type(2)", false),
            ("[data-kind]", true),
            ("[data-kind='x y'] .label", true),
            ("[data-kind=\"x\"]", false),
            ("body *", true),
            ("span button", false),
            ("*", true),
        ];
        for (selector, wanted) in cases {
            assert_eq!(Selector::parse(selector).unwrap().fits(&chain), wanted, "{selector}");
        }
        let refused = [
            "",
            "a >",
            "> a",
            "a > > b",
            "a, b",
            "a:hover",
            "a:nth-child(2n)",
            "a + b",
            "[=x]",
            ".",
            "a]",
        ];
        for selector in refused {
            assert!(Selector::parse(selector).is_err(), "{selector}");
        }
        assert!(!Selector::parse("*").unwrap().fits(&[]));
    }
}
