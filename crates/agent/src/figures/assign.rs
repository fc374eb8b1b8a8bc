//! Which of the labels in a sentence a number is said of, by the order in which they stand.
//!
//! Labels and numbers alternate in readable prose: `Chrome 1,204, Firefox 893` (labels first),
//! `2,893 on 18 May and 2,896 on 19 May` (numbers first), `Chrome and Firefox had 1,204 and 893`
//! (in order), `Opera and Other each drew 129` (all of them). Any other order is unclear.

use std::collections::BTreeMap;

use super::clauses::Sentence;
use super::scan::Kind;
use super::words;

/// A label, or a measure, at a position of the sentence; equal keys mean the same.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    pub(super) item: usize,
    pub(super) key: String,
}

/// What a number is said of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    /// No mark reaches it.
    Nothing,
    /// Each of these items.
    Items(Vec<usize>),
    /// Several could be meant.
    Unclear,
}

/// Assigns marks to numbers (given as items), group by group.
pub(super) fn assign(sentence: &Sentence, marks: &[Mark], numbers: &[usize]) -> BTreeMap<usize, Target> {
    let mut assigned = BTreeMap::new();
    for number in numbers {
        if assigned.contains_key(number) {
            continue;
        }
        let group = sentence.group_of(*number);
        let inside: Vec<usize> = numbers.iter().copied().filter(|item| group.contains(item)).collect();
        let near: Vec<Mark> = marks
            .iter()
            .filter(|mark| group.contains(&mark.item))
            .cloned()
            .collect();
        assigned.extend(if near.is_empty() {
            let target = above_list(sentence, marks, group.start);
            inside.into_iter().map(|item| (item, target.clone())).collect()
        } else {
            solve(sentence, &near, &inside)
        });
    }
    assigned
}

/// An item of a list takes the one label of the line above the list.
fn above_list(sentence: &Sentence, marks: &[Mark], start: usize) -> Target {
    let head: Vec<&Mark> = marks.iter().filter(|mark| sentence.group[mark.item] == 0).collect();
    match (sentence.kind(start), head.first()) {
        (Some(Kind::Mark('\n')), Some(first)) if head.iter().all(|mark| mark.key == first.key) => {
            Target::Items(vec![first.item])
        }
        _ => Target::Nothing,
    }
}

/// Tries the whole group, then its clauses, then their parts between commas.
fn solve(sentence: &Sentence, marks: &[Mark], numbers: &[usize]) -> BTreeMap<usize, Target> {
    if let Some(found) = shape(sentence, marks, numbers) {
        return found;
    }
    let mut assigned = BTreeMap::new();
    let mut clauses: Vec<usize> = numbers.iter().map(|number| sentence.clause[*number]).collect();
    clauses.dedup();
    for clause in clauses {
        let inside: Vec<usize> = numbers
            .iter()
            .copied()
            .filter(|item| sentence.clause[*item] == clause)
            .collect();
        let near: Vec<Mark> = marks
            .iter()
            .filter(|mark| sentence.clause[mark.item] == clause)
            .cloned()
            .collect();
        let found = if near.is_empty() {
            None
        } else {
            shape(sentence, &near, &inside)
        };
        assigned.extend(found.unwrap_or_else(|| by_parts(sentence, &near, &inside)));
    }
    assigned
}

/// The last try: each part between commas and "and" must have just one label.
fn by_parts(sentence: &Sentence, marks: &[Mark], numbers: &[usize]) -> BTreeMap<usize, Target> {
    let mut assigned = BTreeMap::new();
    for number in numbers {
        let from = sentence.clause_of(*number).start;
        // A part without a number ("On 18 May,") belongs to the next one.
        let mut start = from;
        for at in from..*number {
            if sentence.is_joint(at) && (start..at).any(|item| numbers.contains(&item)) {
                start = at;
            }
        }
        let mut end = sentence.clause_of(*number).end;
        for at in (*number + 1..end).rev() {
            if sentence.is_joint(at) {
                end = at;
            }
        }
        let near: Vec<&Mark> = marks.iter().filter(|mark| (start..end).contains(&mark.item)).collect();
        let target = match near.first() {
            Some(first) if near.iter().all(|mark| mark.key == first.key) => Target::Items(vec![first.item]),
            _ => Target::Unclear,
        };
        assigned.insert(*number, target);
    }
    assigned
}

enum Run {
    Marks(Vec<Mark>),
    Numbers(Vec<usize>),
}

fn runs(marks: &[Mark], numbers: &[usize]) -> Vec<Run> {
    let mut order: Vec<(usize, Option<&Mark>)> = marks.iter().map(|mark| (mark.item, Some(mark))).collect();
    order.extend(numbers.iter().map(|number| (*number, None)));
    order.sort_by_key(|(item, _)| *item);
    let mut runs: Vec<Run> = Vec::new();
    for (item, mark) in order {
        match (runs.last_mut(), mark) {
            (Some(Run::Marks(run)), Some(mark)) => run.push(mark.clone()),
            (Some(Run::Numbers(run)), None) => run.push(item),
            (_, Some(mark)) => runs.push(Run::Marks(vec![mark.clone()])),
            (_, None) => runs.push(Run::Numbers(vec![item])),
        }
    }
    runs
}

