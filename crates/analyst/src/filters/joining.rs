//! The tree of conditions that "and", "or", "either" and commas join.
//!
//! Conditions side by side hold together. "And" beside "or" is clear with "either", or with a comma before the
//! part that stands alone; otherwise it is asked.

use hedgerow_data_api::{FilterGroup, FilterNode, GroupType};

use super::conditions::Condition;

/// What stands between conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    And,
    Or,
    Comma,
    CommaAnd,
    CommaOr,
    Either,
}

impl Joint {
    /// True for a comma, whatever follows it.
    pub(super) fn is_comma(self) -> bool {
        matches!(self, Self::Comma | Self::CommaAnd | Self::CommaOr)
    }
}

/// A condition, or what joins two.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Condition(Condition),
    Joint(Joint),
}

/// A condition with what stands before it; nothing stands between conditions side by side.
struct Member {
    before: Option<Joint>,
    condition: Condition,
}

const UNCLEAR: &str = "\"And\" and \"or\" can be joined in two ways. Put \"either\" or a comma where the parts end. Which filter do you mean?";

/// The tree, or the question what is meant.
pub(super) fn joined(pieces: Vec<Piece>) -> Result<FilterGroup, String> {
    let unclear = || UNCLEAR.to_owned();
    let mut members: Vec<Member> = Vec::new();
    let mut either: Option<usize> = None;
    let mut before: Option<Joint> = None;
    for piece in pieces {
        match piece {
            Piece::Condition(condition) => {
                members.push(Member {
                    before: before.take(),
                    condition,
                });
            }
            Piece::Joint(Joint::Either) => {
                if either.is_some() || matches!(before, Some(Joint::Or | Joint::CommaOr)) {
                    return Err(unclear());
                }
                either = Some(members.len());
            }
            Piece::Joint(joint) => {
                if before.is_some() || (members.is_empty() && matches!(joint, Joint::Or | Joint::CommaOr)) {
                    return Err("Something is missing beside \"and\" or \"or\". Which filter do you mean?".to_owned());
                }
                // "People, in Berlin": the comma joins nothing yet.
                before = (!members.is_empty()).then_some(joint);
            }
        }
    }
    if before.is_some_and(|joint| joint != Joint::Comma) {
        return Err("Something is missing behind \"and\" or \"or\". Which filter do you mean?".to_owned());
    }
    let tree = match either {
        None => without_either(members)?,
        Some(at) => {
            let rest = members.split_off(at);
            with_either(members, rest)?
        }
    };
    Ok(match tree {
        FilterNode::Group(group) => group,
        leaf @ FilterNode::Filter(_) => all(vec![leaf]),
    })
}

/// Parts between commas; each is all "and" or all "or".
fn without_either(members: Vec<Member>) -> Result<FilterNode, String> {
    let mut parts: Vec<(Option<Joint>, Vec<Member>)> = Vec::new();
    for member in members {
        match parts.last_mut() {
            Some((_, part)) if !member.before.is_some_and(Joint::is_comma) => part.push(member),
            _ => parts.push((member.before, vec![member])),
        }
    }
    let commas: Vec<Joint> = parts.iter().skip(1).filter_map(|(joint, _)| *joint).collect();
    let any = commas.contains(&Joint::CommaOr);
    if any && commas.iter().any(|joint| *joint != Joint::CommaOr) {
        return Err(UNCLEAR.to_owned());
    }
    // "A, B or C" can be one of three, or A with one of two.
    let is_or = |part: &[Member]| part.iter().skip(1).any(|member| member.before == Some(Joint::Or));
    let lists = |pair: &[(Option<Joint>, Vec<Member>)]| {
        pair[0].1.len() == 1 && pair[1].0 == Some(Joint::Comma) && is_or(&pair[1].1)
    };
    if parts.windows(2).any(lists) {
        return Err(UNCLEAR.to_owned());
    }
    let nodes = parts
        .into_iter()
        .map(|(_, part)| weak(part))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(if any {
        one_of(nodes)
    } else {
        group(GroupType::And, nodes)
    })
}

