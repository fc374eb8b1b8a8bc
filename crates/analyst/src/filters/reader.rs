//! Fields and values in the words, each with the token after it.

use crate::cursor::Cursor;
use crate::dates::Calendar;
use crate::tokens::{Kind, Token};

use super::list::List;
use super::words::singular;

/// The words with all that is needed to read them.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
    pub(super) list: &'a List,
    pub(super) calendar: &'a Calendar,
}

/// Fields that a phrase names.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) end: usize,
    pub(super) fields: Vec<usize>,
    /// True where the person is named with it: "the person's plan".
    pub(super) of_person: bool,
}

/// Values that a phrase names, each with its field.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) end: usize,
    pub(super) values: Vec<(usize, String)>,
}

impl<'a> Reader<'a> {
    pub(super) fn cursor(&self, at: usize) -> Cursor<'a> {
        Cursor::new(self.tokens, at)
    }

    /// The next word or symbol in lower case; empty for other tokens.
    pub(super) fn word(&self, at: usize) -> &'a str {
        self.cursor(at).word()
    }

    /// The token after a phrase that starts here.
    pub(super) fn phrase_end(&self, at: usize, phrases: &[&'static str]) -> Option<usize> {
        let mut cursor = self.cursor(at);
        cursor.eat_one_of(phrases).map(|_| cursor.at)
    }

    /// The fields whose key or words start here: those of the longest phrase.
    pub(super) fn field_at(&self, at: usize) -> Option<Named> {
        let of_person = ["person", "persons", "user", "users", "people"].contains(&self.word(at));
        if of_person {
            let named = self.named_at(at + 1, |field| {
                self.list.fields[field].property_type == hedgerow_data_api::PropertyType::Person
            });
            if let Some(named) = named {
                return Some(Named {
                    of_person: true,
                    ..named
                });
            }
        }
        self.named_at(at, |_| true)
    }

    fn named_at(&self, at: usize, is_wanted: impl Fn(usize) -> bool) -> Option<Named> {
        let mut best: Option<Named> = None;
        for (place, field) in self
            .list
            .fields
            .iter()
            .enumerate()
            .filter(|(place, _)| is_wanted(*place))
        {
            let by_words = field.words.iter().filter_map(|words| self.words_end(at, words));
            let Some(end) = self.key_end(at, &field.key).into_iter().chain(by_words).max() else {
                continue;
            };
            match &mut best {
                Some(named) if named.end > end => {}
                Some(named) if named.end == end => named.fields.push(place),
                _ => {
                    best = Some(Named {
                        end,
                        fields: vec![place],
                        of_person: false,
                    });
                }
            }
        }
        let mut named = best?;
        // The key itself, with its dollar sign, is that key alone.
        let is_key = |place: &usize| {
            let key = &self.list.fields[*place].key;
            key.starts_with('$') && self.key_end(at, key) == Some(named.end)
        };
        if named.fields.iter().any(is_key) {
            named.fields.retain(is_key);
        }
        Some(named)
    }

    /// The token after a key that stands as it is.
    fn key_end(&self, at: usize, key: &str) -> Option<usize> {
        let start = self.tokens.get(at)?.start;
        let end = start + key.len();
        let is_same = self
            .text
            .get(start..end)
            .is_some_and(|text| text.eq_ignore_ascii_case(key));
        if !is_same {
            return None;
        }
        self.token_after(at, end)
    }

    /// The token after the one that ends at a byte.
    pub(super) fn token_after(&self, at: usize, end: usize) -> Option<usize> {
        let place = self.tokens[at..].iter().position(|token| token.end == end)?;
        Some(at + place + 1)
    }

    /// The token after words in singular or plural; `utm_source` is two words.
    pub(super) fn words_end(&self, at: usize, words: &str) -> Option<usize> {
        let mut wanted = words.split(' ').peekable();
        let mut place = at;
        while wanted.peek().is_some() {
            let token = self.tokens.get(place)?;
            if token.text == "-" && place > at {
                place += 1;
                continue;
            }
            if token.kind != Kind::Word {
                return None;
            }
            for part in token
                .lower
                .trim_start_matches('$')
                .split('_')
                .filter(|part| !part.is_empty())
            {
                let wanted = wanted.next()?;
                if part != wanted && singular(part) != singular(wanted) {
                    return None;
                }
            }
            place += 1;
        }
        Some(place)
    }

    /// The fields whose words end with the phrase that starts here, of up to two words: "reason" is the end of
    /// "cancel reason".
    pub(super) fn tail_at(&self, at: usize) -> Option<Named> {
        let mut best: Option<Named> = None;
        for (place, field) in self.list.fields.iter().enumerate() {
            for words in &field.words {
                let parts: Vec<&str> = words.split(' ').collect();
                for length in 1..=2.min(parts.len().saturating_sub(1)) {
                    let tail = parts[parts.len() - length..].join(" ");
                    let Some(end) = self.words_end(at, &tail) else { continue };
                    match &mut best {
                        Some(named) if named.end > end => {}
                        Some(named) if named.end == end => {
                            if !named.fields.contains(&place) {
                                named.fields.push(place);
                            }
                        }
                        _ => {
                            best = Some(Named {
                                end,
                                fields: vec![place],
                                of_person: false,
                            });
                        }
                    }
                }
            }
        }
        best
    }

    /// The values that start here: those of the longest phrase that is one.
    pub(super) fn values_at(&self, at: usize) -> Option<Said> {
        let start = self.tokens.get(at)?.start;
        let exact = || {
            self.list
                .matches
                .iter()
                .filter(|(_, found)| found.exact && found.start == start)
        };
        let ends = exact().filter_map(|(_, found)| Some((found.end, self.token_after(at, found.end)?)));
        let (end, after) = ends.max()?;
        let mut values: Vec<(usize, String)> = Vec::new();
        for (field, found) in exact().filter(|(_, found)| found.end == end) {
            values.push((*field, found.value.clone()));
        }
        Some(Said { end: after, values })
    }

    /// The text from a token to the next blank, without the marks of the sentence around it, and the token
    /// after it.
    pub(super) fn piece_at(&self, at: usize) -> Option<(usize, String)> {
        let token = self.tokens.get(at)?;
        if token.kind == Kind::Quoted {
            return Some((at + 1, token.text.clone()));
        }
        let rest = &self.text[token.start..];
        let run = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        let piece = run.trim_end_matches([',', ';', '?', '!']);
        let piece = if piece.ends_with('.') {
            piece.trim_end_matches('.')
        } else {
            piece
        };
        if piece.is_empty() {
            return None;
        }
        let end = token.start + piece.len();
        let after = self.tokens[at..].iter().position(|token| token.start >= end);
        Some((at + after.unwrap_or(self.tokens.len() - at), piece.to_owned()))
    }
}
