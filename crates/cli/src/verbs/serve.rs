//! `serve`: the web page and the HTTP API.

use hedgerow_errors::Result;

use super::VerbContext;
use crate::args::ServeArgs;
use crate::exit;

pub(super) async fn run(args: ServeArgs, ctx: &VerbContext) -> Result<i32> {
    let app = match &args.model {
        Some(model) => ctx.app.with_default_model(model)?,
        None => ctx.app.clone(),
    };
    let ready = |url: &str| {
        ctx.printer.note(&format!("serving {url}"));
    };
    let (listen, cancel) = (args.listen, ctx.cancel.clone());
    ctx.host.serve(&app, listen, args.require_key, cancel, &ready).await?;
    Ok(exit::DONE)
}
