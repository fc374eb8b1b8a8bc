//! The properties of events: their registry, and those that every event of a browser has.

use crate::devices::Profile;
use crate::event::{ValueKind, WorldValue};
use crate::flags::active_flags;
use crate::identifiers::{note_id, workspace_key};
use crate::pages::{NOTE_PATH, NOTE_URL, Page, SEARCH_URL, search_term};
use crate::people::Member;
use crate::session::{Session, device_text};

/// How many events have a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// On every event of a browser, or on every one of an identified person.
    Dense,
    /// On the events of one kind, such as `note_created`.
    Event,
    /// On few events, whatever their kind.
    Sparse,
    /// Means something to PostHog itself: persons, groups, flags, exceptions, autocapture.
    Protocol,
}

/// A property key with its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property {
    pub key: &'static str,
    pub kind: ValueKind,
    pub presence: Presence,
}

macro_rules! properties {
    ($($presence:ident { $($key:literal $kind:ident,)* })*) => {
        &[$($(Property { key: $key, kind: ValueKind::$kind, presence: Presence::$presence },)*)*]
    };
}

/// Every property key of the world: 40 of the product and the browser, and those of the protocol.
pub const PROPERTIES: &[Property] = properties! {
    Dense {
        "$browser" Text, "$browser_version" Integer, "$os" Text, "$os_version" Text, "$device_type" Text,
        "$current_url" Text, "$host" Text, "$pathname" Text, "$referrer" Text, "$referring_domain" Text,
        "$screen_height" Integer, "$screen_width" Integer, "$viewport_height" Integer,
        "$viewport_width" Integer, "$lib" Text, "$lib_version" Text, "$window_id" Text, "$device_id" Text,
        "$raw_user_agent" Text, "$timezone" Text, "$browser_language" Text, "$session_entry_pathname" Text,
        "$is_identified" Boolean, "app_version" Text, "is_mobile" Boolean, "title" Text, "plan" Text,
    }
    Event {
        "$prev_pageview_pathname" Text, "$prev_pageview_duration" Double, "note_id" Text,
        "note_length" Integer, "results" Integer,
    }
    Sparse {
        "utm_source" Text, "utm_medium" Text, "utm_campaign" Text, "search_term" Text, "upload_mb" Double,
        "amount" Double, "seats" Integer, "cancel_reason" Text,
    }
    Protocol {
        "$process_person_profile" Boolean, "$groups" Json, "$group_type" Text, "$group_key" Text,
        "$group_set" Json, "$set" Json, "$set_once" Json, "$unset" Json, "$anon_distinct_id" Text,
        "alias" Text, "$active_feature_flags" Json, "$feature/onboarding-checklist" Text,
        "$feature/new-editor" Boolean, "$feature/command-palette" Boolean, "$feature_flag" Text,
        "$feature_flag_response" Text, "$event_type" Text, "$el_text" Text, "$elements_chain" Text,
        "$exception_types" Json, "$exception_values" Json, "$exception_list" Json, "$exception_level" Text,
        "$web_vitals_LCP_value" Double, "$web_vitals_FCP_value" Double, "$web_vitals_INP_value" Double,
        "$web_vitals_CLS_value" Double,
    }
};

/// Properties in the order in which they were added.
pub(crate) type Properties = Vec<(&'static str, WorldValue)>;

/// A JSON value of text that is already JSON.
pub(crate) fn json(text: impl Into<std::borrow::Cow<'static, str>>) -> WorldValue {
    WorldValue::Json(text.into())
}

/// What each event of a browser says. `member` is the identified member, if the client knows one.
pub(crate) fn of_browser(session: &Session, member: Option<(u32, &Member)>) -> Properties {
    let mut properties = Properties::with_capacity(44);
    let profile = session.profile();
    properties.extend([
        ("$os", profile.os.into()),
        ("$browser", profile.browser.into()),
        ("$browser_version", profile.browser_version.into()),
        ("$device_type", profile.device_type.into()),
        ("$raw_user_agent", profile.user_agent.into()),
        ("$screen_height", profile.screen.1.into()),
        ("$screen_width", profile.screen.0.into()),
        ("$viewport_height", profile.viewport.1.into()),
        ("$viewport_width", profile.viewport.0.into()),
        ("is_mobile", is_mobile(profile).into()),
        ("$timezone", session.place().timezone.into()),
        ("$browser_language", session.place().language.into()),
        ("$lib", "web".into()),
        ("$lib_version", "1.449.2".into()),
        ("$device_id", device_text(session.device).into()),
        ("$window_id", device_text(session.window).into()),
        ("$is_identified", session.identified.into()),
        ("$process_person_profile", session.identified.into()),
        ("app_version", session.version.into()),
    ]);
    if !profile.os_version.is_empty() {
        properties.push(("$os_version", profile.os_version.into()));
    }
    place_of(session, member.map_or(0, |(number, _)| number), &mut properties);
    if let Some((_, member)) = member {
        of_member(session, member, &mut properties);
    }
    properties
}

fn is_mobile(profile: &Profile) -> bool {
    profile.device_type != "Desktop"
}

fn place_of(session: &Session, member: u32, properties: &mut Properties) {
    let template = session.page.template();
    let url = match session.page {
        Page::Site(_) | Page::App(_) => template.url.into(),
        Page::Note(_, note) => format!("{NOTE_URL}{}{}", note_id(member, note), template.path).into(),
        Page::Search(term) => format!("{SEARCH_URL}{}", search_term(term)).into(),
    };
    let (referrer, domain) = session.origin.referrer();
    properties.extend([
        ("$current_url", url),
        ("$host", template.host.into()),
        ("$pathname", path_of(session.page, member)),
        ("title", template.title.into()),
        ("$referrer", referrer.into()),
        ("$referring_domain", domain.into()),
        ("$session_entry_pathname", session.entry.template().path.into()),
    ]);
    if let Some(campaign) = session.origin.campaign() {
        properties.extend([
            ("utm_source", campaign.source.into()),
            ("utm_medium", campaign.medium.into()),
            ("utm_campaign", campaign.name.into()),
        ]);
    }
}

/// The path of a page, with the id of the note in it.
pub(crate) fn path_of(page: Page, member: u32) -> WorldValue {
    match page {
        Page::Note(_, note) => format!("{NOTE_PATH}{}{}", note_id(member, note), page.template().path).into(),
        _ => page.template().path.into(),
    }
}

fn of_member(session: &Session, member: &Member, properties: &mut Properties) {
    properties.extend([
        ("plan", member.plan.name().into()),
        ("$groups", groups(member.workspace)),
        ("$feature/new-editor", member.new_editor.into()),
        ("$feature/command-palette", session.has_palette.into()),
        (
            "$active_feature_flags",
            json(active_flags(
                member.variant.is_some(),
                member.new_editor,
                session.has_palette,
            )),
        ),
    ]);
    if let Some(variant) = member.variant {
        properties.push(("$feature/onboarding-checklist", variant.name().into()));
    }
}

/// `$groups` of a member.
pub(crate) fn groups(workspace: u32) -> WorldValue {
    json(format!("{{\"workspace\":\"{}\"}}", workspace_key(workspace)))
}
