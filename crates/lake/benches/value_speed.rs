//! How fast the value index is: `value_speed SEED [CHUNKS]`. Look-ups among a million values of one
//! property, with exit code 1 where their p99 is 5 ms or more; then the commits of imported chunks.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hedgerow_data_api::{Clock, EventBatch, EventSink, EventStore, Value};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_lake::{DataFolder, Files, Lake, Settings, Stage, SystemFiles, WriteFile};
use uuid::Uuid;

const VALUES: u64 = 1_000_000;
const LOOKUPS: usize = 2_000;
const BAR: Duration = Duration::from_millis(5);
const CHUNK: u64 = 250_000;
const PROPERTIES: u64 = 45;

/// The operating system's files, with the time that a commit takes beside them.
#[derive(Debug, Default)]
struct Timed(Mutex<Times>);

#[derive(Debug, Default)]
struct Times {
    synced: Option<Instant>,
    begun: Option<Instant>,
    counting: Duration,
    committing: Duration,
}

impl Timed {
    fn times(&self) -> std::sync::MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for Timed {
    fn create(&self, path: &Path) -> std::io::Result<Box<dyn WriteFile>> {
        SystemFiles.create(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        SystemFiles.rename(from, to)
    }
    fn remove(&self, path: &Path) -> std::io::Result<()> {
        SystemFiles.remove(path)
    }
    fn sync_folder(&self, path: &Path) -> std::io::Result<()> {
        SystemFiles.sync_folder(path)?;
        self.times().synced = Some(Instant::now());
        Ok(())
    }
    fn stage(&self, stage: Stage) {
        let mut times = self.times();
        match stage {
            Stage::Commit => {
                times.counting = times.synced.map(|at| at.elapsed()).unwrap_or_default();
                times.begun = Some(Instant::now());
            }
            Stage::Committed => times.committing = times.begun.map(|at| at.elapsed()).unwrap_or_default(),
            Stage::Log | Stage::Flush | Stage::Compaction => {}
        }
    }
}

/// Numbers in an order that a seed gives (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// One of the low ones more often.
    fn skewed(&mut self, bound: u64) -> u64 {
        let (one, other) = (self.below(bound), self.below(bound));
        one * other / bound.max(1)
    }
}

const WORDS: [&str; 24] = [
    "garden", "hedge", "Rose", "winter", "shears", "lawn", "green", "stone", "water", "paper", "light", "oak", "maple",
    "Summer", "bird", "feeder", "spade", "glove", "seed", "tulip", "fence", "gravel", "lantern", "bench",
];

/// The value of a number: a path with words, of which no two are the same.
fn value(number: u64) -> String {
    let mut mixed = Numbers(number);
    let mut word = || WORDS.get(mixed.below(24) as usize).copied().unwrap_or_default();
    let (shop, one, other) = (word(), word(), word());
    format!(
        "/{shop}/{one}-{other}/item-{:07}",
        number.wrapping_mul(2_654_435_761) % 10_000_000
    )
}

fn open(folder: &Path) -> Result<(Lake, Arc<Timed>)> {
    let files = Arc::new(Timed::default());
    let seam: Arc<dyn Files> = Arc::clone(&files) as Arc<dyn Files>;
    let owned = DataFolder::open(folder)?;
    // Merging files meanwhile would be measured as well.
    let settings = Settings {
        compact_files: usize::MAX,
        ..Settings::default()
    };
    Ok((Lake::with(owned, Clock::fixed(now()), seam, settings), files))
}

fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default()
}

fn begin(batch: &mut EventBatch, numbers: &mut Numbers) {
    let uuid = Uuid::from_u64_pair(numbers.next(), numbers.next());
    let time = 1_779_000_000_000_000 + numbers.below(86_400_000_000) as i64;
    let visitor = format!("visitor {}", numbers.below(1_000));
    batch.begin(uuid, "$pageview", time, &visitor, None);
}

async fn lookups(lake: &Lake, files: &Timed, seed: u64) -> Result<Duration> {
    let project: ProjectId = "values".parse().map_err(|error| Error::internal(format!("{error}")))?;
    lake.create_project(&project).await?;
    let mut numbers = Numbers(seed);
    let mut next = 0;
    while next < VALUES {
        let mut batch = EventBatch::default();
        for _ in 0..CHUNK / 5 * 4 {
            begin(&mut batch, &mut numbers);
            batch.set("path", Value::Text(&value(next)));
            next += 1;
        }
        for _ in 0..CHUNK / 5 {
            begin(&mut batch, &mut numbers);
            batch.set("path", Value::Text(&value(numbers.skewed(next))));
        }
        lake.append(&project, batch).await?;
        let times = files.times();
        say(&format!(
            "  commit {:.3} s, counting {:.3} s",
            times.committing.as_secs_f64(),
            times.counting.as_secs_f64()
        ))?;
    }
    let started = Instant::now();
    let top = lake.values(&project, "path", "", 10).await?;
    say(&format!(
        "first look-up, which reads all: {:.2} s; top {:?}",
        started.elapsed().as_secs_f64(),
        top.values.first()
    ))?;

    let kinds = [
        "exists", "exact", "top", "prefix", "part", "short", "absent", "misspelt",
    ];
    let mut times: Vec<(usize, Duration)> = Vec::new();
    let mut missed = 0;
    for at in 0..LOOKUPS {
        let kind = at % kinds.len();
        let wanted = value(numbers.below(VALUES));
        let characters: Vec<char> = wanted.chars().collect();
        let cut = |from: usize, length: usize| characters.iter().skip(from).take(length).collect::<String>();
        let from = numbers.below(characters.len() as u64 - 4) as usize;
        let search = match kind {
            2 => String::new(),
            3 => cut(0, 4 + numbers.below(16) as usize),
            4 => cut(from, 3 + numbers.below(9) as usize).to_uppercase(),
            5 => cut(from, 1 + numbers.below(2) as usize),
            6 => format!("{}~{}", cut(0, 8), numbers.below(1_000)),
            7 => {
                let mut typo = characters.clone();
                typo.swap(from + 1, from + 2);
                typo.push('x');
                typo.iter().skip(numbers.below(3) as usize).collect()
            }
            _ => wanted.clone(),
        };
        let started = Instant::now();
        if kind == 0 {
            let has = lake.has_value(&project, "path", &search).await?;
            times.push((kind, started.elapsed()));
            missed += usize::from(has != Some(true));
        } else {
            let list = lake.values(&project, "path", &search, 20).await?;
            times.push((kind, started.elapsed()));
            let found = list.values.iter().any(|found| found.value == wanted);
            missed += usize::from((kind == 1 && !found) || (kind == 7 && list.values.is_empty()));
        }
    }
    for (kind, name) in kinds.iter().enumerate() {
        let own = times.iter().filter(|(of, _)| *of == kind).map(|(_, time)| *time);
        say(&format!("  {name:9}{}", percentiles(own.collect()).0))?;
    }
    let (line, p99) = percentiles(times.iter().map(|(_, time)| *time).collect());
    say(&format!(
        "{LOOKUPS} look-ups: {line}; {missed} did not find what is there"
    ))?;
    Ok(p99)
}

