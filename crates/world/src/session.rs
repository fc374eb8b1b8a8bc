//! A session: who is there, with which device, on which page, and what is about to happen.

use std::collections::VecDeque;
use std::sync::Arc;

use uuid::Uuid;

use crate::calendar::version_at;
use crate::devices::{CRAWLERS, PLACES, PROFILES, Place, Profile};
use crate::flags::PALETTE_SINCE;
use crate::identifiers::uuid_at;
use crate::pages::{HOME, Page};
use crate::random::Random;
use crate::sources::Origin;

/// Who acts in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Somebody without an account, by now.
    Visitor,
    /// The number of a member. Until `Session::identified` the client doesn't know it.
    Member(u32),
    Crawler,
}

/// One thing that happens, and becomes one event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    Pageview(Page),
    Pageleave,
    Click,
    RageClick,
    DeadClick,
    WebVitals,
    /// True for the exception of the bad release.
    Exception(bool),
    /// The submitted form, the `$identify` that makes a member of a visitor, and `signed_up`.
    SubmitSignUp,
    SignUp,
    SignedUp,
    /// The `$identify` that links a device to its member.
    LogIn,
    LoggedIn,
    GroupIdentify,
    /// `$feature_flag_called` for the experiment, the editor, the palette.
    FlagCalled(u8),
    /// `$set` after a change of city (0), of role (1), or of both names (2).
    SetPerson(u8),
    CreateAlias,
    /// The four events of a forgotten account: seen, identified, used, merged.
    OldAccount(u8),
    /// `$identify` with the id of another identified member.
    RefusedIdentify,
    /// `$identify` (false) or `$create_alias` (true) with an illegal id.
    RefusedIllegal(bool),
    NoteCreated,
    NoteEdited,
    NoteShared,
    SearchPerformed,
    FileUploaded,
    TemplateUsed,
    WorkspaceInvited,
    CheckoutStarted,
    PlanUpgraded,
    SubscriptionCancelled,
}

impl Step {
    /// Whether the client does it by itself, right after the step before.
    pub(crate) fn is_immediate(self) -> bool {
        matches!(
            self,
            Self::Exception(_)
                | Self::SignUp
                | Self::SignedUp
                | Self::LogIn
                | Self::LoggedIn
                | Self::GroupIdentify
                | Self::FlagCalled(_)
                | Self::WebVitals
                | Self::OldAccount(1 | 3)
        )
    }
}

/// The state of one session; gone when it ends.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) actor: Actor,
    pub(crate) id: Uuid,
    pub(crate) window: Uuid,
    /// The moment of the step at hand.
    pub(crate) now: i64,
    /// What the client sends: the device's id, or the member's after `$identify`.
    pub(crate) distinct_id: Arc<str>,
    pub(crate) identified: bool,
    pub(crate) device: Uuid,
    /// Which of a member's two devices.
    pub(crate) device_number: usize,
    pub(crate) profile: u8,
    pub(crate) place: u8,
    pub(crate) origin: Origin,
    pub(crate) version: &'static str,
    pub(crate) has_palette: bool,
    pub(crate) page: Page,
    pub(crate) entry: Page,
    pub(crate) page_since: i64,
    /// Steps that come next, in this order.
    pub(crate) queue: VecDeque<Step>,
    /// Steps that come now and then, between free ones.
    pub(crate) plans: VecDeque<Step>,
    /// Whether the last page was left.
    pub(crate) has_left: bool,
    /// How many free steps are left.
    pub(crate) remaining: u16,
    /// A visitor who signs up at the end of the visit.
    pub(crate) signs_up: bool,
    /// Whether the device's id is new to the product.
    pub(crate) is_new: bool,
    /// Whether an event of this session was counted, and the last day for which a visitor was.
    pub(crate) counted: bool,
    pub(crate) active_day: i16,
}

impl Session {
    pub(crate) fn new(actor: Actor, start: i64, length: u16, random: &mut Random) -> Self {
        let id = uuid_at(start, random);
        let device = uuid_at(start, random);
        Self {
            actor,
            id,
            window: uuid_at(start, random),
            now: start,
            distinct_id: Arc::from(""),
            identified: false,
            device,
            device_number: 0,
            profile: 0,
            place: 0,
            origin: Origin::DIRECT,
            version: version_at(start),
            has_palette: start >= PALETTE_SINCE,
            page: HOME,
            entry: HOME,
            page_since: start,
            queue: VecDeque::new(),
            plans: VecDeque::new(),
            has_left: false,
            remaining: length,
            signs_up: false,
            is_new: true,
            counted: false,
            active_day: -1,
        }
    }

    /// Makes the device's id the distinct id.
    pub(crate) fn be_anonymous(&mut self, device: Uuid) {
        self.device = device;
        self.distinct_id = device_text(device).into();
        self.identified = false;
    }

    pub(crate) fn be_member(&mut self, distinct_id: &Arc<str>) {
        self.distinct_id = Arc::clone(distinct_id);
        self.identified = true;
    }

    /// Begins on a page.
    pub(crate) fn enter(&mut self, page: Page) {
        self.page = page;
        self.entry = page;
        self.queue.push_back(Step::Pageview(page));
    }

    pub(crate) fn profile(&self) -> &'static Profile {
        let profiles: &'static [Profile] = if self.actor == Actor::Crawler {
            &CRAWLERS
        } else {
            &PROFILES
        };
        &profiles[usize::from(self.profile)]
    }

    pub(crate) fn place(&self) -> &'static Place {
        &PLACES[usize::from(self.place)]
    }
}

/// A uuid as the text that clients send.
pub(crate) fn device_text(uuid: Uuid) -> String {
    uuid.hyphenated().to_string()
}
