//! Cohorts: new ones, and who comes to one, leaves it, or belongs to it from then on.
//!
//! The name of a new one stands in front of its people (`a cohort Pros of people on plan pro`) or behind them
//! (`a cohort of people on plan pro called Pros`).

use super::reader::{ARTICLES, CALLED, COHORT, NAME_WORDS, Read, Reader};
use super::{Command, Kind, Part};
use crate::intent::{Ask, Edit, Trouble};
use crate::parser::refuse;

/// What a wish does to a cohort.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) enum CohortWish {
    /// A new one.
    Create {
        name: Part,
        people: Part,
        /// How its people are kept, where that is said.
        form: Option<Form>,
        /// True where the name stands right behind the people: it may be a condition on them.
        named_behind: bool,
    },
    /// These people come to it.
    Add { cohort: Part, people: Part },
    /// These people leave it.
    Remove { cohort: Part, people: Part },
    /// The name and who they are, for each place where the name can end. `narrows` where they must have been in it
    /// already.
    Describe { readings: Vec<(Part, Part)>, narrows: bool },
}

/// How the people of a cohort are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Form {
    /// Listed one by one.
    Static,
    /// By conditions.
    Dynamic,
}

const CREATE: &[&str] = &[
    "create",
    "make",
    "add",
    "set up",
    "build",
    "start",
    "define",
    "new",
    "have",
    "i need",
    "we need",
    "i want",
    "we want",
    "i'd like",
    "i would like",
    "we'd like",
];
const KEEP: &[&str] = &[
    "add", "save", "keep", "store", "turn", "group", "put", "collect", "bundle",
];
const INDEFINITE: &[&str] = &["a new", "an", "a", "another", "new", "one"];
const DEFINITE: &[&str] = &["the existing", "the", "our", "my"];
/// What stands between a name in front and the people.
const SEPARATORS: &[&str] = &["of", "for", "with", "as", "from", "containing", "including"];
/// The same, where it belongs to what is said of the people.
const RELATIVES: &[&str] = &["where", "who", "whose", "that", "which"];
/// Words before a separator that say no more than it does: `consisting of`.
const OPENINGS: &[&str] = &[
    "consisting",
    "made up",
    "made",
    "composed",
    "comprised",
    "out",
    "full",
    "just",
    "only",
];
const PEOPLE: &[&str] = &[
    "people",
    "users",
    "user",
    "persons",
    "person",
    "everyone",
    "everybody",
    "anyone",
    "anybody",
    "those",
    "all",
];
const BEHIND: &[&str] = &[
    "and call it",
    "and name it",
    "call it",
    "name it",
    "with the name",
    "by the name of",
    "called",
    "named",
];
/// Words that may begin a name without quotes, and behind its first word may begin a condition.
const CONDITIONS: &[&str] = &[
    "in", "on", "at", "with", "without", "from", "not", "no", "either", "neither",
];
/// Words that say something of the people, or of the wish, and stand in no name without quotes.
const NEVER: &[&str] = &[
    "except",
    "excluding",
    "instead",
    "like",
    "similar",
    "minus",
    "plus",
    "but",
    "only",
    "just",
    "again",
    "also",
    "too",
    "yet",
    "consisting",
    "made",
    "composed",
    "comprised",
    "out",
    "full",
    "based",
    "today",
    "tomorrow",
    "yesterday",
    "now",
    "please",
    "other",
    "than",
    "besides",
    "apart",
    "or",
    "if",
    "when",
    "while",
    "until",
    "since",
    "before",
    "after",
    "during",
    "via",
    "using",
    "having",
    "being",
    "is",
    "are",
    "was",
    "were",
    "be",
    "has",
    "have",
    "had",
    "which",
    "who",
    "whose",
    "where",
    "that",
    "it",
    "them",
    "their",
    "this",
    "same",
];
/// First words of something else than a cohort's name: `a cohort table`.
const NO_NAMES: &[&str] = &[
    "analysis",
    "table",
    "chart",
    "graph",
    "report",
    "retention",
    "breakdown",
    "comparison",
];

