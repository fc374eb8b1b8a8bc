//! How well a product works in a project: calls, errors, times, tokens, searches, feedback, evals.
//!
//! Everything is counted from the records themselves (see [`usage`](crate::usage)) when somebody looks, so that no
//! number here can differ from them. Lists hold the newest; the counts beside them are of all.

mod count;
mod types;

pub use types::{
    DayCalls, ErrorExample, ErrorGroup, FailedRun, ProductQuality, QualityFeedback, QualityOptions, RunTotals,
    SurfaceCalls, ToolQuality, Totals, ZeroMatch,
};

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveTime, Utc};
use hedgerow_agent_api::{Access, CallRecord, Feedback, Registry, Resource, RunStatus, Thread};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ProjectId, RunId};

use crate::App;
use crate::usage::{RETENTION, calls_of_run, counted, is_of_product};

/// Days of a report where nobody says.
const DAYS: u32 = 30;
/// Runs that failed, in the list of the newest.
const FAILED_RUNS: usize = 10;
/// Searches, in the list of the newest.
const SEARCHES: usize = 20;
/// Feedback with words, in the list of the newest.
const FEEDBACK: usize = 20;

/// What is known of usage in a project and a time, before it is counted for a product.
struct Usage {
    /// Calls of all tools, oldest first.
    calls: Vec<CallRecord>,
    /// The runs that were active, oldest first, with the tools that each called.
    runs: Vec<(Thread, Vec<String>)>,
}

impl App {
    /// How well a product works in a project, over full days before today and what there is of today, in UTC.
    ///
    /// Who lacks `run:read` gets the counts, and none of the texts that come from runs and people.
    pub async fn product_quality(&self, name: &str, options: &QualityOptions) -> Result<ProductQuality> {
        let project = &options.project;
        self.check(&Access::read(Resource::Product), Some(project))?;
        self.require_project(project).await?;
        let product = self.seen(Some(project)).await?.product(name)?.clone();
        let days = options.days.unwrap_or(DAYS);
        let most = RETENTION.num_days();
        if days == 0 || i64::from(days) > most {
            let message = format!("days {days} is not within 1 to {most}");
            return Err(Error::invalid(message).with_hint(format!("calls are kept for {most} days")));
        }
        let now = self.clock.now();
        let today = now.date_naive().and_time(NaiveTime::MIN).and_utc();
        let (from, to) = (today - Duration::days(i64::from(days)), today + Duration::days(1));
        let registry = self.registry(Some(project));
        let usage = self.usage(project, name, from, to).await?;
        let of_product: Vec<&CallRecord> = usage
            .calls
            .iter()
            .filter(|call| is_of_product(&registry, name, call))
            .collect();
        let feedback = self.feedback_on(project, name, from, to, &usage).await?;
        let shows_texts = self.principal.may(&Access::read(Resource::Run), project);
        let searches = count::searches(&usage.calls);
        let calls_it =
            |(_, tools): &&(Thread, Vec<String>)| tools.iter().any(|tool| registry.product_of_tool(tool) == Some(name));
        let runs: Vec<&Thread> = usage.runs.iter().filter(calls_it).map(|(thread, _)| thread).collect();
        let mut quality = ProductQuality {
            product: product.name.clone(),
            title: product.title.clone(),
            owner: product.owner.clone(),
            contact: product.contact.clone(),
            stage: product.stage,
            project: project.clone(),
            from,
            until: now,
            totals: count::totals(&of_product),
            by_day: count::by_day(&of_product, from, to, today),
            tools: count::tools(&registry, name, &of_product),
            errors: count::errors(&of_product),
            runs: count::runs(&runs),
            failed_runs: failed_runs(&runs),
            searches_without_match: searches.iter().map(|found| found.times).sum(),
            searches: searches.into_iter().take(SEARCHES).collect(),
            feedback: count::feedback(&feedback, FEEDBACK),
            evals: self.eval_history(name)?,
            texts_withheld: !shows_texts,
        };
        if !shows_texts {
            quality.withhold_texts();
        }
        Ok(quality)
    }

    /// What was called in a project within a time. Tokens are counted for one product's calls only, as that takes time.
    async fn usage(&self, project: &ProjectId, product: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Usage> {
        self.flush().await;
        let mut calls = self.parts.usage.calls(project, from, to).await?;
        let run_log = &self.parts.run_log;
        let (mut runs, mut of_runs) = (Vec::new(), Vec::new());
        for run_id in run_log.active(project, from, to).await? {
            let events = run_log.read(run_id, 0).await?;
            let thread = Thread::fold(&events);
            let asking = match thread.continues {
                Some(continues) => Some(self.parts.agent.thread(continues).await?),
                None => None,
            };
            let mut made = calls_of_run(project, &events, asking.as_ref());
            runs.push((thread, made.iter().map(|call| call.record.tool.clone()).collect()));
            made.retain(|call| from <= call.record.at && call.record.at < to);
            of_runs.extend(made);
        }
        let (registry, product) = (self.registry(Some(project)), product.to_owned());
        let of_runs = tokio::task::spawn_blocking(move || {
            let count = |made: crate::usage::MadeCall| {
                if is_of_product(&registry, &product, &made.record) {
                    counted(made)
                } else {
                    made.record
                }
            };
            of_runs.into_iter().map(count).collect::<Vec<CallRecord>>()
        });
        let of_runs = of_runs.await;
        calls.extend(of_runs.map_err(|error| Error::caused(Code::Internal, "counting tokens broke off", error))?);
        calls.sort_by_key(|call| call.at);
        Ok(Usage { calls, runs })
    }

    /// What was said within a time of runs that called a tool of a product, newest first; where it was about one call,
    /// only if that one did.
    async fn feedback_on(
        &self,
        project: &ProjectId,
        product: &str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        usage: &Usage,
    ) -> Result<Vec<Feedback>> {
        let known: BTreeMap<RunId, &Thread> = usage
            .runs
            .iter()
            .filter_map(|(thread, _)| Some((thread.run_id?, thread)))
            .collect();
        let registry = self.registry(Some(project));
        let mut on_product = Vec::new();
        for feedback in self.parts.usage.feedback(project, from, to).await? {
            // A run may be older than what is said of it.
            let read;
            let thread = match known.get(&feedback.run_id) {
                Some(thread) => thread,
                None => {
                    read = self.parts.agent.thread(feedback.run_id).await?;
                    &read
                }
            };
            if is_about(&feedback, thread, &registry, product) {
                on_product.push(feedback);
            }
        }
        Ok(on_product)
    }
}

fn is_about(feedback: &Feedback, thread: &Thread, registry: &Registry, product: &str) -> bool {
    let about = |call: &&hedgerow_agent_api::ToolCallView| feedback.call_id.is_none_or(|id| id == call.call_id);
    let mut calls = thread.calls.iter().filter(about);
    calls.any(|call| registry.product_of_tool(&call.tool) == Some(product))
}

fn failed_runs(runs: &[&Thread]) -> Vec<FailedRun> {
    let failed = runs.iter().rev().filter(|thread| thread.status == RunStatus::Failed);
    let shown = failed.filter_map(|thread| {
        Some(FailedRun {
            run_id: thread.run_id?,
            question: thread.question.clone(),
            message: thread
                .error
                .as_ref()
                .map(|error| error.message.clone())
                .unwrap_or_default(),
        })
    });
    shown.take(FAILED_RUNS).collect()
}
