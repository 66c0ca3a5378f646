//! What a person has set up: rows, views and typed texts. The page keeps it over a reload or a
//! crash, and never keeps a byte of a payload.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    build::{Kind, Preset, Row, RowId, positions},
    layout::View,
    locator::{OWN_ENDPOINT, meant},
    problem::Problem,
    selection::Selection,
    session::{Declaration, Options},
    sight::{Order, Window},
    stage::{Below, Stage},
    state::State,
};
use crate::{outside::shown, run::Scenario};

/// The version of the format. Another one is not read.
const VERSION: u32 = 1;

/// What a person has set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    version: u32,
    rows: Vec<Row>,
    /// Nothing, if the page has chosen the hub itself: then it chooses again.
    pub(super) locator: String,
    key: String,
    sub_key: String,
    /// How puts are made. A setup that was kept before there was this says nothing of it.
    #[serde(default)]
    options: Options,
    /// What else there is to see.
    #[serde(default)]
    seen: Seen,
    /// The names of the rows of files. The page only has handles of files, which go with it.
    #[serde(default)]
    pub(super) files: Vec<String>,
    /// Whether a session was open, or on its way.
    #[serde(default)]
    pub(super) connected: bool,
    /// Whether the subscription was declared.
    #[serde(default)]
    pub(super) subscribed: bool,
}

/// Says that files of these names are not here; `None` without a name.
pub(super) fn missing_files(names: &[String]) -> Option<Problem> {
    let list = names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| {
        Problem::new(
            format!("A file is not here: {list}."),
            "Neither a link nor a page that is loaded again can keep files. Give it again.",
        )
    })
}

/// What a person has chosen to see.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
struct Seen {
    preset: Option<Preset>,
    selected: Option<Selection>,
    view: View,
    order: Order,
    scenario: Scenario,
    #[serde(default)]
    window: Option<Window>,
    #[serde(default)]
    below: Below,
}

impl Setup {
    /// The setup of a state.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let (files, rows): (Vec<_>, Vec<_>) = state.rows.iter().partition(|row| matches!(row.kind, Kind::File(_)));
        Self {
            version: VERSION,
            rows: rows.into_iter().map(|row| row.clone().kept()).collect(),
            locator: if state.has_taken_hub() { String::new() } else { state.locator.clone() },
            key: state.key.clone(),
            sub_key: state.sub_key.clone(),
            options: state.api.options.clone(),
            seen: Seen {
                preset: state.preset,
                selected: state.selected,
                view: state.view,
                order: state.order,
                scenario: state.cost.scenario,
                window: state.window,
                below: state.stage.below,
            },
            files: file_names(&files),
            connected: state.session.is_busy(),
            subscribed: matches!(state.subscription, Declaration::Declared(_)),
        }
    }

    /// Whether two states are set up differently. Compares no more than it must: it is asked after
    /// every action.
    #[must_use]
    pub fn differs(before: &State, after: &State) -> bool {
        let typed = |state: &State| (state.revision, state.session.is_busy(), state.subscription.clone());
        let seen = |state: &State| {
            let State { preset, selected, view, order, window, .. } = *state;
            (preset, selected, view, order, window, state.cost.scenario, state.stage.below)
        };
        let words = |state: &State| [state.locator.clone(), state.key.clone(), state.sub_key.clone()];
        typed(before) != typed(after)
            || seen(before) != seen(after)
            || before.api.options != after.api.options
            || words(before) != words(after)
    }

    /// The rows that are not of files.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The same with the rows that `wanted` accepts, each with a number of its own.
    pub(super) fn with_rows(mut self, wanted: impl Fn(&Row) -> bool) -> Self {
        let mut numbers = BTreeSet::new();
        self.rows.retain(|row| wanted(row) && numbers.insert(row.id));
        self
    }

    /// The same for the page of another person: it says what to see and to put, and nothing about a
    /// session. The rows are numbered from 0, so that equal scenes are equal texts.
    pub(super) fn shared(mut self) -> Self {
        let at = |id| self.rows.iter().position(|row| row.id == id).map(|at| at as RowId);
        self.seen.selected = self.seen.selected.and_then(|one| Some(Selection { row: at(one.row)?, ..one }));
        for (row, number) in self.rows.iter_mut().zip(0..) {
            row.id = number;
        }
        Self { locator: OWN_ENDPOINT.to_owned(), connected: false, subscribed: false, ..self }
    }

    /// Says which files are not here; `None` if there were none.
    pub(super) fn missing_files(&self) -> Option<Problem> {
        missing_files(&self.files)
    }

    /// Whether its format is the one that this page reads.
    pub(super) fn is_read(&self) -> bool {
        self.version == VERSION && self.seen.window.is_none_or(|window| Window::new(window.from, window.to).is_some())
    }

    /// As text.
    ///
    /// # Errors
    /// What cannot be written. The tests write setups of every kind.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Read from text; `None` when it is not a setup, or one of another version.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(Self::is_read)
    }
}

