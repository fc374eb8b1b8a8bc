//! What a command says: a verb, a kind of object, a name, and the rest.
//!
//! A text that does not begin with such a verb, or names no kind, is no command. In one that is, each word belongs to
//! the verb, a name or the rest, which the readers of questions and conditions take in full.

use super::pieces::{Piece, pieces};
use crate::intent::{Ask, Edit, Trouble};
use crate::parser::{ask_to_add, refuse};

/// The most words of a name without quotes.
const NAME_WORDS: usize = 4;

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Flag,
    Insight,
    Dashboard,
    Action,
    Notebook,
}

impl Kind {
    /// The name on the wire, which the tools' names end with.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "feature_flag",
            Self::Insight => "insight",
            Self::Dashboard => "dashboard",
            Self::Action => "action",
            Self::Notebook => "notebook",
        }
    }

    /// The kind in a sentence.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Flag => "feature flag",
            kind => kind.as_str(),
        }
    }

    /// The same with its article.
    pub(super) fn a_noun(self) -> String {
        let article = if matches!(self, Self::Insight | Self::Action) {
            "an"
        } else {
            "a"
        };
        format!("{article} {}", self.noun())
    }

    /// The mode whose tools write it.
    pub(super) fn mode(self) -> &'static str {
        match self {
            Self::Flag => "feature_flags",
            Self::Insight | Self::Dashboard => "insights",
            Self::Action => "actions",
            Self::Notebook => "notebooks",
        }
    }

    /// What stands between a new one's name and its contents.
    fn separators(self) -> &'static [&'static str] {
        match self {
            Self::Flag => &["for"],
            Self::Insight => &["with", "showing", "as"],
            Self::Dashboard | Self::Notebook => &["with"],
            Self::Action => &["as"],
        }
    }
}

/// A stretch of the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Its text, without quotes around it.
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Who gets a flag.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Audience {
    /// The share in percent.
    pub(super) share: f64,
    /// The conditions in words; everybody where there are none.
    pub(super) people: Option<Part>,
    pub(super) everybody: bool,
}

/// Which way a share goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
    Any,
    /// People get it from then on, even where the flag was off.
    RollOut,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Command {
    /// A new object of any kind but a flag.
    Create {
        kind: Kind,
        name: Part,
        rest: Option<Part>,
    },
    CreateFlag {
        name: Part,
        audience: Option<Audience>,
        on: bool,
    },
    Delete {
        kind: Kind,
        name: Part,
    },
    /// The old and the new name, for each place where the one can end.
    Rename {
        kind: Kind,
        readings: Vec<(Part, Part)>,
    },
    Switch {
        name: Part,
        on: bool,
    },
    Share {
        name: Part,
        audience: Audience,
        way: Way,
    },
    AddTiles {
        insights: Part,
        dashboard: Part,
    },
}

/// Reads a command; `None` for a text that is none.
pub(super) fn command(text: &str) -> Option<Result<Command, Trouble>> {
    let pieces = pieces(text);
    let mut reader = Reader {
        text,
        pieces: &pieces,
        at: 0,
        end: pieces.len(),
    };
    while reader.eat(LEADS).is_some() {}
    while reader.eat_last(TAILS) {}
    let readings = [
        Reader::add_tiles,
        Reader::save,
        Reader::create,
        Reader::delete,
        Reader::rename,
        Reader::switch,
        Reader::share,
    ];
    readings.iter().find_map(|read| read(&mut reader.clone()))
}

const LEADS: &[&str] = &[
    "please",
    "can you",
    "could you",
    "would you",
    "will you",
    "i want to",
    "i'd like to",
    "i would like to",
    "i want you to",
    "let's",
    "now",
    "ok",
];
const TAILS: &[&str] = &["please", "thanks", "thank you", "now", "for me"];
const ARTICLES: &[&str] = &["a new", "an", "a", "the new", "the", "our", "my", "another", "new"];
const CALLED: &[&str] = &["called", "named", "with the name", "by the name of"];
const EVERYBODY: &[&str] = &[
    "everybody",
    "everyone",
    "all people",
    "all users",
    "all persons",
    "all",
    "anybody",
    "anyone",
];
const PEOPLE: &[&str] = &[
    "people",
    "users",
    "persons",
    "the people",
    "the users",
    "our users",
    "visitors",
];

#[derive(Debug, Clone)]
struct Reader<'a> {
    text: &'a str,
    pieces: &'a [Piece],
    at: usize,
    end: usize,
}

type Read = Option<Result<Command, Trouble>>;

