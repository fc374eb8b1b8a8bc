//! What is clicked and what fails: autocaptured elements and the exceptions of the product.

/// An element with PostHog's text form of the path to it.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) chain: &'static str,
    pub(crate) text: &'static str,
    pub(crate) event_type: &'static str,
}

macro_rules! element {
    ($kind:literal $text:literal $chain:literal) => {
        Element {
            chain: $chain,
            text: $text,
            event_type: $kind,
        }
    };
}

pub(crate) static SITE_ELEMENTS: [Element; 8] = [
    element!("click" "Pricing" r#"a.nav-link:attr__class="nav-link"attr__href="/pricing"href="/pricing"nth-child="2"nth-of-type="2"text="Pricing";nav.site-nav:attr__class="site-nav"nth-child="2"nth-of-type="1";header:nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Templates" r#"a.nav-link:attr__class="nav-link"attr__href="/templates"href="/templates"nth-child="3"nth-of-type="3"text="Templates";nav.site-nav:attr__class="site-nav"nth-child="2"nth-of-type="1";header:nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Start for free" r#"a.btn.btn-primary:attr__class="btn btn-primary"attr__href="/signup"href="/signup"nth-child="1"nth-of-type="1"text="Start for free";div.hero-actions:attr__class="hero-actions"nth-child="3"nth-of-type="1";section.hero:attr__class="hero"nth-child="1"nth-of-type="1";main:nth-child="2"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Watch the video" r#"button.btn.btn-ghost:attr__class="btn btn-ghost"attr__data-attr="hero-video"nth-child="2"nth-of-type="1"text="Watch the video";div.hero-actions:attr__class="hero-actions"nth-child="3"nth-of-type="1";section.hero:attr__class="hero"nth-child="1"nth-of-type="1";main:nth-child="2"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Yearly" r#"button.toggle:attr__class="toggle"attr__data-attr="billing-period"nth-child="2"nth-of-type="2"text="Yearly";div.plans-head:attr__class="plans-head"nth-child="1"nth-of-type="1";main:nth-child="2"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Read more" r#"a.card-link:attr__class="card-link"attr__href="/blog/how-we-take-notes"href="/blog/how-we-take-notes"nth-child="3"nth-of-type="1"text="Read more";article.card:attr__class="card"nth-child="1"nth-of-type="1";main:nth-child="2"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("submit" "Subscribe" r#"form.newsletter:attr__class="newsletter"attr__id="newsletter"attr_id="newsletter"nth-child="2"nth-of-type="1"text="Subscribe";footer:nth-child="3"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Say \"hello\"" r#"a.footer-link:attr__class="footer-link"attr__href="/contact"href="/contact"nth-child="4"nth-of-type="4"text="Say \"hello\"";footer:nth-child="3"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
];

pub(crate) static APP_ELEMENTS: [Element; 12] = [
    element!("click" "New note" r#"button.btn.btn-primary:attr__class="btn btn-primary"attr__data-attr="new-note"nth-child="1"nth-of-type="1"text="New note";div.toolbar:attr__class="toolbar"nth-child="1"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Search" r#"button.icon-button:attr__class="icon-button"attr__data-attr="open-search"nth-child="2"nth-of-type="2"text="Search";div.toolbar:attr__class="toolbar"nth-child="1"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Notebooks" r#"a.side-link:attr__class="side-link"attr__href="/app/notebooks"href="/app/notebooks"nth-child="3"nth-of-type="3"text="Notebooks";nav.sidebar:attr__class="sidebar"nth-child="1"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Starred" r#"a.side-link:attr__class="side-link"attr__href="/app/notes/starred"href="/app/notes/starred"nth-child="2"nth-of-type="2"text="Starred";nav.sidebar:attr__class="sidebar"nth-child="1"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Bold" r#"button.format:attr__class="format"attr__data-attr="format-bold"nth-child="1"nth-of-type="1"text="Bold";div.format-bar:attr__class="format-bar"nth-child="2"nth-of-type="2";div.editor:attr__class="editor"nth-child="2"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Checklist" r#"button.format:attr__class="format"attr__data-attr="format-checklist"nth-child="4"nth-of-type="4"text="Checklist";div.format-bar:attr__class="format-bar"nth-child="2"nth-of-type="2";div.editor:attr__class="editor"nth-child="2"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Share" r#"button.btn:attr__class="btn"attr__data-attr="share-note"nth-child="3"nth-of-type="3"text="Share";div.note-head:attr__class="note-head"nth-child="1"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Save" r#"button.btn.btn-primary:attr__class="btn btn-primary"attr__data-attr="save-note"nth-child="4"nth-of-type="4"text="Save";div.note-head:attr__class="note-head"nth-child="1"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("change" "" r#"select.sort:attr__class="sort"attr__data-attr="sort-notes"attr__name="sort"nth-child="2"nth-of-type="1";div.list-head:attr__class="list-head"nth-child="1"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Add tag" r#"span:nth-child="2"nth-of-type="1"text="Add tag";button.chip:attr__class="chip"attr__data-attr="add-tag"nth-child="5"nth-of-type="5"text="Add tag";div.note-head:attr__class="note-head"nth-child="1"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("click" "Invite people" r#"button.btn:attr__class="btn"attr__data-attr="invite"nth-child="2"nth-of-type="1"text="Invite people";div.members:attr__class="members"nth-child="1"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
    element!("submit" "Upload" r#"form.upload:attr__class="upload"attr__id="upload"attr_id="upload"nth-child="1"nth-of-type="1"text="Upload";div.editor:attr__class="editor"nth-child="2"nth-of-type="1";div.app:attr__class="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1""#),
];

/// What is pressed at the end of the sign-up form.
pub(crate) static SIGN_UP_ELEMENT: Element = element!("submit" "Create account" r#"form.signup:attr__class="signup"attr__id="signup"attr_id="signup"nth-child="2"nth-of-type="1"text="Create account";main:nth-child="2"nth-of-type="1";body:nth-child="2"nth-of-type="1""#);

/// An exception as the client reports it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// A JSON array of types.
    pub(crate) types: &'static str,
    pub(crate) values: &'static str,
    pub(crate) list: &'static str,
}

macro_rules! failure {
    ($type:literal $value:literal $file:literal $function:literal $line:literal $handled:literal) => {
        Failure {
            types: concat!("[\"", $type, "\"]"),
            values: concat!("[\"", $value, "\"]"),
            list: concat!(
                "[{\"type\":\"", $type, "\",\"value\":\"", $value,
                "\",\"mechanism\":{\"type\":\"generic\",\"handled\":", $handled, ",\"synthetic\":false},",
                "\"stacktrace\":{\"type\":\"raw\",\"frames\":[{\"platform\":\"web:javascript\",\"filename\":\"https://app.leaflet.example/assets/",
                $file, "\",\"function\":\"", $function, "\",\"in_app\":true,\"lineno\":", $line, ",\"colno\":17}]}}]"
            ),
        }
    };
}

/// The type that only the bad release raises, and raises on every page.
pub const BAD_RELEASE_EXCEPTION: &str = "ChunkLoadError";

pub(crate) static BAD_RELEASE_FAILURE: Failure =
    failure!("ChunkLoadError" "Loading chunk 4713 failed" "runtime.js" "loadChunk" 214 "false");

/// What goes wrong in every version.
pub(crate) static FAILURES: [Failure; 5] = [
    failure!("TypeError" "Cannot read properties of null (reading 'blocks')" "editor.js" "mergeBlocks" 1203 "false"),
    failure!("TypeError" "Failed to fetch" "api.js" "request" 88 "true"),
    failure!("AbortError" "The operation was aborted" "search.js" "query" 41 "true"),
    failure!("QuotaExceededError" "The quota has been exceeded" "offline.js" "store" 310 "true"),
    failure!("SyncError" "Revision is older than the stored one" "sync.js" "push" 157 "true"),
];

/// The chance of an exception after a person's pageview, without the bad release.
pub const EXCEPTION_RATE: f64 = 0.005;

/// How many times as many exceptions follow a pageview in the bad release.
pub const BAD_RELEASE_FACTOR: f64 = 8.0;
