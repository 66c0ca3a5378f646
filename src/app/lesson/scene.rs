//! What a step sets up: rows, modes, what the drawing shows, how puts are made. It sets up, as a link
//! does: it connects to nothing, puts nothing and measures nothing.

use super::fact::{PRIORITY_NAMES, SCENARIO_NAMES};
use crate::{
    app::{
        build::{Kind, MAX_SEGMENTS, Preset, Row},
        effect::Effect,
        layout::View,
        link::{self, Found},
        selection::Selection,
        session::{Declaration, PRIORITIES},
        stage::{Below, Change},
        state::State,
    },
    client::{CongestionControl, Priority},
    given::expression::evaluate,
    ledger::Place,
    message::Way,
    outside::shown,
    payload::MAX_LEN,
    run::Scenario,
    segment::{Element, Mode},
};

/// Puts in each second, at most.
const MAX_RATE: usize = 1000;

/// The most rows that a step adds.
pub(super) const MAX_ROWS: usize = 16;

/// One thing that a step sets up.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// The rows of a preset.
    Preset(Preset),
    /// No rows.
    Empty,
    /// All that a link of the page sets up.
    Link(Box<Found>),
    /// One more row.
    Row(Box<Row>),
    /// What the drawing shows.
    View(View),
    /// The mode of every row.
    Modes(Mode),
    /// How the arrays of messages get into them.
    Way(Way),
    /// The key of puts.
    Key(String),
    /// What is listened to, unless the page listens already.
    Listen(String),
    /// The priority of puts.
    Priority(Priority),
    /// Whether a put is dropped on a full link, or waits.
    Full(CongestionControl),
    /// Whether puts carry numbers.
    Numbered(bool),
    /// Puts in each second.
    Rate(usize),
    /// What the next run measures.
    Measure(Scenario),
    /// What has the place below the drawing.
    Below(Below),
}

/// The words that set something up, with what they expect.
pub const KEYS: &[(&str, &str)] = &[
    ("scene", "tensor, framed, message, frame, cloud, three, tiny, empty, or a link as in #s=…"),
    ("row", "NAME TYPE LENGTH MODE, as in “picture Uint8 64 KiB borrow”; “wasm” at the end places it there"),
    ("view", "as set, all copy, all borrow, or all move"),
    ("modes", "copy, borrow, or move"),
    ("way", "filled, in place, or adopted"),
    ("key", "a key, as in lab/small"),
    ("listen", "a key expression, as in lab/**"),
    ("priority", "real time, interactive high, interactive low, data high, data, data low, or background"),
    ("full", "block or drop"),
    ("numbered", "yes or no"),
    ("rate", "puts in each second, from 1 to 1000"),
    ("measure", "payload, my sizes, message, sizes, counts, worker, blob, or places"),
    ("below", "segment, cost, router, or ownership"),
];

fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|one| name(*one) == text)
}

/// The one at the place that a word has in a list of words.
fn at<T: Copy>(all: &[T], words: &[&str], text: &str) -> Option<T> {
    words.iter().position(|word| *word == text).and_then(|at| all.get(at)).copied()
}

impl Set {
    /// Reads what stands behind a word of [`KEYS`]; `None` for another word.
    pub(super) fn read(key: &str, text: &str) -> Option<Result<Self, String>> {
        let (_, expected) = KEYS.iter().find(|(known, _)| *known == key)?;
        let found = match key {
            "scene" if text.starts_with(link::PREFIX) => return Some(link_of(text)),
            "scene" if text == "empty" => Some(Self::Empty),
            "scene" => named(&Preset::ALL, Preset::key, text).map(Self::Preset),
            "row" => return Some(row(text).map(|row| Self::Row(Box::new(row)))),
            "view" => named(&View::ALL, View::name, text).map(Self::View),
            "modes" => named(&Mode::ALL, Mode::name, text).map(Self::Modes),
            "way" => named(&Way::ALL, Way::name, text).map(Self::Way),
            "key" => Some(Self::Key(text.to_owned())),
            "listen" => Some(Self::Listen(text.to_owned())),
            "priority" => at(&PRIORITIES.map(|(priority, _)| priority), PRIORITY_NAMES, text).map(Self::Priority),
            "full" => {
                at(&[CongestionControl::Block, CongestionControl::Drop], &["block", "drop"], text).map(Self::Full)
            }
            "numbered" => at(&[true, false], &["yes", "no"], text).map(Self::Numbered),
            "rate" => text.parse().ok().filter(|rate| (1..=MAX_RATE).contains(rate)).map(Self::Rate),
            "measure" => at(&Scenario::ALL, SCENARIO_NAMES, text).map(Self::Measure),
            _ => named(&Below::ALL, Below::key, text).map(Self::Below),
        };
        Some(found.ok_or_else(|| format!("“{}” cannot be set up as {key}: expected {expected}", shown(text))))
    }

