//! Which of the things a question names it asks for.

use super::Mention;
use crate::chunks::Item;
use crate::dates::Doubt;
use crate::intent::Trouble;
use crate::lexicon::{Counted, Word};
use crate::parser::{Parser, refuse};

/// What stands after "most" or "how many".
enum Lead {
    Measure(Mention),
    /// `404s`: requests, told by their status.
    Responses(usize),
    /// Something that can't be counted.
    Other,
    /// Nothing that belongs to it.
    Nothing,
}

impl Parser<'_> {
    /// The measure the question asks for: after "most" or "how many", or else the first noun.
    pub(super) fn head(&self, mentions: &[Mention]) -> Result<Option<Mention>, Trouble> {
        let leads = |wanted: fn(&Word) -> bool| {
            (0..self.chunks.len()).filter(move |at| matches!(self.item(*at), Some(Item::Word(word)) if wanted(word)))
        };
        for lead in leads(|word| matches!(word, Word::Top(_))) {
            match self.lead(lead, mentions) {
                Lead::Measure(mention) => return Ok(Some(mention)),
                Lead::Responses(at) => {
                    return Ok(Some(Mention {
                        at,
                        counted: Counted::Events,
                        unique: false,
                    }));
                }
                Lead::Other => return Err(refuse("I can't tell what \"most\" is counted in.")),
                Lead::Nothing => {}
            }
            // "viewed most"
            let before = (0..lead).rev().find(|at| !["the", ","].contains(&self.word(*at)));
            if let Some(verb) = mentions
                .iter()
                .find(|mention| Some(mention.at) == before && self.is_verb(mention.at))
            {
                return Ok(Some(verb.clone()));
            }
        }
        for lead in leads(|word| matches!(word, Word::HowMany)) {
            if ["how often", "how many times", "how frequently"].contains(&self.text(lead).to_lowercase().as_str()) {
                let doing = |one: &&Mention| !matches!(one.counted, Counted::Visitors | Counted::Sessions);
                return Ok(mentions.iter().find(doing).cloned());
            }
            match self.lead(lead, mentions) {
                // "Of the visitors, how many viewed ...": the verb says what those named before did.
                Lead::Measure(mention) if self.is_past(mention.at) => {
                    let named = mentions.iter().find(|one| one.at < lead && !self.is_verb(one.at));
                    let unclear = || refuse("I can't tell who or what \"how many\" asks for.");
                    return named.cloned().ok_or_else(unclear).map(Some);
                }
                Lead::Measure(mention) => return Ok(Some(mention)),
                Lead::Responses(at) => {
                    return Ok(Some(Mention {
                        at,
                        counted: Counted::Events,
                        unique: false,
                    }));
                }
                Lead::Other => {
                    return Err(self.ask_about_bots(lead).unwrap_or_else(|| refuse(
                        "I can count requests, page views, visitors and sessions, but not what \"how many\" asks for here.",
                    )));
                }
                Lead::Nothing if mentions.iter().any(|one| one.counted != mentions[0].counted) => {
                    return Err(refuse("I can't tell which of the things named is to be counted."));
                }
                Lead::Nothing => {}
            }
        }
        let noun = |mention: &&Mention| !self.is_verb(mention.at);
        Ok(mentions.iter().find(noun).or_else(|| mentions.first()).cloned())
    }

    /// What follows "most" or "how many"; conditions may stand between: "the most 404 responses".
    fn lead(&self, lead: usize, mentions: &[Mention]) -> Lead {
        const FILLERS: [&str; 8] = ["the", "of", "number", "all", "our", "total", "different", "a"];
        let (mut responses, mut humans, mut conditions, mut negated) = (None, None, false, false);
        for at in lead + 1..self.chunks.len() {
            if let Some(mention) = mentions.iter().find(|mention| mention.at == at) {
                // "most bots request": the verb counts the bots' doings, not the bots.
                let of_verb = conditions && self.is_verb(at);
                return match humans {
                    Some(humans) if of_verb => Lead::Measure(humans),
                    None if of_verb => Lead::Other,
                    _ => Lead::Measure(mention.clone()),
                };
            }
            match self.item(at) {
                Some(Item::Stop) if FILLERS.contains(&self.word(at)) => {}
                Some(Item::Status(_)) if self.chunks[at].taken => responses = Some(at),
                Some(Item::Value(_)) if self.names_requests(at) => responses = Some(at),
                // "How many humans visited": they are counted, and bots are not.
                Some(Item::Word(Word::Bot(false))) if self.word(at) == "humans" && !conditions => {
                    conditions = true;
                    humans = Some(Mention {
                        at,
                        counted: Counted::Visitors,
                        unique: false,
                    });
                }
                Some(Item::Value(_) | Item::Number(_) | Item::Literal | Item::Word(Word::Bot(_)))
                    if self.chunks[at].taken =>
                {
                    conditions = true;
                }
                Some(Item::Word(Word::Negation(_))) if self.chunks[at].taken => negated = true,
                Some(Item::Word(Word::Unique)) if self.chunks[at].taken => {}
                Some(Item::Word(Word::Or)) if self.chunks[at].taken => {}
                Some(Item::Stop) if self.word(at) == "-" => {}
                _ => break,
            }
        }
        if let Some(humans) = humans {
            return Lead::Measure(humans);
        }
        match responses {
            Some(at) => Lead::Responses(at),
            // "most often apart from 200": the condition belongs to the sentence.
            None if conditions && !negated => Lead::Other,
            None => Lead::Nothing,
        }
    }

    /// "How many bots visited us" may ask for the visitors that are bots, or for the kinds of bots.
    fn ask_about_bots(&self, lead: usize) -> Option<Trouble> {
        let at = self.content_from(lead + 1)?;
        let is_plural = self.item(at) == Some(&Item::Word(Word::Bot(true))) && self.word(at).ends_with('s');
        let question = format!("Do you mean visitors that are {}?", self.text(at));
        let options = vec![format!("visitors that are {}", self.text(at))];
        is_plural.then(|| self.ask_about(at, at, Doubt { question, options }))
    }

    fn is_past(&self, at: usize) -> bool {
        self.is_verb(at) && (self.word(at).ends_with("ed") || self.word(at) == "read")
    }

    pub(super) fn is_verb(&self, at: usize) -> bool {
        const VERBS: [&str; 13] = [
            "read",
            "reading",
            "viewed",
            "view",
            "viewing",
            "requested",
            "request",
            "requesting",
            "accessed",
            "accessing",
            "fetched",
            "fetching",
            "hitting",
        ];
        VERBS.contains(&self.word(at)) && self.chunks[at].end == self.chunks[at].start + 1
    }
}
