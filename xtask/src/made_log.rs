//! A made access log: the same seed writes the same bytes, so that measurements repeat.
//!
//! Visitors come and go, each with one of eight browsers; pages follow Zipf's law; a day has a
//! busy and a quiet half. Lines are in the order of time, as a server writes them.

#[cfg(test)]
mod tests;

use std::f64::consts::TAU;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Result;

use crate::shell::target;

const SEED: u64 = 20_150_517;
const PAGES: f64 = 2_000.0;
const DAY_SECONDS: f64 = 86_400.0;
/// The first day: 1 April 2026. Up to 30 days stay within the month.
const MONTH: &str = "Apr/2026";
/// How long a visitor waits between two requests, on average.
const PAUSE_SECONDS: f64 = 90.0;
/// The chance that a request is a visit's last.
const LEAVE: f64 = 0.12;

/// Browsers with their shares in hundredths.
const AGENTS: [(u64, &str); 8] = [
    (
        38,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
    ),
    (
        17,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
    ),
    (
        14,
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36",
    ),
    (
        11,
        "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
    ),
    (
        9,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
    ),
    (
        6,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0",
    ),
    (
        3,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 OPR/109.0.0.0",
    ),
    (
        2,
        "Mozilla/5.0 (Linux; Android 13; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36",
    ),
];

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Size {
    /// After so many lines.
    Lines(u64),
    /// After at least so many bytes.
    Bytes(u64),
}

/// A written log.
pub(crate) struct MadeLog {
    pub(crate) path: PathBuf,
    pub(crate) lines: u64,
}

/// Writes the log into the target folder.
pub(crate) fn write(size: Size, days: u32) -> Result<MadeLog> {
    let path = target().join(match size {
        Size::Lines(lines) => format!("made-{lines}-lines.log"),
        Size::Bytes(bytes) => format!("made-{bytes}-bytes.log"),
    });
    fs_err::create_dir_all(target())?;
    let mut out = BufWriter::with_capacity(1 << 20, fs_err::File::create(&path)?);
    let (lines, bytes) = write_to(&mut out, size, days)?;
    out.flush()?;
    println!(
        "made log: {lines} lines, {bytes} bytes, {days} days, 8 browsers: {}",
        path.display()
    );
    Ok(MadeLog { path, lines })
}

/// Writes the lines and returns how many lines and bytes they are.
fn write_to(out: &mut impl Write, size: Size, days: u32) -> Result<(u64, u64)> {
    let mut dice = Dice(SEED);
    // Bytes a line, roughly; decides how many visitors are there at once.
    let expected = match size {
        Size::Lines(lines) => lines,
        Size::Bytes(bytes) => bytes / 220,
    } as f64;
    let span = f64::from(days) * DAY_SECONDS;
    let at_once = (expected / span * PAUSE_SECONDS).ceil() as usize;
    let population = (expected / 12.0).ceil() as u64;
    let mut visits: Vec<Visit> = Vec::new();
    let (mut lines, mut bytes) = (0_u64, 0_u64);
    let mut line = Vec::with_capacity(512);
    loop {
        let done = match size {
            Size::Lines(total) => lines as f64 / total as f64,
            Size::Bytes(total) => bytes as f64 / total as f64,
        };
        if done >= 1.0 {
            return Ok((lines, bytes));
        }
        if visits.len() < at_once {
            visits.push(Visit {
                visitor: dice.below(population),
                page: None,
            });
        }
        let at = dice.below(visits.len() as u64) as usize;
        line.clear();
        visits[at].request(&mut line, second(done, days), &mut dice)?;
        out.write_all(&line)?;
        lines += 1;
        bytes += line.len() as u64;
        if dice.unit() < LEAVE {
            visits.swap_remove(at);
        }
    }
}

/// The second since the start at a share of all lines: fewer at night, never backwards.
fn second(done: f64, days: u32) -> u64 {
    let day = done * f64::from(days);
    ((day + 0.7 * (TAU * day).sin() / TAU) * DAY_SECONDS) as u64
}

/// A visitor who is there.
struct Visit {
    visitor: u64,
    /// The page seen last, whose assets follow.
    page: Option<u64>,
}

impl Visit {
    fn request(&mut self, line: &mut Vec<u8>, second: u64, dice: &mut Dice) -> Result<()> {
        let (day, rest) = (second / 86_400 + 1, second % 86_400);
        let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
        let [a, b, c] = [16, 8, 0].map(|shift| self.visitor >> shift & 0xff);
        write!(
            line,
            "10.{a}.{b}.{c} - - [{day:02}/{MONTH}:{hour:02}:{minute:02}:{second:02} +0000] \""
        )?;
        let referrer = self.page.map(page_path);
        let kind = dice.below(100);
        let page = match self.page {
            Some(page) if kind < 30 => page,
            _ => dice.zipf(),
        };
        match kind {
            0..12 => write!(line, "GET /static/{}.css", page % 40)?,
            12..24 => write!(line, "GET /static/{}.js?v=3", page % 60)?,
            24..30 => write!(line, "GET /images/{page}.png")?,
            30..32 => write!(line, "GET /feed/")?,
            32..35 => write!(line, "POST /api/comments")?,
            _ => {
                write!(line, "GET {}", page_path(page))?;
                self.page = Some(page);
            }
        }
        let status = match dice.below(200) {
            0..180 => 200,
            180..190 => 304,
            190..193 => 301,
            193..199 => 404,
            _ => 500,
        };
        let size = if status == 304 {
            0
        } else {
            200 + (dice.unit() * dice.unit() * 60_000.0) as u64
        };
        write!(line, " HTTP/1.1\" {status} {size} \"")?;
        match referrer {
            Some(path) => write!(line, "https://www.example.com{path}")?,
            None if kind.is_multiple_of(3) => write!(line, "https://search.example.net/")?,
            None => write!(line, "-")?,
        }
        writeln!(line, "\" \"{}\"", agent(self.visitor))?;
        Ok(())
    }
}

fn page_path(page: u64) -> String {
    match page {
        0 => "/".to_owned(),
        _ => format!("/{}/{page}", ["blog", "docs", "shop", "news"][(page % 4) as usize]),
    }
}

/// A visitor's browser, always the same.
fn agent(visitor: u64) -> &'static str {
    let mut share = Dice(visitor).below(100);
    for (weight, agent) in AGENTS {
        if share < weight {
            return agent;
        }
        share -= weight;
    }
    AGENTS[0].1
}

/// Random numbers that repeat: SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to below `end`.
    fn below(&mut self, end: u64) -> u64 {
        (self.unit() * end as f64) as u64
    }

    /// A page from 0 on, where page n is asked for about n times less often than the first.
    fn zipf(&mut self) -> u64 {
        (PAGES.powf(self.unit()) - 1.0) as u64
    }
}
