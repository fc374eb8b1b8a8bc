//! Events in everyday words.

use chrono::DateTime;
use hedgerow_data_api::EventDefinition;

use super::*;
use crate::tokens::tokenize;

fn events() -> Vec<EventDefinition> {
    let names = [
        "$pageview",
        "$exception",
        "$identify",
        "signed_up",
        "logged_in",
        "note_created",
        "note_edited",
        "note_shared",
        "search_performed",
        "file_uploaded",
        "plan_upgraded",
        "template_used",
        "checkout_started",
        "invoice_paid",
        "workspace_invited",
        "subscription_cancelled",
    ];
    let at = DateTime::from_timestamp(0, 0).unwrap();
    names
        .iter()
        .map(|name| EventDefinition {
            name: (*name).to_owned(),
            count: 1,
            first_seen: at,
            last_seen: at,
        })
        .collect()
}

fn read(text: &str) -> String {
    let tokens = tokenize(text);
    match event_at(&tokens, 0, &events()) {
        None => "-".to_owned(),
        Some((end, named)) => format!(
            "{}{}{}{}{}",
            named.event.unwrap_or_default(),
            if named.is_agent { " agent" } else { "" },
            if named.is_first { " first" } else { "" },
            if named.is_again { " again" } else { "" },
            if end < tokens.len() { " .." } else { "" },
        ),
    }
}

#[test]
fn everyday_words_name_events_and_near_ones_do_not() {
    let cases = [
        ("signed_up", "signed_up"),
        ("\"note_created\" events", "note_created"),
        ("signed up", "signed_up"),
        ("signing up", "signed_up"),
        ("sign-ups", "signed_up"),
        ("signups", "signed_up"),
        ("logins", "logged_in"),
        ("logged in", "logged_in"),
        ("created a note", "note_created"),
        ("create notes", "note_created"),
        ("note creators", "note_created agent"),
        ("notes created", "note_created"),
        ("created their first ever note", "note_created first"),
        ("created another note", "note_created again"),
        ("created another one", "note_created again"),
        ("shared notes", "note_shared"),
        ("edited a note again", "note_edited again"),
        ("searched again", "search_performed again"),
        ("searches", "search_performed"),
        ("search", "search_performed"),
        ("uploaded a file", "file_uploaded"),
        ("file uploaders", "file_uploaded agent"),
        ("upgrading the plan", "plan_upgraded"),
        ("used a template", "template_used"),
        ("paid an invoice", "invoice_paid"),
        ("started the checkout", "checkout_started"),
        ("cancelled their subscription", "subscription_cancelled"),
        ("exceptions", "$exception"),
        ("viewed a page again", "$pageview again"),
        ("page views", "$pageview"),
        ("looked at the page /pricing", "$pageview .."),
        ("viewed / and", "$pageview .."),
        ("created a workspace", "note_created .."),
        ("used a note", "-"),
        ("deleted a note", "-"),
        ("note", "-"),
        ("signed a note", "-"),
        ("users", "-"),
        ("not created", "-"),
        ("trial_started", "-"),
        ("started", "-"),
        ("in", "-"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), expected, "{text}");
    }
}
