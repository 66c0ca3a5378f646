//! Own rows, kept by name in the browser beside the presets. What is kept is a [`Setup`], of which the
//! rows are taken again. It holds no byte of a payload: of files it has the names.

use super::{
    build::{Row, RowId},
    effect::Effect,
    problem::Problem,
    selection::Selection,
    setup::{Setup, missing_files},
    state::State,
};
use crate::{number::bytes, outside::shown};

/// So many sets of rows are kept at most.
pub const MOST: usize = 50;

/// A name has at most so many characters.
pub const LONGEST_NAME: usize = 40;

/// The text of one set has at most so many bytes. Browsers keep 5 MiB for a whole site.
pub const MOST_BYTES: usize = 64 << 10;

/// What is kept, in the order of the names.
pub type Shelf = Vec<KeptRows>;

/// Rows that a person keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRows {
    /// The name.
    pub name: String,
    rows: Vec<Row>,
    /// The names of files whose rows are not there.
    files: Vec<String>,
}

impl KeptRows {
    /// Those of a text that was kept; `None` when it is not of this version, or has rows that no page
    /// could have made.
    #[must_use]
    pub fn read(name: String, text: &str) -> Option<Self> {
        let setup = Setup::from_json(text)?;
        let rows = setup.rows();
        let numbered_once = |(at, row): (usize, &Row)| rows.iter().skip(at + 1).all(|other| other.id != row.id);
        let sound = rows.iter().all(Row::is_possible) && rows.iter().enumerate().all(numbered_once);
        sound.then(|| Self { name, rows: rows.to_owned(), files: setup.files.clone() })
    }

    /// Whether these are the rows. A row may have another number each time.
    fn is(&self, rows: &[Row]) -> bool {
        let same = |(one, other): (&Row, &Row)| Row { id: other.id, ..one.clone() } == *other;
        self.rows.len() == rows.len() && self.rows.iter().zip(rows).all(same)
    }
}

/// What a person does with kept rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Keep the rows under this name, in place of those of that name.
    Keep(String),
    /// Replace all rows by those of this name.
    Take(String),
    /// Remove those of this name.
    Remove(String),
}

impl Change {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Keep(name) | Self::Take(name) | Self::Remove(name) => name,
        }
    }

    /// What it does, in a few words.
    pub(super) fn words(&self) -> String {
        let verb = match self {
            Self::Keep(_) => "keep",
            Self::Take(_) => "choose",
            Self::Remove(_) => "remove the kept",
        };
        format!("{verb} {}", shown(self.name()))
    }
}

/// What was kept under a name before a change of it.
pub(super) type Before = (String, Option<KeptRows>);

impl State {
    /// The name under which the rows are kept, if they are.
    #[must_use]
    pub fn kept_name(&self) -> Option<&str> {
        self.kept.iter().find(|kept| kept.is(&self.rows)).map(|kept| kept.name.as_str())
    }

    /// What is kept under a name.
    fn kept_as(&self, name: &str) -> Option<&KeptRows> {
        self.kept.iter().find(|kept| kept.name == name)
    }

    /// A person does something with kept rows.
    pub(super) fn kept_changed(&mut self, change: Change) -> Vec<Effect> {
        self.kept_problem = None;
        match change {
            Change::Keep(name) => self.keep_rows(name.trim()),
            Change::Take(name) => self.take_kept(&name),
            Change::Remove(name) => self.set_kept((name, None)),
        }
    }

    fn keep_rows(&mut self, name: &str) -> Vec<Effect> {
        let kept = KeptRows { name: name.to_owned(), rows: self.rows.clone(), files: Vec::new() };
        let len = text_of(&kept).len();
        let why = if name.is_empty() {
            "They need a name.".to_owned()
        } else if name.chars().count() > LONGEST_NAME {
            format!("Their name is longer than {LONGEST_NAME} characters.")
        } else if len > MOST_BYTES {
            format!("Their texts and numbers take {}, and the page keeps at most {}.", bytes(len), bytes(MOST_BYTES))
        } else if self.kept.len() >= MOST && self.kept_as(name).is_none() {
            format!("The page keeps {MOST} sets of rows at most. Remove one first.")
        } else {
            return self.set_kept((name.to_owned(), Some(kept)));
        };
        self.kept_problem = Some(Problem::new("The rows are not kept.", why));
        Vec::new()
    }