/// The names of the files of rows, each once.
fn file_names(rows: &[&Row]) -> Vec<String> {
    let mut names: Vec<String> = rows.iter().filter_map(|row| Some(row.kind.given()?.about.name.clone())).collect();
    names.dedup();
    names
}

impl State {
    /// A state that is set up as it was before.
    #[must_use]
    pub fn resumed(setup: Setup) -> Self {
        let Setup { rows, locator, key, sub_key, options, seen, .. } = setup;
        let locator = meant(&locator).to_owned();
        let rows: Vec<Row> = rows.into_iter().map(Row::resumed).collect();
        let Seen { preset, selected, view, order, scenario, window, below } = seen;
        let stage = Stage { below, large: None };
        let mut state = Self { locator, key, sub_key, preset, view, order, window, stage, ..Self::default() };
        state.api.options = options;
        state.cost.scenario = scenario;
        state.next_row = rows.iter().map(|row| row.id.saturating_add(1)).max().unwrap_or(0);
        let here = |selected: &Selection| rows.iter().any(|row| row.id == selected.row);
        state.selected = selected.filter(here).or_else(|| rows.first().map(Selection::of));
        // The window is a part of the axis that these make.
        state.pieces = positions(&rows).last().map_or(0, |last| last.end);
        state.rows = rows;
        state
    }
}

#[cfg(test)]
mod tests {
    use super::{super::stage, *};
    use crate::{
        app::{
            Action, Command, Edit, Effect, Event, Preset, Report,
            session::{Change, PRIORITIES},
            tests::info,
        },
        given::About,
        segment::{Element, Mode},
    };

