//! The canonical form of a filter tree: two trees that say the same are equal in it.
//!
//! The rules are those of `evals/filters/README.md`; rows are not compared.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use hedgerow_data_api::{
    FieldKind, FilterFields, FilterGroup, FilterNode, GroupType, Operator, PropertyFilter, PropertyType,
};
use hedgerow_errors::{Error, Result};
use serde_json::Value;

/// Rounds of simplification after which a tree must stand still.
const ROUNDS: usize = 32;
/// Numbers that count from 0 on, by type and key.
const COUNTS: [(PropertyType, &str); 6] = [
    (PropertyType::Session, "events"),
    (PropertyType::Session, "pageviews"),
    (PropertyType::Session, "errors"),
    (PropertyType::Session, "rage_clicks"),
    (PropertyType::Flag, ROLLOUT),
    (PropertyType::Event, "results"),
];
const ROLLOUT: &str = "rollout_percentage";

/// What the form needs to know of the fields of a list.
pub struct Fields<'a>(&'a FilterFields);

impl<'a> Fields<'a> {
    /// Those of a list.
    #[must_use]
    pub fn new(fields: &'a FilterFields) -> Self {
        Self(fields)
    }

    fn kind(&self, leaf: &Leaf) -> Result<FieldKind> {
        self.field(leaf).map(|field| field.kind)
    }

    fn field(&self, leaf: &Leaf) -> Result<&'a hedgerow_data_api::FilterField> {
        self.0
            .field(leaf.property_type, &leaf.key)
            .ok_or_else(|| Error::invalid(format!("{} has no field {:?}", self.0.list, leaf.key)))
    }
}

/// A tree in its canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Canonical {
    /// A condition.
    Leaf(Leaf),
    /// All members hold.
    And(BTreeSet<Canonical>),
    /// One member holds.
    Or(BTreeSet<Canonical>),
}

/// A condition on a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    property_type: PropertyType,
    key: String,
    operator: &'static str,
    /// The values; a set, since neither order nor repeats matter.
    values: BTreeSet<Atom>,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// A truth.
    Truth(bool),
    /// A number in millionths, so that it can be compared exactly.
    Number(i128),
    /// A text.
    Text(String),
    /// An instant.
    Instant(DateTime<Utc>),
}

/// Brings a tree into its canonical form.
///
/// # Errors
/// `InvalidArgument` for a field that the list does not have, and a date that is none.
pub fn canonical(group: &FilterGroup, fields: &Fields<'_>, now: DateTime<Utc>) -> Result<Canonical> {
    let mut tree = of_group(group, fields, now)?;
    for _ in 0..ROUNDS {
        let next = simplified(tree.clone(), fields)?;
        if next == tree {
            return Ok(tree);
        }
        tree = next;
    }
    Err(Error::internal("a filter tree never came to rest"))
}

fn of_group(group: &FilterGroup, fields: &Fields<'_>, now: DateTime<Utc>) -> Result<Canonical> {
    let members = group
        .values
        .iter()
        .map(|node| match node {
            FilterNode::Group(nested) => of_group(nested, fields, now),
            FilterNode::Filter(filter) => of_filter(filter, fields, now),
        })
        .collect::<Result<BTreeSet<_>>>()?;
    Ok(match group.group_type {
        GroupType::And => Canonical::And(members),
        GroupType::Or => Canonical::Or(members),
    })
}

fn all(members: impl IntoIterator<Item = Leaf>) -> Canonical {
    Canonical::And(members.into_iter().map(Canonical::Leaf).collect())
}

