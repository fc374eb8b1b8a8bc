//! The uuids of the days that are being written, so that a chunk of an import is compared with the
//! chunks before it in memory instead of reading their files again.
//!
//! A cached day says which files it covers. Whatever it does not cover is read, so the cache may be
//! dropped at any moment and only time is lost. It holds the days of the last batch, and those
//! only until appends pause.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use hedgerow_errors::Result;
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::parquet_file;
use crate::project::Project;
use crate::view::LakeFile;

/// Uuids held at most, which is what fits in a set of 2^23 slots: about 150 MB. Beyond it files are
/// read, which is as right and slower.
const MOST: u64 = (1 << 23) / 8 * 7;

/// An import is over when nothing was appended for so long; what was kept for it is then forgotten.
pub(crate) const PAUSE: Duration = Duration::from_secs(60);

/// The uuids of some days.
#[derive(Default)]
pub(crate) struct Recent {
    days: BTreeMap<i64, Day>,
    /// Forgets everything after a pause.
    forgetting: Option<AbortHandle>,
    #[cfg(test)]
    pub(crate) files_read: usize,
}

#[derive(Default)]
struct Day {
    files: HashSet<i64>,
    uuids: HashSet<Uuid>,
}

/// The days that can hold an event of this day under the same uuid.
pub(crate) fn near(day: i64) -> std::ops::RangeInclusive<i64> {
    day.saturating_sub(1)..=day.saturating_add(1)
}

impl Recent {
    /// The days on which the lake has each of these uuids, within a day of where they are looked for.
    pub(crate) fn present(
        &mut self,
        files: &[LakeFile],
        wanted: &BTreeMap<i64, HashSet<Uuid>>,
    ) -> Result<HashSet<(i64, Uuid)>> {
        self.keep(files, wanted);
        let mut by_day: BTreeMap<i64, Vec<&LakeFile>> = BTreeMap::new();
        for file in files {
            if wanted.range(near(file.day)).next().is_some() {
                by_day.entry(file.day).or_default().push(file);
            }
        }
        let mut found = HashSet::new();
        for (day, files) in by_day {
            let here: HashSet<Uuid> = wanted.range(near(day)).flat_map(|(_, uuids)| uuids).copied().collect();
            let mut found_here = |uuids: &mut dyn Iterator<Item = Uuid>| found.extend(uuids.map(|uuid| (day, uuid)));
            let uncovered: Vec<_> = {
                let covered = self.days.get(&day).map(|day| &day.files);
                let is_covered = |file: &&LakeFile| covered.is_some_and(|covered| covered.contains(&file.id));
                files.into_iter().filter(|file| !is_covered(file)).collect()
            };
            let rows = uncovered.iter().map(|file| file.rows).sum::<u64>();
            let caches = self.held() + rows <= MOST;
            for file in uncovered {
                #[cfg(test)]
                {
                    self.files_read += 1;
                }
                let uuids = parquet_file::uuids(&file.path)?;
                if caches {
                    let cached = self.days.entry(day).or_default();
                    for batch in uuids {
                        cached.uuids.extend(batch?);
                    }
                    cached.files.insert(file.id);
                } else {
                    for batch in uuids {
                        found_here(&mut batch?.into_iter().filter(|uuid| here.contains(uuid)));
                    }
                }
            }
            if let Some(cached) = self.days.get(&day) {
                found_here(&mut here.iter().filter(|uuid| cached.uuids.contains(*uuid)).copied());
            }
        }
        Ok(found)
    }

    /// Adds files that were just committed, with their uuids.
    pub(crate) fn add<'a>(&mut self, files: impl Iterator<Item = (i64, i64, &'a [Uuid])>) {
        for (id, day, uuids) in files {
            if self.held() + uuids.len() as u64 <= MOST {
                let cached = self.days.entry(day).or_default();
                cached.files.insert(id);
                cached.uuids.extend(uuids);
            }
        }
    }

    /// Drops the days that this batch does not touch, and those with a file that is no more.
    fn keep(&mut self, files: &[LakeFile], wanted: &BTreeMap<i64, HashSet<Uuid>>) {
        let mut live: HashMap<i64, BTreeSet<i64>> = HashMap::new();
        for file in files {
            if self.days.contains_key(&file.day) {
                live.entry(file.day).or_default().insert(file.id);
            }
        }
        self.days.retain(|day, cached| {
            let live = live.get(day);
            let is_live = |file: &i64| live.is_some_and(|live| live.contains(file));
            wanted.range(near(*day)).next().is_some() && cached.files.iter().all(is_live)
        });
    }

    /// Forgets everything when appends pause.
    pub(crate) fn forget_after_pause(&mut self, project: &Arc<Project>) {
        if let Some(forgetting) = self.forgetting.take() {
            forgetting.abort();
        }
        let project = Arc::downgrade(project);
        let task = tokio::spawn(async move {
            tokio::time::sleep(PAUSE).await;
            if let Some(project) = project.upgrade() {
                project.writing.lock().await.recent = Self::default();
            }
        });
        self.forgetting = Some(task.abort_handle());
    }

    fn held(&self) -> u64 {
        self.days.values().map(|day| day.uuids.len() as u64).sum()
    }
}
