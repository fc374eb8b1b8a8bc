//! What a round does to its writer, and how the writer is told.

use std::path::PathBuf;

use hedgerow_lake::Stage;
use serde_json::{Value, json};

use super::random::Random;

/// What a file operation is; the faults count each kind by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Create,
    Write,
    Sync,
    Rename,
    SyncFolder,
    Remove,
}

const OPERATIONS: [Operation; 6] = [
    Operation::Create,
    Operation::Write,
    Operation::Sync,
    Operation::Rename,
    Operation::SyncFolder,
    Operation::Remove,
];

const STAGES: [Stage; 5] = [
    Stage::Log,
    Stage::Flush,
    Stage::Commit,
    Stage::Committed,
    Stage::Compaction,
];

/// What happens in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The process dies by itself in a stage.
    Dies(Stage),
    /// It is killed at any moment, its start included.
    Killed,
    /// The disk is full for a while, several times.
    DiskFull,
    /// Some operations of a kind fail.
    Fails(Operation),
    /// Another program locks the catalog for a while.
    Locked,
}

/// Twenty rounds, which come in any order.
const DECK: [(Kind, usize); 12] = [
    (Kind::Dies(Stage::Log), 3),
    (Kind::Dies(Stage::Flush), 3),
    (Kind::Dies(Stage::Commit), 3),
    (Kind::Dies(Stage::Compaction), 3),
    (Kind::Dies(Stage::Committed), 1),
    (Kind::Killed, 1),
    (Kind::DiskFull, 1),
    (Kind::Fails(Operation::Rename), 1),
    (Kind::Fails(Operation::Sync), 1),
    (Kind::Fails(Operation::Create), 1),
    (Kind::Fails(Operation::Write), 1),
    (Kind::Locked, 1),
];

/// The kinds of so many rounds.
pub(crate) fn kinds(rounds: usize, random: &mut Random) -> Vec<Kind> {
    let mut kinds = Vec::new();
    while kinds.len() < rounds {
        let mut deck: Vec<Kind> = DECK.iter().flat_map(|(kind, count)| vec![*kind; *count]).collect();
        random.shuffle(&mut deck);
        kinds.extend(deck);
    }
    kinds.truncate(rounds);
    kinds
}

/// The death of the process: at the operation with this number after the stage has begun so often, or
/// in a commit, which has no operations of ours, after so many microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Death {
    pub(crate) stage: Stage,
    pub(crate) begun: u64,
    pub(crate) operation: u64,
    pub(crate) microseconds: u64,
}

/// All that a writer must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The data folder.
    pub(crate) folder: PathBuf,
    /// The folder for what is noted beside it.
    pub(crate) side: PathBuf,
    pub(crate) seed: u64,
    /// The number of the first new event.
    pub(crate) first: u64,
    /// How long it writes, if it lives.
    pub(crate) milliseconds: u64,
    pub(crate) death: Option<Death>,
    /// Whether a crash loses what was not synced, as that of a machine does.
    pub(crate) loses_unsynced: bool,
    /// The disk is full after so many bytes, again and again; 0 for never.
    pub(crate) full_after: u64,
    /// Each of these operations with a number that this divides fails.
    pub(crate) fails: Option<(Operation, u64)>,
}

impl Plan {
    pub(crate) fn new(kind: Kind, folder: PathBuf, side: PathBuf, first: u64, random: &mut Random) -> Self {
        let mut death = |stage| Death {
            stage,
            begun: random.within(match stage {
                Stage::Log => 1..120,
                Stage::Compaction => 1..6,
                _ => 1..16,
            }),
            operation: random.within(match stage {
                Stage::Log | Stage::Committed => 0..3,
                _ => 0..24,
            }),
            microseconds: random.within(0..12_000),
        };
        let death = match kind {
            Kind::Dies(stage) => Some(death(stage)),
            _ => None,
        };
        Self {
            death,
            full_after: if kind == Kind::DiskFull {
                random.within(20_000..200_000)
            } else {
                0
            },
            fails: match kind {
                Kind::Fails(operation) => Some((operation, random.within(3..12))),
                _ => None,
            },
            loses_unsynced: !random.one_in(3),
            milliseconds: match kind {
                Kind::Dies(_) | Kind::Locked => 20_000,
                _ => random.within(200..900),
            },
            seed: random.next(),
            folder,
            side,
            first,
        }
    }

    /// As the writer gets it.
    pub(crate) fn to_text(&self) -> String {
        json!({
            "folder": self.folder,
            "side": self.side,
            "seed": self.seed,
            "first": self.first,
            "milliseconds": self.milliseconds,
            "death": self.death.map(|death| json!([
                STAGES.iter().position(|stage| *stage == death.stage),
                death.begun, death.operation, death.microseconds,
            ])),
            "loses_unsynced": self.loses_unsynced,
            "full_after": self.full_after,
            "fails": self.fails.map(|(failing, nth)| json!([
                OPERATIONS.iter().position(|operation| *operation == failing), nth,
            ])),
        })
        .to_string()
    }

    pub(crate) fn from_text(text: &str) -> Self {
        let json: Value = serde_json::from_str(text).unwrap();
        let number = |value: &Value| value.as_u64().unwrap();
        Self {
            folder: json["folder"].as_str().unwrap().into(),
            side: json["side"].as_str().unwrap().into(),
            seed: number(&json["seed"]),
            first: number(&json["first"]),
            milliseconds: number(&json["milliseconds"]),
            death: json["death"].as_array().map(|death| Death {
                stage: STAGES[number(&death[0]) as usize],
                begun: number(&death[1]),
                operation: number(&death[2]),
                microseconds: number(&death[3]),
            }),
            loses_unsynced: json["loses_unsynced"].as_bool().unwrap(),
            full_after: number(&json["full_after"]),
            fails: json["fails"]
                .as_array()
                .map(|fails| (OPERATIONS[number(&fails[0]) as usize], number(&fails[1]))),
        }
    }
}

#[test]
fn a_plan_is_the_same_after_its_text() {
    let mut random = Random::new(7);
    for kind in kinds(40, &mut random) {
        let plan = Plan::new(kind, "/a".into(), "/b".into(), 5, &mut random);
        assert_eq!(Plan::from_text(&plan.to_text()), plan);
    }
}
