//! The pages of the product: the site that everybody sees and the app behind the login.

/// A page, or the form of a page's address where a note's id stands in it.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) host: &'static str,
    /// With a note's page: what follows the id.
    pub(crate) path: &'static str,
    pub(crate) url: &'static str,
    pub(crate) title: &'static str,
    /// How often the page is opened against the others of its list.
    pub(crate) weight: u16,
}

/// What precedes a note's id in the path of its pages.
pub(crate) const NOTE_PATH: &str = "/app/notes/";
pub(crate) const NOTE_URL: &str = "https://app.leaflet.example/app/notes/";
pub(crate) const SEARCH_URL: &str = "https://app.leaflet.example/app/search?q=";

macro_rules! templates {
    ($host:literal: $($path:literal $title:literal $weight:literal,)*) => {
        [$(Template {
            host: $host,
            path: $path,
            url: concat!("https://", $host, $path),
            title: $title,
            weight: $weight,
        },)*]
    };
}

/// The public site. The last two are only reached on purpose.
pub(crate) static SITE: [Template; 36] = templates! { "www.leaflet.example":
    "/" "Leaflet - notes for teams" 30,
    "/pricing" "Pricing" 18,
    "/features" "Features" 9,
    "/features/editor" "The editor" 5,
    "/features/search" "Search" 4,
    "/features/sharing" "Sharing" 4,
    "/features/offline" "Offline" 3,
    "/templates" "Templates" 8,
    "/templates/meeting-notes" "Meeting notes" 6,
    "/templates/weekly-plan" "Weekly plan" 4,
    "/templates/project-brief" "Project brief" 4,
    "/templates/reading-list" "Reading list" 2,
    "/customers" "Customers" 3,
    "/customers/maple-studio" "Maple Studio" 1,
    "/customers/north-clinic" "North Clinic" 1,
    "/blog" "Blog" 5,
    "/blog/how-we-take-notes" "How we take notes" 6,
    "/blog/meeting-notes-that-work" "Meeting notes that work" 7,
    "/blog/release-3-3" "Leaflet 3.3" 2,
    "/blog/release-3-5" "Leaflet 3.5" 1,
    "/blog/second-brain" "A second brain" 4,
    "/docs" "Documentation" 5,
    "/docs/getting-started" "Getting started" 4,
    "/docs/import" "Import" 3,
    "/docs/keyboard-shortcuts" "Keyboard shortcuts" 3,
    "/docs/api" "API" 3,
    "/docs/self-hosting" "Self-hosting" 2,
    "/compare" "Compare" 2,
    "/compare/notion" "Leaflet and Notion" 4,
    "/compare/evernote" "Leaflet and Evernote" 3,
    "/about" "About" 2,
    "/jobs" "Jobs" 2,
    "/security" "Security" 2,
    "/contact" "Contact" 2,
    "/signup" "Sign up" 0,
    "/login" "Log in" 0,
};

/// The app without the notes. The last two are only reached on purpose.
pub(crate) static APP: [Template; 21] = templates! { "app.leaflet.example":
    "/app" "Home" 22,
    "/app/notes" "All notes" 18,
    "/app/notes/shared" "Shared with me" 6,
    "/app/notes/starred" "Starred" 5,
    "/app/notes/archive" "Archive" 2,
    "/app/notebooks" "Notebooks" 6,
    "/app/tags" "Tags" 4,
    "/app/tasks" "Tasks" 7,
    "/app/calendar" "Calendar" 5,
    "/app/templates" "Templates" 4,
    "/app/activity" "Activity" 4,
    "/app/trash" "Trash" 2,
    "/app/import" "Import" 1,
    "/app/settings/profile" "Profile" 2,
    "/app/settings/notifications" "Notifications" 1,
    "/app/settings/members" "Members" 3,
    "/app/settings/billing" "Billing" 2,
    "/app/settings/integrations" "Integrations" 1,
    "/app/settings/security" "Security" 1,
    "/app/welcome" "Welcome" 0,
    "/app/search" "Search" 0,
};

