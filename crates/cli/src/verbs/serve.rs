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
    ctx.host.serve(&app, args.listen, ctx.cancel.clone(), &ready).await?;
    Ok(exit::DONE)
}