impl Reader<'_> {
    fn word(&self, at: usize) -> &str {
        self.pieces[..self.end].get(at).map_or("", |piece| piece.word.as_str())
    }

    fn phrase_end(&self, at: usize, phrase: &str) -> Option<usize> {
        let words = phrase.split(' ');
        let same = words
            .clone()
            .enumerate()
            .all(|(place, word)| self.word(at + place) == word);
        same.then(|| at + words.count())
    }

    fn eat(&mut self, phrases: &[&'static str]) -> Option<&'static str> {
        let (phrase, end) = phrases
            .iter()
            .find_map(|phrase| Some((*phrase, self.phrase_end(self.at, phrase)?)))?;
        self.at = end;
        Some(phrase)
    }

    /// Takes a phrase off the end.
    fn eat_last(&mut self, phrases: &[&str]) -> bool {
        for phrase in phrases {
            let length = phrase.split(' ').count();
            if let Some(start) = self.end.checked_sub(length).filter(|start| *start > self.at)
                && self.phrase_end(start, phrase) == Some(self.end)
            {
                self.end = start;
                return true;
            }
        }
        false
    }

    fn kind(&mut self) -> Option<Kind> {
        let kind = match self.eat(&["feature flag", "flag", "insight", "dashboard", "action", "notebook"])? {
            "feature flag" | "flag" => Kind::Flag,
            "insight" => Kind::Insight,
            "dashboard" => Kind::Dashboard,
            "action" => Kind::Action,
            _ => Kind::Notebook,
        };
        Some(kind)
    }

    fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// The pieces from one to before another.
    fn part(&self, from: usize, to: usize) -> Option<Part> {
        let (first, last) = (self.pieces.get(from)?, self.pieces.get(to.checked_sub(1)?)?);
        if from >= to {
            return None;
        }
        let text = if to - from == 1 {
            first.text.clone()
        } else {
            self.text[first.start..last.end].to_owned()
        };
        Some(Part {
            text,
            start: first.start,
            end: last.end,
        })
    }

    /// The pieces from one to before another as a name.
    fn name(&self, kind: Kind, from: usize, to: usize) -> Result<Part, Trouble> {
        let Some(part) = self.part(from, to) else {
            return Err(self.ask_name(kind, from));
        };
        let mixed = to - from > 1 && self.pieces[from..to].iter().any(|piece| piece.quoted);
        if mixed || to - from > NAME_WORDS {
            return Err(Trouble::Ask(Ask {
                question: format!("Which words are the name of the {}? Put it in quotes.", kind.noun()),
                options: Vec::new(),
                edit: Edit::Replace {
                    start: part.start,
                    end: part.end,
                },
            }));
        }
        Ok(part)
    }

    /// Asks for a name, which belongs before a piece.
    fn ask_name(&self, kind: Kind, before: usize) -> Trouble {
        let place = self
            .pieces
            .get(before)
            .filter(|_| before < self.end)
            .map(|piece| piece.start);
        let place = place.unwrap_or_else(|| self.pieces[..self.end].last().map_or(0, |piece| piece.end));
        Trouble::Ask(Ask {
            question: format!("What is the {} called?", kind.noun()),
            options: Vec::new(),
            edit: Edit::Replace {
                start: place,
                end: place,
            },
        })
    }

    fn find(&self, from: usize, words: &[&str]) -> Option<usize> {
        (from..self.end).find(|at| words.contains(&self.word(*at)))
    }

    fn add_tiles(&mut self) -> Read {
        self.eat(&["add", "put"])?;
        self.eat(ARTICLES);
        self.eat(&["insights", "insight"])?;
        let from = self.at;
        let to = (from..self.end).rev().find(|at| {
            let mut ahead = self.clone();
            ahead.at = *at;
            let joined = ahead.eat(&["to", "on", "onto"]).is_some();
            ahead.eat(&["the", "my", "our"]);
            joined && ahead.eat(&["dashboard"]).is_some()
        })?;
        self.at = to + 1;
        self.eat(&["the", "my", "our"]);
        self.eat(&["dashboard"]);
        self.eat(CALLED);
        let (insights, dashboard) = (self.part(from, to)?, self.name(Kind::Dashboard, self.at, self.end));
        Some(dashboard.map(|dashboard| Command::AddTiles { insights, dashboard }))
    }

    fn save(&mut self) -> Read {
        self.eat(&["save", "keep", "store"])?;
        let from = self.at;
        let (as_at, name_at) = (from..self.end).rev().find_map(|at| {
            let mut ahead = self.clone();
            ahead.at = at;
            ahead.eat(&["as"])?;
            ahead.eat(ARTICLES);
            ahead.eat(&["insight"])?;
            ahead.eat(CALLED);
            Some((at, ahead.at))
        })?;
        let name = match self.name(Kind::Insight, name_at, self.end) {
            Ok(name) => name,
            Err(trouble) => return Some(Err(trouble)),
        };
        let Some(rest) = self.part(from, as_at) else {
            return Some(Err(refuse("I can't tell what to save. Say the question in full.")));
        };
        if ["this", "that", "it", "this question", "the answer"].contains(&rest.text.to_lowercase().as_str()) {
            return Some(Err(refuse(
                "I can't tell which question is meant. Say it in full in its place.",
            )));
        }
        Some(Ok(Command::Create {
            kind: Kind::Insight,
            name,
            rest: Some(rest),
        }))
    }

    fn create(&mut self) -> Read {
        self.eat(&["create", "make", "add", "set up", "build", "start", "define", "write"])?;
        self.eat(ARTICLES);
        let kind = self.kind()?;
        self.eat(CALLED);
        Some(if kind == Kind::Flag {
            self.create_flag()
        } else {
            self.create_other(kind)
        })
    }

    fn create_other(&mut self, kind: Kind) -> Result<Command, Trouble> {
        let separator = self.find(self.at, kind.separators()).unwrap_or(self.end);
        let name = self.name(kind, self.at, separator)?;
        let rest = self.part(separator + 1, self.end);
        if separator < self.end && rest.is_none() {
            return Err(refuse(format!(
                "The wish ends before it says what the {} consists of.",
                kind.noun()
            )));
        }
        Ok(Command::Create { kind, name, rest })
    }

    fn create_flag(&mut self) -> Result<Command, Trouble> {
        let on = self.eat_last(&[
            "and turn it on",
            "and switch it on",
            "and activate it",
            "and enable it",
            "switched on",
            "turned on",
        ]);
        if self.is_empty() || self.word(self.at) == "for" {
            return Err(self.ask_name(Kind::Flag, self.at));
        }
        let name = self.name(Kind::Flag, self.at, self.at + 1)?;
        self.at += 1;
        let audience = if self.is_empty() {
            None
        } else if self.eat(&["for", "which is for"]).is_some() {
            Some(self.audience()?)
        } else {
            return Err(self.left_over());
        };
        Ok(Command::CreateFlag { name, audience, on })
    }

    /// `20 % of people on plan pro`, `everybody`, `people on plan pro`; to the end.
    fn audience(&mut self) -> Result<Audience, Trouble> {
        let all = |share| Audience {
            share,
            people: None,
            everybody: false,
        };
        let mut ahead = self.clone();
        if ahead.eat(EVERYBODY).is_some() && ahead.is_empty() {
            return Ok(Audience {
                everybody: true,
                ..all(100.0)
            });
        }
        let Some(share) = self.share_of() else {
            let people = self.part(self.at, self.end);
            return people
                .map(|people| Audience {
                    people: Some(people),
                    ..all(100.0)
                })
                .ok_or_else(|| ask_to_add("Who shall get it?", &["everybody"]));
        };
        if !(0.0..=100.0).contains(&share) {
            return Err(refuse(
                "A share lies between nobody and everybody, and this one does not.",
            ));
        }
        if self.is_empty() {
            return Ok(all(share));
        }
        if self.eat(&["of"]).is_none() {
            return Err(self.left_over());
        }
        let mut ahead = self.clone();
        let plain = ahead.eat(EVERYBODY).or_else(|| ahead.eat(PEOPLE)).is_some() && ahead.is_empty();
        match self.part(self.at, self.end) {
            _ if plain => Ok(all(share)),
            Some(people) => Ok(Audience {
                people: Some(people),
                ..all(share)
            }),
            None => Err(refuse("The wish ends before it says of whom.")),
        }
    }

    /// `20 %`, `20 percent`.
    fn share_of(&mut self) -> Option<f64> {
        let number: f64 = self.word(self.at).parse().ok()?;
        let mut ahead = self.clone();
        ahead.at += 1;
        ahead.eat(&["%", "percent", "per cent"])?;
        self.at = ahead.at;
        Some(number)
    }

    fn delete(&mut self) -> Read {
        self.eat(&["delete", "remove", "drop", "get rid of"])?;
        self.eat(ARTICLES);
        let kind = self.kind()?;
        self.eat(CALLED);
        Some(
            self.name(kind, self.at, self.end)
                .map(|name| Command::Delete { kind, name }),
        )
    }

    fn rename(&mut self) -> Read {
        self.eat(&["rename"])?;
        self.eat(ARTICLES);
        let Some(kind) = self.kind() else {
            let reason =
                "Say what it is that gets another name: the feature flag, insight, dashboard, action or notebook.";
            return Some(Err(refuse(reason)));
        };
        self.eat(CALLED);
        let from = self.at;
        let joints = (from..self.end).filter(|at| ["to", "into", "as"].contains(&self.word(*at)));
        let readings: Vec<(Part, Part)> = joints
            .filter_map(|at| Some((self.part(from, at)?, self.part(at + 1, self.end)?)))
            .collect();
        Some(if readings.is_empty() {
            Err(refuse(format!(
                "The wish does not say what the {} shall be called.",
                kind.noun()
            )))
        } else {
            Ok(Command::Rename { kind, readings })
        })
    }

    /// "The flag", "the feature flag"; true where the word is there.
    fn flag_word(&mut self) -> bool {
        self.eat(&["the", "our", "my"]);
        self.eat(&["feature flag", "flag"]).is_some()
    }

    fn switch(&mut self) -> Read {
        let mut on = match self.eat(&["enable", "activate", "disable", "deactivate", "turn", "switch"])? {
            "enable" | "activate" => Some(true),
            "disable" | "deactivate" => Some(false),
            _ => self.eat(&["on", "off"]).map(|word| word == "on"),
        };
        let said = self.flag_word();
        if on.is_none() {
            on = if self.eat_last(&["on"]) {
                Some(true)
            } else {
                self.eat_last(&["off"]).then_some(false)
            };
        }
        let on = on?;
        match self.end.saturating_sub(self.at) {
            1 => Some(
                self.name(Kind::Flag, self.at, self.end)
                    .map(|name| Command::Switch { name, on }),
            ),
            0 => Some(Err(ask_to_add("Which feature flag?", &[]))),
            _ if said => {
                self.at += 1;
                Some(Err(self.left_over()))
            }
            _ => None,
        }
    }

    fn share(&mut self) -> Read {
        let verb = self.eat(&[
            "roll out", "roll", "raise", "increase", "lower", "reduce", "decrease", "set", "change",
        ])?;
        let way = match verb {
            "raise" | "increase" => Way::Up,
            "lower" | "reduce" | "decrease" => Way::Down,
            "set" | "change" => Way::Any,
            _ => Way::RollOut,
        };
        self.eat(&["the share of", "the rollout of", "the roll-out of", "the percentage of"]);
        let said = self.flag_word();
        let name = self
            .name(Kind::Flag, self.at, self.at + 1)
            .ok()
            .filter(|_| !self.is_empty())?;
        self.at += 1;
        if verb == "roll" {
            self.eat(&["out"])?;
        }
        if self.eat(&["to", "for"]).is_none() {
            let is_flag = said || way == Way::RollOut;
            return is_flag.then(|| {
                Err(refuse(
                    "The wish does not say how many people shall get the feature flag.",
                ))
            });
        }
        // "Set X to Y" can be anything, unless it ends with a share.
        let has_share = self.clone().share_of().is_some() || self.clone().eat(EVERYBODY).is_some();
        if way != Way::RollOut && !has_share && !said {
            return None;
        }
        Some(self.audience().map(|audience| Command::Share { name, audience, way }))
    }

    /// Words that nothing takes.
    fn left_over(&self) -> Trouble {
        let left = self.part(self.at, self.end).map(|part| part.text).unwrap_or_default();
        refuse(format!("I could not use these words: \"{left}\"."))
    }
}

/// The names of a list: `Traffic, "Sign-ups" and Errors`.
pub(super) fn names(part: &Part, whole: &str) -> Vec<Part> {
    let inside: Vec<Piece> = pieces(whole)
        .into_iter()
        .filter(|piece| piece.start >= part.start && piece.end <= part.end)
        .collect();
    let mut found: Vec<Part> = Vec::new();
    let mut open = false;
    for piece in inside {
        if piece.word == "and" {
            open = false;
            continue;
        }
        match found.last_mut() {
            Some(name) if open => {
                name.end = piece.end;
                whole[name.start..name.end].clone_into(&mut name.text);
            }
            _ => found.push(Part {
                text: piece.text.clone(),
                start: piece.start,
                end: piece.end,
            }),
        }
        open = !piece.comma && !piece.quoted;
    }
    found
}
