//! The values that are held in memory for look-ups: of a few properties, each as of some commit, with
//! what has come since laid over it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hedgerow_errors::Result;

use super::index::{Index, lower};
use super::run::Run;
use super::{IDENTIFIERS, Listing, OPEN};
use crate::append::blocking;
use crate::catalog;
use crate::counts::Counts;
use crate::current::Current;
use crate::project::Project;
use crate::sqlite_error::failed;

/// Memory for the values of all properties of a project, in bytes; those of one are held in any case.
const MOST_HELD: usize = 200 << 20;
/// Values of later commits that are laid over instead of reading all again.
const MOST_LATER: usize = 100_000;
/// Later commits that are remembered.
const MOST_COMMITS: usize = 256;

/// The values of some properties of a project.
#[derive(Debug, Default)]
pub(crate) struct Listings {
    held: Mutex<Held>,
    /// Held while values are read, so that many who look up the same property read it once.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    /// The one that was used last is the last.
    properties: Vec<Property>,
    /// The last commits and what they have counted, ascending.
    commits: VecDeque<(i64, Vec<Arc<Counts>>)>,
    /// The next commit does not add to what is held, but replaces it.
    is_replaced: bool,
}

#[derive(Debug)]
struct Property {
    key: String,
    /// The commit as of which the index is.
    snapshot_id: i64,
    listed: Listed,
    index: Arc<Index>,
    /// What was laid over it last.
    over: Vec<Arc<Counts>>,
    overlay: Arc<Overlay>,
}

/// Which values are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    All,
    /// Those of a run, and no further ones.
    Some,
    None,
}

/// The values of a property at one moment.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) index: Arc<Index>,
    pub(super) overlay: Arc<Overlay>,
}

/// Values that are in later commits or in memory, most frequent first.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    pub(super) values: Vec<OverlayValue>,
    /// Where the index has those that it has, too.
    pub(super) places: HashSet<u32>,
}

/// A value with its count in all.
#[derive(Debug)]
pub(super) struct OverlayValue {
    pub(super) value: String,
    pub(super) lower: String,
    pub(super) count: i64,
}

impl Listings {
    /// Remembers what a commit has counted.
    pub(crate) fn follow(&self, snapshot_id: i64, counts: Vec<Arc<Counts>>) {
        let mut held = self.lock();
        if std::mem::take(&mut held.is_replaced) {
            held.properties.clear();
        }
        if held.properties.is_empty() {
            held.commits.clear();
            return;
        }
        held.commits.push_back((snapshot_id, counts));
        let sizes = held
            .commits
            .iter()
            .rev()
            .map(|(_, counts)| counts.iter().map(|counts| counts.distinct()).sum());
        let mut sum = 0_usize;
        let sums = sizes.map(|size: usize| {
            sum += size;
            sum
        });
        let kept = sums.take(MOST_COMMITS).take_while(|sum| *sum <= 4 * MOST_LATER).count();
        let gone = held.commits.len() - kept;
        held.commits.drain(..gone);
    }

    /// Says that the next commit counts all values anew, so that nothing which is held then is right after
    /// it. To be called with the right to change the catalog.
    pub(crate) fn forget_with_next_commit(&self) {
        self.lock().is_replaced = true;
    }

    /// The values of a property as a view shows them; `None` where the catalog is later than the view.
    pub(super) async fn of(&self, project: &Project, current: &Current, key: &str) -> Result<Option<Values>> {
        let listing = current.committed.listings.get(key).copied();
        let snapshot_id = current.view.snapshot_id;
        let found = self.lock().find(key, snapshot_id, listing);
        let (index, listed, later) = if let Some(found) = found {
            found
        } else {
            let _one_at_a_time = self.reading.lock().await;
            let again = self.lock().find(key, snapshot_id, listing);
            if let Some(found) = again {
                found
            } else {
                let Some(index) = read(project, snapshot_id, listing).await? else {
                    return Ok(None);
                };
                let (index, listed) = (Arc::new(index), Listed::of(listing));
                self.lock().hold(Property {
                    key: key.to_owned(),
                    snapshot_id,
                    listed,
                    index: Arc::clone(&index),
                    over: Vec::new(),
                    overlay: Arc::default(),
                });
                (index, listed, Vec::new())
            }
        };
        let counts = later.into_iter().chain(current.pending.iter().cloned());
        let over: Vec<Arc<Counts>> = counts.filter(|counts| !counts.values(key).is_empty()).collect();
        if over.is_empty() {
            let overlay = Arc::default();
            return Ok(Some(Values { index, overlay }));
        }
        let overlay = self.lock().overlay(key, &index, &over);
        let overlay = if let Some(overlay) = overlay {
            overlay
        } else {
            let (over, key, index) = (over.clone(), key.to_owned(), Arc::clone(&index));
            Arc::new(blocking(move || Ok(Overlay::of(&over, &key, &index, listed))).await?)
        };
        self.lock().keep_overlay(key, &index, over, &overlay);
        Ok(Some(Values { index, overlay }))
    }

