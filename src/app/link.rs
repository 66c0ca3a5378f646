//! The scene in the address of the page: rows, views, keys and what is chosen. Who opens the address
//! has the same page.
//!
//! A link is `#s=` and, in base64 for addresses: one byte for the version, then the [`Setup`] as
//! `postcard` writes it, compressed by zlib, whose checksum finds what was damaged. A link sets up. It
//! carries neither a locator nor whether the page was connected, so it can do nothing by itself.

use data_encoding::BASE64URL_NOPAD;
use miniz_oxide::{
    deflate::compress_to_vec_zlib,
    inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit},
};

use super::{
    build::{Row, RowId},
    effect::Effect,
    problem::Problem,
    selection::Selection,
    session::Declaration,
    setup::Setup,
    state::State,
};
use crate::run::Run;

/// What the scene begins with, behind the address of the page.
pub const PREFIX: &str = "#s=";

/// The version of the format. A later one is not read.
const VERSION: u8 = 1;

/// The most characters of a scene in an address. Browsers and chats cut longer ones.
pub const MAX_LINK: usize = 16_384;

/// The most bytes of a scene that is not compressed.
const MAX_BYTES: usize = 1 << 18;

/// The effort of zlib: the most.
const LEVEL: u8 = 9;

/// Why an address has no scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// The characters that it would have.
    pub characters: usize,
}

/// The part of the address that holds the scene of a state.
///
/// # Errors
/// [`TooLong`], when texts make it longer than [`MAX_LINK`].
pub fn of(state: &State) -> Result<String, TooLong> {
    of_setup(Setup::of(state))
}

/// The same of what was set up.
///
/// # Errors
/// As [`of`].
pub fn of_setup(setup: Setup) -> Result<String, TooLong> {
    // Nothing in it can fail to be written.
    let plain = postcard::to_allocvec(&setup.shared()).unwrap_or_default();
    let mut bytes = vec![VERSION];
    bytes.extend(compress_to_vec_zlib(&plain, LEVEL));
    let link = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes));
    if link.len() > MAX_LINK { Err(TooLong { characters: link.len() }) } else { Ok(link) }
}

/// What a link sets up, and what of it is not possible here.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it sets up.
    pub setup: Setup,
    /// Rows that are left out, because no page could have made them.
    pub left_out: usize,
}

/// Reads the scene of an address; `None` when the address has none.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read(hash: &str) -> Option<Result<Found, Problem>> {
    let text = hash.strip_prefix(PREFIX)?;
    Some(scene(text).map_err(|unread| {
        let (title, way) = match unread {
            Unread::Damaged(_) => ("The link is damaged.", "Ask for the link again, and open all of it."),
            Unread::Version(_) => ("The link is of another version of the lab.", "Open it with a newer lab."),
        };
        Problem::new(title, format!("{} {way} The page begins without it.", unread.words()))
    }))
}

/// Reads the scene of a run; `None` when the run has none.
///
/// # Errors
/// What is wrong with it, in words. The run is as good without it.
pub fn of_run(run: &Run) -> Option<Result<Found, Problem>> {
    let text = run.scene.as_deref()?;
    let found = text.strip_prefix(PREFIX).map_or(Err(Unread::Damaged("It does not begin as a scene does.")), scene);
    Some(found.map_err(|unread| {
        let way = match unread {
            Unread::Damaged(_) => "The file holds a damaged scene.",
            Unread::Version(_) => "Open the run with a newer lab.",
        };
        Problem::new(
            "The rows of this run cannot be set up.",
            format!("{way} {} What was measured can be read all the same.", unread.words()),
        )
    }))
}

/// Why a scene is not read.
enum Unread {
    /// It is damaged; says where that shows.
    Damaged(&'static str),
    /// It is of this version of the format.
    Version(u8),
}

impl Unread {
    fn words(&self) -> String {
        match self {
            Self::Damaged(why) => (*why).to_owned(),
            Self::Version(version) => {
                format!("It is of version {version}, and this page reads version {VERSION}.")
            }
        }
    }
}

fn scene(text: &str) -> Result<Found, Unread> {
    let setup = setup(text)?;
    let before = setup.rows().len();
    let setup = setup.with_rows(Row::is_possible).shared();
    Ok(Found { left_out: before - setup.rows().len(), setup })
}

fn setup(text: &str) -> Result<Setup, Unread> {
    let damaged = Unread::Damaged;
    if text.len() > MAX_LINK {
        return Err(damaged("It is longer than any that a page makes."));
    }
    let bytes = BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| damaged("It has characters that no link has, or its end is missing."))?;
    let (version, packed) = bytes.split_first().ok_or_else(|| damaged("Nothing stands behind #s=."))?;
    if *version != VERSION {
        return Err(Unread::Version(*version));
    }
    let plain = decompress_to_vec_zlib_with_limit(packed, MAX_BYTES).map_err(|error| {
        damaged(if error.status == TINFLStatus::HasMoreOutput {
            "It holds more than a page can."
        } else {
            "A part of it is missing or changed."
        })
    })?;
    let (setup, rest) =
        postcard::take_from_bytes::<Setup>(&plain).map_err(|_| damaged("It does not say what a page is."))?;
    if !rest.is_empty() || !setup.is_read() {
        return Err(damaged("It does not say what a page is."));
    }
    Ok(setup)
}

