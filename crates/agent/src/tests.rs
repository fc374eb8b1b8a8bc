//! The agent as a surface sees it: whole runs with a scripted model, tools of closures and a run log
//! in memory or a failing one. Time is tokio's paused clock, so nothing here waits.

mod access;
mod core_tools;
mod ends;
mod filters;
mod restarts;
mod scenarios;
mod schedules;
mod stage;
mod views;
mod writes;