fn of_filter(filter: &PropertyFilter, fields: &Fields<'_>, now: DateTime<Utc>) -> Result<Canonical> {
    let given: Vec<&Value> = match &filter.value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
    };
    let leaf = |operator: Operator, values: BTreeSet<Atom>| Leaf {
        property_type: filter.property_type,
        key: filter.key.clone(),
        operator: operator.as_str(),
        values,
    };
    let one = |operator: Operator, value: Atom| leaf(operator, BTreeSet::from([value]));
    let operator = match filter.operator {
        Operator::In | Operator::SemverEq => Operator::Exact,
        Operator::NotIn => Operator::IsNot,
        operator => operator,
    };
    if matches!(
        operator,
        Operator::IsDateExact | Operator::IsDateBefore | Operator::IsDateAfter
    ) {
        let text = given.first().and_then(|value| value.as_str()).unwrap_or_default();
        let (start, end) =
            date(text, now).ok_or_else(|| Error::invalid(format!("{text:?} is no date of {:?}", filter.key)))?;
        let from = |instant| one(Operator::Gte, Atom::Instant(instant));
        let before = |instant| one(Operator::Lt, Atom::Instant(instant));
        return Ok(match operator {
            Operator::IsDateBefore => Canonical::Leaf(before(start)),
            Operator::IsDateAfter => Canonical::Leaf(from(end)),
            _ => all([from(start), before(end)]),
        });
    }
    let atoms = || given.iter().map(|value| atom(operator, filter, value));
    if operator == Operator::Between {
        let mut bounds = atoms();
        let (low, high) = (bounds.next(), bounds.next());
        let (Some(low), Some(high)) = (low, high) else {
            return Err(Error::invalid(format!("between of {:?} has no two bounds", filter.key)));
        };
        return Ok(all([one(Operator::Gte, low), one(Operator::Lte, high)]));
    }
    let plain = leaf(operator, atoms().collect());
    // A field that does not exist is an error here, however it is compared.
    fields.kind(&plain)?;
    Ok(Canonical::Leaf(plain))
}

fn atom(operator: Operator, filter: &PropertyFilter, value: &Value) -> Atom {
    match value {
        Value::Bool(truth) => Atom::Truth(*truth),
        #[expect(clippy::cast_possible_truncation, reason = "filters hold no such numbers")]
        Value::Number(number) => Atom::Number((number.as_f64().unwrap_or_default() * 1e6).round() as i128),
        Value::String(text) => Atom::Text(match operator {
            Operator::Icontains | Operator::NotIcontains => text.to_lowercase(),
            Operator::Regex | Operator::NotRegex => pattern(text),
            _ if operator.as_str().starts_with("semver") => version(text),
            _ if is_version_field(filter) => version(text),
            _ => text.clone(),
        }),
        other => Atom::Text(other.to_string()),
    }
}

fn is_version_field(filter: &PropertyFilter) -> bool {
    filter.key.trim_start_matches('$') == "app_version"
}

/// A version of two parts has a third of 0.
fn version(text: &str) -> String {
    let text = text.trim_start_matches(['v', 'V']);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() == 2 && parts.iter().all(|part| digits(part)) {
        return format!("{text}.0");
    }
    text.to_owned()
}

/// A pattern without `\` before a character that means nothing, and without `.*` at its end.
fn pattern(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\\'
            && let Some(next) = rest.clone().next()
            && !next.is_alphanumeric()
            && !r"\.+*?()|[]{}^$".contains(next)
        {
            continue;
        }
        plain.push(c);
        if c == '\\'
            && let Some(next) = rest.next()
        {
            plain.push(next);
        }
    }
    while let Some(shorter) = plain.strip_suffix(".*") {
        if shorter.ends_with('\\') {
            break;
        }
        plain.truncate(shorter.len());
    }
    plain
}

/// The first moment of a date and the one after its last. A relative value is the day that it means at `now`.
fn date(text: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let of_day = |day: NaiveDate| {
        let start = day.and_time(NaiveTime::MIN).and_utc();
        (start, start + Duration::days(1))
    };
    if let Some(days) = text.strip_prefix('-').and_then(|rest| rest.strip_suffix('d')) {
        return Some(of_day(
            now.date_naive() - Duration::try_days(days.parse::<u16>().ok()?.into())?,
        ));
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(of_day(day));
    }
    let start = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    Some((start, start + Duration::microseconds(1)))
}

