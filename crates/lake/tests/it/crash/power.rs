//! What a crash of the machine takes away: names that were made, changed or removed in a folder that
//! was not synced since. The writer notes each change beforehand; after its death some of those that
//! were not synced, the last ones, are undone.
//!
//! The catalog is not among them: its database syncs by itself, and a process that dies leaves it
//! what it had written.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fs_err as fs;

use super::random::Random;

/// The writer's notes.
#[derive(Debug)]
pub(crate) struct Notes {
    side: PathBuf,
    file: Mutex<(fs::File, u64)>,
}

fn notes(side: &Path) -> PathBuf {
    side.join("names")
}

impl Notes {
    pub(crate) fn new(side: &Path) -> Self {
        Self {
            side: side.to_owned(),
            file: Mutex::new((fs::File::create(notes(side)).unwrap(), 0)),
        }
    }

    fn note(&self, note: impl FnOnce(u64) -> String) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.1 += 1;
        let line = note(file.1);
        file.0.write_all(line.as_bytes()).unwrap();
    }

    pub(crate) fn create(&self, path: &Path) {
        self.note(|at| format!("create\t{at}\t{}\n", path.display()));
    }

    pub(crate) fn rename(&self, from: &Path, to: &Path) {
        self.note(|at| format!("rename\t{at}\t{}\t{}\n", from.display(), to.display()));
    }

    /// Keeps the contents, which come back with the name.
    pub(crate) fn remove(&self, path: &Path) {
        self.note(|at| {
            let _ = fs::hard_link(path, self.side.join(at.to_string()));
            format!("remove\t{at}\t{}\n", path.display())
        });
    }

    /// What lies before a sync, to be told when it is done.
    pub(crate) fn before_sync(&self) -> u64 {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    pub(crate) fn synced(&self, folder: &Path, before: u64) {
        self.note(|_| format!("sync\t{before}\t{}\n", folder.display()));
    }
}

/// Undoes a random number of the last changes that were not synced. Says how many.
pub(crate) fn undo(side: &Path, random: &mut Random) -> u64 {
    let Ok(text) = fs::read_to_string(notes(side)) else {
        return 0;
    };
    let mut unsynced: Vec<(u64, Vec<&str>)> = Vec::new();
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let at: u64 = fields[1].parse().unwrap();
        if fields[0] == "sync" {
            let folder = Path::new(fields[2]);
            unsynced.retain(|(other, fields)| *other > at || Path::new(fields[2]).parent() != Some(folder));
        } else {
            unsynced.push((at, fields));
        }
    }
    let kept = random.within(0..unsynced.len() as u64 + 1) as usize;
    let lost = unsynced.split_off(kept);
    let mut undone = 0;
    for (at, fields) in lost.iter().rev() {
        let path = Path::new(fields[2]);
        // A change that was noted may not have been made any more.
        let done = match fields[0] {
            "create" => fs::remove_file(path),
            "rename" => fs::rename(fields[3], path),
            _ if path.exists() => continue,
            _ => fs::rename(side.join(at.to_string()), path),
        };
        undone += u64::from(done.is_ok());
    }
    undone
}

#[test]
fn names_that_were_not_synced_go_and_those_that_were_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (side, data) = (folder.path().join("side"), folder.path().join("data"));
    fs::create_dir(&side).unwrap();
    fs::create_dir(&data).unwrap();
    let notes = Notes::new(&side);
    let begin = |name: &str| {
        notes.create(&data.join(name));
        fs::write(data.join(name), name).unwrap();
    };
    begin("old");
    begin("gone");
    let before = notes.before_sync();
    begin("late");
    notes.synced(&data, before);
    notes.rename(&data.join("old"), &data.join("new"));
    fs::rename(data.join("old"), data.join("new")).unwrap();
    notes.remove(&data.join("gone"));
    fs::remove_file(data.join("gone")).unwrap();
    notes.create(&data.join("never made"));
    // A seed by which all of them are lost.
    let all = (0..).find(|seed| Random::new(*seed).within(0..5) == 0).unwrap();
    assert_eq!(undo(&side, &mut Random::new(all)), 3);
    let mut names: Vec<_> = fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["gone", "old"]);
    assert_eq!(fs::read_to_string(data.join("gone")).unwrap(), "gone");
}
