//! Which cells a person is in, rule by rule.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BinaryArray, UInt32Array};

use super::{Persons, Rule};

/// A set of places as plans have it.
fn set(places: &[usize]) -> Vec<u8> {
    let mut bytes = vec![0_u8; 8];
    for place in places {
        bytes[place / 8] |= 1 << (place % 8);
    }
    bytes
}

fn sets(persons: &[&[usize]]) -> ArrayRef {
    let sets: Vec<Vec<u8>> = persons.iter().map(|places| set(places)).collect();
    Arc::new(BinaryArray::from_iter_values(&sets))
}

fn cells(rule: &Rule, columns: &[ArrayRef], row: usize) -> Vec<usize> {
    let persons = Persons::new(rule, columns).unwrap();
    let mut cells = Vec::new();
    rule.each_cell(&persons, row, |cell| cells.push(cell));
    assert!(cells.iter().all(|cell| *cell < rule.cells()));
    cells
}

#[test]
fn stickiness_counts_a_person_at_its_number_of_intervals() {
    let columns = [sets(&[&[0, 3, 4], &[]])];
    let rule = |at_least| Rule::Stickiness { intervals: 5, at_least };
    assert_eq!(cells(&rule(false), &columns, 0), [2]);
    assert_eq!(cells(&rule(true), &columns, 0), [0, 1, 2]);
    assert!(cells(&rule(true), &columns, 1).is_empty());
}

#[test]
fn a_lifecycle_gives_each_interval_a_status_of_a_person() {
    // Place 0 is the interval before the range.
    let columns: [ArrayRef; 2] = [
        sets(&[&[0, 1, 3], &[2, 3], &[0]]),
        Arc::new(UInt32Array::from(vec![None, Some(2), Some(0)])),
    ];
    let rule = Rule::Lifecycle { intervals: 4 };
    let (new, returning, resurrecting, dormant) = (0, 1, 2, 3);
    assert_eq!(
        cells(&rule, &columns, 0),
        [returning, 4 + dormant, 8 + resurrecting, 12 + dormant]
    );
    assert_eq!(cells(&rule, &columns, 1), [4 + new, 8 + returning, 12 + dormant]);
    assert_eq!(cells(&rule, &columns, 2), [dormant]);
}

#[test]
fn retention_counts_a_person_where_it_began_and_came_back() {
    let rule = |cumulative, once| Rule::Retention {
        rows: 3,
        brackets: vec![(1, 1), (2, 4)],
        cumulative,
        once,
    };
    let columns = [sets(&[&[0, 2], &[5], &[]]), sets(&[&[2, 6], &[6], &[1]])];
    // Row 0: back at 2, so in the second bracket; row 2: back at 2 + 4.
    assert_eq!(cells(&rule(false, false), &columns, 0), [0, 2, 6, 8]);
    assert_eq!(cells(&rule(true, false), &columns, 0), [0, 1, 2, 6, 7, 8]);
    // Who begins after the last row is in none.
    assert!(cells(&rule(false, false), &columns, 1).is_empty());
    assert!(cells(&rule(false, false), &columns, 2).is_empty());
    let begun: ArrayRef = Arc::new(UInt32Array::from(vec![Some(1), None, Some(2)]));
    let columns = [begun, columns[1].clone()];
    assert_eq!(cells(&rule(false, true), &columns, 0), [3, 4]);
    assert!(cells(&rule(false, true), &columns, 1).is_empty());
    assert_eq!(cells(&rule(false, true), &columns, 2), [6]);
}

#[test]
fn a_rule_refuses_columns_that_it_does_not_take() {
    let rule = Rule::Lifecycle { intervals: 4 };
    assert!(Persons::new(&rule, &[sets(&[&[1]])]).is_err());
    assert!(Persons::new(&rule, &[]).is_err());
}

#[test]
fn a_heatmap_counts_a_person_once_in_each_total() {
    let columns = [sets(&[&[0, 1, 24], &[]])];
    assert_eq!(cells(&Rule::Heatmap, &columns, 0), [0, 1, 24, 168, 169, 175, 176, 199]);
    assert!(cells(&Rule::Heatmap, &columns, 1).is_empty());
}