    /// Whether it replaces the rows: what came before it is of no account.
    pub(super) fn begins(&self) -> bool {
        matches!(self, Self::Preset(_) | Self::Empty | Self::Link(_))
    }
}

fn link_of(text: &str) -> Result<Set, String> {
    match link::read(text) {
        Some(Ok(found)) if found.left_out == 0 => Ok(Set::Link(Box::new(found))),
        Some(Err(problem)) => Err(format!("this scene cannot be set up: {}", problem.detail)),
        _ => Err("this scene has rows that no page could have made: copy the link again".to_owned()),
    }
}

fn row(text: &str) -> Result<Row, String> {
    let expected = || {
        let (_, expected) = KEYS[1];
        format!("“{}” is not a row: expected {expected}", shown(text))
    };
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let (place, words) = match words.as_slice() {
        [words @ .., "wasm"] => (Place::Linear, words),
        words => (Place::JsHeap, words),
    };
    let [name, kind, length @ .., mode] = words else { return Err(expected()) };
    let element = named(&Element::ALL, Element::name, kind).ok_or_else(expected)?;
    let mode = named(&Mode::ALL, Mode::name, mode).ok_or_else(expected)?;
    let amount = evaluate(&length.join(" ")).map_err(|why| format!("the length of this row is not a number: {why}"))?;
    // As in Build: an amount of bytes is that many bytes of elements.
    let elements = if amount.bytes { amount.value / element.size() as f64 } else { amount.value };
    if !(1.0..=MAX_LEN as f64).contains(&elements) {
        return Err(
            "a row of that many elements cannot be made: expected at least one, and a payload's length".to_owned()
        );
    }
    let row = Row { place, mode, ..Row::array(0, *name, element, elements as usize) };
    if row.is_possible() { Ok(row) } else { Err(expected()) }
}

impl State {
    /// Sets up what a step says.
    pub(super) fn set_scene(&mut self, sets: &mut dyn Iterator<Item = &Set>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let (mut rows, mut any) = (false, false);
        for set in sets {
            any = true;
            match set {
                Set::Preset(preset) => effects.extend(self.take_preset(*preset)),
                Set::Empty => effects.extend(self.remove_all()),
                Set::Link(found) => effects.extend(self.set_up(Ok((**found).clone()))),
                Set::Row(row) => {
                    if self.rows.len() < MAX_SEGMENTS {
                        let row = Row { id: self.next_row, ..(**row).clone() };
                        self.next_row += 1;
                        self.rows.push(row);
                        rows = true;
                    }
                }
                Set::View(view) => self.view = *view,
                Set::Modes(mode) => effects.extend(self.mode_for_all(*mode)),
                Set::Way(way) => {
                    for row in &mut self.rows {
                        if let Kind::Message(message) = &mut row.kind {
                            message.way = *way;
                            rows = true;
                        }
                    }
                }
                Set::Key(key) if !self.api.rate.is_running() => effects.extend(self.key_typed(key.clone())),
                Set::Key(_) => {}
                Set::Listen(key) => {
                    if !matches!(self.subscription, Declaration::Declared(_)) {
                        self.sub_key.clone_from(key);
                    }
                }
                Set::Priority(priority) => self.api.options.priority = *priority,
                Set::Full(full) => self.api.options.congestion_control = *full,
                Set::Numbered(numbered) => self.api.options.numbered = *numbered,
                Set::Rate(hz) => self.api.hz = *hz,
                Set::Measure(scenario) => self.cost.scenario = *scenario,
                Set::Below(below) => effects.extend(self.stage_changed(Change::Below(*below))),
            }
        }
        if rows {
            self.selected = self.rows.first().map(Selection::of);
            effects.extend(self.rows_changed());
        }
        if any {
            (self.film, self.window) = (None, None);
            // What was shown of older rows would be in the way.
            self.demonstrated = None;
        }
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Command, link, locator::OWN_ENDPOINT};

