//! The verbs, one file each, and what runs them.

mod ask;
mod backup;
mod change_diff;
mod demo;
mod doctor;
mod eval;
mod explained;
mod export;
mod import;
mod keys;
mod members;
mod objects;
mod persons;
mod product;
mod progress;
mod projects;
mod query;
mod runs;
mod search;
mod serve;
mod shown;
mod sql;
mod taxonomy;
mod tools;

pub use backup::restore;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_app::App;
use hedgerow_errors::{Code, Error, Result};
use serde_json::json;

use crate::args::{Cli, Command, Globals};
use crate::cancel::Cancel;
use crate::exit;
use crate::printer::Printer;

/// What only the binary can do, since it alone knows the server.
#[async_trait]
pub trait Host: Send + Sync {
    /// Serves page and API until stopped, with `require_key` to nobody without a key. Calls `ready` with the
    /// page's address once it listens.
    async fn serve(
        &self,
        app: &App,
        listen: SocketAddr,
        require_key: bool,
        cancel: Cancel,
        ready: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<()>;

    /// Fetches the first page and gives back the status.
    async fn first_page(&self, url: &str) -> Result<u16>;

    /// The file with the demo's log.
    async fn demo_log(&self) -> Result<PathBuf>;
}

/// What a verb runs in.
#[derive(Clone)]
pub struct VerbContext {
    /// The use cases.
    pub app: App,
    /// The folder that relative paths start from.
    pub cwd: PathBuf,
    /// Where output goes.
    pub printer: Printer,
    /// Tells when it is to stop.
    pub cancel: Cancel,
    /// What only the binary can do.
    pub host: Arc<dyn Host>,
}

impl VerbContext {
    /// The file that a path on the command line means.
    fn path(&self, path: &Path) -> PathBuf {
        self.cwd.join(path)
    }
}

/// Runs a verb and gives back the exit code.
pub async fn run(cli: Cli, ctx: &VerbContext) -> i32 {
    let Cli { globals, command } = cli;
    let mut ctx = ctx.clone();
    if let Some(clock) = globals.clock() {
        ctx.app = ctx.app.at(clock);
    }
    let json = globals.json || matches!(&command, Command::Sql(args) if args.format == crate::args::Format::Json);
    match dispatch(command, &globals, &ctx).await {
        Ok(code) => code,
        Err(error) => report(&error, json, &ctx.printer),
    }
}

async fn dispatch(command: Command, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let keyed;
    let ctx = match &globals.key {
        None => ctx,
        Some(_) if matches!(command, Command::Serve(_) | Command::Demo(_)) => {
            return Err(
                Error::invalid("a server acts for whoever calls it, and with no key of its own")
                    .with_hint("leave --key out and HEDGEROW_KEY unset"),
            );
        }
        Some(key) => {
            let app = ctx.app.as_principal(ctx.app.principal_of_key(key).await?);
            keyed = VerbContext { app, ..ctx.clone() };
            &keyed
        }
    };
    // These three end in their own way when they are stopped: a run is recorded as cancelled, a
    // server lets its connections end. The others can be dropped at any point.
    match command {
        Command::Ask(args) => return ask::run(args, globals, ctx).await,
        Command::Serve(args) => return serve::run(args, ctx).await,
        Command::Demo(args) => return demo::run(args, globals, ctx).await,
        _ => {}
    }
    tokio::select! {
        code = dispatch_droppable(command, globals, ctx) => code,
        () = ctx.cancel.cancelled() => Err(Error::new(Code::Cancelled, "stopped")),
    }
}

async fn dispatch_droppable(command: Command, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    match command {
        Command::Import(command) => import::run(command, globals, ctx).await,
        Command::Export(command) => export::run(command, globals, ctx).await,
        Command::Query(args) => query::run(args, globals, ctx).await,
        Command::Sql(args) => sql::run(args, globals, ctx).await,
        Command::Tools(command) => tools::run(command, globals, ctx).await,
        Command::Search(args) => search::run(&args, globals, ctx).await,
        Command::Runs(command) => runs::run(command, globals, ctx).await,
        Command::Objects(command) => objects::run(command, globals, ctx).await,
        Command::Activity(command) => objects::activity(command, globals, ctx).await,
        Command::Eval(args) => eval::run(args, globals, ctx).await,
        Command::Backup(args) => backup::run(&args, globals, ctx).await,
        Command::Doctor(args) => doctor::run(args, globals, ctx).await,
        Command::Persons(command) => persons::run(command, globals, ctx).await,
        Command::Keys(command) => keys::run(command, globals, ctx).await,
        Command::Members(command) => members::run(command, globals, ctx).await,
        Command::Product(command) => product::run(command, globals, ctx).await,
        Command::Projects(command) => projects::run(&command, globals, ctx).await,
        Command::Taxonomy(command) => taxonomy::run(command, globals, ctx).await,
        Command::Restore(_) => Err(Error::new(
            Code::Conflict,
            "a backup is put back into a folder that nobody uses yet",
        )),
        Command::Ask(_) | Command::Serve(_) | Command::Demo(_) => Err(Error::internal(
            "a verb that stops in its own way was sent the other way",
        )),
    }
}

/// Tells of an error and gives back its exit code.
fn report(error: &Error, json: bool, printer: &Printer) -> i32 {
    let report = error.report();
    if json && let Err(unwritable) = printer.json(&json!({"error": report})) {
        printer.error(&unwritable.report());
    }
    printer.error(&report);
    if error.code() == Code::Cancelled {
        exit::CANCELLED
    } else {
        exit::FAILED
    }
}