fn percentiles(mut times: Vec<Duration>) -> (String, Duration) {
    times.sort_unstable();
    let at = |part: f64| {
        let place = (times.len() as f64 * part).ceil() as usize;
        times.get(place.saturating_sub(1)).copied().unwrap_or_default()
    };
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let mut line = String::new();
    let _ = write!(
        line,
        "p50 {:.2} ms, p99 {:.2} ms, slowest {:.2} ms",
        ms(at(0.5)),
        ms(at(0.99)),
        ms(at(1.0))
    );
    (line, at(0.99))
}

/// Chunks as an import brings them: most properties have few values, and in each a few are new in
/// nearly every event.
async fn chunks(lake: &Lake, files: &Timed, seed: u64, chunks: u64) -> Result<()> {
    let project: ProjectId = "chunks".parse().map_err(|error| Error::internal(format!("{error}")))?;
    lake.create_project(&project).await?;
    let mut numbers = Numbers(seed);
    let mut next = 0;
    let keys: Vec<String> = (0..PROPERTIES - 5).map(|key| format!("property {key}")).collect();
    let texts: Vec<String> = (0..1_000).map(|number| format!("some value {number}")).collect();
    for chunk in 1..=chunks {
        let mut batch = EventBatch::default();
        for _ in 0..CHUNK {
            begin(&mut batch, &mut numbers);
            next += u64::from(numbers.below(10) > 0);
            batch.set("url", Value::Text(&format!("https://www.example.org{}", value(next))));
            batch.set(
                "request_id",
                Value::Text(&Uuid::from_u64_pair(numbers.next(), numbers.next()).to_string()),
            );
            let term = format!(
                "{} {}",
                value(numbers.below(24 * 24)).get(1..6).unwrap_or_default(),
                numbers.below(1 << 22)
            );
            batch.set("search_term", Value::Text(&term));
            batch.set("order", Value::Integer(numbers.below(1 << 40) as i64));
            batch.set("seconds", Value::Double(numbers.below(1 << 30) as f64 / 1e6));
            for (at, key) in keys.iter().enumerate() {
                let few = [2, 5, 10, 40, 1_000].get(at % 5).copied().unwrap_or(2);
                let number = numbers.skewed(few);
                if at % 4 == 0 {
                    batch.set(key, Value::Integer(number as i64));
                } else {
                    batch.set(key, Value::Text(texts.get(number as usize).map_or("", String::as_str)));
                }
            }
        }
        let started = Instant::now();
        lake.append(&project, batch).await?;
        let (whole, times) = (started.elapsed(), files.times());
        let catalog = fs_err::metadata(lake.root().join("projects/chunks/catalog.sqlite"))?.len() >> 20;
        say(&format!(
            "  chunk {chunk}: {:.2} s, of it counting {:.3} s and the whole commit {:.3} s; catalog {catalog} MB",
            whole.as_secs_f64(),
            times.counting.as_secs_f64(),
            times.committing.as_secs_f64(),
        ))?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").map_err(Error::from)
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    // Cargo says itself that this is a bench.
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mut arguments = arguments.map(|argument| argument.parse::<u64>());
    let number = |argument: Option<std::result::Result<u64, _>>, default| match argument {
        Some(Err(_)) => Err(Error::invalid("say a seed, and how many chunks")),
        Some(Ok(number)) => Ok(number),
        None => Ok(default),
    };
    let seed = number(arguments.next(), 1)?;
    let most = number(arguments.next(), 8)?;
    let folder = tempfile::tempdir()?;
    let (lake, files) = open(folder.path())?;
    say(&format!("{VALUES} values of one property, seed {seed}"))?;
    let p99 = lookups(&lake, &files, seed).await?;
    say(&format!("{most} chunks of {CHUNK} events with {PROPERTIES} properties"))?;
    chunks(&lake, &files, seed, most).await?;
    if p99 < BAR {
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("missed: p99 below {} ms", BAR.as_millis()))?;
    Ok(ExitCode::FAILURE)
}