    fn read(key: &str, text: &str) -> Result<Set, String> {
        Set::read(key, text).expect("a word that sets something up")
    }

    #[test]
    fn scene_sets_up_rows_and_options_and_does_nothing_else() {
        let sets: Vec<Set> = [
            ("scene", "empty"),
            ("row", "header Uint8 64 borrow wasm"),
            ("row", "picture Float32 64 KiB move"),
            ("view", "all copy"),
            ("key", "lab/x"),
            ("listen", "lab/x"),
            ("priority", "background"),
            ("full", "drop"),
            ("numbered", "yes"),
            ("rate", "5"),
            ("measure", "my sizes"),
            ("below", "cost"),
        ]
        .map(|(key, text)| read(key, text).unwrap())
        .into();
        let mut state = State::default();
        let effects = state.set_scene(&mut sets.iter());
        assert!(effects.iter().all(|effect| matches!(effect, Effect::Engine(Command::Build { .. }))), "{effects:?}");
        let rows: Vec<_> = state.rows.iter().map(|row| (row.name.raw(), row.bytes(), row.mode, row.place)).collect();
        assert_eq!(rows, [("header", 64, Mode::Borrow, Place::Linear), ("picture", 65_536, Mode::Move, Place::JsHeap)]);
        assert_eq!(
            (state.view, state.stage.below, state.cost.scenario),
            (View::AllCopy, Below::Cost, Scenario::OwnSizes)
        );
        assert_eq!((&*state.key, &*state.sub_key, state.api.hz), ("lab/x", "lab/x", 5));
        let options = &state.api.options;
        assert_eq!((options.priority, options.numbered), (Priority::Background, true));
        assert_eq!(options.congestion_control, CongestionControl::Drop);
        assert_eq!(state.locator, OWN_ENDPOINT);
    }

    #[test]
    fn scene_takes_presets_modes_ways_and_links() {
        let mut state = State::default();
        state.set_scene(&mut [read("scene", "message").unwrap(), read("way", "filled").unwrap()].iter());
        assert_eq!(state.rows[0].way(), Some(Way::Filled));
        let link = link::of(&State::of(Preset::ThreeSmall)).unwrap();
        state.set_scene(&mut [read("scene", &link).unwrap(), read("modes", "copy").unwrap()].iter());
        assert_eq!(state.rows.len(), 3);
        assert!(state.rows.iter().all(|row| row.mode == Mode::Copy));
    }

    #[test]
    fn scene_that_cannot_be_set_up_says_what_is_expected() {
        for (key, text, words) in [
            ("scene", "tensors", "expected tensor, framed"),
            ("scene", "#s=AAAA", "this scene cannot be set up"),
            ("row", "picture", "expected NAME TYPE LENGTH MODE"),
            ("row", "picture Uint7 1 copy", "expected NAME TYPE LENGTH MODE"),
            ("row", "picture Uint8 x copy", "the length of this row is not a number"),
            ("row", "picture Uint8 0 copy", "cannot be made"),
            ("row", "picture Uint8 99 GiB copy", "cannot be made"),
            ("rate", "0", "from 1 to 1000"),
            ("full", "maybe", "block or drop"),
        ] {
            let why = read(key, text).expect_err(text);
            assert!(why.contains(words), "{key} {text}: {why}");
        }
        assert_eq!(Set::read("colour", "red"), None);
    }
}
