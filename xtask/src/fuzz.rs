//! `cargo xtask fuzz`: runs the fuzz targets of `fuzz/`, each for some time, with libFuzzer.
//!
//! Inputs that reach new code are kept in the target folder and used again by the next run; the corpus that
//! is committed, and that the tests replay, is read, too. What makes a target fail goes into it at once.
//! `--merge` adds to it the few inputs that reach what it does not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell::{Shell, cargo, host, root, target};

const TARGETS: [&str; 7] = ["access_log", "csv", "jsonl", "log", "parquet", "query", "sql"];
/// Those that need the query engine, which takes long to build.
const OF_QUERIES: [&str; 2] = ["query", "sql"];
/// How long each runs where the caller does not say.
const SECONDS: u64 = 600;
/// The longest input, in bytes. Bugs rarely need more, and the corpus stays small.
const LONGEST_INPUT: usize = 4096;
/// An input that takes longer, in seconds, is a failure, too.
const LONGEST_RUN: u64 = 10;

/// The most inputs of a target that are committed, apart from those with a name.
const MOST_INPUTS: usize = 250;

/// What tells libFuzzer which code an input reaches. Stable compilers have it as a pass of LLVM.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let (mut seconds, mut merge, mut targets) = (SECONDS, false, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "--merge" => merge = true,
            "--seconds" => {
                let value = rest.next().copied().unwrap_or_default();
                seconds = value.parse().with_context(|| format!("{value:?} is no number"))?;
            }
            name if TARGETS.contains(&name) => targets.push(name),
            other => bail!(
                "fuzz takes --seconds N, --merge and {}, not {other}",
                TARGETS.join(", ")
            ),
        }
    }
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    let (of_queries, of_bytes): (Vec<&str>, Vec<&str>) =
        targets.into_iter().partition(|name| OF_QUERIES.contains(name));
    let mut fuzzers = Vec::new();
    if !of_bytes.is_empty() {
        let programs = build()?;
        for name in of_bytes {
            fuzzers.push(Fuzzer::new(name, &programs)?);
        }
    }
    if !of_queries.is_empty() {
        let programs = build_queries()?;
        for name in of_queries {
            fuzzers.push(Fuzzer::new(name, &programs)?);
        }
    }
    let mut failed = Vec::new();
    for fuzzer in fuzzers {
        if merge {
            fuzzer.merge()?;
        } else if fuzzer.run(seconds).is_err() {
            fuzzer.keep_failures()?;
            failed.push(fuzzer.name);
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// Builds the targets and says where they are.
///
/// With a triple named, build scripts and macros, which run on their own, are built without coverage.
fn build() -> Result<PathBuf> {
    let (folder, host) = (target().join("fuzz"), host()?);
    Shell::new(cargo())
        .args(["build", "--release", "--target", &host])
        .folder(root().join("fuzz"))
        .env("CARGO_TARGET_DIR", &folder)
        .env("RUSTFLAGS", COVERAGE)
        .run()?;
    Ok(folder.join(host).join("release"))
}

/// The same for the targets that need the query engine. Of it only what is ours, and the parser of SQL, tells which code
/// is reached: see `rustc.sh`.
fn build_queries() -> Result<PathBuf> {
    let (folder, host) = (target().join("fuzz-queries"), host()?);
    let mut shell = Shell::new(cargo())
        .args(["build", "--release", "--target", &host, "--features", "queries"])
        .folder(root().join("fuzz"))
        .env("CARGO_TARGET_DIR", &folder)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .env("RUSTC_WRAPPER", root().join("fuzz/rustc.sh"))
        .env("HEDGEROW_COVERAGE", COVERAGE);
    for name in OF_QUERIES {
        shell = shell.args(["--bin", name]);
    }
    shell.run()?;
    Ok(folder.join(host).join("release"))
}

struct Fuzzer<'a> {
    name: &'a str,
    program: PathBuf,
    /// What is committed.
    corpus: PathBuf,
    /// What reached new code on this machine.
    reached: PathBuf,
    /// What failed on this machine.
    failures: PathBuf,
    /// Inputs that stand elsewhere in the repository, each in a file of its own.
    seeds: PathBuf,
}

impl<'a> Fuzzer<'a> {
    fn new(name: &'a str, programs: &Path) -> Result<Self> {
        let work = target().join("fuzz/corpus").join(name);
        let fuzzer = Self {
            name,
            program: programs.join(name),
            corpus: root().join("fuzz/corpus").join(name),
            reached: work.join("reached"),
            failures: work.join("failures"),
            seeds: work.join("seeds"),
        };
        for folder in [&fuzzer.corpus, &fuzzer.reached, &fuzzer.failures, &fuzzer.seeds] {
            fs_err::create_dir_all(folder)?;
        }
        if name == "sql" {
            for (number, statement) in statements()?.iter().enumerate() {
                fs_err::write(fuzzer.seeds.join(number.to_string()), statement)?;
            }
        }
        Ok(fuzzer)
    }

    fn shell(&self) -> Shell {
        let shell = Shell::new(&self.program).args([
            format!("-max_len={LONGEST_INPUT}"),
            format!("-timeout={LONGEST_RUN}"),
            // They would be written where the failures are.
            "-report_slow_units=1000".to_owned(),
            format!("-artifact_prefix={}/", self.failures.display()),
        ]);
        let words = root().join("fuzz/words").join(self.name);
        let shell = if words.is_file() {
            shell.arg(format!("-dict={}", words.display()))
        } else {
            shell
        };
        // An import needs files, which in memory are made ten times as fast.
        let memory = Path::new("/dev/shm");
        if memory.is_dir() {
            shell.env("TMPDIR", memory)
        } else {
            shell
        }
    }

    fn run(&self, seconds: u64) -> Result<()> {
        println!("== {}, {seconds} s", self.name);
        self.shell()
            .args([format!("-max_total_time={seconds}"), "-print_final_stats=1".to_owned()])
            .args([&self.reached, &self.corpus, &self.seeds])
            .run()
    }

    /// Moves the inputs that failed into the corpus, where the tests replay them.
    fn keep_failures(&self) -> Result<()> {
        for file in files(&self.failures)? {
            let kept = self.corpus.join(file.file_name().unwrap_or_default());
            fs_err::copy(&file, &kept)?;
            fs_err::remove_file(&file)?;
            println!(
                "{} fails on {}: the tests do now, too; mend it, keep the file, and run again",
                self.name,
                kept.display()
            );
        }
        Ok(())
    }

    /// Adds to the corpus what reaches other code than it. Inputs that failed once and those that were written
    /// by hand stay; the others are chosen anew, and as few as possible.
    fn merge(&self) -> Result<()> {
        let (kept, chosen): (BTreeSet<_>, BTreeSet<_>) =
            files(&self.corpus)?.into_iter().partition(|file| is_named(file));
        let folder = tempfile::tempdir_in(target())?;
        for file in &kept {
            fs_err::copy(file, folder.path().join(file.file_name().unwrap_or_default()))?;
        }
        self.shell()
            // Which code is reached counts, and not how often.
            .args(["-set_cover_merge=1", "-use_counters=0"])
            .args([folder.path(), &self.corpus, &self.reached, &self.seeds])
            .run()?;
        for file in chosen {
            fs_err::remove_file(file)?;
        }
        // libFuzzer writes first what reaches most.
        let mut found = Vec::new();
        for file in files(folder.path())?.into_iter().filter(|file| !is_named(file)) {
            found.push((fs_err::metadata(&file)?.modified()?, file));
        }
        found.sort();
        for (_, file) in found.into_iter().take(MOST_INPUTS) {
            fs_err::copy(&file, self.corpus.join(file.file_name().unwrap_or_default()))?;
        }
        println!("{}: {} inputs", self.name, files(&self.corpus)?.len());
        Ok(())
    }
}

/// The statements of the cases of SQL.
fn statements() -> Result<Vec<String>> {
    let cases = root().join("tests/cases");
    let mut statements = Vec::new();
    for file in files(&cases)?.into_iter().chain(files(&cases.join("hogql"))?) {
        let extension = file.extension().unwrap_or_default().to_owned();
        if extension != "slt" && extension != "sql" {
            continue;
        }
        let text = fs_err::read_to_string(&file)?;
        // Cases of `.slt` are parted by empty lines, those of `.sql` by what is said of each.
        let ends_case = |line: &str| line.is_empty() || line == "----" || line.starts_with("-- id: ");
        let is_said = |line: &str| line.starts_with("query ") || line.starts_with("-- ") || line.starts_with('#');
        let (mut statement, mut within) = (String::new(), extension == "sql");
        for line in text.lines().chain([""]) {
            if ends_case(line) {
                if !statement.trim().is_empty() {
                    statements.push(std::mem::take(&mut statement));
                }
                within = extension == "sql";
            } else if is_said(line) {
                within = true;
            } else if within {
                statement.push_str(line);
                statement.push('\n');
            }
        }
    }
    Ok(statements)
}

/// Whether a name says what the file is, as `seed-...` and `crash-...` do; libFuzzer names others by a hash.
fn is_named(file: &Path) -> bool {
    file.file_name()
        .is_some_and(|name| name.to_string_lossy().contains('-'))
}

fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in fs_err::read_dir(folder)? {
        files.insert(entry?.path());
    }
    Ok(files)
}