impl State {
    /// Sets up what a link says. It connects to nothing and sends nothing, and a session that is open
    /// stays.
    pub(super) fn set_up(&mut self, found: Result<Found, Problem>) -> Vec<Effect> {
        self.leave_connecting();
        let Found { setup, left_out } = match found {
            Ok(found) => found,
            Err(problem) => {
                self.link_problem = Some(problem);
                return Vec::new();
            }
        };
        let missing = setup.missing_files();
        let mut scene = Self::resumed(setup);
        // A number that a row had here is never that of another.
        let number = |id: RowId| id.saturating_add(self.next_row);
        scene.rows.iter_mut().for_each(|row| row.id = number(row.id));
        scene.selected = scene.selected.map(|selected| Selection { row: number(selected.row), ..selected });
        self.pieces = scene.pieces;
        self.rows = scene.rows;
        self.next_row = number(scene.next_row);
        (self.view, self.order, self.window) = (scene.view, scene.order, scene.window);
        (self.selected, self.stage.below) = (scene.selected, scene.stage.below);
        (self.api.options, self.cost.scenario) = (scene.api.options, scene.cost.scenario);
        let mut effects = self.rows_changed();
        self.preset = scene.preset;
        self.file_problem = missing;
        if !matches!(self.subscription, Declaration::Declared(_)) {
            self.sub_key = scene.sub_key;
        }
        if self.key != scene.key && !self.api.rate.is_running() {
            self.key = scene.key;
            effects.extend(self.key_changed());
        }
        self.link_problem = (left_out > 0).then(|| {
            Problem::new(
                "The scene is set up, but for a part of it.",
                format!("Rows that no page could have made are left out: {left_out}. The others are there."),
            )
        });
        effects
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        app::{
            Action, Edit, Effect, Preset, Report, View, Window,
            build::{Fill, Kind},
            command::Command,
            session::Options,
        },
        given::{About, values::MAX_VALUES},
        ledger::Place,
        message::Schema,
        segment::{Element, Mode},
    };

    /// The page of another person, opened by this link.
    fn opened(link: &str) -> State {
        let mut state = State::default();
        let found = read(link).expect("a link");
        let effects = state.apply(Action::Browser(Report::Link(Box::new(found))));
        let harmless = |effect: &Effect| matches!(effect, Effect::Engine(Command::Build { .. }));
        assert!(effects.iter().all(harmless), "{effects:?}");
        state
    }

    fn same(one: &State, other: &State) {
        // Rows have numbers of their own in each page.
        let rows = |state: &State| state.rows.iter().map(|row| Row { id: 0, ..row.clone() }).collect::<Vec<_>>();
        assert_eq!(rows(one), rows(other));
        let selected = |state: &State| {
            state
                .selected
                .and_then(|selected| Some((state.rows.iter().position(|row| row.id == selected.row)?, selected.index)))
        };
        assert_eq!(selected(one), selected(other));
        assert_eq!(
            (one.view, one.order, one.window, one.preset),
            (other.view, other.order, other.window, other.preset)
        );
        assert_eq!((&one.key, &one.sub_key, &one.api.options), (&other.key, &other.sub_key, &other.api.options));
        assert_eq!((one.cost.scenario, one.stage.below), (other.cost.scenario, other.stage.below));
        let planned = |state: &State| {
            state.plan().map(|plan| {
                let pieces = plan.pieces.iter().map(|piece| (piece.count, piece.len, piece.mode));
                (pieces.collect::<Vec<_>>(), plan.batches, plan.building)
            })
        };
        assert_eq!(planned(one), planned(other));
    }

    #[test]
    fn link_of_every_preset_is_short_and_sets_up_the_same() {
        for preset in Preset::ALL {
            let mut state = State::default();
            state.apply(Action::Preset(preset));
            state.apply(Action::View(View::AllMove));
            state.apply(Action::Zoom(Window::new(0.25, 1.5)));
            let link = of(&state).unwrap();
            assert!(link.len() < 1000, "{}: {}", preset.name(), link.len());
            let other = opened(&link);
            same(&state, &other);
            assert_eq!(of(&other), Ok(link));
            assert_eq!(other.link_problem, None);
        }
    }

