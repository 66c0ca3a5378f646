//! Everything that the page shows, and how a page begins.
//!
//! What the parts of the state mean, and what happens to them, is in the files of the slices.

use std::time::Duration;

use super::{
    build::{Build, OwnCode, Preset, Row, RowId, Structured, positions},
    bytes,
    capture::Capturing,
    class::Classroom,
    cost::Cost,
    demonstration::Demonstration,
    engine::Engine,
    film::Film,
    history::History,
    kept::Shelf,
    layout::View,
    lesson::Lessons,
    locator,
    message::Messages,
    ownership::Ownership,
    problem::Problem,
    selection::Selection,
    session::{Api, ByItself, Declaration, Group, Put, PutId, SUB_KEY, Sample, Session},
    sight::{self, Window},
    stage::Stage,
    surroundings::Surroundings,
    wire,
};
use crate::client::{Arriving, pause::Took};

/// Everything that the page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The rows in payload order.
    pub rows: Vec<Row>,
    pub(super) next_row: RowId,
    /// How many pieces the rows made when they changed last: a window is a part of the axis that
    /// these make.
    pub(super) pieces: usize,
    /// The preset that the rows still are, if any.
    pub preset: Option<Preset>,
    /// The selected segment.
    pub selected: Option<Selection>,
    /// The segment that is pointed at, in whatever pane: with the pointer, or with the keyboard. Of
    /// segments that are too thin to be pointed at it is the first of its piece.
    pub hovered: Option<Selection>,
    /// Whose modes the layout shows.
    pub view: View,
    /// What the layout is ordered by.
    pub order: sight::Order,
    /// The part of the layout's axis that is looked at; `None` for the whole.
    pub window: Option<Window>,
    /// What stands in the window.
    pub stage: Stage,
    /// Whether the payload shall be put as soon as a session is open and subscribed.
    pub(super) sends_it: bool,
    /// What the page does by itself.
    pub(super) by_itself: ByItself,
    /// The film of building and putting, while the drawing shows it.
    pub film: Option<Film>,
    /// Whether films play slowly.
    pub slow: bool,
    /// Counts changes of the rows: an answer about older rows is ignored.
    pub revision: u64,
    /// Why the last file that was given is not in the payload; gone with the next change.
    pub file_problem: Option<Problem>,
    /// What is wrong with the link by which the page was opened.
    pub link_problem: Option<Problem>,
    /// What became of building.
    pub build: Build,
    /// The structures of the messages that were built last; none when the last build failed.
    pub structures: Vec<Structured>,
    /// The program of rows of own code, as it was run.
    pub own_code: OwnCode,
    /// The Cost pane.
    pub cost: Cost,
    /// The locator as typed.
    pub locator: String,
    /// The session.
    pub session: Session,
    /// For how long the session was not known to live when it was last lost and opened again. The
    /// state keeps it until the session is closed, or lost once more.
    pub gap: Option<Took>,
    /// For how long the engine may hold back the present attempt to open the session, once that
    /// attempt has had no answer for a while.
    pub held_back: Option<Duration>,
    /// The key to publish on, as typed.
    pub key: String,
    /// The last put.
    pub put: Put,
    /// The revision of the rows that the last put was of.
    pub put_revision: u64,
    /// Which one the last put was; 0 before the first.
    pub put_id: PutId,
    pub(super) next_put: PutId,
    /// The key expression to subscribe to, as typed.
    pub sub_key: String,
    /// The subscription.
    pub subscription: Declaration,
    /// Large messages that are arriving, in the order in which they were first told of.
    pub arriving: Vec<Arriving>,
    /// Messages of which a part arrived and the rest never will: given up by their sender, or lost
    /// with the session.
    pub not_whole: u64,
    /// Samples, newest first, of the subscription and of the last get.
    pub samples: Vec<Sample>,
    /// The samples of the subscription in numbers, by key and sender.
    pub groups: Vec<Group>,
    /// When the engine told them, since 1970.
    pub groups_at: Duration,
    /// How many samples arrived in all by the subscription.
    pub received: u64,
    /// What else is done with the session.
    pub api: Api,
    /// The sample that is read as a message.
    pub messages: Messages,
    /// The Ownership pane.
    pub ownership: Ownership,
    /// Lessons, and the one that is open.
    pub lessons: Lessons,
    /// The class that the page is in.
    pub classroom: Classroom,
    /// What is captured of each device.
    pub(super) captures: [Capturing; 3],
    /// The last experiment on the rows of its time.
    pub(super) demonstrated: Option<Demonstration>,
    /// The payload whose bytes are looked at.
    pub looking: Option<bytes::Looking>,
    /// The frames that are looked at.
    pub wire: wire::Wire,
    /// What the page runs in.
    pub surroundings: Surroundings,
    /// Own rows that the browser keeps.
    pub kept: Shelf,
    /// Why rows are not kept, until the next change of what is.
    pub kept_problem: Option<Problem>,
    /// Changes that can be undone.
    pub history: History,
    /// The program that owns bytes and session.
    pub engine: Engine,
}

impl Default for State {
    fn default() -> Self {
        Self::of(Preset::Framed)
    }
}

impl State {
    /// A page that begins with this preset.
    #[must_use]
    pub fn of(preset: Preset) -> Self {
        let rows = preset.rows(0);
        Self {
            next_row: rows.len() as RowId,
            pieces: positions(&rows).last().map_or(0, |last| last.end),
            selected: rows.first().map(Selection::of),
            rows,
            preset: Some(preset),
            hovered: None,
            view: View::AsSet,
            order: sight::Order::default(),
            window: None,
            stage: Stage::default(),
            sends_it: false,
            by_itself: ByItself::default(),
            film: None,
            slow: false,
            revision: 0,
            file_problem: None,
            link_problem: None,
            build: Build::Pending,
            structures: Vec::new(),
            own_code: OwnCode::default(),
            cost: Cost::default(),
            locator: locator::OWN_ENDPOINT.to_owned(),
            session: Session::Closed,
            gap: None,
            held_back: None,
            arriving: Vec::new(),
            not_whole: 0,
            key: preset.put_key().to_owned(),
            put: Put::None,
            put_revision: 0,
            put_id: 0,
            next_put: 1,
            sub_key: SUB_KEY.to_owned(),
            subscription: Declaration::None,
            samples: Vec::new(),
            groups: Vec::new(),
            groups_at: Duration::ZERO,
            received: 0,
            api: Api::new(),
            messages: Messages::default(),
            ownership: Ownership::default(),
            lessons: Lessons::default(),
            classroom: Classroom::default(),
            captures: Default::default(),
            demonstrated: None,
            looking: None,
            wire: wire::Wire::default(),
            surroundings: Surroundings::default(),
            kept: Shelf::new(),
            kept_problem: None,
            history: History::default(),
            engine: Engine::default(),
        }
    }
}
