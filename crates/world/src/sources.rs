//! Traffic sources: where visitors come from and how many of them sign up.

use crate::random::Random;

/// A source of visitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A search engine; `$referring_domain` names it, no utm.
    Search,
    /// Typed in or bookmarked; no referrer, no utm.
    Direct,
    /// Paid search: utm_source `google`, utm_medium `cpc`.
    Ads,
    /// utm_source `newsletter`, utm_medium `email`, no referrer.
    Newsletter,
}

/// In the order of [`Source`].
pub const SOURCES: [&str; 4] = ["search", "direct", "ads", "newsletter"];

/// The chance that a new visitor of a source signs up in the first visit, in the order of [`SOURCES`].
pub const SOURCE_CONVERSION: [f64; 4] = [0.09, 0.10, 0.045, 0.17];

const WEIGHTS: [u16; 4] = [40, 20, 25, 15];

/// What the address of a campaign's link says.
#[derive(Debug)]
pub(crate) struct Campaign {
    pub(crate) source: &'static str,
    pub(crate) medium: &'static str,
    pub(crate) name: &'static str,
}

static CAMPAIGNS: [Campaign; 8] = [
    Campaign {
        source: "google",
        medium: "cpc",
        name: "brand",
    },
    Campaign {
        source: "google",
        medium: "cpc",
        name: "note-taking-app",
    },
    Campaign {
        source: "google",
        medium: "cpc",
        name: "meeting-notes",
    },
    Campaign {
        source: "google",
        medium: "cpc",
        name: "notion-alternative",
    },
    Campaign {
        source: "newsletter",
        medium: "email",
        name: "2026-04-spring",
    },
    Campaign {
        source: "newsletter",
        medium: "email",
        name: "2026-05-templates",
    },
    Campaign {
        source: "newsletter",
        medium: "email",
        name: "2026-06-launch",
    },
    Campaign {
        source: "newsletter",
        medium: "email",
        name: "welcome-series",
    },
];

static ENGINES: [(&str, &str); 4] = [
    ("https://www.google.com/", "www.google.com"),
    ("https://www.bing.com/", "www.bing.com"),
    ("https://duckduckgo.com/", "duckduckgo.com"),
    ("https://www.ecosia.org/", "www.ecosia.org"),
];

/// How one visit began: the source with its campaign or search engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) source: Source,
    detail: u8,
}

impl Origin {
    pub(crate) const DIRECT: Self = Self {
        source: Source::Direct,
        detail: 0,
    };

    pub(crate) fn draw(random: &mut Random) -> Self {
        match random.weighted(&WEIGHTS) {
            0 => Self {
                source: Source::Search,
                detail: random.weighted(&[84, 7, 6, 3]) as u8,
            },
            1 => Self::DIRECT,
            2 => Self {
                source: Source::Ads,
                detail: random.weighted(&[20, 40, 25, 15]) as u8,
            },
            _ => Self {
                source: Source::Newsletter,
                detail: 4 + random.weighted(&[20, 25, 30, 25]) as u8,
            },
        }
    }

    pub(crate) fn conversion(self) -> f64 {
        SOURCE_CONVERSION[self.source as usize]
    }

    pub(crate) fn campaign(self) -> Option<&'static Campaign> {
        match self.source {
            Source::Ads | Source::Newsletter => CAMPAIGNS.get(usize::from(self.detail)),
            Source::Search | Source::Direct => None,
        }
    }

    /// `$referrer` and `$referring_domain`.
    pub(crate) fn referrer(self) -> (&'static str, &'static str) {
        match self.source {
            Source::Search => ENGINES[usize::from(self.detail)],
            Source::Ads => ENGINES[0],
            Source::Direct | Source::Newsletter => ("$direct", "$direct"),
        }
    }
}
