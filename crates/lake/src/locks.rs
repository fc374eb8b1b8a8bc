//! The locks of the current view, in a module of their own so that it can be built on others.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
pub(crate) use std::sync::{Mutex, PoisonError, RwLock};