/// One round: conditions by their fields, then groups.
fn simplified(tree: Canonical, fields: &Fields<'_>) -> Result<Canonical> {
    let (members, is_or) = match tree {
        Canonical::Leaf(leaf) => return by_field(leaf, fields),
        Canonical::And(members) => (members, false),
        Canonical::Or(members) => (members, true),
    };
    let mut spread: BTreeSet<Canonical> = BTreeSet::new();
    for member in members {
        match simplified(member, fields)? {
            Canonical::And(inner) if !is_or || inner.len() == 1 => spread.extend(inner),
            Canonical::Or(inner) if is_or || inner.len() == 1 => spread.extend(inner),
            other => {
                spread.insert(other);
            }
        }
    }
    let merged = merged(spread, is_or);
    if merged.len() == 1
        && let Some(only) = merged.first()
    {
        return Ok(only.clone());
    }
    Ok(if is_or {
        Canonical::Or(merged)
    } else {
        Canonical::And(merged)
    })
}

/// In an OR, lists of what may be; in an AND, lists of what may not.
fn merged(members: BTreeSet<Canonical>, is_or: bool) -> BTreeSet<Canonical> {
    let listed = if is_or {
        ["exact", "icontains"]
    } else {
        ["is_not", "not_icontains"]
    };
    let mut lists: Vec<Leaf> = Vec::new();
    let mut rest = BTreeSet::new();
    for member in members {
        match member {
            Canonical::Leaf(leaf) if listed.contains(&leaf.operator) => {
                let same = |list: &&mut Leaf| {
                    (list.property_type, &list.key, list.operator) == (leaf.property_type, &leaf.key, leaf.operator)
                };
                match lists.iter_mut().find(same) {
                    Some(list) => list.values.extend(leaf.values),
                    None => lists.push(leaf),
                }
            }
            other => {
                rest.insert(other);
            }
        }
    }
    rest.extend(lists.into_iter().map(Canonical::Leaf));
    rest
}

/// What is the same for some kinds of fields and no others.
fn by_field(leaf: Leaf, fields: &Fields<'_>) -> Result<Canonical> {
    let field = fields.field(&leaf)?;
    let number = match leaf.values.first() {
        Some(Atom::Number(number)) if leaf.values.len() == 1 => Some(*number),
        _ => None,
    };
    let of = |operator: Operator, atom: Atom| {
        Canonical::Leaf(Leaf {
            operator: operator.as_str(),
            values: BTreeSet::from([atom]),
            ..leaf.clone()
        })
    };
    let unit = 1_000_000;
    if field.kind == FieldKind::Whole
        && let Some(number) = number
    {
        match leaf.operator {
            "gt" => return Ok(of(Operator::Gte, Atom::Number(number + unit))),
            "lt" => return Ok(of(Operator::Lte, Atom::Number(number - unit))),
            _ => {}
        }
    }
    let is_count = COUNTS.contains(&(leaf.property_type, leaf.key.as_str()));
    if is_count && number == Some(0) {
        if leaf.operator == "lte" {
            return Ok(of(Operator::Exact, Atom::Number(0)));
        }
        if leaf.operator == "is_not" && matches!(leaf.property_type, PropertyType::Session | PropertyType::Flag) {
            return Ok(of(Operator::Gte, Atom::Number(unit)));
        }
    }
    if leaf.key == ROLLOUT && leaf.operator == "gte" && number == Some(100 * unit) {
        return Ok(of(Operator::Exact, Atom::Number(100 * unit)));
    }
    if field.kind == FieldKind::Boolean
        && !field.may_be_missing
        && leaf.operator == "is_not"
        && let [Atom::Truth(truth)] = leaf.values.iter().collect::<Vec<_>>()[..]
    {
        return Ok(of(Operator::Exact, Atom::Truth(!truth)));
    }
    Ok(Canonical::Leaf(leaf))
}

#[cfg(test)]
mod tests;
