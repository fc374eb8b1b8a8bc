//! The chunk that events gather in, and the writer that hands full ones to the store.

use std::pin::Pin;
use std::task::Poll;

use hedgerow_data_api::{Appended, EventBatch, EventSink};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use uuid::Uuid;

/// Input between two looks at a chunk's size, which is a sum over all of its columns.
const LOOK_EVERY: usize = 1 << 20;

/// Events on their way to becoming durable together.
pub(crate) struct Chunk {
    /// The events.
    pub batch: EventBatch,
    /// The earliest and the latest time so far, in microseconds since 1970.
    pub span: Option<(i64, i64)>,
    most_events: usize,
    most_bytes: usize,
    unseen: usize,
    full: bool,
}

impl Chunk {
    /// A chunk that is full with so many events, or so many bytes in memory.
    pub(crate) fn new(most_events: usize, most_bytes: usize) -> Self {
        Self {
            batch: EventBatch::default(),
            span: None,
            most_events,
            most_bytes,
            unseen: 0,
            full: false,
        }
    }

    /// Begins an event.
    pub(crate) fn begin(&mut self, uuid: Uuid, event: &str, time: i64, distinct_id: &str, session: Option<&str>) {
        self.widen(time);
        self.batch.begin(uuid, event, time, distinct_id, session);
    }

    /// Begins an event whose texts have numbers in the batch, and gives back its row.
    pub(crate) fn begin_numbered(
        &mut self,
        uuid: Uuid,
        event: u32,
        time: i64,
        distinct_id: u32,
        session: Option<u32>,
    ) -> u32 {
        self.widen(time);
        self.batch.begin_numbered(uuid, event, time, distinct_id, session)
    }

    fn widen(&mut self, time: i64) {
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
    }

    /// How many events still fit, at least one.
    pub(crate) fn room(&self) -> usize {
        self.most_events.saturating_sub(self.batch.len()).max(1)
    }

    /// Notes that input of so many bytes was taken in, and says whether the chunk is full.
    pub(crate) fn took(&mut self, bytes: usize) -> bool {
        self.unseen += bytes;
        if self.unseen >= LOOK_EVERY.min(self.most_bytes) {
            self.unseen = 0;
            self.full = self.batch.bytes() >= self.most_bytes;
        }
        self.is_full()
    }

    /// Whether it takes no more.
    pub(crate) fn is_full(&self) -> bool {
        self.full || self.batch.len() >= self.most_events
    }

    fn take(&mut self) -> EventBatch {
        self.unseen = 0;
        self.full = false;
        std::mem::take(&mut self.batch)
    }
}

/// Hands chunks to the store, which works on one while the next is read.
pub(crate) struct Writer<'a> {
    sink: &'a dyn EventSink,
    project: &'a ProjectId,
    /// What became of the chunks that are durable.
    pub appended: Appended,
    /// The chunk that the store works on, with its number of events.
    on_its_way: Option<(usize, Append<'a>)>,
}

type Append<'a> = Pin<Box<dyn Future<Output = Result<Appended>> + Send + 'a>>;

impl<'a> Writer<'a> {
    pub(crate) fn new(sink: &'a dyn EventSink, project: &'a ProjectId) -> Self {
        Self {
            sink,
            project,
            appended: Appended::default(),
            on_its_way: None,
        }
    }

    /// Hands a chunk over and empties it. The one before is durable afterwards.
    pub(crate) async fn flush(&mut self, chunk: &mut Chunk) -> Result<()> {
        chunk.batch.settle();
        self.settle().await?;
        if chunk.batch.is_empty() {
            return Ok(());
        }
        let batch = chunk.take();
        let events = batch.len();
        let mut append: Append<'a> = Box::pin(self.sink.append(self.project, batch));
        // Looked at once, the store begins; what it does then goes on while we read.
        let mut ended = None;
        std::future::poll_fn(|context| {
            if let Poll::Ready(appended) = append.as_mut().poll(context) {
                ended = Some(appended);
            }
            Poll::Ready(())
        })
        .await;
        match ended {
            Some(appended) => self.take_in(events, appended),
            None => {
                self.on_its_way = Some((events, append));
                Ok(())
            }
        }
    }

    /// Waits until all that was handed over is durable.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        match self.on_its_way.take() {
            Some((events, append)) => {
                let appended = append.await;
                self.take_in(events, appended)
            }
            None => Ok(()),
        }
    }

    fn take_in(&mut self, events: usize, appended: Result<Appended>) -> Result<()> {
        let Appended { added, already_present } = appended.map_err(|error| {
            let before = self.appended.added;
            let message = format!("store a chunk of {events} events, {before} were added before");
            let hint = error.hint().map(|hint| format!("{hint}; ")).unwrap_or_default();
            let again = "the same import again adds only what is missing";
            Error::caused(error.code(), message, error).with_hint(format!("{hint}{again}"))
        })?;
        self.appended.added += added;
        self.appended.already_present += already_present;
        Ok(())
    }
}
