//! Words of these questions that are one slip away from what they should be.

use super::pieces::{Piece, Placed};
use crate::knowledge::Knowledge;
use crate::tokens::{Kind, Token};

/// Words of these questions that are worth a correction.
const OWN: &str = "percentage percent average median different retention lifecycle stickiness returning resurrecting dormant \
    conversion funnel window people persons users within created recurring cohort compared difference change active exactly \
    sessions session weekly monthly unique visitors between before starting following custom events";

/// Corrects words that nothing knows and that are one slip away from one of these. Returns what was assumed.
pub(super) fn respelt(tokens: &mut [Token], list: &[Placed], knowledge: &Knowledge) -> Vec<String> {
    let mut notes = Vec::new();
    for placed in list {
        let (Piece::Word(_), 1) = (&placed.piece, placed.end - placed.start) else {
            continue;
        };
        let token = &mut tokens[placed.start];
        if token.kind != Kind::Word || token.lower.chars().count() < 6 || !token.lower.chars().all(char::is_alphabetic)
        {
            continue;
        }
        let names = knowledge.events.iter().flat_map(|event| {
            event
                .name
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.len() >= 6)
        });
        let mut near: Vec<&str> = OWN
            .split_whitespace()
            .chain(names)
            .filter(|own| is_slip(&token.lower, own))
            .collect();
        near.sort_unstable();
        near.dedup();
        if let [own] = near[..] {
            notes.push(format!("I read \"{}\" as {own}", token.text));
            own.clone_into(&mut token.lower);
        }
    }
    notes
}

/// One letter is wrong, missing or too many, or two are swapped; never the first, and no other form of the word.
fn is_slip(written: &str, own: &str) -> bool {
    let (written, own): (Vec<char>, Vec<char>) = (written.chars().collect(), own.chars().collect());
    let same = written.iter().zip(&own).take_while(|(a, b)| a == b).count();
    let (left, wanted) = (&written[same..], &own[same..]);
    if same == 0 || left == wanted || left.is_empty() || wanted.is_empty() {
        return false;
    }
    let swapped = matches!((left, wanted), ([a, b, l @ ..], [c, d, w @ ..]) if a == d && b == c && l == w);
    swapped || left[1..] == wanted[1..] || left[1..] == *wanted || *left == wanted[1..]
}