    fn take_kept(&mut self, name: &str) -> Vec<Effect> {
        let Some(KeptRows { mut rows, files, .. }) = self.kept_as(name).cloned() else { return Vec::new() };
        for (row, id) in rows.iter_mut().zip(self.next_row..) {
            row.id = id;
        }
        self.next_row = self.next_row.saturating_add(rows.len() as RowId);
        self.rows = rows;
        self.selected = self.rows.first().map(Selection::of);
        self.window = None;
        let effects = self.rows_changed();
        self.file_problem = missing_files(&files);
        effects
    }

    /// What is kept under a name now.
    pub(super) fn kept_before(&self, name: &str) -> Before {
        (name.to_owned(), self.kept_as(name).cloned())
    }

    /// Keeps this under a name, or nothing.
    pub(super) fn set_kept(&mut self, (name, kept): Before) -> Vec<Effect> {
        let text = kept.as_ref().map(text_of);
        self.kept.retain(|other| other.name != name);
        self.put_on_shelf(kept);
        vec![Effect::KeepRows(name, text)]
    }

    fn put_on_shelf(&mut self, kept: Option<KeptRows>) {
        let Some(kept) = kept else { return };
        let at = self.kept.partition_point(|other| other.name < kept.name);
        self.kept.insert(at, kept);
    }

    /// The browser has these.
    pub(super) fn kept_found(&mut self, found: Shelf) -> Vec<Effect> {
        self.kept.clear();
        for kept in found {
            self.put_on_shelf(Some(kept));
        }
        Vec::new()
    }

    /// The browser does not keep rows.
    pub(super) fn rows_not_kept(&mut self, problem: Problem) -> Vec<Effect> {
        self.kept_problem = Some(problem);
        Vec::new()
    }
}

