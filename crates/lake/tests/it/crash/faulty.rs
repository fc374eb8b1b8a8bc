//! Files that fail as planned: writes that reach the disk late, in part or never, a full disk, an
//! operation that fails, and the death of the process in the middle of its work.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fs_err as fs;
use hedgerow_lake::{Files, Stage, SystemFiles, WriteFile};

use super::plan::{Death, Operation, Plan};
use super::power::Notes;
use super::random::Random;

/// Refusals until a full disk has room again.
const REFUSALS: u64 = 12;

#[derive(Debug)]
struct State {
    random: Random,
    counts: BTreeMap<Operation, u64>,
    /// Bytes until the disk is full, and refusals until it no longer is.
    room: u64,
    refusals: u64,
    death: Option<Death>,
    /// Whether the stage to die in goes on.
    is_near: bool,
    /// How many commits have begun, and whether the last goes on.
    commits: u64,
    in_commit: bool,
}

#[derive(Debug)]
struct Shared {
    plan: Plan,
    notes: Option<Notes>,
    state: Mutex<State>,
}

/// Where a writer writes to.
#[derive(Debug, Clone)]
pub(crate) struct FaultyFiles(Arc<Shared>);

/// What is left of a file's way: it may wait in memory until it is synced.
struct FaultyFile {
    shared: Arc<Shared>,
    path: PathBuf,
    file: fs::File,
    waiting: Vec<u8>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation: it may be the last, or one that fails.
    fn before(&self, operation: Operation, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        if let Some(death) = state
            .death
            .filter(|death| state.is_near && is_of(death.stage, operation, path))
        {
            if death.operation == 0 {
                self.die(death.stage);
            }
            state.death = Some(Death {
                operation: death.operation - 1,
                ..death
            });
        }
        let count = state.counts.entry(operation).or_default();
        *count += 1;
        match self.plan.fails {
            Some((failing, nth)) if failing == operation && count.is_multiple_of(nth) => {
                Err(io::Error::other("made to fail"))
            }
            _ => Ok(()),
        }
    }

    /// Ends the process as a crash does, and tells in which stage.
    fn die(&self, stage: Stage) -> ! {
        let _ = fs::write(died(&self.plan.side), format!("{stage:?}"));
        std::process::abort();
    }

    /// Takes room on the disk for so many bytes.
    fn take(&self, bytes: usize) -> io::Result<()> {
        if self.plan.full_after == 0 {
            return Ok(());
        }
        let mut state = self.state();
        if state.refusals == 0 {
            state.room = state.room.saturating_sub(bytes as u64);
            if state.room > 0 {
                return Ok(());
            }
            state.refusals = REFUSALS;
        }
        state.refusals -= 1;
        state.room = self.plan.full_after;
        Err(io::ErrorKind::StorageFull.into())
    }
}

/// The file in which a process that dies by itself says in which stage.
pub(crate) fn died(side: &Path) -> PathBuf {
    side.join("died")
}

/// Which operations a stage consists of. Tasks work side by side, so their files tell.
fn is_of(stage: Stage, operation: Operation, path: &Path) -> bool {
    let is_log = path.extension().is_some_and(|extension| extension == "log") || path.ends_with("log");
    match stage {
        Stage::Log => is_log && operation != Operation::Remove,
        Stage::Committed => is_log && operation == Operation::Remove,
        Stage::Flush | Stage::Compaction => !is_log,
        Stage::Commit => false,
    }
}

impl FaultyFiles {
    pub(crate) fn new(plan: &Plan) -> Self {
        let state = State {
            random: Random::new(plan.seed ^ 0xf11e5),
            counts: BTreeMap::new(),
            room: plan.full_after,
            refusals: 0,
            death: plan.death,
            is_near: false,
            commits: 0,
            in_commit: false,
        };
        Self(Arc::new(Shared {
            notes: plan.loses_unsynced.then(|| Notes::new(&plan.side)),
            plan: plan.clone(),
            state: Mutex::new(state),
        }))
    }

