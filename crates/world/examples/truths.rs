//! Makes a world and writes its truths as JSON: `cargo run --release --example truths -- SEED EVENTS`.

use std::io::Write;
use std::time::Instant;

use hedgerow_world::World;

fn main() -> std::io::Result<()> {
    let mut numbers = std::env::args().skip(1).map_while(|argument| argument.parse().ok());
    let (seed, events) = (numbers.next().unwrap_or(7), numbers.next().unwrap_or(300_000));
    let start = Instant::now();
    let truths = World::truths_of(seed, events);
    let seconds = start.elapsed().as_secs_f64();
    serde_json::to_writer_pretty(std::io::stdout().lock(), &truths)?;
    writeln!(
        std::io::stderr(),
        "\n{:.0} events a second",
        truths.yielded as f64 / seconds
    )
}