/// Conditions without a comma between them: all "and" (or side by side), or all "or".
fn weak(part: Vec<Member>) -> Result<FilterNode, String> {
    let joints = || part.iter().skip(1).map(|member| member.before);
    let any = joints().any(|joint| joint == Some(Joint::Or));
    if any && joints().any(|joint| joint != Some(Joint::Or)) {
        return Err(UNCLEAR.to_owned());
    }
    // "Not A or B" is one thing for a list of values, and two for anything else.
    if any
        && part
            .iter()
            .take(part.len() - 1)
            .any(|member| member.condition.is_negated)
    {
        return Err("Does the \"not\" go for both? Which filter do you mean?".to_owned());
    }
    // "Other than students in Paris": are the students of other cities shown?
    let is_within = |pair: &[Member]| pair[0].condition.excludes && pair[1].before.is_none();
    if part.windows(2).any(is_within) {
        return Err("How far does the exception go? Put a comma behind it, or say the rest first.".to_owned());
    }
    let nodes = part.into_iter().map(|member| member.condition.node).collect();
    Ok(if any {
        one_of(nodes)
    } else {
        group(GroupType::And, nodes)
    })
}

/// Conditions that hold, then alternatives, then what a comma adds behind them.
fn with_either(first: Vec<Member>, rest: Vec<Member>) -> Result<FilterNode, String> {
    let unclear = || UNCLEAR.to_owned();
    if first
        .iter()
        .any(|member| matches!(member.before, Some(Joint::Or | Joint::CommaOr)))
    {
        return Err(unclear());
    }
    let mut alternatives: Vec<Vec<Member>> = Vec::new();
    let mut behind: Vec<Member> = Vec::new();
    let by_comma = rest.iter().any(|member| member.before == Some(Joint::CommaOr));
    for (position, member) in rest.into_iter().enumerate() {
        let joint = member.before.filter(|_| position > 0);
        match joint {
            Some(Joint::Or | Joint::CommaOr) if behind.is_empty() => alternatives.push(vec![member]),
            Some(Joint::Or | Joint::CommaOr) => return Err(unclear()),
            // A comma closes the alternatives, unless commas part them.
            Some(Joint::Comma | Joint::CommaAnd) if by_comma || (alternatives.len() < 2 && !is_list(&alternatives)) => {
                return Err(unclear());
            }
            Some(Joint::Comma | Joint::CommaAnd) => behind.push(member),
            _ if !behind.is_empty() => behind.push(member),
            _ => match alternatives.last_mut() {
                Some(alternative) => alternative.push(member),
                None => alternatives.push(vec![member]),
            },
        }
    }
    if alternatives.len() < 2 && !is_list(&alternatives) {
        return Err("What is the other alternative of \"either\"?".to_owned());
    }
    // "Either A or B and C": is C part of the second alternative?
    let has_and = |part: &[Member]| part.iter().skip(1).any(|member| member.before == Some(Joint::And));
    let singles = alternatives.iter().rev().skip(1).all(|part| part.len() == 1);
    if !by_comma && singles && alternatives.last().is_some_and(|part| has_and(part)) {
        return Err(unclear());
    }
    let nodes = |part: Vec<Member>| part.into_iter().map(|member| member.condition.node).collect::<Vec<_>>();
    let alternatives = alternatives
        .into_iter()
        .map(|part| group(GroupType::And, nodes(part)))
        .collect();
    let mut all_of = nodes(first);
    all_of.push(one_of(alternatives));
    all_of.extend(nodes(behind));
    Ok(group(GroupType::And, all_of))
}

/// "Either Firefox or Safari" is one condition with a list.
fn is_list(alternatives: &[Vec<Member>]) -> bool {
    let Some(FilterNode::Filter(filter)) = alternatives
        .first()
        .and_then(|part| part.first())
        .map(|member| &member.condition.node)
    else {
        return false;
    };
    filter.value.as_ref().is_some_and(serde_json::Value::is_array)
}

fn one_of(nodes: Vec<FilterNode>) -> FilterNode {
    group(GroupType::Or, nodes)
}

fn all(values: Vec<FilterNode>) -> FilterGroup {
    FilterGroup {
        group_type: GroupType::And,
        values,
    }
}

/// A group; a single member is itself.
fn group(group_type: GroupType, mut values: Vec<FilterNode>) -> FilterNode {
    match (values.len(), values.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            values.extend(last);
            FilterNode::Group(FilterGroup { group_type, values })
        }
    }
}