/// What is kept, as a text: without the rows of files, which only this page has.
fn text_of(kept: &KeptRows) -> String {
    let mut setup = Setup::of(&State { rows: kept.rows.clone(), ..State::default() });
    setup.files.extend(kept.files.iter().cloned());
    // Nothing in it can fail to be written.
    setup.to_json().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use crate::{
        app::{
            Action, Event, Preset, Report,
            build::{Edit, Kind},
        },
        given::About,
    };

    fn kept(effects: &[Effect]) -> Option<(&str, Option<&str>)> {
        effects.iter().find_map(|effect| match effect {
            Effect::KeepRows(name, text) => Some((name.as_str(), text.as_deref())),
            _ => None,
        })
    }

    fn keep(name: &str) -> Action {
        Action::Kept(Change::Keep(name.into()))
    }

    #[test]
    fn rows_of_every_preset_come_back_from_what_was_kept() {
        for preset in Preset::ALL {
            let mut state = State::of(preset);
            state.apply(Action::AddText);
            let rows = state.rows.clone();
            let effects = state.apply(keep(" mine "));
            let Some(("mine", Some(text))) = kept(&effects) else { panic!("{effects:?}") };
            // Another page, which finds it.
            let mut other = State::of(Preset::Tensor);
            let found = vec![KeptRows::read("mine".to_owned(), text).unwrap()];
            other.apply(Action::Browser(Report::KeptRows(found)));
            assert_eq!(other.kept_name(), None);
            other.apply(Action::Kept(Change::Take("mine".into())));
            assert!(other.kept[0].is(&rows), "{preset:?}");
            assert_eq!((other.kept_name(), other.preset, &other.file_problem), (Some("mine"), None, &None));
            let numbers: BTreeSet<RowId> = other.rows.iter().map(|row| row.id).collect();
            assert_eq!(numbers.len(), rows.len());
            other.apply(Action::Undo);
            assert_eq!(other.preset, Some(Preset::Tensor));
        }
    }

    #[test]
    fn file_is_there_in_its_page_and_named_as_missing_in_another() {
        let mut state = State::of(Preset::ThreeSmall);
        state.apply(Action::Engine(Event::FileRead { file: 9, about: About::unknown("depth.npy", 7) }));
        let effects = state.apply(keep("with a file"));
        let text = kept(&effects).unwrap().1.unwrap().to_owned();
        state.apply(Action::Preset(Preset::Tensor));
        state.apply(Action::Kept(Change::Take("with a file".into())));
        assert_eq!((state.rows.len(), &state.file_problem), (4, &None));
        let found = vec![KeptRows::read("with a file".to_owned(), &text).unwrap()];
        let mut other = State::default();
        other.apply(Action::Browser(Report::KeptRows(found)));
        other.apply(Action::Kept(Change::Take("with a file".into())));
        assert_eq!(other.rows.len(), 3);
        assert!(other.file_problem.as_ref().unwrap().title.contains("depth.npy"));
        // It is missing as well for who keeps that again.
        let again = KeptRows::read(String::new(), &text_of(&other.kept[0])).unwrap();
        assert_eq!(again.files, ["depth.npy"]);
    }

    #[test]
    fn removed_and_replaced_rows_come_back_by_undo() {
        let mut state = State::of(Preset::ThreeSmall);
        state.apply(keep("a"));
        let first = state.kept[0].clone();
        let id = state.rows[0].id;
        state.apply(Action::Edit(id, Edit::Length(7)));
        state.apply(keep("a"));
        assert_ne!(state.kept[0], first);
        let effects = state.apply(Action::Kept(Change::Remove("a".into())));
        assert_eq!(kept(&effects), Some(("a", None)));
        assert_eq!((state.kept.len(), state.history.undoes()), (0, Some("remove the kept a")));
        let effects = state.apply(Action::Undo);
        assert_eq!(kept(&effects).unwrap().1, Some(text_of(&state.kept[0]).as_str()));
        state.apply(Action::Undo);
        assert_eq!(state.kept[0], first);
        assert_eq!(state.rows[0].length, 7, "keeping changes no row");
        for _ in 0..2 {
            state.apply(Action::Redo);
        }
        assert!(state.kept.is_empty());
    }

    #[test]
    fn what_cannot_be_kept_says_why() {
        let mut state = State::of(Preset::ThreeSmall);
        let mut refused = |name: &str| {
            assert_eq!(state.apply(keep(name)), Vec::new());
            state.kept_problem.clone().unwrap().detail
        };
        assert!(refused("  ").contains("a name"));
        assert!(refused(&"x".repeat(LONGEST_NAME + 1)).contains("40 characters"));
        for number in 0..MOST {
            state.apply(keep(&number.to_string()));
        }
        assert_eq!((state.kept.len(), &state.kept_problem), (MOST, &None));
        state.apply(keep("one more"));
        assert_eq!(state.kept.len(), MOST);
        assert!(state.kept_problem.take().unwrap().detail.contains("Remove one first"));
        state.apply(keep("7"));
        assert_eq!(state.kept_problem, None, "a name that is there is replaced");
        for _ in 0..40 {
            state.apply(Action::AddText);
            let id = state.rows.last().unwrap().id;
            state.apply(Action::Edit(id, Edit::Kind(Kind::Text("x".repeat(4000)))));
        }
        state.apply(keep("7"));
        assert!(state.kept_problem.as_ref().unwrap().detail.contains("65,536 B"));
    }

    #[test]
    fn text_that_no_page_has_kept_is_not_read() {
        let mut state = State::of(Preset::ThreeSmall);
        let effects = state.apply(keep("a"));
        let text = kept(&effects).unwrap().1.unwrap();
        assert!(KeptRows::read(String::new(), text).is_some());
        let twice = text.replace("\"id\":1", "\"id\":0");
        let endless = text.replace("\"repeat\":1", "\"repeat\":1000000");
        for other in ["", "{}", &text[1..], &text.replace("\"version\":1", "\"version\":2"), &twice, &endless] {
            assert_ne!(other, text);
            assert_eq!(KeptRows::read(String::new(), other), None, "{other}");
        }
    }
}