impl Reader<'_> {
    pub(super) fn create_cohort(&mut self) -> Read {
        self.eat(CREATE)?;
        self.eat(&["me", "us"]);
        self.eat(ARTICLES);
        let form = self.form();
        self.eat(COHORT)?;
        if NO_NAMES.contains(&self.word(self.at)) {
            return None;
        }
        Some(self.new_cohort(form).map(Command::Cohort))
    }

    fn form(&mut self) -> Option<Form> {
        match self.eat(&["static", "fixed", "dynamic"])? {
            "dynamic" => Some(Form::Dynamic),
            _ => Some(Form::Static),
        }
    }

    fn new_cohort(&self, form: Option<Form>) -> Result<CohortWish, Trouble> {
        let mut reader = self.clone();
        let is_named = reader.eat(CALLED).is_some();
        if !is_named && reader.opening_ends(reader.at) {
            reader.eat(OPENINGS);
        }
        let starts = SEPARATORS.contains(&reader.word(reader.at)) || RELATIVES.contains(&reader.word(reader.at));
        if !is_named && (starts || PEOPLE.contains(&reader.word(reader.at))) {
            if let Some((to, name_at)) = reader.behind() {
                let from = reader.at + usize::from(SEPARATORS.contains(&reader.word(reader.at)));
                let name = reader.cohort_name(name_at, reader.end)?;
                return Ok(CohortWish::Create {
                    name,
                    people: reader.people(from, to)?,
                    form,
                    named_behind: true,
                });
            }
            if starts {
                return Err(reader.ask_name(Kind::Cohort, reader.at));
            }
        }
        if reader.is_empty() {
            return Err(reader.ask_name(Kind::Cohort, reader.at));
        }
        let (to, from) = reader.separator()?;
        Ok(CohortWish::Create {
            name: reader.cohort_name(reader.at, to)?,
            people: reader.people(from, reader.end)?,
            form,
            named_behind: false,
        })
    }

    /// True where words without a meaning of their own stand before a separator.
    fn opening_ends(&self, at: usize) -> bool {
        let mut ahead = self.clone();
        ahead.at = at;
        ahead.eat(OPENINGS).is_some() && SEPARATORS.contains(&ahead.word(ahead.at))
    }

    /// The last phrase that gives a name behind the people: where it begins, and where the name does.
    fn behind(&self) -> Option<(usize, usize)> {
        (self.at + 1..self.end).rev().find_map(|at| {
            let mut ahead = self.clone();
            ahead.at = at;
            ahead.eat(BEHIND)?;
            // "And call it" is found at its "call" first.
            let is_and = at > self.at && self.word(at - 1) == "and" && self.word(at) != "called";
            Some((at - usize::from(is_and), ahead.at))
        })
    }

    /// Where the name in front ends, and where the people begin.
    fn separator(&self) -> Result<(usize, usize), Trouble> {
        let quoted = self.pieces[self.at].quoted;
        let last_name_end = if quoted { self.at + 1 } else { self.at + NAME_WORDS };
        let after = |at: usize| at + usize::from(SEPARATORS.contains(&self.word(at)));
        // "Pros: people on plan pro"
        let is_colon = |at: &usize| self.text[self.pieces[*at].end..].starts_with(':');
        if let Some(at) = (self.at..self.end.min(last_name_end)).find(is_colon) {
            return Ok((at + 1, after(at + 1)));
        }
        let is_any = |at: &usize| SEPARATORS.contains(&self.word(*at)) || RELATIVES.contains(&self.word(*at));
        let places: Vec<usize> = (self.at + 1..self.end.min(last_name_end + 1)).filter(is_any).collect();
        let Some(first) = places.first().copied() else {
            let end = if quoted { last_name_end } else { self.end };
            return Ok((end, end));
        };
        // "Pros consisting of people on plan pro"
        if let Some(opening) = (self.at + 1..first).find(|at| self.opening_ends(*at)) {
            return Ok((opening, after(first)));
        }
        // "Friends of Berlin with plan pro" can end in two places; "Pros of people with plan pro" can't.
        let is_clear = quoted || RELATIVES.contains(&self.word(first)) || self.names_people(first + 1);
        let others = places[1..]
            .iter()
            .any(|at| SEPARATORS.contains(&self.word(*at)) || self.names_people(at + 1));
        if !is_clear && others {
            return Err(self.in_doubt());
        }
        Ok((first, after(first)))
    }

    fn names_people(&self, at: usize) -> bool {
        let mut ahead = self.clone();
        ahead.at = at;
        ahead.eat(&["all the", "all", "the", "our", "any", "only"]);
        PEOPLE.contains(&ahead.word(ahead.at)) || ["distinct", "ids", "id"].contains(&ahead.word(ahead.at))
    }

    /// A name without quotes is short, and its words say nothing else.
    fn cohort_name(&self, from: usize, to: usize) -> Result<Part, Trouble> {
        let Some(name) = self.part(from, to) else {
            return Err(self.ask_name(Kind::Cohort, from));
        };
        let is_mixed = to - from > 1 && self.pieces[from..to].iter().any(|piece| piece.quoted);
        let is_alone = to - from == 1 && CONDITIONS.contains(&self.word(from));
        let is_condition = is_alone || (from + 1..to).any(|at| CONDITIONS.contains(&self.word(at)));
        let says_more = (from..to).any(|at| NEVER.contains(&self.word(at)));
        if is_mixed || is_condition || says_more || to - from > NAME_WORDS {
            return Err(self.in_doubt());
        }
        Ok(name)
    }

    /// Asks for the whole again: with a name alone, words that may be conditions would be dropped.
    fn in_doubt(&self) -> Trouble {
        Trouble::Ask(Ask {
            question: "Which words are the name of the cohort? Say it again with the name in quotes.".to_owned(),
            options: Vec::new(),
            edit: Edit::Replace {
                start: 0,
                end: self.text.len(),
            },
        })
    }

    fn people(&self, from: usize, to: usize) -> Result<Part, Trouble> {
        self.part(from, to).ok_or_else(|| {
            refuse("Say who belongs to the cohort: \"... of people on plan pro\", or \"... with the distinct ids ann and ben\".")
        })
    }

    /// "Save people in Berlin as a cohort called Berliners".
    pub(super) fn save_cohort(&mut self) -> Read {
        self.eat(KEEP)?;
        let from = self.at;
        let (to, form, name_at) = (from..self.end).rev().find_map(|at| {
            let mut ahead = self.clone();
            ahead.at = at;
            let joint = ahead.eat(&["as", "into", "in", "to"])?;
            let is_new = ahead.eat(INDEFINITE).is_some();
            let form = ahead.form();
            ahead.eat(COHORT)?;
            ahead.eat(BEHIND);
            (is_new || joint == "as").then_some((at, form, ahead.at))
        })?;
        let wish = self.cohort_name(name_at, self.end).and_then(|name| {
            let people = self.people(from, to)?;
            if [
                "this",
                "that",
                "it",
                "them",
                "these",
                "those",
                "these people",
                "those people",
            ]
            .contains(&people.text.to_lowercase().as_str())
            {
                return Err(refuse(
                    "I can't tell which people are meant. Say who they are in their place.",
                ));
            }
            Ok(CohortWish::Create {
                name,
                people,
                form,
                named_behind: false,
            })
        });
        Some(wish.map(Command::Cohort))
    }

    /// "Add user-3 to the cohort Testers", "take user-2 out of the cohort Testers".
    pub(super) fn cohort_members(&mut self) -> Read {
        let verb = self.eat(&[
            "add", "put", "include", "insert", "remove", "take", "drop", "delete", "exclude", "kick",
        ])?;
        let adds = ["add", "put", "include", "insert"].contains(&verb);
        let joints: &[&'static str] = if adds {
            &["to", "into", "in", "onto"]
        } else {
            &["from", "out of"]
        };
        let from = self.at;
        let (to, name) = (from..self.end).rev().find_map(|at| {
            let mut ahead = self.clone();
            ahead.at = at;
            ahead.eat(joints)?;
            let is_definite = ahead.eat(DEFINITE).is_some();
            if ahead.eat(COHORT).is_some() {
                ahead.eat(CALLED);
                return Some((at, (ahead.at, ahead.end)));
            }
            // "Out of the Friends cohort"
            let from = ahead.at;
            (ahead.eat_last(COHORT) && (is_definite || !adds)).then_some((at, (from, ahead.end)))
        })?;
        let wish = self.name(Kind::Cohort, name.0, name.1).and_then(|cohort| {
            let people = self.people(from, to)?;
            Ok(if adds {
                CohortWish::Add { cohort, people }
            } else {
                CohortWish::Remove { cohort, people }
            })
        });
        Some(wish.map(Command::Cohort))
    }

    /// "Get rid of the Friends cohort".
    pub(super) fn delete_cohort(&mut self) -> Read {
        self.eat(&["delete", "remove", "drop", "get rid of"])?;
        self.eat(DEFINITE)?;
        let is_cohort = self.eat_last(COHORT) && !self.is_empty();
        // "Remove user-1 from the cohort": who leaves it is no part of a name.
        let is_name = is_cohort && !(self.at..self.end).any(|at| ["from", "of"].contains(&self.word(at)));
        let kind = Kind::Cohort;
        is_name.then(|| {
            self.name(kind, self.at, self.end)
                .map(|name| Command::Delete { kind, name })
        })
    }

    /// "The cohort Berliners should be people in Berlin".
    pub(super) fn cohort_should(&mut self) -> Read {
        self.eat(DEFINITE)?;
        self.eat(COHORT)?;
        self.eat(CALLED);
        let readings = self.around(self.at, &["should", "shall", "must"]);
        (!readings.is_empty()).then_some(Ok(Command::Cohort(CohortWish::Describe {
            readings,
            narrows: false,
        })))
    }

    /// "Change the cohort Pros to people on plan team", "limit the cohort Pros to people in Berlin".
    pub(super) fn describe_cohort(&mut self) -> Read {
        let verb = self.eat(&[
            "change", "update", "redefine", "set", "edit", "switch", "narrow", "limit", "restrict",
        ])?;
        let narrows = ["narrow", "limit", "restrict"].contains(&verb);
        self.eat(&["the conditions of", "the definition of", "the filters of"]);
        self.eat(DEFINITE);
        self.eat(COHORT)?;
        self.eat(CALLED);
        let from = self.at;
        let colon = (from..self.end)
            .find(|at| self.text[self.pieces[*at].end..].starts_with(':'))
            .and_then(|at| Some((self.part(from, at + 1)?, self.part(at + 1, self.end)?)));
        let readings = match colon {
            Some(reading) => vec![reading],
            None => self.around(from, &["to", "into", "as", "so", "down"]),
        };
        Some(if readings.is_empty() {
            Err(refuse("The wish does not say who shall belong to the cohort."))
        } else {
            Ok(Command::Cohort(CohortWish::Describe { readings, narrows }))
        })
    }
}
