//! What is done to objects of every kind: create, save, rename, delete.

use super::reader::{ARTICLES, CALLED, Read, Reader};
use super::{Command, Kind};
use crate::intent::Trouble;
use crate::parser::refuse;

impl Reader<'_> {
    pub(super) fn save(&mut self) -> Read {
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

    pub(super) fn create(&mut self) -> Read {
        self.eat(&["create", "make", "add", "set up", "build", "start", "define", "write"])?;
        self.eat(ARTICLES);
        // Wishes for cohorts are read before, with what they say of people.
        let kind = self.kind().filter(|kind| *kind != Kind::Cohort)?;
        self.eat(CALLED);
        Some(if kind == Kind::Flag {
            self.create_flag()
        } else {
            self.create_other(kind)
        })
    }

    pub(super) fn create_other(&mut self, kind: Kind) -> Result<Command, Trouble> {
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

    pub(super) fn delete(&mut self) -> Read {
        self.eat(&["delete", "remove", "drop", "get rid of"])?;
        self.eat(ARTICLES);
        let kind = self.kind()?;
        self.eat(CALLED);
        Some(
            self.name(kind, self.at, self.end)
                .map(|name| Command::Delete { kind, name }),
        )
    }

    pub(super) fn rename(&mut self) -> Read {
        self.eat(&["rename", "change the name of"])?;
        self.eat(ARTICLES);
        let Some(kind) = self.kind() else {
            let reason = "Say what it is that gets another name: the feature flag, cohort, insight, dashboard, action or notebook.";
            return Some(Err(refuse(reason)));
        };
        self.eat(CALLED);
        let from = self.at;
        let readings = self.around(from, &["to", "into", "as"]);
        Some(if readings.is_empty() {
            Err(refuse(format!(
                "The wish does not say what the {} shall be called.",
                kind.noun()
            )))
        } else {
            Ok(Command::Rename { kind, readings })
        })
    }
}