    /// Dies in this commit after a while, or in the next if this one has ended by then.
    fn die_in_commit(&self, death: Death, commit: u64) {
        let shared = Arc::clone(&self.0);
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_micros(death.microseconds));
            let mut state = shared.state();
            if state.in_commit && state.commits == commit {
                shared.die(Stage::Commit);
            }
            state.is_near = false;
            state.death = Some(Death {
                begun: 1,
                microseconds: death.microseconds / 2,
                ..death
            });
        });
    }
}

impl Files for FaultyFiles {
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        self.0.before(Operation::Create, path)?;
        self.0.take(1)?;
        if let Some(notes) = &self.0.notes {
            notes.create(path);
        }
        Ok(Box::new(FaultyFile {
            shared: Arc::clone(&self.0),
            path: path.to_owned(),
            file: fs::File::create_new(path)?,
            waiting: Vec::new(),
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.before(Operation::Rename, to)?;
        if let Some(notes) = &self.0.notes {
            notes.rename(from, to);
        }
        SystemFiles.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.before(Operation::Remove, path)?;
        if let Some(notes) = &self.0.notes {
            notes.remove(path);
        }
        SystemFiles.remove(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let before = self.0.notes.as_ref().map(Notes::before_sync);
        self.0.before(Operation::SyncFolder, path)?;
        if let (Some(notes), Some(before)) = (&self.0.notes, before) {
            notes.synced(path, before);
        }
        Ok(())
    }

    fn stage(&self, stage: Stage) {
        let mut state = self.0.state();
        match stage {
            Stage::Commit => {
                state.commits += 1;
                state.in_commit = true;
            }
            Stage::Committed => state.in_commit = false,
            _ => {}
        }
        let Some(death) = state.death else {
            return;
        };
        if state.is_near && stage == Stage::Commit && matches!(death.stage, Stage::Flush | Stage::Compaction) {
            // It had fewer operations than were to come before its end.
            state.is_near = false;
            state.death = Some(Death {
                begun: 1,
                operation: death.operation / 2,
                ..death
            });
            return;
        }
        if state.is_near || stage != death.stage {
            return;
        }
        state.death = Some(Death {
            begun: death.begun - 1,
            ..death
        });
        if death.begun == 1 {
            state.is_near = true;
            if stage == Stage::Commit {
                self.die_in_commit(death, state.commits);
            }
        }
    }
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let refused = self
            .shared
            .before(Operation::Write, &self.path)
            .and_then(|()| self.shared.take(bytes.len()));
        if refused.is_err() {
            // A write that fails may have written a part.
            let part = self.shared.state().random.within(0..bytes.len() as u64 + 1) as usize;
            self.file.write_all(&std::mem::take(&mut self.waiting))?;
            self.file.write_all(&bytes[..part])?;
        }
        refused?;
        if !self.shared.plan.loses_unsynced {
            return self.file.write(bytes);
        }
        self.waiting.extend_from_slice(bytes);
        // The system writes some of it when it likes.
        let early = {
            let mut state = self.shared.state();
            let most = self.waiting.len() as u64;
            if state.random.one_in(3) {
                state.random.within(0..most + 1)
            } else {
                0
            }
        };
        let early: Vec<u8> = self.waiting.drain(..early as usize).collect();
        self.file.write_all(&early)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteFile for FaultyFile {
    /// The process dies, not the machine: what was given to the system is there afterwards.
    fn sync(&mut self) -> io::Result<()> {
        let synced = self.shared.before(Operation::Sync, &self.path);
        if synced.is_err() {
            // How much of it had been written before is anyone's guess.
            let most = self.waiting.len() as u64;
            let written = self.shared.state().random.within(0..most + 1);
            self.waiting.truncate(written as usize);
        }
        self.file.write_all(&std::mem::take(&mut self.waiting))?;
        synced
    }
}
