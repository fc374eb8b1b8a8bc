//! Placeholder while the thread is built.
