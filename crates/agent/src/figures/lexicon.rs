//! The phrases by which a turn's labels and measures can stand in a sentence.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use hedgerow_data_api::{Role, Unit};

use super::turn::Turn;
use super::{filters, vocabulary};

/// A label's place: the cells of this column with this text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) table: usize,
    pub(super) column: usize,
    pub(super) text: String,
}

/// A measure column that a phrase can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Measured {
    pub(super) table: usize,
    pub(super) column: usize,
}

/// A phrase that names a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MeasurePhrase {
    /// In lower case.
    pub(super) phrase: String,
    /// The columns it can mean; none for a measure that the turn does not have.
    pub(super) columns: Vec<Measured>,
}

/// Measures that people speak of. Where no result has them, they must not pass for another one.
const COMMON_MEASURES: &str = "page views|page view|pageviews|views|visitors|visitor|unique visitors|users|people|persons|sessions|visits|requests|\
hits|bytes|events|clicks|impressions|downloads|signups|sign ups|conversions|revenue|orders|sales|purchases|customers|bounce rate|\
conversion rate|click rate|page loads";

/// The phrases of a turn.
pub(super) struct Lexicon {
    /// By lower-case first character, longest first.
    labels: BTreeMap<char, Vec<(String, Vec<Place>)>>,
    measures: Vec<MeasurePhrase>,
    /// Labels of digits only, such as status codes.
    numeric: BTreeMap<String, Vec<Place>>,
    /// The years of the time cells.
    pub(super) years: Vec<i32>,
    /// The words of titles and column names, which restrict nothing.
    pub(super) title_words: BTreeSet<String>,
}

impl Lexicon {
    pub(super) fn new(turn: &Turn<'_>) -> Self {
        let mut labels: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        let mut numeric: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        let mut years = BTreeSet::new();
        let mut title_words = BTreeSet::new();
        for table in 0..turn.results.len() {
            let measures = turn.columns_of(table, Role::Measure);
            title_words.extend(turn.title_words(table, &measures));
            for column in turn.dimensions(table) {
                if turn.is_time(table, column) {
                    let moments = turn
                        .cells_of(table, column)
                        .into_iter()
                        .filter_map(|at| turn.moment(at));
                    years.extend(moments.map(|moment| moment.day.year()));
                    continue;
                }
                for text in turn.distinct(table, column) {
                    let place = Place {
                        table,
                        column,
                        text: text.clone(),
                    };
                    if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
                        numeric.entry(text).or_default().push(place);
                    } else if text.chars().any(|c| c.is_alphanumeric() || c == '/') {
                        labels.entry(text).or_default().push(place);
                    }
                }
            }
            if let Some((from, to)) = turn.range(table) {
                years.extend([from.year(), to.year()]);
            }
        }
        Self {
            labels: by_first(labels),
            measures: measures(turn),
            numeric,
            years: years.into_iter().collect(),
            title_words,
        }
    }

    /// The longest label at the start of `text`, with its length.
    pub(super) fn label(&self, text: &str) -> Option<(usize, &[Place])> {
        let first = text.chars().next()?.to_lowercase().next()?;
        self.labels.get(&first)?.iter().find_map(|(form, places)| {
            let exact = form.starts_with('/') || vocabulary::is_function(&form.to_lowercase());
            let length = matched(text, form, exact)?;
            let after = &text[length..];
            let plural = usize::from(after.starts_with('s') && form.len() > 3 && form.ends_with(char::is_alphabetic));
            let ends = [0, plural].into_iter().find(|extra| ends_word(&after[*extra..]))?;
            Some((length + ends, places.as_slice()))
        })
    }

    /// The label that is this token as a whole, such as a path.
    pub(super) fn whole_label(&self, token: &str) -> Option<&[Place]> {
        let first = token.chars().next()?.to_lowercase().next()?;
        let found = self.labels.get(&first)?.iter().find(|(form, _)| form == token)?;
        Some(&found.1)
    }

    /// The rows that a number names as a label.
    pub(super) fn numeric_label(&self, digits: &str) -> Option<&[Place]> {
        self.numeric.get(digits).map(Vec::as_slice)
    }

    /// The longest measure phrase at the start of `text`, with its length.
    pub(super) fn measure(&self, text: &str) -> Option<(usize, &MeasurePhrase)> {
        self.measures.iter().find_map(|measure| {
            let length = matched(text, &measure.phrase, false)?;
            ends_word(&text[length..]).then_some((length, measure))
        })
    }
}

