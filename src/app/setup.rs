//! What a person has set up, as it is kept over a crash of the page: rows and what was typed, never
//! a byte of a payload.

use serde::{Deserialize, Serialize};

use super::{
    build::{Kind, Row},
    selection::Selection,
    session::Options,
    state::State,
};

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
}

impl Setup {
    /// The setup of a state. Rows of files are left out: the page only has handles of them, which go with
    /// it.
    #[must_use]
    pub fn of(state: &State) -> Self {
        Self {
            version: VERSION,
            rows: state.rows.iter().filter(|row| !matches!(row.kind, Kind::File(_))).cloned().collect(),
            locator: state.locator.clone(),
            key: state.key.clone(),
            sub_key: state.sub_key.clone(),
            options: state.api.options.clone(),
        }
    }

    /// Whether two states are set up differently. Compares no more than it must: it is asked after
    /// every action.
    #[must_use]
    pub fn differs(before: &State, after: &State) -> bool {
        fn typed(state: &State) -> (u64, [&str; 3], &Options) {
            (state.revision, [&state.locator, &state.key, &state.sub_key], &state.api.options)
        }
        typed(before) != typed(after)
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
        let Setup { rows, locator, key, sub_key, options, .. } = setup;
        let mut state = Self { locator, key, sub_key, preset: None, ..Self::default() };
        state.api.options = options;
        state.next_row = rows.iter().map(|row| row.id.saturating_add(1)).max().unwrap_or(0);
        state.selected = rows.first().map(Selection::of);
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
            assert_eq!(Setup::of(&resumed), setup);
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
                best_effort: true,
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
        let mut after = before.clone();
        after.apply(Action::Select(None));
        assert!(!Setup::differs(&before, &after));
        after.apply(Action::SubKey("x".to_owned()));
        assert!(Setup::differs(&before, &after));
    }
}
