//! `demo`: a real log, one question, and the page.

use std::sync::Mutex;

use hedgerow_agent_api::Surface;
use hedgerow_app::{AccessLogInput, AskInput, MaxRejects};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use tokio::sync::oneshot;

use super::{VerbContext, ask, import};
use crate::args::{DemoArgs, Globals};
use crate::cancel::cancellation;
use crate::exit;

const PROJECT: &str = "demo";
const WORLD: &str = "leaflet";
const SEED: u64 = 7;
const EVENTS: u64 = 300_000;
const QUESTION: &str = "Daily page views from 17 to 20 May 2015";

pub(super) async fn run(args: DemoArgs, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let project = globals.project_or(PROJECT)?;
    tokio::select! {
        imported = import_both(&project, globals, ctx) => imported?,
        () = ctx.cancel.cancelled() => return Err(Error::new(Code::Cancelled, "stopped")),
    }
    if !globals.json {
        ctx.printer.line(&format!("\n> {QUESTION}"))?;
    }
    let code = ask::ask(AskInput::new(project, QUESTION, Surface::Cli), globals.json, ctx).await?;
    if code == exit::DONE {
        serve(&args, ctx).await?;
    }
    Ok(code)
}

/// The log, and beside it a made-up product with persons, groups, an experiment and more.
async fn import_both(project: &ProjectId, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    import_log(project, globals, ctx).await?;
    let world: ProjectId = WORLD
        .parse()
        .map_err(|error| Error::internal(format!("a built-in project name: {error}")))?;
    let imported = import::import_world(&world, SEED, EVENTS, ctx).await?;
    ctx.printer.note(&import::world_line(&world, &imported));
    Ok(())
}

async fn import_log(project: &ProjectId, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    let input = AccessLogInput {
        project: project.clone(),
        files: vec![ctx.host.demo_log().await?],
        source: Some(PROJECT.to_owned()),
        max_rejects: MaxRejects::default(),
        rejects_path: None,
    };
    import::import(&input, globals.json, ctx).await
}

/// Serves until stopped; with `--once` until the first page was answered with 200.
async fn serve(args: &DemoArgs, ctx: &VerbContext) -> Result<()> {
    let (canceller, cancel) = cancellation();
    let (listening, address) = oneshot::channel::<String>();
    let listening = Mutex::new(Some(listening));
    let ready = |url: &str| {
        ctx.printer.note(&format!("serving {url}"));
        let sender = listening.lock().ok().and_then(|mut sender| sender.take());
        // Nobody waits for the address where the verb is being stopped.
        let _ = sender.map(|sender| sender.send(url.to_owned()));
    };
    let server = ctx.host.serve(&ctx.app, args.listen, false, cancel, &ready);
    let visitor = async {
        let visited = if args.once {
            first_page(address, ctx).await
        } else {
            std::future::pending().await
        };
        canceller.cancel();
        visited
    };
    let stopped = async {
        ctx.cancel.cancelled().await;
        canceller.cancel();
        std::future::pending::<()>().await;
    };
    tokio::pin!(server, visitor, stopped);
    tokio::select! {
        served = &mut server => served,
        visited = &mut visitor => {
            server.await?;
            visited
        }
        () = &mut stopped => Ok(()),
    }
}

async fn first_page(address: oneshot::Receiver<String>, ctx: &VerbContext) -> Result<()> {
    let url = address
        .await
        .map_err(|_| Error::internal("the server ended before it listened"))?;
    let status = ctx.host.first_page(&url).await?;
    ctx.printer.note(&format!("{url} answered {status}"));
    if status == 200 {
        return Ok(());
    }
    Err(Error::new(
        Code::Unavailable,
        format!("the first page answered {status} instead of 200"),
    ))
}