/// Assigns where marks and numbers alternate cleanly.
fn shape(sentence: &Sentence, marks: &[Mark], numbers: &[usize]) -> Option<BTreeMap<usize, Target>> {
    let first = marks.first()?;
    if marks.iter().all(|mark| mark.key == first.key) {
        let nearest = |number: usize| {
            marks
                .iter()
                .map(|mark| mark.item)
                .min_by_key(|item| item.abs_diff(number))
        };
        return Some(
            numbers
                .iter()
                .map(|number| (*number, Target::Items(nearest(*number).into_iter().collect())))
                .collect(),
        );
    }
    let runs = runs(marks, numbers);
    let labels_first = match (runs.first(), runs.last()) {
        (Some(Run::Marks(_)), Some(Run::Numbers(_))) => true,
        (Some(Run::Numbers(_)), Some(Run::Marks(_))) => false,
        _ => return None,
    };
    let mut assigned = BTreeMap::new();
    for (position, pair) in runs.chunks(2).enumerate() {
        let ([Run::Marks(marks), Run::Numbers(numbers)] | [Run::Numbers(numbers), Run::Marks(marks)]) = pair else {
            return None;
        };
        let other = if labels_first {
            runs.get(position * 2 + 2)
        } else {
            (position * 2).checked_sub(1).map(|at| &runs[at])
        };
        if is_torn(sentence, marks, numbers, other, labels_first) {
            return None;
        }
        assigned.extend(pair_up(sentence, marks, numbers));
    }
    Some(assigned)
}

/// True where a number stands closer to the label on its other side.
fn is_torn(sentence: &Sentence, marks: &[Mark], numbers: &[usize], other: Option<&Run>, labels_first: bool) -> bool {
    let Some(Run::Marks(other)) = other else { return false };
    let inner = |marks: &[Mark], last: bool| if last { marks.last() } else { marks.first() }.map(|mark| mark.item);
    let (own, near) = if labels_first {
        (numbers.first(), numbers.last())
    } else {
        (numbers.last(), numbers.first())
    };
    match (inner(marks, labels_first), inner(other, !labels_first), own, near) {
        (Some(mark), Some(other), Some(own), Some(near)) => sentence.parted(mark, *own) > sentence.parted(other, *near),
        _ => false,
    }
}

fn pair_up(sentence: &Sentence, marks: &[Mark], numbers: &[usize]) -> Vec<(usize, Target)> {
    let same = marks.iter().all(|mark| mark.key == marks[0].key);
    if same {
        return numbers
            .iter()
            .map(|number| (*number, Target::Items(vec![marks[0].item])))
            .collect();
    }
    let listed = marks
        .windows(2)
        .all(|pair| is_listed(sentence, pair[0].item, pair[1].item));
    if marks.len() == numbers.len() && listed {
        return numbers
            .iter()
            .zip(marks)
            .map(|(number, mark)| (*number, Target::Items(vec![mark.item])))
            .collect();
    }
    let [number] = numbers else {
        return numbers.iter().map(|number| (*number, Target::Unclear)).collect();
    };
    let last = &marks[marks.len() - 1];
    let target = if marks.len() == 2 && is_span(sentence, marks[0].item, last.item) && ends_change(sentence, *number) {
        vec![last.item]
    } else {
        marks.iter().map(|mark| mark.item).collect()
    };
    vec![(*number, Target::Items(target))]
}

/// True where nothing but "and", commas and small words stands between two marks.
fn is_listed(sentence: &Sentence, first: usize, second: usize) -> bool {
    // "22 May was lower than 21 May: 1,448 against 2,578"
    if (first + 1..second).any(|at| {
        matches!(
            sentence.word(at),
            "than" | "ahead" | "behind" | "twice" | "half" | "times"
        )
    }) {
        return true;
    }
    (first + 1..second).all(|at| match sentence.kind(at) {
        Some(Kind::Mark(mark)) => matches!(mark, ',' | '/' | '-' | '–' | '&'),
        Some(Kind::Word(word)) => {
            let small = "and or to the on in at of for than from with status page unique unlike versus vs against by";
            small.split(' ').any(|entry| entry == word)
        }
        Some(Kind::Label(_) | Kind::Date(_)) => true,
        _ => false,
    })
}

/// True where two items are the ends of a span: `from 17 to 24 May`, `17 May – 24 May`.
pub(super) fn is_span(sentence: &Sentence, first: usize, second: usize) -> bool {
    let before = (1..=3)
        .map(|back| sentence.word_before(first, back))
        .find(|word| matches!(*word, "from" | "between"));
    let words: Vec<&str> = (first + 1..second)
        .map(|at| sentence.word(at))
        .filter(|word| !matches!(*word, "the" | "on"))
        .collect();
    match (words.as_slice(), before) {
        (["to" | "until" | "till" | "through"], _) | (["and"], Some("between")) => true,
        ([""], _) => second == first + 2 && matches!(sentence.kind(first + 1), Some(Kind::Mark('-' | '–' | '—'))),
        _ => false,
    }
}

/// True for the number of `slipped to 2,578`.
fn ends_change(sentence: &Sentence, number: usize) -> bool {
    matches!(sentence.word_before(number, 1), "to" | "at")
        && (2..=4).any(|back| words::is_direction(sentence.word_before(number, back)))
}
