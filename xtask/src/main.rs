//! Development tasks, one file a task: `cargo xtask <task>`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tasks talk to the person who runs them"
)]
#![allow(clippy::disallowed_methods, reason = "tasks run programs and read the environment")]

mod arch;
mod bench;
mod crash;
mod demo;
mod fuzz;
mod generate;
mod made_log;
mod server;
mod setup;
mod shell;
mod shots;
mod test;
mod verify;
mod world;

use std::process::ExitCode;

use anyhow::{Result, bail};

use shell::Profile;

const HELP: &str = "cargo xtask <task>

  demo [--once]     builds the page and the binary, imports the sample log, answers one question, serves
  test [--full]     everything that must pass before a change lands; --full runs the long schedules, too
  crash [--rounds N] [--seed N]
                    a writer that dies or fails N times (200); the lake must lose and double nothing
  fuzz [--seconds N] [--merge] [TARGET]
                    fuzzes the log format, each importer, SQL and typed queries, 600 s each; --merge adds what was found to the corpus
  arch              checks layers, owners and file rules
  gen [--check]     writes the generated files; --check fails where one is stale
  verify access     every route and tool x roles x scopes x projects, through the real server; lists what is open
  verify import     imports the sample log twice and a made log of 1 GB; DuckDB and awk must count the same
  verify formats [--full] [--seed N]
                    the same events as CSV, JSON lines and Parquet become equal tables, in little memory
                    and, with --full, fast beside DuckDB
  verify figures    the labelled sentences; a scripted liar on every surface
  verify exec       a program as the model: right, wrong and literal answers
  verify truths     the question benchmark's truths from the raw lines
  verify eval       the question benchmark against its bar
  verify gate       the products with planted faults through `hedgerow product check`
  verify flags      100,000 pairs of flags and people as PostHog's SDK for Python assigns them
  verify writes     each writing tool: seen before it is done, approved, undone exactly; agents' writes wherever the
                    process dies
  verify flows      one flow for each kind of object in the browser: asked for, approved, on its page, undone;
                    and one of members who sign in, ask, look, approve, undo and sign out
  verify product    the scaffold and the example in Rust: through the gate, on every surface, and gone without a trace
  verify filters    wishes for lists against the seeded world: enough filter trees exact, none wrong
  verify queries    random queries of all kinds by brute force and by ClickHouse and DuckDB: no difference
  bench thread      speed and memory with a million requests
  bench values [--seed N]
                    look-ups among a million values of a property, and what listing them costs
  bench size [--events N] [--seed N]
                    bytes an event (of 5,000,000) beside ClickHouse, by column
  bench query [--events N] [--seed N] [--only speed|load]
                    20 queries over N events (20,000,000) beside DuckDB and ClickHouse, cold and warm; and what
                    many at once, a heavy one beside a light one, and a cancelled one cost
  shots             pictures of the page in all its states, with the accessibility check
  setup             installs what the tasks need

verify, bench and shots take --profile dev|dist; what measures has dist as its default.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let (profile, rest) = Profile::take(arguments)?;
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let measured = profile.unwrap_or(Profile::Dist);
    let quick = profile.unwrap_or(Profile::Dev);
    match rest.as_slice() {
        ["demo"] => demo::run(false),
        ["demo", "--once"] => demo::run(true),
        ["test"] => test::run(false),
        ["test", "--full"] => test::run(true),
        ["crash", rest @ ..] => crash::run(rest),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["arch"] => arch::run(),
        ["gen"] => generate::run(false),
        ["gen", "--check"] => generate::run(true),
        ["verify", "access"] => {
            verify::tests("(package(hedgerow) & test(/^access::/)) + (package(hedgerow-http) & test(/^access::/))")
        }
        ["verify", "import"] => verify::import::run(measured),
        ["verify", "formats", rest @ ..] => verify::formats::run(measured, rest),
        ["verify", "figures"] => verify::figures::run(quick),
        ["verify", "exec"] => verify::exec::run(quick),
        ["verify", "truths"] => verify::truths(),
        ["verify", "eval"] => verify::eval(quick),
        ["verify", "gate"] => verify::gate::run(quick),
        ["verify", "flags"] => verify::tests("test(assignment_equals_that_of_the_python_sdk)"),
        ["verify", "writes"] => {
            verify::tests("test(writes) + test(objects) + test(object_store) + test(memory_objects)")
        }
        ["verify", "flows"] => shots::flows(quick),
        ["verify", "product"] => verify::product::run(),
        ["verify", "filters"] => verify::filters(quick),
        ["verify", "queries"] => verify::queries(),
        ["bench", "thread"] => bench::run(measured),
        ["bench", "values", rest @ ..] => bench::values::run(measured, rest),
        ["bench", "query", rest @ ..] => bench::query::run(measured, rest),
        ["bench", "size", rest @ ..] => bench::size::run(measured, rest),
        ["shots"] => shots::run(quick),
        ["setup"] => setup::all(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("unknown task `{}`\n\n{HELP}", other.join(" ")),
    }
}