    /// What is held of a property, with what has come since; nothing where it would have to be read.
    pub(super) fn held(&self, current: &Current, key: &str) -> Option<(Arc<Index>, Vec<Arc<Counts>>)> {
        let listing = current.committed.listings.get(key).copied();
        let found = self.lock().find(key, current.view.snapshot_id, listing);
        found.map(|(index, _, later)| (index, later))
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// What is held of a property, with what later commits have counted up to a snapshot.
    fn find(
        &mut self,
        key: &str,
        snapshot_id: i64,
        listing: Option<Listing>,
    ) -> Option<(Arc<Index>, Listed, Vec<Arc<Counts>>)> {
        let at = self.properties.iter().position(|property| property.key == key)?;
        let property = self.properties.remove(at);
        let (index, listed, from) = (Arc::clone(&property.index), property.listed, property.snapshot_id);
        self.properties.push(property);
        let later = self
            .commits
            .iter()
            .filter(|(id, _)| (from + 1..=snapshot_id).contains(id));
        let later: Vec<_> = later.collect();
        let values: usize = later
            .iter()
            .flat_map(|(_, counts)| counts)
            .map(|counts| counts.values(key).len())
            .sum();
        let is_usable = snapshot_id >= from
            && later.len() as i64 == snapshot_id - from
            && values <= MOST_LATER
            && listed == Listed::of(listing);
        let later = later.into_iter().flat_map(|(_, counts)| counts).cloned().collect();
        is_usable.then_some((index, listed, later))
    }

    fn hold(&mut self, property: Property) {
        self.properties.retain(|held| held.key != property.key);
        self.properties.push(property);
        let mut bytes = 0;
        let kept = self.properties.iter().rev().take_while(|property| {
            bytes += property.index.bytes();
            bytes <= MOST_HELD
        });
        let gone = self.properties.len() - kept.count().max(1);
        self.properties.drain(..gone);
    }

    fn overlay(&self, key: &str, index: &Arc<Index>, over: &[Arc<Counts>]) -> Option<Arc<Overlay>> {
        let held = self.properties.iter().find(|property| property.key == key)?;
        let is_same = Arc::ptr_eq(&held.index, index)
            && held.over.len() == over.len()
            && held.over.iter().zip(over).all(|(one, other)| Arc::ptr_eq(one, other));
        is_same.then(|| Arc::clone(&held.overlay))
    }

    fn keep_overlay(&mut self, key: &str, index: &Arc<Index>, over: Vec<Arc<Counts>>, overlay: &Arc<Overlay>) {
        let held = self.properties.iter_mut().find(|property| property.key == key);
        if let Some(held) = held.filter(|held| Arc::ptr_eq(&held.index, index)) {
            held.over = over;
            held.overlay = Arc::clone(overlay);
        }
    }
}

impl Listed {
    fn of(listing: Option<Listing>) -> Self {
        match listing.map_or(OPEN, |listing| listing.closed) {
            OPEN => Self::All,
            IDENTIFIERS => Self::None,
            _ => Self::Some,
        }
    }
}

impl Overlay {
    fn of(over: &[Arc<Counts>], key: &str, index: &Index, listed: Listed) -> Self {
        let mut counted: HashMap<&str, i64> = HashMap::new();
        for (value, count) in over.iter().flat_map(|counts| counts.values(key).iter()) {
            *counted.entry(value).or_default() += count;
        }
        let mut overlay = Self::default();
        for (value, count) in counted {
            let place = index.place(value);
            // How many events have a value that is not listed is not known.
            if place.is_none() && listed != Listed::All {
                continue;
            }
            overlay.places.extend(place);
            overlay.values.push(OverlayValue {
                value: value.to_owned(),
                lower: lower(value).into_owned(),
                count: count + place.map_or(0, |place| index.count(place)),
            });
        }
        let values = &mut overlay.values;
        values.sort_unstable_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
        overlay
    }
}

/// Reads the values of a property, unless the catalog is not at that snapshot.
async fn read(project: &Project, snapshot_id: i64, listing: Option<Listing>) -> Result<Option<Index>> {
    let Some(listing) = listing else {
        return Ok(Some(Index::of(&Run::default())));
    };
    let mut transaction = project.catalog.begin().await?;
    if catalog::newest_snapshot(&mut transaction).await? != snapshot_id {
        return Ok(None);
    }
    let blocks = sqlx::query_as("SELECT run, data FROM hedgerow_value_block WHERE column_id = ? ORDER BY run, first");
    let blocks = blocks.bind(listing.column_id).fetch_all(&mut *transaction).await;
    let blocks: Vec<(i64, Vec<u8>)> = blocks.map_err(failed("cannot read property values"))?;
    drop(transaction);
    let index = blocking(move || {
        let runs = blocks.chunk_by(|one, other| one.0 == other.0);
        let runs = runs.map(|blocks| Run::read(blocks.iter().map(|(_, data)| data.as_slice())));
        let mut runs: Vec<Run> = runs.collect::<Result<_>>()?;
        drop(blocks);
        let run = match (runs.len(), Listed::of(Some(listing))) {
            (0, _) | (_, Listed::None) => Run::default(),
            (1, _) => runs.remove(0),
            (_, Listed::All) => Run::merged(&runs),
            (_, Listed::Some) => Run::joined_first(&runs),
        };
        Ok(Index::of(&run))
    });
    index.await.map(Some)
}
