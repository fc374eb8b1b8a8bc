//! Insights on dashboards.

use super::super::pieces::{Piece, pieces};
use super::reader::{ARTICLES, CALLED, Read, Reader};
use super::{Command, Kind, Part};

impl Reader<'_> {
    pub(super) fn add_tiles(&mut self) -> Read {
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
}

/// The names of a list: `Traffic, "Sign-ups" and Errors`.
pub(in super::super) fn names(part: &Part, whole: &str) -> Vec<Part> {
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
