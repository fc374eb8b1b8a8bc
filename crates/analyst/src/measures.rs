//! Finds what is counted. A question may name several things ("how many visitors viewed ..."); the
//! head is counted, the others say of which events, or who did it.

mod heads;

use hedgerow_data_api::Math;

use crate::chunks::Item;
use crate::intent::{Condition, Measure, Trouble};
use crate::lexicon::{Counted, Word};
use crate::parser::{Parser, ask_to_add, refuse};

/// A thing to count, where it stands.
#[derive(Debug, Clone, PartialEq)]
struct Mention {
    at: usize,
    counted: Counted,
    unique: bool,
}

/// The event of a page view.
pub(crate) const VIEW: &str = "$pageview";

/// Words between "by" and the measure that ranks.
const RANK_FILLERS: [&str; 6] = ["the", "number", "of", "total", "count", "our"];

/// Words that make the persons after them the doers of what is counted.
const AGENT_BEFORE: [&str; 11] = [
    "by", "from", "of", "did", "do", "does", "for", "have", "has", "our", "to",
];

impl Parser<'_> {
    /// What is counted, and by which other event the part of a share is counted. `is_ranking` says that the
    /// question asks for a top value or a peak, `cut` where it begins to speak of the part.
    pub(crate) fn measure(
        &mut self,
        is_ranking: bool,
        conditions: &[Condition],
        cut: Option<usize>,
    ) -> Result<(Measure, Option<String>), Trouble> {
        self.take_unique();
        let ranked = self.ranked_by(is_ranking)?;
        let mentions = self.mentions();
        let others: Vec<Mention> = mentions
            .iter()
            .filter(|one| Some(one.at) != ranked.as_ref().map(|r| r.at))
            .cloned()
            .collect();
        let by_measure = ranked.is_some();
        let head = match ranked {
            Some(ranked) => Some(ranked),
            None => self.head(&others)?,
        };
        let Some(head) = head else {
            let measure = self.no_mention(conditions)?;
            self.take_mentions();
            return Ok((measure, None));
        };
        self.check_verbs(&head)?;
        if self.is_popular() && !by_measure {
            return Err(ask_to_add(
                "Most popular by what?",
                &["counting page views", "counting requests", "counting unique visitors"],
            ));
        }
        let (mut event, mut part_event) = (own_event(&head.counted), None);
        for other in others.iter().filter(|other| other.at != head.at) {
            if let Some(scope) = self.combine(&head, other)? {
                // "the share of visitors who viewed a page" is one of all visitors.
                let of_part = cut.is_some_and(|cut| self.chunks[other.at].start >= cut);
                let slot = if of_part { &mut part_event } else { &mut event };
                *slot = Some(scope);
            }
        }
        self.take_mentions();
        self.check_event(event.as_deref())?;
        self.check_event(part_event.as_deref())?;
        Ok((self.of(&head, event), part_event))
    }

    /// "unique Chrome visitors": the conditions stand between the word and what it belongs to.
    fn take_unique(&mut self) {
        for at in 0..self.chunks.len() {
            if self.chunks[at].item != Item::Word(Word::Unique) {
                continue;
            }
            let is_condition = |at: &usize| {
                let of_name = matches!(
                    self.item(*at),
                    Some(Item::Value(_) | Item::Status(_) | Item::Word(Word::Bot(_) | Word::Negation(_)))
                );
                (of_name && self.chunks[*at].taken) || self.word(*at) == "-"
            };
            let next = (at + 1..self.chunks.len()).find(|at| !is_condition(at));
            let persons = next.filter(|next| {
                matches!(
                    self.item(*next),
                    Some(Item::Word(Word::Measure(Counted::Visitors | Counted::Sessions, _)))
                )
            });
            if let Some(next) = persons {
                if let Item::Word(Word::Measure(_, unique)) = &mut self.chunks[next].item {
                    *unique = true;
                }
                self.take(at);
            }
        }
    }

    /// Verbs that are clear for some of what is counted only.
    fn check_verbs(&mut self, head: &Mention) -> Result<(), Trouble> {
        let of_persons = matches!(head.counted, Counted::Visitors | Counted::Sessions);
        for at in 0..self.chunks.len() {
            let reason = match self.item(at) {
                Some(Item::Word(Word::Visited)) if !of_persons => {
                    "\"Visited\" can mean requests or page views; please say \"requested\" or \"viewed\"."
                }
                Some(Item::Word(Word::DroppedBy)) if head.counted != Counted::Visitors => {
                    "I can't tell a visit from a decline here; please ask in other words."
                }
                Some(Item::Word(Word::Landed)) if head.counted != Counted::Events => {
                    "I can't tell which page someone landed on first."
                }
                Some(Item::Word(Word::DroppedBy | Word::Landed)) => {
                    self.take(at);
                    continue;
                }
                _ => continue,
            };
            return Err(refuse(reason));
        }
        Ok(())
    }

    fn mentions(&self) -> Vec<Mention> {
        let of = |(at, chunk): (usize, &crate::chunks::Chunk)| match &chunk.item {
            Item::Word(Word::Measure(counted, unique)) => Some(Mention {
                at,
                counted: counted.clone(),
                unique: *unique,
            }),
            _ => None,
        };
        let mentions = self.chunks.iter().enumerate().filter_map(of);
        mentions.filter(|mention| !self.only_says_event(mention)).collect()
    }

    /// "signed_up events", "the event signed_up": the word adds nothing to the name beside it.
    fn only_says_event(&self, mention: &Mention) -> bool {
        let is_name = |at: usize| matches!(self.item(at), Some(Item::Word(Word::Measure(Counted::Named(_), _))));
        let after = if ["named", "called"].contains(&self.word(mention.at + 1)) {
            2
        } else {
            1
        };
        let is_beside_name = is_name(mention.at + after) || mention.at.checked_sub(1).is_some_and(is_name);
        mention.counted == Counted::Events && ["event", "events"].contains(&self.word(mention.at)) && is_beside_name
    }

    /// The measure after "by" or "counting".
    fn ranked_by(&mut self, is_ranking: bool) -> Result<Option<Mention>, Trouble> {
        let mut ranked: Option<Mention> = None;
        for at in 0..self.chunks.len() {
            let counted_in = match self.item(at) {
                Some(Item::Word(Word::By)) if is_ranking && self.word(at) == "by" => false,
                Some(Item::Word(Word::CountedIn)) => true,
                _ => continue,
            };
            let Some(next) = self.content_from(at + 1) else {
                continue;
            };
            let Some(mention) = self.mentions().into_iter().find(|mention| mention.at == next) else {
                continue;
            };
            if !self
                .stops_between(at, next)
                .iter()
                .all(|word| RANK_FILLERS.contains(word))
            {
                continue;
            }
            let is_agent = !counted_in
                && mention.counted == Counted::Visitors
                && !mention.unique
                && self.mentions().iter().any(|other| other.counted != Counted::Visitors);
            if is_agent {
                let question = "Is that ranked by the number of visitors, or by what they did?".to_owned();
                let options = vec!["counting unique visitors".to_owned(), "counting page views".to_owned()];
                return Err(self.ask_about(at, next, crate::dates::Doubt { question, options }));
            }
            if ranked.is_some() {
                return Err(refuse("The question names two measures to rank by."));
            }
            self.take(at);
            ranked = Some(mention);
        }
        Ok(ranked)
    }

    /// What another mention adds to the head: an event to count on, or nothing.
    fn combine(&self, head: &Mention, other: &Mention) -> Result<Option<String>, Trouble> {
        let joined = !self.is_verb(other.at) && self.is_joined(other.at);
        let two = || refuse("The question asks for two numbers; please ask for one at a time.");
        if joined && head.counted != other.counted {
            return Err(two());
        }
        match (&head.counted, &other.counted) {
            (one, same) if one == same => Ok(None),
            (Counted::Visitors | Counted::Sessions, Counted::Views | Counted::Named(_)) => {
                Ok(own_event(&other.counted))
            }
            (Counted::Visitors | Counted::Sessions, Counted::Events) | (Counted::Sessions, Counted::Visitors) => {
                Ok(None)
            }
            // "page views that bots requested"
            (Counted::Views, Counted::Events) if self.is_verb(other.at) => Ok(None),
            (Counted::Views | Counted::Events | Counted::Named(_), Counted::Visitors) if self.is_agent(other.at) => {
                Ok(None)
            }
            _ => Err(two()),
        }
    }

    /// True where "and", "or" or a comma stands before a measure.
    fn is_joined(&self, at: usize) -> bool {
        let before = (0..at)
            .rev()
            .find(|position| !["the", "of", "number"].contains(&self.word(*position)));
        before.is_some_and(|before| ["and", "or", ",", "/", "&"].contains(&self.word(before)))
    }

    fn is_agent(&self, at: usize) -> bool {
        let Some(before) = (0..at)
            .rev()
            .find(|position| !["the", "our", "all"].contains(&self.word(*position)))
        else {
            return false;
        };
        AGENT_BEFORE.contains(&self.word(before))
            || (self.chunks[before].taken && self.item(before) != Some(&Item::Stop))
    }

    fn is_popular(&self) -> bool {
        self.chunks.iter().any(|chunk| chunk.item == Item::Word(Word::Popular))
    }

    /// Nothing to count is named: the responses a condition speaks of, or a question back.
    fn no_mention(&mut self, conditions: &[Condition]) -> Result<Measure, Trouble> {
        // A status or a method is one of every request, so ranking them counts requests.
        let mut properties = self.chunks.iter().filter_map(|chunk| match &chunk.item {
            Item::Property(key) => Some(["status", "method"].contains(&key.as_str())),
            _ => None,
        });
        let ranks_requests = self.is_ranking()
            && properties
                .next()
                .is_some_and(|first| first && properties.all(|of_request| of_request));
        if ranks_requests || conditions.iter().any(|condition| condition.names_responses) {
            return Ok(Measure {
                event: None,
                math: Math::Total,
                noun: "requests".to_owned(),
            });
        }
        if self.ranks_by_response(conditions) {
            return Ok(Measure {
                event: None,
                math: Math::Total,
                noun: "requests".to_owned(),
            });
        }
        let asks_for_number = !conditions.is_empty()
            || self.chunks.iter().any(|chunk| {
                matches!(
                    chunk.item,
                    Item::Word(
                        Word::HowMany | Word::Share | Word::Top(_) | Word::Popular | Word::Every(_) | Word::OverTime
                    )
                )
            });
        if !asks_for_number {
            return Err(refuse("The question names nothing to count."));
        }
        Err(ask_to_add(
            "What should I count?",
            &["counting requests", "counting page views", "counting unique visitors"],
        ))
    }

    /// "top path status=206": only a response has a status or a size. A page may be ranked by its views, too.
    fn ranks_by_response(&self, conditions: &[Condition]) -> bool {
        let of_response = |one: &Condition| ["status", "bytes", "method"].contains(&one.key());
        let names_page = |at: usize| ["page", "pages"].contains(&self.word(at)) && self.item(at) != Some(&Item::Stop);
        let by_or_where =
            (0..self.chunks.len()).any(|at| self.item(at) == Some(&Item::Word(Word::By)) || self.word(at) == "where");
        (self.is_ranking() || by_or_where)
            && !self.is_popular()
            && conditions.iter().any(of_response)
            && !(0..self.chunks.len()).any(names_page)
    }

    fn take_mentions(&mut self) {
        for chunk in &mut self.chunks {
            if matches!(
                chunk.item,
                Item::Word(Word::Measure(..) | Word::Visited | Word::Popular)
            ) {
                chunk.taken = true;
            }
        }
        // "by visitors on Windows": the "by" only says who.
        for at in 0..self.chunks.len() {
            let names_doer = self.word(at) == "by"
                && self.content_after_how_many(at).is_some_and(|next| {
                    matches!(&self.chunks[next].item, Item::Word(Word::Measure(Counted::Visitors, _)))
                });
            if names_doer {
                self.take(at);
            }
        }
    }

    /// The content after a "by", over the "how many" of "by how many people".
    fn content_after_how_many(&self, by: usize) -> Option<usize> {
        let next = self.content_from(by + 1)?;
        match self.item(next) {
            Some(Item::Word(Word::HowMany)) => self.content_from(next + 1),
            _ => Some(next),
        }
    }

    fn check_event(&self, event: Option<&str>) -> Result<(), Trouble> {
        let Some(event) = event else { return Ok(()) };
        if self.knowledge.events.iter().any(|known| known.name == event) {
            return Ok(());
        }
        let known = self
            .knowledge
            .events
            .iter()
            .map(|known| known.name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        Err(refuse(format!(
            "This project has no event \"{event}\". It has: {known}."
        )))
    }

    fn of(&self, head: &Mention, event: Option<String>) -> Measure {
        let (math, noun) = match &head.counted {
            Counted::Visitors => (Math::Dau, "unique visitors".to_owned()),
            Counted::Sessions => (Math::UniqueSession, "sessions".to_owned()),
            Counted::Views => (Math::Total, "page views".to_owned()),
            Counted::Named(name) => (Math::Total, format!("\"{name}\" events")),
            Counted::Events => (Math::Total, events_noun(self.word(head.at)).to_owned()),
        };
        Measure { event, math, noun }
    }
}

fn own_event(counted: &Counted) -> Option<String> {
    match counted {
        Counted::Views => Some(VIEW.to_owned()),
        Counted::Named(name) => Some(name.clone()),
        Counted::Events | Counted::Visitors | Counted::Sessions => None,
    }
}

/// The user's own word for a line of the log.
fn events_noun(word: &str) -> &'static str {
    match word {
        "hits" | "hit" => "hits",
        "responses" | "response" => "responses",
        "events" | "event" => "events",
        _ => "requests",
    }
}
