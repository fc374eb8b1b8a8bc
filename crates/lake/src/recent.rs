//! The uuids of the days that are being written, so that a chunk of an import is compared with the
//! chunks before it in memory instead of reading their files again.
//!
//! A cached day says which files it covers. Whatever it does not cover is read, so the cache may be
//! dropped at any moment and only time is lost. It holds the days of the last batch, and those
//! only until appends pause.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use hedgerow_errors::Result;
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::days::near;
use crate::parquet_file;
use crate::people::Known;
use crate::project::Project;
use crate::view::LakeFile;

/// Uuids held at most: 128 MB. Beyond it files are read, which is as right and slower.
const MOST: u64 = 8 << 20;

/// As many times more uuids than are looked for are walked over instead of searched.
const WALKED: usize = 128;

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
    /// The files of which all uuids of this day are held.
    files: HashSet<i64>,
    /// In order, which takes 16 bytes each; a set takes half as much again or more. As numbers, which
    /// are compared faster than bytes.
    uuids: Vec<u128>,
}

impl Day {
    fn add(&mut self, uuids: impl ExactSizeIterator<Item = u128>) {
        self.uuids.reserve_exact(uuids.len());
        self.uuids.extend(uuids);
        // Merges what was in order already.
        self.uuids.sort();
    }

    /// Those of some uuids, given in order, that are held.
    fn intersection(&self, wanted: &[u128]) -> impl Iterator<Item = u128> {
        // Walking over those between one and the next is faster than searching while they are few, since
        // memory comes in the order in which it is read.
        let walks = self.uuids.len() < wanted.len().saturating_mul(WALKED);
        let mut rest = self.uuids.as_slice();
        wanted.iter().copied().filter(move |uuid| {
            let before = if walks {
                rest.iter().take_while(|held| *held < uuid).count()
            } else {
                rest.partition_point(|held| held < uuid)
            };
            rest = rest.get(before..).unwrap_or_default();
            rest.first() == Some(uuid)
        })
    }
}

impl Recent {
    /// The days on which the lake has each of these uuids, within a day of where they are looked for.
    /// Those of a day come in order.
    pub(crate) fn present(
        &mut self,
        files: &[LakeFile],
        wanted: &BTreeMap<i64, Vec<u128>>,
    ) -> Result<hashbrown::HashSet<(i64, u128)>> {
        self.keep(files, wanted);
        let near_wanted: BTreeSet<i64> = wanted.keys().flat_map(|day| near(*day)).collect();
        let mut found = hashbrown::HashSet::new();
        for file in files {
            let is_covered = |day: &i64| self.days.get(day).is_some_and(|day| day.files.contains(&file.id));
            let uncovered: BTreeSet<i64> = near_wanted
                .range(file.days())
                .copied()
                .filter(|day| !is_covered(day))
                .collect();
            if uncovered.is_empty() {
                continue;
            }
            #[cfg(test)]
            {
                self.files_read += 1;
            }
            let caches = self.held() + file.rows <= MOST;
            let mut read: BTreeMap<i64, Vec<u128>> = uncovered.iter().map(|day| (*day, Vec::new())).collect();
            for batch in parquet_file::identities(&file.path)? {
                for (day, uuid) in batch? {
                    let uuid = uuid.as_u128();
                    let looked_for = || {
                        wanted
                            .range(near(day))
                            .any(|(_, uuids)| uuids.binary_search(&uuid).is_ok())
                    };
                    if let Some(uuids) = read.get_mut(&day).filter(|_| caches || looked_for()) {
                        uuids.push(uuid);
                    }
                }
            }
            for (day, uuids) in read {
                if caches {
                    let held = self.days.entry(day).or_default();
                    held.add(uuids.into_iter());
                    held.files.insert(file.id);
                } else {
                    found.extend(uuids.into_iter().map(|uuid| (day, uuid)));
                }
            }
        }
        for day in near_wanted {
            let Some(held) = self.days.get(&day) else {
                continue;
            };
            for (_, uuids) in wanted.range(near(day)) {
                found.extend(held.intersection(uuids).map(|uuid| (day, uuid)));
            }
        }
        Ok(found)
    }

    /// Adds files that were just committed, with their uuids by day.
    pub(crate) fn add<'a>(&mut self, files: impl Iterator<Item = (i64, &'a [(i64, Vec<Uuid>)])>) {
        for (id, days) in files {
            let rows: usize = days.iter().map(|(_, uuids)| uuids.len()).sum();
            if self.held() + rows as u64 <= MOST {
                for (day, uuids) in days {
                    self.days.entry(*day).or_default().add(uuids.iter().map(Uuid::as_u128));
                }
                // It has nothing on the days between its own, which is worth knowing, too.
                if let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) {
                    for (_, held) in self.days.range_mut(first..=last) {
                        held.files.insert(id);
                    }
                }
            }
        }
    }

    /// Drops the days that this batch does not touch, and those with a file that is no more.
    fn keep(&mut self, files: &[LakeFile], wanted: &BTreeMap<i64, Vec<u128>>) {
        let live: HashSet<i64> = files.iter().map(|file| file.id).collect();
        self.days.retain(|day, held| {
            wanted.range(near(*day)).next().is_some() && held.files.iter().all(|file| live.contains(file))
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
                *project.committing.lock().await = Known::default();
            }
        });
        self.forgetting = Some(task.abort_handle());
    }

    fn held(&self) -> u64 {
        self.days.values().map(|day| day.uuids.len() as u64).sum()
    }
}
