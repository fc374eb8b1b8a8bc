//! The crash harness: a process writes to a lake and dies, or its files fail, and what it was told is
//! compared with what is there afterwards. Some rounds go on in the same folder.
//!
//! `cargo xtask crash --rounds N --seed N` runs it at length.

pub(crate) mod check;
mod faulty;
mod plan;
mod power;
mod random;
pub(crate) mod stream;
mod writer;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fs_err as fs;
use hedgerow_lake::Stage;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};

use self::check::{Sent, check};
use self::plan::{Kind, Operation, Plan, kinds};
use self::random::Random;
use crate::append::project;

/// Rounds in one folder.
const ROUNDS_A_FOLDER: usize = 8;

/// How long a round may take until the writer is taken to hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a writer has said so far.
#[derive(Debug, Default)]
struct Said {
    tried: Vec<u64>,
    acknowledged: Vec<u64>,
    acknowledgements: u64,
    errors: Vec<String>,
    end: Option<String>,
}

/// How rounds went, by name.
type Table = BTreeMap<String, u64>;

struct Running {
    child: Child,
    said: Arc<Mutex<Said>>,
    reader: std::thread::JoinHandle<()>,
}

impl Running {
    #[expect(
        clippy::disallowed_methods,
        reason = "the writer is killed, which takes a process of its own"
    )]
    fn start(plan: &Plan) -> Self {
        let errors = fs::File::create(plan.side.join("errors")).unwrap().into_file();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([writer::NAME, "--exact", "--nocapture", "--test-threads=1"])
            .env(writer::PLAN, plan.to_text())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(Said::default()));
        let out = BufReader::new(child.stdout.take().unwrap());
        let reader = std::thread::spawn({
            let said = Arc::clone(&said);
            move || {
                for line in out.lines() {
                    said.lock().unwrap_or_else(PoisonError::into_inner).hear(&line.unwrap());
                }
            }
        });
        Self { child, said, reader }
    }

    fn acknowledgements(&self) -> u64 {
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .acknowledgements
    }

    /// Waits until so many appends were acknowledged. Says whether they were.
    async fn hears(&mut self, acknowledgements: u64) -> bool {
        let start = Instant::now();
        while self.acknowledgements() < acknowledgements {
            if start.elapsed() > PATIENCE || self.child.try_wait().unwrap().is_some() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        true
    }

    /// Waits for the process to end by itself. Says whether it did.
    async fn ends(&mut self) -> bool {
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            if start.elapsed() > PATIENCE {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        true
    }

    /// Kills the process where it lives still, and returns what it said.
    fn stop(mut self) -> Said {
        let _ = self.child.kill();
        self.child.wait().unwrap();
        self.reader.join().unwrap();
        std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Said {
    fn hear(&mut self, line: &str) {
        let Some((word, what)) = line.split_once(' ') else {
            return;
        };
        // A line may be cut short where the process died.
        let numbers = || what.split(',').filter_map(|number| number.parse::<u64>().ok());
        match word {
            "try" => self.tried.extend(numbers()),
            "ack" => {
                self.acknowledged.extend(numbers());
                self.acknowledgements += 1;
            }
            "err" => self.errors.push(what.to_owned()),
            "end" => self.end = Some(what.to_owned()),
            _ => {}
        }
    }
}

/// Reads a number that the crash task sets.
#[expect(
    clippy::disallowed_methods,
    reason = "the rounds and the seed are chosen from outside"
)]
fn set(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_that_were_acknowledged_outlive_crashes() {
    let usual = if set("HEDGEROW_FULL") == Some(1) { 200 } else { 20 };
    let rounds = set("HEDGEROW_CRASH_ROUNDS").unwrap_or(usual) as usize;
    let seed = set("HEDGEROW_CRASH_SEED").unwrap_or(8);
    let mut random = Random::new(seed);
    let mut table = Table::new();
    let mut folder = tempfile::tempdir().unwrap();
    let mut sent = Sent::default();
    let (mut lost, mut doubled, mut events) = (0, 0, 0);
    for (round, kind) in kinds(rounds, &mut random).into_iter().enumerate() {
        if round % ROUNDS_A_FOLDER == 0 {
            folder = tempfile::tempdir().unwrap();
            sent = Sent::default();
        }
        let side = folder.path().join(format!("side {round}"));
        fs::create_dir(&side).unwrap();
        let first = sent.tried.iter().max().map_or(0, |last| last + 1);
        let plan = Plan::new(kind, folder.path().join("data"), side, first, &mut random);
        let said = run(kind, &plan, &mut random, &mut table).await;
        sent.tried.extend(&said.tried);
        sent.acknowledged.extend(&said.acknowledged);
        // Where it is left as it is, the next writer starts from it.
        let tidies = round % ROUNDS_A_FOLDER == ROUNDS_A_FOLDER - 1 || round + 1 == rounds || !random.one_in(2);
        let mut wrong = check(&plan.folder, &mut sent, tidies).await;
        if let Some((rows, counted)) = said.end.as_deref().and_then(|end| end.split_once(' '))
            && rows != counted
        {
            wrong
                .others
                .push(format!("the writer saw {rows} rows and {counted} in the taxonomy"));
        }
        lost += wrong.lost;
        doubled += wrong.doubled;
        if !wrong.is_nothing() {
            let kept = folder.keep();
            report(&table, rounds);
            tell(&format!("lost {lost}, doubled {doubled}"));
            panic!(
                "round {round} of seed {seed}, {kind:?}, in {}: {wrong:#?}\n{plan:?}\n{:?}",
                kept.display(),
                said.errors
            );
        }
        if round % ROUNDS_A_FOLDER == ROUNDS_A_FOLDER - 1 || round + 1 == rounds {
            events += sent.acknowledged.len() as u64;
        }
    }
    report(&table, rounds);
    tell(&format!(
        "{rounds} rounds with seed {seed}, {events} events found\nlost {lost}, doubled {doubled}"
    ));
    if rounds >= 200 {
        assert_covered(&table);
    }
}

/// One round, up to the end of the writer and what goes with it.
async fn run(kind: Kind, plan: &Plan, random: &mut Random, table: &mut Table) -> Said {
    let mut running = Running::start(plan);
    let mut count = |name: String| *table.entry(name).or_default() += 1;
    let mut died = true;
    match kind {
        Kind::Dies(stage) => {
            running.ends().await;
            match fs::read_to_string(faulty::died(&plan.side)) {
                Ok(found) => {
                    assert_eq!(found, format!("{stage:?}"));
                    count(format!("died in {found}"));
                }
                Err(_) => count(format!("killed, {stage:?} not reached")),
            }
        }
        Kind::Killed => {
            tokio::time::sleep(Duration::from_millis(random.within(30..900))).await;
            count("killed at a random moment".to_owned());
        }
        Kind::DiskFull | Kind::Fails(_) if random.one_in(2) => {
            running.hears(1).await;
            tokio::time::sleep(Duration::from_millis(random.within(50..plan.milliseconds))).await;
        }
        Kind::DiskFull | Kind::Fails(_) => {
            assert!(running.ends().await, "the writer does not end");
            died = false;
        }
        Kind::Locked => {
            assert!(running.hears(20).await, "no append is acknowledged");
            locked(&mut running, plan).await;
            count("catalog locked".to_owned());
        }
    }
    let said = running.stop();
    let hit = |what: &str| said.errors.iter().any(|error| error.contains(what));
    match kind {
        Kind::DiskFull if hit("no storage space") || hit("No space left") => count("disk full".to_owned()),
        Kind::Fails(operation) if hit("made to fail") => count(format!("failed {operation:?}")),
        Kind::DiskFull | Kind::Fails(_) => count(format!("{kind:?} without an error")),
        _ => {}
    }
    if !died && said.end.is_none() {
        let errors = fs::read_to_string(plan.side.join("errors")).unwrap_or_default();
        panic!("the writer ended early: {errors}");
    }
    if died && plan.loses_unsynced {
        let undone = power::undo(&plan.side, random);
        count("unsynced writes dropped".to_owned());
        *table.entry("unsynced names undone".to_owned()).or_default() += undone;
    }
    *table.entry("appends acknowledged".to_owned()).or_default() += said.acknowledgements;
    *table.entry("errors told".to_owned()).or_default() += said.errors.len() as u64;
    said
}

/// Locks the catalog as another program may, until some more appends are acknowledged.
async fn locked(running: &mut Running, plan: &Plan) {
    let catalog = plan
        .folder
        .join("projects")
        .join(project().as_str())
        .join("catalog.sqlite");
    let mut guest = SqliteConnectOptions::new()
        .filename(catalog)
        .busy_timeout(PATIENCE)
        .connect()
        .await
        .unwrap();
    guest.execute("BEGIN EXCLUSIVE").await.unwrap();
    // What was underway may still be told.
    tokio::time::sleep(Duration::from_millis(30)).await;
    let before = running.acknowledgements();
    assert!(running.hears(before + 30).await, "small appends wait for the catalog");
    guest.execute("ROLLBACK").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Says something past the test program, which keeps what tests that pass print.
fn tell(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = writeln!(out, "{text}");
}

fn report(table: &Table, rounds: usize) {
    let lines: Vec<String> = table
        .iter()
        .map(|(name, count)| format!("{name:<40} {count:>8}"))
        .collect();
    tell(&format!("{rounds} rounds\n{}", lines.join("\n")));
}

fn assert_covered(table: &Table) {
    let count = |name: String| table.get(&name).copied().unwrap_or_default();
    for stage in [Stage::Log, Stage::Flush, Stage::Commit, Stage::Compaction] {
        let died = count(format!("died in {stage:?}"));
        assert!(died >= 20, "{died} deaths in {stage:?}");
    }
    let failed = [Operation::Rename, Operation::Sync, Operation::Create, Operation::Write]
        .map(|operation| format!("failed {operation:?}"));
    let others = ["unsynced writes dropped", "disk full", "catalog locked"].map(str::to_owned);
    for name in failed.into_iter().chain(others) {
        let rounds = count(name.clone());
        assert!(rounds >= 5, "{rounds} rounds of {name}");
    }
}
