//! The promises of a store of calls and feedback, as one suite that each implementation's tests call.

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use hedgerow_agent_api::{CallEnd, CallRecord, Feedback, NewRun, Rating, RunLog, Surface, UsageStore};
use hedgerow_errors::Error;
use hedgerow_ids::{CallId, ConversationId, ProjectId, RunId};

/// Runs the whole suite; `make` gives an empty store each time, with the log of the runs that feedback is about.
pub async fn usage_store_conformance<F, Fut>(make: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = (Arc<dyn UsageStore>, Arc<dyn RunLog>)>,
{
    calls_come_back_as_given_by_time(make().await.0.as_ref()).await;
    calls_are_forgotten_by_the_machines_time(make().await.0.as_ref()).await;
    let (usage, runs) = make().await;
    the_last_feedback_of_a_person_is_kept(usage.as_ref(), runs.as_ref()).await;
}

fn time(second: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 5, 20, 12, 0, second).single().unwrap()
}

fn project(name: &str) -> ProjectId {
    name.parse().unwrap()
}

fn call(name: &str, second: u32, end: CallEnd) -> CallRecord {
    CallRecord {
        project: project(name),
        tool: "query_trends".to_owned(),
        surface: Surface::Http,
        at: time(second),
        ms: Some(12),
        end,
        error: None,
        argument_tokens: 7,
        result_tokens: 0,
        run_id: None,
        searched: None,
    }
}

async fn calls_come_back_as_given_by_time(usage: &dyn UsageStore) {
    let error = Error::invalid("no such event").with_hint("did you mean $pageview?");
    let whole = CallRecord {
        surface: Surface::Cli,
        ms: None,
        error: Some(error.report()),
        run_id: Some(RunId::new()),
        searched: Some("where is the <data> of\nthe \"frobnicator\"?".to_owned()),
        ..call("site", 3, CallEnd::Denied)
    };
    let ends: Vec<CallRecord> = CallEnd::ALL.into_iter().map(|end| call("site", 9, end)).collect();
    usage.add_calls(ends.clone(), time(50)).await.unwrap();
    let others = vec![whole.clone(), call("shop", 3, CallEnd::Ok)];
    usage.add_calls(others, time(50)).await.unwrap();
    let all = usage.calls(&project("site"), time(0), time(59)).await.unwrap();
    assert_eq!(all, [std::slice::from_ref(&whole), &ends[..]].concat());
    let early = usage.calls(&project("site"), time(3), time(9)).await.unwrap();
    assert_eq!(early, [whole]);
    assert_eq!(usage.calls(&project("site"), time(4), time(9)).await.unwrap(), []);
}

async fn calls_are_forgotten_by_the_machines_time(usage: &dyn UsageStore) {
    for (at, recorded) in [(40, 10), (1, 20)] {
        let calls = vec![call("site", at, CallEnd::Ok)];
        usage.add_calls(calls, time(recorded)).await.unwrap();
    }
    assert_eq!(usage.forget_calls(time(10)).await.unwrap(), 0);
    assert_eq!(usage.forget_calls(time(20)).await.unwrap(), 1);
    let left = usage.calls(&project("site"), time(0), time(59)).await.unwrap();
    assert_eq!(left, [call("site", 1, CallEnd::Ok)]);
}

async fn the_last_feedback_of_a_person_is_kept(usage: &dyn UsageStore, runs: &dyn RunLog) {
    let mut ids = Vec::new();
    for name in ["site", "shop"] {
        let run = NewRun {
            run_id: RunId::new(),
            conversation_id: ConversationId::new(),
            project: project(name),
            question: "How many?".to_owned(),
            started_at: time(0),
        };
        ids.push(run.run_id);
        runs.create(run).await.unwrap();
    }
    let of = |run_id: RunId, name: &str, person: &str, second: u32| Feedback {
        run_id,
        project: project(name),
        person: person.to_owned(),
        at: time(second),
        rating: Rating::Good,
        text: None,
        call_id: None,
        figure: None,
    };
    let first = of(ids[0], "site", "ann", 1);
    let last = Feedback {
        rating: Rating::Bad,
        text: Some("it counted <data> twice".to_owned()),
        call_id: Some(CallId::new()),
        figure: Some(2),
        ..of(ids[0], "site", "ann", 5)
    };
    let bob = of(ids[0], "site", "bob", 3);
    for feedback in [&first, &bob, &last, &of(ids[1], "shop", "ann", 4)] {
        usage.give_feedback(feedback.clone()).await.unwrap();
    }
    assert_eq!(usage.feedback_of(ids[0]).await.unwrap(), [bob.clone(), last.clone()]);
    let newest_first = usage.feedback(&project("site"), time(0), time(59)).await.unwrap();
    assert_eq!(newest_first, [last, bob.clone()]);
    assert_eq!(usage.feedback(&project("site"), time(3), time(5)).await.unwrap(), [bob]);
    // Its own words again, without them: nothing of the ones before is left.
    usage.give_feedback(of(ids[0], "site", "ann", 8)).await.unwrap();
    assert_eq!(usage.feedback_of(ids[0]).await.unwrap().len(), 2);
    assert_eq!(usage.feedback_of(ids[0]).await.unwrap()[1].text, None);
    assert_eq!(usage.feedback_of(RunId::new()).await.unwrap(), []);
}
