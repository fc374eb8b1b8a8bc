//! Writes a world as files that importers read: `world.jsonl` in the form of PostHog's exports, and
//! `world.csv` with the properties as JSON; both in one random order, with one event in a hundred
//! repeated on top of the world's own repeats.
//!
//! `cargo run --release -p hedgerow-world --example files -- SEED EVENTS FOLDER`

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use fs_err::{self as fs, File};
use hedgerow_world::{World, WorldEvent, WorldValue};
use serde_json::Value;

/// Events are dealt to so many heaps; each is shuffled in memory.
const HEAPS: usize = 64;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seed, events, folder] = arguments.as_slice() else {
        return Err(io::Error::other("SEED EVENTS FOLDER"));
    };
    let number = |text: &str| text.parse::<u64>().map_err(io::Error::other);
    let (seed, events, folder) = (number(seed)?, number(events)?, Path::new(folder));
    fs::create_dir_all(folder)?;
    let mut random = Random(seed | 1);
    let mut heaps = Vec::new();
    for n in 0..HEAPS {
        heaps.push(BufWriter::new(File::create(folder.join(format!("heap-{n}")))?));
    }
    let mut world = World::new(seed, events);
    for event in world.by_ref() {
        let line = properties(&event);
        for _ in 0..1 + usize::from(random.below(100) == 0) {
            let heap = random.below(HEAPS as u64) as usize;
            let head = format!(
                "{}\t{}\t{}\t{}\t{}\t",
                event.uuid,
                event.event,
                time(event.timestamp),
                event.distinct_id,
                event.session_id.map(|session| session.to_string()).unwrap_or_default()
            );
            if let Some(heap) = heaps.get_mut(heap) {
                writeln!(heap, "{head}{line}")?;
            }
        }
    }
    drop(heaps);
    let mut jsonl = BufWriter::new(File::create(folder.join("world.jsonl"))?);
    let mut csv = BufWriter::new(File::create(folder.join("world.csv"))?);
    writeln!(csv, "uuid,event,timestamp,distinct_id,$session_id,properties")?;
    for n in 0..HEAPS {
        let path = folder.join(format!("heap-{n}"));
        let mut lines = BufReader::new(File::open(&path)?)
            .lines()
            .collect::<io::Result<Vec<_>>>()?;
        for at in (1..lines.len()).rev() {
            lines.swap(at, random.below(at as u64 + 1) as usize);
        }
        for line in lines {
            let fields: Vec<&str> = line.splitn(6, '\t').collect();
            let [uuid, event, time, distinct_id, session, properties] = fields[..] else {
                return Err(io::Error::other("a heap has a line of another form"));
            };
            writeln!(
                csv,
                "{uuid},{event},{time},{distinct_id},{session},\"{}\"",
                properties.replace('"', "\"\"")
            )?;
            let session = if session.is_empty() {
                String::new()
            } else {
                format!(",\"$session_id\":\"{session}\"")
            };
            let inside = properties.strip_suffix('}').unwrap_or(properties);
            writeln!(
                jsonl,
                "{{\"uuid\":\"{uuid}\",\"event\":\"{event}\",\"distinct_id\":\"{distinct_id}\",\"timestamp\":\"{time}\",\"properties\":{inside}{session}}}}}"
            )?;
        }
        fs::remove_file(path)?;
    }
    csv.flush()?;
    jsonl.flush()?;
    if let Some(truths) = world.truths() {
        fs::write(folder.join("truths.json"), serde_json::to_string_pretty(truths)?)?;
    }
    Ok(())
}

fn properties(event: &WorldEvent) -> String {
    let mut object = String::from("{");
    for (n, (key, value)) in event.properties.iter().enumerate() {
        let value = match value {
            WorldValue::Text(text) => Value::from(&**text).to_string(),
            WorldValue::Integer(number) => number.to_string(),
            WorldValue::Double(number) => Value::from(*number).to_string(),
            WorldValue::Boolean(truth) => truth.to_string(),
            WorldValue::Json(json) => json.to_string(),
        };
        let comma = if n > 0 { "," } else { "" };
        object.push_str(&format!("{comma}{}:{value}", Value::from(*key)));
    }
    object.push('}');
    object
}

fn time(us: i64) -> String {
    let time = chrono::DateTime::from_timestamp_micros(us).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// Marsaglia's xorshift: enough to deal and to shuffle.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}
