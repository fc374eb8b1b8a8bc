//! The reach of what was launched, week by week: who was active, who used it, who did so for the first time.
//!
//! It needs to know of each person whether an earlier week had them, so it goes through the weeks in order and
//! keeps one flag for everybody it has met.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use schemars::JsonSchema;
use serde::Serialize;

/// The weeks that begin from the day of a launch until now, the first ones if there are more than `most`. A week
/// begins on the launch's day of the week, so that the first one is whole.
#[must_use]
pub fn weeks_since(launched_on: NaiveDate, today: NaiveDate, most: u32) -> Vec<NaiveDate> {
    let starts = std::iter::successors(Some(launched_on), |week| week.checked_add_days(Days::new(7)));
    starts.take_while(|week| *week <= today).take(most as usize).collect()
}

/// One week.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReachWeek {
    /// The day it begins on, UTC.
    #[schemars(with = "String")]
    pub week: NaiveDate,
    /// People with any event in the week.
    pub active_people: u64,
    /// Those of them who used it.
    pub users: u64,
    /// The users' share of the active people, in hundredths; absent where nobody was active.
    pub share: Option<f64>,
    /// Users who had not used it in an earlier week since the launch.
    pub first_time_users: u64,
    /// The share of all people who were active since the launch that have used it by the end of the week, in
    /// hundredths; absent where nobody was active.
    pub reach: Option<f64>,
}

/// Takes people week by week.
#[derive(Debug, Default)]
pub struct Reach {
    /// Everybody who was active since the launch, and whether they have used it.
    people: HashMap<i64, bool>,
    /// How many of them have.
    reached: u64,
    weeks: Vec<ReachWeek>,
}

impl Reach {
    /// Takes the next week: the keys of those who were active in it, each once, and whether they used it.
    pub fn add_week(&mut self, week: NaiveDate, people: impl IntoIterator<Item = (i64, bool)>) {
        let (mut active_people, mut users, mut first_time_users) = (0, 0, 0);
        for (key, used) in people {
            let has_used = self.people.entry(key).or_insert(false);
            active_people += 1;
            users += u64::from(used);
            first_time_users += u64::from(used && !*has_used);
            *has_used |= used;
        }
        self.reached += first_time_users;
        self.weeks.push(ReachWeek {
            week,
            active_people,
            users,
            share: percent(users, active_people),
            first_time_users,
            reach: percent(self.reached, self.people.len() as u64),
        });
    }

    /// How many people were met.
    #[must_use]
    pub fn people(&self) -> usize {
        self.people.len()
    }

    /// The weeks.
    #[must_use]
    pub fn into_weeks(self) -> Vec<ReachWeek> {
        self.weeks
    }
}

/// A share in hundredths with two digits: an answer that cites it shows all that it has.
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 * 10_000.0 / whole as f64).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weeks_begin_on_the_day_of_the_launch_and_end_with_today() {
        let cases: [(&str, u32, &[&str]); 5] = [
            ("2026-05-17", 12, &[]),
            ("2026-05-18", 12, &["2026-05-18"]),
            ("2026-05-24", 12, &["2026-05-18"]),
            ("2026-06-01", 12, &["2026-05-18", "2026-05-25", "2026-06-01"]),
            ("2026-06-30", 2, &["2026-05-18", "2026-05-25"]),
        ];
        for (today, most, expected) in cases {
            let expected: Vec<NaiveDate> = expected.iter().map(|text| day(text)).collect();
            assert_eq!(weeks_since(day("2026-05-18"), day(today), most), expected, "{today}");
        }
    }

    #[test]
    fn a_user_is_new_once_and_counts_for_the_reach_from_then_on() {
        let mut reach = Reach::default();
        reach.add_week(day("2026-05-18"), [(1, true), (2, false), (3, false), (4, false)]);
        reach.add_week(day("2026-05-25"), [(1, true), (2, true), (5, false)]);
        reach.add_week(day("2026-06-01"), []);
        reach.add_week(day("2026-06-08"), [(6, true), (2, false), (7, false), (8, false)]);
        assert_eq!(reach.people(), 8);
        let weeks = reach.into_weeks();
        let counts: Vec<_> = weeks
            .iter()
            .map(|week| (week.active_people, week.users, week.first_time_users))
            .collect();
        assert_eq!(counts, [(4, 1, 1), (3, 2, 1), (0, 0, 0), (4, 1, 1)]);
        let shares: Vec<_> = weeks.iter().map(|week| week.share).collect();
        assert_eq!(shares, [Some(25.0), Some(66.67), None, Some(25.0)]);
        let reached: Vec<_> = weeks.iter().map(|week| week.reach).collect();
        assert_eq!(reached, [Some(25.0), Some(40.0), Some(40.0), Some(37.5)]);
    }
}