    #[test]
    fn link_carries_neither_locator_nor_connection() {
        let mut state = State { locator: "ws/192.0.2.1:7446".to_owned(), ..State::default() };
        state.apply(Action::Connect);
        let other = opened(&of(&state).unwrap());
        assert_eq!(other.locator, State::default().locator);
        assert!(!other.session.is_busy());
    }

    #[test]
    fn link_of_a_file_names_it_as_missing() {
        let mut state = State::default();
        state.apply(Action::Engine(crate::app::Event::FileRead { file: 1, about: About::unknown("depth.npy", 7) }));
        let other = opened(&of(&state).unwrap());
        assert_eq!(other.rows.len(), state.rows.len() - 1);
        assert!(other.file_problem.unwrap().title.contains("depth.npy"));
    }

    #[test]
    fn link_that_is_damaged_or_later_is_told_in_words() {
        let link = of(&State::default()).unwrap();
        let told = |link: &str| {
            let state = opened(link);
            let problem = state.link_problem.clone().expect("a problem");
            assert_eq!(state.rows, State::default().rows, "the page begins without it");
            format!("{} {}", problem.title, problem.detail)
        };
        assert!(told("#s=").contains("Nothing stands behind"));
        assert!(told("#s=A!").contains("characters that no link has"));
        assert!(told(&link[..link.len() / 2]).contains("damaged"));
        let later = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&[VERSION + 1, 0, 0]));
        assert!(told(&later).contains("version 2, and this page reads version 1"));
        let bomb = compress_to_vec_zlib(&vec![0; MAX_BYTES * 2], LEVEL);
        let bomb = [&[VERSION][..], &bomb].concat();
        assert!(told(&format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bomb))).contains("more than a page can"));
        assert!(told(&format!("{PREFIX}{}", "A".repeat(MAX_LINK + 4))).contains("longer than any"));
        assert_eq!(read("#pane-cost"), None);
        assert_eq!(read(""), None);
    }

    /// People keep links in lessons and messages. A format that cannot read this one needs another
    /// `VERSION`, and a reader of this one.
    #[test]
    fn link_made_by_release_0_2_is_read() {
        const MADE: &str = "#s=AXjaLYxNCsIwFITnJfH5d4msS7Foce89xMWTPqgQWkijC1c5lAeUthlmMXx8DDlwr9JpBOUbQHOJkw7TGLHJ-bcSA7NNUV5hEd3CALv7SHjr5Fs-3s-1v5yutW8f2NsicPPVYewPQZ7N-snzrCrXSRKUkIUp8w_RCxop";
        let mut state = State::default();
        state.apply(Action::Preset(Preset::Framed));
        state.apply(Action::AddValues);
        state.apply(Action::View(View::AllBorrow));
        assert_eq!(of(&state).unwrap(), MADE);
        same(&state, &opened(MADE));
    }

    #[test]
    fn link_carries_typed_values() {
        let mut state = State::default();
        state.apply(Action::AddValues);
        let id = state.rows.last().unwrap().id;
        state.apply(Action::Edit(id, Edit::Kind(Kind::values("1 2.5 -3e7"))));
        let mut other = opened(&of(&state).unwrap());
        same(&state, &other);
        assert_eq!(other.rows.last().unwrap().bytes(), 24);
        // One that says another length than its text has, or a text that no page takes.
        other.rows.last_mut().unwrap().length = 4;
        assert_eq!(opened(&of(&other).unwrap()).rows.len(), other.rows.len() - 1);
        let row = other.rows.last_mut().unwrap();
        (row.kind, row.length) = (Kind::values(" ".repeat(MAX_VALUES + 1)), 0);
        assert_eq!(opened(&of(&other).unwrap()).rows.len(), other.rows.len() - 1);
    }

    #[test]
    fn scene_of_a_run_is_read_or_said_to_be_damaged_or_later() {
        let run =
            |scene: Option<&str>| Run { scene: scene.map(str::to_owned), ..(*crate::app::tests::a_run(5).0).clone() };
        let link = of(&State::of(Preset::ThreeSmall)).unwrap();
        assert_eq!(of_run(&run(None)), None);
        assert_eq!(of_run(&run(Some(&link))), read(&link));
        let told = |scene: &str| of_run(&run(Some(scene))).expect("a scene").unwrap_err().detail;
        assert!(told(&link[..link.len() / 2]).contains("The file holds a damaged scene."));
        assert!(told("other").contains("does not begin as a scene does"));
        let later = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&[VERSION + 1, 0, 0]));
        assert!(told(&later).contains("version 2, and this page reads version 1"));
    }

    #[test]
    fn link_leaves_out_rows_that_no_page_makes() {
        let mut state = State::default();
        state.rows[0].length = usize::MAX / 16;
        state.rows[1].name = "kept".into();
        state.rows[2].repeat = usize::MAX;
        let other = opened(&of(&state).unwrap());
        assert_eq!(other.rows.iter().map(|row| row.name.raw()).collect::<Vec<_>>(), ["kept"]);
        assert!(other.link_problem.unwrap().detail.contains("left out: 2"));
    }

    #[test]
    fn text_that_makes_a_link_too_long_is_told() {
        let mut state = State::default();
        for seed in 0..12u64 {
            state.apply(Action::AddText);
            let id = state.rows.last().unwrap().id;
            // Letters that zlib cannot shorten much.
            let text: String =
                (0..4000u64).map(|at| char::from(b'!' + (crate::measure::mix(seed * 4000 + at) % 90) as u8)).collect();
            state.apply(Action::Edit(id, Edit::Kind(Kind::Text(text))));
        }
        assert!(of(&state).unwrap_err().characters > MAX_LINK);
    }

    fn any_row() -> impl Strategy<Value = Vec<Edit>> {
        let edit = prop_oneof![
            any::<String>().prop_map(Edit::Name),
            (0usize..Element::ALL.len()).prop_map(|at| Edit::Array(Element::ALL[at])),
            (0usize..5000).prop_map(Edit::Length),
            (0usize..50).prop_map(Edit::Repeat),
            (0usize..3).prop_map(|at| Edit::Fill(Fill::ALL[at])),
            (0usize..3).prop_map(|at| Edit::Mode(Mode::ALL[at])),
            prop_oneof![Just(Place::JsHeap), Just(Place::Linear)].prop_map(Edit::Place),
            (0usize..9).prop_map(Edit::Before),
            (0usize..3).prop_map(|at| Edit::Schema(Schema::ALL[at])),
            "[a-z ]{0,40}".prop_map(|text| Edit::Kind(Kind::Text(text))),
            "[-0-9., a-f]{0,40}".prop_map(|text| Edit::Kind(Kind::values(text))),
        ];
        prop::collection::vec(edit, 0..6)
    }

    proptest! {
        #[test]
        fn property_link_of_any_scene_sets_up_the_same(
            rows in prop::collection::vec(any_row(), 0..8), key in "[a-z/*]{0,30}", view in 0usize..4, encoding in "[a-z/;]{0,20}",
        ) {
            let mut state = State::of(Preset::ALL[rows.len() % Preset::ALL.len()]);
            for edits in rows {
                state.apply(Action::Add(Element::Uint8));
                let id = state.rows.last().unwrap().id;
                for edit in edits {
                    // The page has no such field for a text or a message.
                    let is_array = state.rows.last().unwrap().kind == Kind::Array;
                    if !is_array && matches!(edit, Edit::Length(_) | Edit::Before(_)) {
                        continue;
                    }
                    state.apply(Action::Edit(id, edit));
                }
            }
            state.apply(Action::View(View::ALL[view]));
            state.apply(Action::Key(key));
            state.api.options = Options { encoding, ..Options::default() };
            let other = opened(&of(&state).unwrap());
            same(&state, &other);
            prop_assert_eq!(other.link_problem, None);
        }

        /// A link is text from outside: whatever it says, the page begins, and nothing else happens.
        #[test]
        fn property_mutated_link_sets_up_or_says_why(at in 0usize..400, letter in "[A-Za-z0-9_-]", cut in 0usize..400, preset in 0usize..7) {
            let link = of(&State::of(Preset::ALL[preset])).unwrap();
            let mut mutated: Vec<char> = link.chars().collect();
            let at = PREFIX.len() + at % (mutated.len() - PREFIX.len());
            mutated[at] = letter.chars().next().unwrap();
            mutated.truncate(mutated.len() - cut % 3);
            let mutated: String = mutated.into_iter().collect();
            let state = opened(&mutated);
            // zlib's checksum finds every change but those of bits that stand for nothing.
            prop_assert!(of(&state) == Ok(link) || state.link_problem.is_some());
        }

        /// The same behind the checksum.
        #[test]
        fn property_mutated_scene_sets_up_or_says_why(at in 0usize..200, byte: u8, preset in 0usize..7) {
            let mut plain = postcard::to_allocvec(&Setup::of(&State::of(Preset::ALL[preset])).shared()).unwrap();
            let at = at % plain.len();
            plain[at] = byte;
            let bytes = [vec![VERSION], compress_to_vec_zlib(&plain, LEVEL)].concat();
            let state = opened(&format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes)));
            prop_assert!(state.rows.iter().all(Row::is_possible));
        }
    }
}
