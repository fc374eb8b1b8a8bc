//! The kinds of objects that a command can be about.

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Flag,
    Cohort,
    Insight,
    Dashboard,
    Action,
    Notebook,
}

impl Kind {
    /// All of them.
    pub(in super::super) const ALL: [Self; 6] = [
        Self::Flag,
        Self::Cohort,
        Self::Insight,
        Self::Dashboard,
        Self::Action,
        Self::Notebook,
    ];

    /// The name on the wire, which the tools' names end with.
    pub(in super::super) fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "feature_flag",
            Self::Cohort => "cohort",
            Self::Insight => "insight",
            Self::Dashboard => "dashboard",
            Self::Action => "action",
            Self::Notebook => "notebook",
        }
    }

    /// The kind in a sentence.
    pub(in super::super) fn noun(self) -> &'static str {
        match self {
            Self::Flag => "feature flag",
            kind => kind.as_str(),
        }
    }

    /// The same with its article.
    pub(in super::super) fn a_noun(self) -> String {
        let article = if matches!(self, Self::Insight | Self::Action) {
            "an"
        } else {
            "a"
        };
        format!("{article} {}", self.noun())
    }

    /// The mode whose tools write it.
    pub(in super::super) fn mode(self) -> &'static str {
        match self {
            Self::Flag => "feature_flags",
            Self::Cohort => "cohorts",
            Self::Insight | Self::Dashboard => "insights",
            Self::Action => "actions",
            Self::Notebook => "notebooks",
        }
    }

    /// What stands between a new one's name and its contents.
    pub(super) fn separators(self) -> &'static [&'static str] {
        match self {
            Self::Flag => &["for"],
            // The readers of cohorts find it themselves.
            Self::Cohort => &[],
            Self::Insight => &["with", "showing", "as"],
            Self::Dashboard | Self::Notebook => &["with"],
            Self::Action => &["as"],
        }
    }
}
