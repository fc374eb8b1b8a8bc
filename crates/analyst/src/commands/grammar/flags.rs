//! Feature flags: new ones, switches, and who gets them.

use super::reader::{Read, Reader};
use super::{Audience, Command, Kind, Way};
use crate::intent::Trouble;
use crate::parser::{ask_to_add, refuse};

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

impl Reader<'_> {
    pub(super) fn create_flag(&mut self) -> Result<Command, Trouble> {
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
    pub(super) fn audience(&mut self) -> Result<Audience, Trouble> {
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
    pub(super) fn share_of(&mut self) -> Option<f64> {
        let number: f64 = self.word(self.at).parse().ok()?;
        let mut ahead = self.clone();
        ahead.at += 1;
        ahead.eat(&["%", "percent", "per cent"])?;
        self.at = ahead.at;
        Some(number)
    }

    /// "The flag", "the feature flag"; true where the word is there.
    pub(super) fn flag_word(&mut self) -> bool {
        self.eat(&["the", "our", "my"]);
        self.eat(&["feature flag", "flag"]).is_some()
    }

    pub(super) fn switch(&mut self) -> Read {
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

    pub(super) fn share(&mut self) -> Read {
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
}
