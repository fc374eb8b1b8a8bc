//! What a command says: a verb, a kind of object, a name, and the rest.
//!
//! A text that does not begin with such a verb, or names no kind, is no command. In one that is, each word belongs to
//! the verb, a name or the rest, which the readers of questions and conditions take in full.

mod cohorts;
mod dashboards;
mod flags;
mod kind;
mod objects;
mod reader;

use super::pieces::pieces;
use crate::intent::Trouble;

pub(super) use cohorts::{CohortWish, Form};
pub(super) use dashboards::names;
pub(super) use kind::Kind;
use reader::Reader;

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
    /// A new object of any kind but a flag and a cohort.
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
    Cohort(CohortWish),
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
        Reader::create_cohort,
        Reader::save_cohort,
        Reader::save,
        Reader::create,
        Reader::delete,
        Reader::rename,
        Reader::delete_cohort,
        Reader::cohort_members,
        Reader::cohort_should,
        Reader::describe_cohort,
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
    "also",
    "and",
    "then",
    "now",
    "ok",
];
const TAILS: &[&str] = &["please", "thanks", "thank you", "now", "for me"];