/// The pages of one note.
pub(crate) static NOTE: [Template; 4] = templates! { "app.leaflet.example":
    "" "Note" 70,
    "/edit" "Edit note" 22,
    "/history" "Note history" 4,
    "/share" "Share note" 4,
};

/// Where on the site or in the app a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Site(u8),
    App(u8),
    /// A form of [`NOTE`] and the number of the note among its member's.
    Note(u8, u16),
    /// The search page with the number of the term.
    Search(u32),
}

pub(crate) const HOME: Page = Page::Site(0);
pub(crate) const PRICING: Page = Page::Site(1);
pub(crate) const SIGN_UP: Page = Page::Site(34);
pub(crate) const LOG_IN: Page = Page::Site(35);
pub(crate) const WELCOME: Page = Page::App(19);
pub(crate) const BILLING: Page = Page::App(16);
const SEARCH: u8 = 20;

impl Page {
    pub(crate) fn template(self) -> &'static Template {
        match self {
            Self::Site(number) => &SITE[usize::from(number)],
            Self::App(number) => &APP[usize::from(number)],
            Self::Note(number, _) => &NOTE[usize::from(number)],
            Self::Search(_) => &APP[usize::from(SEARCH)],
        }
    }

    pub(crate) fn is_site(self) -> bool {
        matches!(self, Self::Site(_))
    }
}

const FIRST: [&str; 40] = [
    "meeting",
    "budget",
    "invoice",
    "roadmap",
    "recipe",
    "travel",
    "review",
    "sprint",
    "design",
    "retro",
    "hiring",
    "contract",
    "launch",
    "client",
    "research",
    "onboarding",
    "holiday",
    "quarterly",
    "marketing",
    "lecture",
    "interview",
    "workshop",
    "planning",
    "feedback",
    "security",
    "training",
    "product",
    "weekly",
    "daily",
    "team",
    "release",
    "customer",
    "sales",
    "reading",
    "project",
    "shopping",
    "garden",
    "health",
    "school",
    "family",
];
const SECOND: [&str; 25] = [
    "notes",
    "plan",
    "list",
    "ideas",
    "agenda",
    "summary",
    "draft",
    "checklist",
    "template",
    "report",
    "2026",
    "2025",
    "june",
    "may",
    "april",
    "anna",
    "outline",
    "final",
    "todo",
    "links",
    "questions",
    "costs",
    "dates",
    "goals",
    "archive",
];

/// The words of a search, with a plus for a space. Small numbers are common words, large ones have a long
/// tail: one word below 40, then two, then two and a number.
pub(crate) fn search_term(number: u32) -> String {
    let number = number as usize;
    let first = FIRST[number % FIRST.len()];
    if number < FIRST.len() {
        return first.to_owned();
    }
    let second = SECOND[(number / FIRST.len()) % SECOND.len()];
    if number < FIRST.len() * SECOND.len() {
        return format!("{first}+{second}");
    }
    format!("{first}+{second}+{}", number / (FIRST.len() * SECOND.len()))
}

#[cfg(test)]
mod tests {
    use super::{APP, BILLING, LOG_IN, NOTE, Page, SIGN_UP, SITE, WELCOME, search_term};

    #[test]
    fn named_pages_have_their_path() {
        let cases = [
            (SIGN_UP, "/signup"),
            (LOG_IN, "/login"),
            (WELCOME, "/app/welcome"),
            (BILLING, "/app/settings/billing"),
            (Page::Search(0), "/app/search"),
        ];
        for (page, path) in cases {
            assert_eq!(page.template().path, path);
        }
        assert!((60..70).contains(&(SITE.len() + APP.len() + NOTE.len())));
    }

    #[test]
    fn search_terms_differ_by_number() {
        let terms: std::collections::HashSet<String> = (0..5_000).map(search_term).collect();
        assert_eq!(terms.len(), 5_000);
    }
}
