//! What a person has set up, as it is kept over a reload or a crash of the page: rows, views and
//! what was typed, never a byte of a payload.

use serde::{Deserialize, Serialize};

use super::{
    build::{Kind, Preset, Row},
    layout::View,
    selection::Selection,
    session::{Declaration, Options},
    sight::Order,
    state::State,
};
use crate::run::Scenario;

/// The version of the format. Another one is not read.
const VERSION: u32 = 1;

/// What a person has set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    version: u32,
    rows: Vec<Row>,
    locator: String,
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

/// What a person has chosen to see.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Seen {
    preset: Option<Preset>,
    selected: Option<Selection>,
    view: View,
    order: Order,
    scenario: Scenario,
}

impl Setup {
    /// The setup of a state.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let (files, rows): (Vec<_>, Vec<_>) = state.rows.iter().partition(|row| matches!(row.kind, Kind::File(_)));
        Self {
            version: VERSION,
            rows: rows.into_iter().cloned().collect(),
            locator: state.locator.clone(),
            key: state.key.clone(),
            sub_key: state.sub_key.clone(),
            options: state.api.options.clone(),
            seen: Seen {
                preset: state.preset,
                selected: state.selected,
                view: state.view,
                order: state.order,
                scenario: state.cost.scenario,
            },
            files: files.into_iter().map(|row| row.name.raw().to_owned()).collect(),
            connected: state.session.is_busy(),
            subscribed: matches!(state.subscription, Declaration::Declared(_)),
        }
    }

    /// Whether two states are set up differently. Compares no more than it must: it is asked after
    /// every action.
    #[must_use]
    pub fn differs(before: &State, after: &State) -> bool {
        let typed = |state: &State| (state.revision, state.session.is_busy(), state.subscription.clone());
        let seen = |state: &State| (state.preset, state.selected, state.view, state.order, state.cost.scenario);
        let words = |state: &State| [state.locator.clone(), state.key.clone(), state.sub_key.clone()];
        typed(before) != typed(after)
            || seen(before) != seen(after)
            || before.api.options != after.api.options
            || words(before) != words(after)
    }

    /// As text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Read from text; `None` when it is no setup, or one of another version.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|setup: &Self| setup.version == VERSION)
    }
}

impl State {
    /// A state that is set up as it was before.
    #[must_use]
    pub fn resumed(setup: Setup) -> Self {
        let Setup { rows, locator, key, sub_key, options, seen, .. } = setup;
        let Seen { preset, selected, view, order, scenario } = seen;
        let mut state = Self { locator, key, sub_key, preset, view, order, ..Self::default() };
        state.api.options = options;
        state.cost.scenario = scenario;
        state.next_row = rows.iter().map(|row| row.id.saturating_add(1)).max().unwrap_or(0);
        let here = |selected: &Selection| rows.iter().any(|row| row.id == selected.row);
        state.selected = selected.filter(here).or_else(|| rows.first().map(Selection::of));
        state.rows = rows;
        state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        app::{
            Action, Command, Edit, Effect, Event, Preset,
            session::{Change, PRIORITIES},
            tests::info,
        },
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
            state.apply(Action::Engine(Event::FileRead { file: 1, name: "f".to_owned(), len: 7 }));
            state.apply(Action::Key("a/b".to_owned()));
            let setup = Setup::from_json(&Setup::of(&state).to_json()).unwrap();
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
            let setup = Setup::from_json(&Setup::of(&state).to_json()).unwrap();
            resumed.apply(Action::Resume(Box::new(setup)));
            assert_eq!(resumed.api.options, options);
        }
        // One of before, and one with a priority that there is not.
        let text = Setup::of(&State::default()).to_json();
        let options = serde_json::to_string(&Options::default()).unwrap();
        let older = text.replace(&format!(",\"options\":{options}"), "");
        assert_ne!(older, text);
        assert_eq!(Setup::from_json(&older), Some(Setup::of(&State::default())));
        assert_eq!(Setup::from_json(&text.replace("\"priority\":\"data\"", "\"priority\":\"highest\"")), None);
    }

    #[test]
    fn what_is_no_setup_is_not_read() {
        let text = Setup::of(&State::default()).to_json();
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
        state.apply(Action::Engine(Event::FileRead { file: 1, name: "f".to_owned(), len: 7 }));
        let setup = Setup::from_json(&Setup::of(&state).to_json()).unwrap();

        let mut again = State::default();
        let effects = again.apply(Action::Resume(Box::new(setup)));
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
        let effects = again.apply(Action::Resume(Box::new(setup)));
        assert!(matches!(effects.as_slice(), [Effect::Engine(Command::Build { .. })]));
        assert_eq!((again.preset, &again.file_problem), (Some(Preset::Tensor), &None));
    }
}
