//! The process that writes until it is killed. It tells on its standard output what it tries and what
//! was acknowledged.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hedgerow_data_api::{Clock, EventRecord, EventSink, EventStore};
use hedgerow_lake::{DataFolder, Lake, Settings};

use super::faulty::FaultyFiles;
use super::plan::Plan;
use super::random::Random;
use super::stream::{event, moved};
use crate::append::project;

/// The variable that holds the plan; without it the process is no writer.
pub(crate) const PLAN: &str = "HEDGEROW_CRASH_WRITER";

/// The name by which the test program runs this alone.
pub(crate) const NAME: &str = "crash::writer::a_writer_writes_until_it_is_killed";

/// Batches of so many events go straight to files.
pub(crate) const DIRECT_EVENTS: usize = 150;

struct Writer {
    lake: Lake,
    next: AtomicU64,
    ends: AtomicBool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_writer_writes_until_it_is_killed() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the process that starts the writer tells it this way"
    )]
    let Ok(plan) = std::env::var(PLAN) else {
        return;
    };
    write(Plan::from_text(&plan)).await;
}

/// Says a line. The test program writes to the same stream and leaves lines open.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(format!("\n{line}\n").as_bytes());
    let _ = out.flush();
}

async fn write(plan: Plan) {
    let settings = Settings {
        group_window: Duration::from_millis(1),
        flush_bytes: 64 << 10,
        flush_after: Duration::from_secs(2),
        most_bytes: 16 << 20,
        direct_events: DIRECT_EVENTS,
        compact_files: 3,
        snapshots_for: Duration::from_millis(100),
        ..Settings::default()
    };
    let files = Arc::new(FaultyFiles::new(&plan));
    let lake = Lake::with(
        DataFolder::open(&plan.folder).unwrap(),
        Clock::system(),
        files,
        settings,
    );
    // Some of the faults may hit the start.
    while let Err(error) = lake.create_project(&project()).await {
        say(&format!("err {}", error.chain()));
    }
    let writer = Arc::new(Writer {
        lake,
        next: AtomicU64::new(plan.first),
        ends: AtomicBool::new(false),
    });
    let mut tasks = Vec::new();
    for task in 0..5 {
        let random = Random::new(plan.seed ^ task);
        tasks.push(tokio::spawn(send(Arc::clone(&writer), random, task == 0)));
    }
    // Where the log is flushed seldom, more of what was acknowledged rests on it alone.
    let pause = if plan.death.is_none() && plan.seed.is_multiple_of(2) {
        400
    } else {
        40
    };
    let random = Random::new(plan.seed ^ 0x4ee9);
    tasks.push(tokio::spawn(keep(Arc::clone(&writer), random, pause)));
    tokio::time::sleep(Duration::from_millis(plan.milliseconds)).await;
    writer.ends.store(true, Ordering::Release);
    for task in tasks {
        task.await.unwrap();
    }
    let (view, taxonomy) = writer.lake.snapshot(&project()).await.unwrap();
    let counted: u64 = taxonomy.events.iter().map(|event| event.count).sum();
    say(&format!("end {} {counted}", view.rows()));
}

/// Sends batches until the end: new events, and some that were sent before.
async fn send(writer: Arc<Writer>, mut random: Random, direct: bool) {
    while !writer.ends.load(Ordering::Acquire) {
        let (wait, count) = if direct {
            (
                random.within(30..160),
                random.within(DIRECT_EVENTS as u64..2 * DIRECT_EVENTS as u64),
            )
        } else {
            (random.within(1..12), random.within(1..20))
        };
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let first = writer.next.fetch_add(count, Ordering::AcqRel);
        let mut numbers: Vec<u64> = (first..first + count).collect();
        let mut events: Vec<EventRecord> = numbers.iter().map(|number| event(*number)).collect();
        if random.one_in(3) {
            for _ in 0..random.within(1..count + 1) {
                // Mostly those just sent, which may be on their way still.
                let oldest = if random.one_in(3) { 0 } else { first.saturating_sub(300) };
                let again = random.within(oldest..first + 1);
                numbers.push(again);
                events.push(if random.one_in(4) { moved(again) } else { event(again) });
            }
        }
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let numbers = numbers.join(",");
        say(&format!("try {numbers}"));
        // A client that gets an error sends the same again, or gives up.
        for _ in 0..random.within(1..4) {
            match writer.lake.append(&project(), events.clone().into()).await {
                Ok(_) => {
                    say(&format!("ack {numbers}"));
                    break;
                }
                Err(error) => say(&format!("err {}", error.chain())),
            }
        }
    }
}

/// Flushes, merges and forgets all the time.
async fn keep(writer: Arc<Writer>, mut random: Random, pause: u64) {
    while !writer.ends.load(Ordering::Acquire) {
        tokio::time::sleep(Duration::from_millis(random.within(2..pause))).await;
        let done = match random.within(0..10) {
            0..5 => writer.lake.flush(&project()).await.map(drop),
            5..8 => writer.lake.compact(&project()).await.map(drop),
            _ => writer.lake.expire(&project()).await.map(drop),
        };
        if let Err(error) = done {
            say(&format!("err {}", error.chain()));
        }
    }
}