fn by_first(labels: BTreeMap<String, Vec<Place>>) -> BTreeMap<char, Vec<(String, Vec<Place>)>> {
    let mut grouped: BTreeMap<char, Vec<(String, Vec<Place>)>> = BTreeMap::new();
    for (text, places) in labels {
        if let Some(first) = text.chars().next().and_then(|first| first.to_lowercase().next()) {
            grouped.entry(first).or_default().push((text, places));
        }
    }
    for forms in grouped.values_mut() {
        forms.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
    }
    grouped
}

fn measures(turn: &Turn<'_>) -> Vec<MeasurePhrase> {
    let mut exact: BTreeMap<String, BTreeSet<Measured>> = BTreeMap::new();
    let mut loose = exact.clone();
    for table in 0..turn.results.len() {
        for column in turn.columns_of(table, Role::Measure) {
            let shown = turn.column(table, column);
            let measured = Measured { table, column };
            let own = [
                shown.measure_title().to_lowercase(),
                shown.name.to_lowercase(),
                shown.name.replace('_', " ").to_lowercase(),
            ];
            for form in own.iter().filter(|form| !form.is_empty()) {
                exact.entry(form.clone()).or_default().insert(measured);
                let singular = form
                    .strip_suffix('s')
                    .filter(|stem| stem.len() > 3 && !stem.ends_with('s'));
                exact
                    .entry(singular.unwrap_or(form).to_owned())
                    .or_default()
                    .insert(measured);
            }
            for form in synonyms(&own[0], &own[2], shown.unit) {
                loose.entry((*form).to_owned()).or_default().insert(measured);
            }
        }
    }
    // A column's own name comes before a synonym of another column of the same table.
    for (form, columns) in loose {
        let named = exact.entry(form).or_default();
        let tables: BTreeSet<usize> = named.iter().map(|measured| measured.table).collect();
        named.extend(columns.into_iter().filter(|measured| !tables.contains(&measured.table)));
    }
    for phrase in COMMON_MEASURES.split('|') {
        exact.entry(phrase.to_owned()).or_default();
    }
    let mut forms: Vec<MeasurePhrase> = exact
        .into_iter()
        .map(|(phrase, columns)| MeasurePhrase {
            phrase,
            columns: columns.into_iter().collect(),
        })
        .collect();
    forms.sort_by_key(|measure| std::cmp::Reverse(measure.phrase.len()));
    forms
}

fn synonyms(title: &str, name: &str, unit: Unit) -> &'static [&'static str] {
    let plain = !filters::split_words(title)
        .iter()
        .any(|word| vocabulary::is_qualifier(word));
    match unit {
        Unit::Persons if plain => &[
            "visitor",
            "visitors",
            "user",
            "users",
            "people",
            "person",
            "persons",
            "unique users",
            "unique people",
            "unique persons",
            "unique visitors",
            "unique visitor",
        ],
        Unit::Sessions if plain => &["session", "sessions", "visits"],
        Unit::Events if title == "page views" || name == "page views" => {
            &["view", "views", "pageview", "pageviews", "page view"]
        }
        Unit::Events if title == "requests" => &["hit", "hits", "request"],
        Unit::Events if title == "events" => &["hit", "hits", "request", "requests", "event"],
        Unit::Bytes if title == "bytes" => &["byte"],
        _ => &[],
    }
}

/// How much of the start of `text` is the phrase; a blank of the phrase may be `-` or `_` there.
fn matched(text: &str, phrase: &str, exact: bool) -> Option<usize> {
    let mut rest = text.char_indices();
    let mut end = 0;
    for wanted in phrase.chars() {
        let (at, found) = rest.next()?;
        end = at + found.len_utf8();
        let same = found == wanted
            || (!exact && found.to_lowercase().eq(wanted.to_lowercase()))
            || (wanted == ' ' && matches!(found, '-' | '_' | '\u{a0}' | '\n'));
        if !same {
            return None;
        }
    }
    Some(end)
}

/// True where no word, name or path goes on.
fn ends_word(after: &str) -> bool {
    let mut next = after.chars();
    match next.next() {
        Some('-' | '.' | '/' | '@') => !next.next().is_some_and(char::is_alphanumeric),
        Some(c) => !c.is_alphanumeric() && c != '_',
        None => true,
    }
}