    #[test]
    fn a_row_that_is_added_to_a_setup_gets_a_number_of_its_own() {
        let mut resumed = State::resumed(Setup::of(&State::default()));
        resumed.apply(Action::Add(Element::Int8));
        let ids: BTreeSet<_> = resumed.rows.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), resumed.rows.len(), "{:?}", resumed.rows);
    }

    #[test]
    fn a_state_is_set_up_again_as_it_was() {
        let mut state = State::default();
        for preset in Preset::ALL {
            state.apply(Action::Preset(preset));
            let id = state.rows[0].id;
            state.apply(Action::Edit(id, Edit::Mode(Mode::Copy)));
            state.apply(Action::AddText);
            state.apply(Action::Engine(Event::FileRead { file: 1, about: About::unknown("f", 7) }));
            state.apply(Action::Key("a/b".to_owned()));
            let setup = Setup::from_json(&Setup::of(&state).to_json().unwrap()).unwrap();
            let mut resumed = State::resumed(setup.clone());
            // The row of the file is not there any more, and nothing else is missing.
            let first = Selection::of(&state.rows[0]);
            let seen = Seen { selected: Some(first), ..setup.seen.clone() };
            assert_eq!(Setup::of(&resumed), Setup { files: Vec::new(), seen, ..setup.clone() });
            assert_eq!(setup.files, ["f"]);
            assert_eq!(resumed.rows[..], state.rows[..state.rows.len() - 1]);
            assert_eq!(resumed.key, "a/b");
            // A new row gets a number that no other has.
            let effects = resumed.apply(Action::Add(Element::Int8));
            assert!(matches!(effects[..], [Effect::Engine(Command::Build { .. })]));
            let ids: BTreeSet<_> = resumed.rows.iter().map(|row| row.id).collect();
            assert_eq!(ids.len(), resumed.rows.len(), "{:?}", resumed.rows);
            // Also when the row with the largest number is not the last one.
            let mut turned = setup;
            turned.rows.reverse();
            let mut resumed = State::resumed(turned);
            resumed.apply(Action::Add(Element::Int8));
            let ids: BTreeSet<_> = resumed.rows.iter().map(|row| row.id).collect();
            assert_eq!(ids.len(), resumed.rows.len(), "{:?}", resumed.rows);
        }
    }

    #[test]
    fn how_puts_are_made_is_kept_too() {
        let mut state = State::default();
        for (priority, _) in PRIORITIES {
            let before = state.clone();
            let options = Options {
                priority,
                reliability: crate::client::Reliability::BestEffort,
                stamped: true,
                encoding: "text/plain".to_owned(),
                ..Options::default()
            };
            state.apply(Change::Options(options.clone()).into());
            assert!(Setup::differs(&before, &state));
            let mut resumed = State::default();
            let setup = Setup::from_json(&Setup::of(&state).to_json().unwrap()).unwrap();
            resumed.apply(Action::Browser(Report::Setup(Box::new(setup))));
            assert_eq!(resumed.api.options, options);
        }
        // One of before, and one with a priority that there is not.
        let text = Setup::of(&State::default()).to_json().unwrap();
        let options = serde_json::to_string(&Options::default()).unwrap();
        let older = text.replace(&format!(",\"options\":{options}"), "");
        assert_ne!(older, text);
        assert_eq!(Setup::from_json(&older), Some(Setup::of(&State::default())));
        assert_eq!(Setup::from_json(&text.replace("\"priority\":\"data\"", "\"priority\":\"highest\"")), None);
    }

    #[test]
    fn what_is_no_setup_is_not_read() {
        let text = Setup::of(&State::default()).to_json().unwrap();
        assert!(Setup::from_json(&text).is_some());
        for other in ["", "{}", &text.replace("\"version\":1", "\"version\":2"), &text[1..]] {
            assert_eq!(Setup::from_json(other), None);
        }
    }

    #[test]
    fn only_what_is_set_up_makes_a_difference() {
        let before = State::default();
        let differs = |action| {
            let mut after = before.clone();
            after.apply(action);
            Setup::differs(&before, &after)
        };
        for action in [Action::Hover(None), Action::Zoom(None), Action::Put, Action::Unfold(None)] {
            assert!(!differs(action.clone()), "{action:?}");
        }
        for action in [
            Action::SubKey("x".to_owned()),
            Action::Select(None),
            Action::View(View::ALL[1]),
            Action::Order(Order::Owners),
            Action::Scenario(Scenario::Sizes),
            Action::Stage(stage::Change::Below(Below::Cost)),
            Action::Connect,
            Action::AddText,
        ] {
            assert!(differs(action.clone()), "{action:?}");
        }
    }

    #[test]
    fn a_page_that_was_connected_connects_and_subscribes_again() {
        let mut state = State::of(Preset::ThreeSmall);
        state.apply(Action::View(View::ALL[1]));
        state.apply(Action::Connect);
        state.apply(Action::Engine(Event::Opened(info())));
        state.apply(Action::Engine(Event::SubscribeEnded(Ok("lab/**".into()))));
        state.apply(Action::Engine(Event::FileRead { file: 1, about: About::unknown("f", 7) }));
        let setup = Setup::from_json(&Setup::of(&state).to_json().unwrap()).unwrap();

        let mut again = State::default();
        let effects = again.apply(Action::Browser(Report::Setup(Box::new(setup))));
        assert!(matches!(
            effects.as_slice(),
            [Effect::Engine(Command::Build { .. }), Effect::Engine(Command::Connect(_))]
        ));
        assert_eq!((again.view, &again.rows[..]), (state.view, &state.rows[..3]));
        assert!(again.file_problem.as_ref().unwrap().title.contains('f'));
        let effects = again.apply(Action::Engine(Event::Opened(info())));
        assert!(effects.contains(&Effect::Engine(Command::Subscribe("lab/**".into()))), "{effects:?}");
        // A preset is that preset again, and one that was not connected stays so.
        let setup = Setup::of(&State::of(Preset::Tensor));
        let effects = again.apply(Action::Browser(Report::Setup(Box::new(setup))));
        assert!(matches!(effects.as_slice(), [Effect::Engine(Command::Build { .. })]));
        assert_eq!((again.preset, &again.file_problem), (Some(Preset::Tensor), &None));
    }
}
