//! The binary: it wires engines to use cases, and decides which process runs a verb.
//!
//! Whoever opens a data folder owns it. If a server owns it, the verb is sent to that server over
//! the socket in the folder and runs there; otherwise it runs here.

mod host;
mod reference;
mod remote;
mod socket;
mod streams;
mod wiring;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use hedgerow_app::App;
use hedgerow_cli::{Cli, Command, Printer, cancellation, exit, parse};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_lake::DataFolder;

#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let printer = streams::printer();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            printer.error(&Error::caused(Code::Internal, "cannot start", error).report());
            return ExitCode::FAILURE;
        }
    };
    logging();
    let code = runtime.block_on(run(arguments, &printer));
    // Dropping the runtime would wait for blocking reads, such as a terminal's.
    runtime.shutdown_background();
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Logs go to standard error, where `HEDGEROW_LOG` asks for them (e.g. `info`, `hedgerow_lake=debug`).
fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HEDGEROW_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .init();
}

async fn run(arguments: Vec<OsString>, printer: &Printer) -> i32 {
    if let Some(code) = reference::run(&arguments, printer).await {
        return code;
    }
    let cli = match parse(arguments.clone(), printer) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let json = cli.globals.json;
    match here_or_there(cli, arguments, printer).await {
        Ok(code) => code,
        Err(error) => {
            let report = error.report();
            if json && let Err(unwritable) = printer.json(&serde_json::json!({"error": report})) {
                printer.error(&unwritable.report());
            }
            printer.error(&report);
            exit::FAILED
        }
    }
}

/// Runs the verb in this process if it can own the folder, else in the process that does.
#[expect(clippy::disallowed_methods, reason = "the binary is where the environment is read")]
async fn here_or_there(cli: Cli, arguments: Vec<OsString>, printer: &Printer) -> Result<i32> {
    let root = cli
        .globals
        .data_dir(std::env::var_os("XDG_DATA_HOME"), std::env::home_dir())?;
    let home = root.clone();
    let root = match &cli.command {
        // Benchmarks and the gate have projects and runs of their own, which nobody wants among theirs.
        command if command.works_apart() => root.join("evals"),
        _ => root,
    };
    if let Command::Restore(args) = &cli.command {
        if cli.globals.key.is_some() {
            let message = "a backup is put back by the owner of this machine, and with no key";
            return Err(Error::invalid(message).with_hint("leave --key out and HEDGEROW_KEY unset"));
        }
        let cwd = std::env::current_dir()
            .map_err(|error| Error::caused(Code::Io, "cannot tell the current folder", error))?;
        return hedgerow_cli::restore(args, &cli.globals, &cwd, &root, printer);
    }
    let makes = matches!(
        cli.command,
        Command::Import(_) | Command::Serve(_) | Command::Demo(_) | Command::Tools(_)
    ) || cli.command.works_apart();
    if !makes && !root.exists() {
        let message = format!("there is no data folder {}", root.display());
        let hint = "import something first: hedgerow import access-log FILE; or name another folder with --data";
        return Err(Error::new(Code::UnknownName, message).with_hint(hint));
    }
    let serves = matches!(cli.command, Command::Serve(_) | Command::Demo(_));
    // An owner that is just starting or ending gets a moment.
    for wait in [0, 50, 200, 500, 1000] {
        tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
        match DataFolder::open(&root) {
            Ok(folder) => return local(cli, folder, &home, printer).await,
            Err(error) if error.code() != Code::Busy => return Err(error),
            Err(_) if serves => {}
            Err(_) => {
                if let Some(code) = remote::run(
                    &DataFolder::socket(&root),
                    &arguments,
                    cli.globals.key.as_deref(),
                    printer,
                )
                .await?
                {
                    return Ok(code);
                }
            }
        }
    }
    let message = format!("data folder {} is in use by another process", root.display());
    Err(Error::new(Code::Busy, message).with_hint("wait until it ends, or take another folder with --data"))
}

#[expect(clippy::disallowed_methods, reason = "a second signal ends the process at once")]
async fn local(cli: Cli, folder: DataFolder, home: &Path, printer: &Printer) -> Result<i32> {
    let serves = matches!(cli.command, Command::Serve(_) | Command::Demo(_));
    let clock = cli.globals.clock();
    let wiring::Wired {
        app,
        lake,
        installer,
        mcp,
    } = wiring::app(folder, home, clock).await?;
    say_problems(&app, cli.globals.project.as_ref(), printer).await;
    // Who lives long sees what changes; everybody else has just looked.
    if serves {
        tokio::spawn(wiring::watch(installer));
    }
    let recovered = app.recover(serves).await?;
    let closed = recovered.closed.len();
    if closed > 0 {
        printer.note(&format!(
            "{closed} run(s) that a stopped process left open were closed; `hedgerow runs list` shows them"
        ));
    }
    for run_id in &recovered.stuck {
        printer.note(&format!(
            "run {run_id} is damaged and can't be closed; HEDGEROW_LOG=error tells why"
        ));
    }
    let (canceller, cancel) = cancellation();
    tokio::spawn(async move {
        // The first signal asks the verb to end in its own way, the second does not ask.
        while signalled().await {
            canceller.cancel();
            if signalled().await {
                std::process::exit(exit::CANCELLED);
            }
        }
    });
    let cwd =
        std::env::current_dir().map_err(|error| Error::caused(Code::Io, "cannot tell the current folder", error))?;
    let host = std::sync::Arc::new(host::LocalHost {
        data_dir: app.data_dir().to_owned(),
    });
    let context = hedgerow_cli::VerbContext {
        app: app.clone(),
        cwd,
        printer: printer.clone(),
        cancel,
        host,
    };
    let code = hedgerow_cli::run(cli, &context).await;
    // What was called is recorded beside the calls.
    app.flush().await;
    mcp.close().await;
    // What is in the log only is safe there; in files it is read faster.
    if let Err(error) = lake.close().await {
        tracing::warn!("not all events could be written to files yet: {}", error.chain());
    }
    Ok(code)
}

/// Says which products are not installed as their files are: those of all projects, and those of the one that the
/// verb is about.
pub(crate) async fn say_problems(app: &App, project: Option<&ProjectId>, printer: &Printer) {
    match app.product_problems(project).await {
        Ok(problems) => problems.iter().for_each(|problem| printer.note(&problem.to_string())),
        // The verb works without them.
        Err(error) => tracing::error!("products that are not installed can't be told: {}", error.chain()),
    }
}

/// Waits for Ctrl-C or the signal that service managers stop with; false where none can come.
async fn signalled() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return tokio::signal::ctrl_c().await.is_ok();
    };
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.is_ok(),
        signal = terminate.recv() => signal.is_some(),
    }
}
