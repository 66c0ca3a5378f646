//! What can be undone: changes of rows, presets, modes, views and orders. What is done with a
//! session, or measured, is not undone.

use std::{mem::Discriminant, rc::Rc};

use super::{
    action::Action,
    build::{Edit, Preset, Row, RowId},
    class,
    effect::Effect,
    event::Event,
    kept::Before,
    layout::View,
    report::Report,
    selection::Selection,
    sight::Order,
    state::State,
};

/// So many steps can be undone.
pub const STEPS: usize = 100;

/// The page before a change, as far as undoing it brings that back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    /// What the change does, in a few words: `remove tensor`.
    what: String,
    rows: Vec<Row>,
    preset: Option<Preset>,
    selected: Option<Selection>,
    view: View,
    order: Order,
    /// What was kept under a name, if the change is about that.
    kept: Option<Before>,
}

impl Step {
    fn kept_name(&self) -> Option<&str> {
        self.kept.as_ref().map(|(name, _)| name.as_str())
    }
}

/// Typing in one field of one row is one change.
type Field = (RowId, Discriminant<Edit>);

/// The changes that can be undone, and those that were and can be done again.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct History {
    past: Vec<Rc<Step>>,
    future: Vec<Rc<Step>>,
    /// The field that was typed in last, with nothing done since.
    typing: Option<Field>,
}

impl History {
    /// What would be undone, in a few words.
    #[must_use]
    pub fn undoes(&self) -> Option<&str> {
        self.past.last().map(|step| step.what.as_str())
    }

    /// What would be done again, in a few words.
    #[must_use]
    pub fn redoes(&self) -> Option<&str> {
        self.future.last().map(|step| step.what.as_str())
    }
}

/// Whether an action changes the rows, and is not a step of its own.
const fn changes_without_a_step(action: &Action) -> bool {
    match action {
        // What they stand for is a step, or was one.
        Action::Many(_) | Action::Command(_) | Action::Undo | Action::Redo => true,
        // The page begins.
        Action::Browser(Report::Started(_) | Report::Setup(_)) => true,
        // How long arrays are that a program makes.
        Action::Engine(Event::Ran(..)) => true,
        // Rows follow what a device gives, also those that are undone.
        Action::Browser(Report::Capture(..)) => true,
        _ => false,
    }
}

impl State {
    /// What an action changes that can be undone, in words, and the field that it types in.
    fn undoable(&self, action: &Action) -> Option<(String, Option<Field>)> {
        let named = |verb: &str, id: &RowId| {
            let row = self.rows.iter().find(|row| row.id == *id);
            row.map_or_else(|| verb.to_owned(), |row| format!("{verb} {}", row.name.shown()))
        };
        let what = match action {
            Action::Browser(Report::Link(_)) => "open a link".to_owned(),
            Action::SetUpRun => "set up the rows of a run".to_owned(),
            Action::Preset(preset) => format!("choose {}", preset.name()),
            Action::Empty => "remove all rows".to_owned(),
            Action::Kept(change) => change.words(),
            Action::SetUp(_) => "set up an experiment".to_owned(),
            Action::Lesson(_) | Action::Browser(Report::Lesson(..)) => "follow a lesson".to_owned(),
            Action::Engine(Event::Class(class::Event::Teacher(_)))
            | Action::Class(class::Change::GoThere | class::Change::Follow(true)) => "follow the teacher".to_owned(),
            Action::Class(class::Change::Shorten) => "shorten the payload".to_owned(),
            Action::Add(_) => "add an array".to_owned(),
            Action::AddText => "add a text".to_owned(),
            Action::AddValues => "add values".to_owned(),
            Action::AddCode => "add a program".to_owned(),
            Action::Paste(_) => "paste".to_owned(),
            Action::AddMessage(_) => "add a message".to_owned(),
            Action::Engine(Event::FileRead { .. }) => "add a file".to_owned(),
            Action::Duplicate(id) => named("duplicate", id),
            Action::Remove(id) => named("remove", id),
            Action::Move(id, _) => named("move", id),
            Action::Edit(id, edit) => return Some((named("change", id), Some((*id, std::mem::discriminant(edit))))),
            Action::ModeForAll(mode) => format!("{} all", mode.name()),
            Action::View(_) | Action::WatchTheCopy => "look otherwise".to_owned(),
            Action::Order(_) => "order otherwise".to_owned(),
            _ => return None,
        };
        Some((what, None))
    }

    /// The page as it is, before a change that does this, maybe to what is kept under a name.
    fn step(&self, what: String, kept: Option<&str>) -> Step {
        Step {
            what,
            rows: self.rows.clone(),
            preset: self.preset,
            selected: self.selected,
            view: self.view,
            order: self.order,
            kept: kept.map(|name| self.kept_before(name)),
        }
    }

    /// Lets `action` happen by `happen`, and notes what of it can be undone.
    pub(super) fn noted(
        &mut self,
        action: Action,
        happen: impl FnOnce(&mut Self, Action) -> Vec<Effect>,
    ) -> Vec<Effect> {
        let Some((what, field)) = self.undoable(&action) else {
            let (revision, may_change) = (self.revision, changes_without_a_step(&action));
            let effects = happen(self, action);
            debug_assert!(may_change || self.revision == revision, "what changes rows is named in `undoable`");
            return effects;
        };
        let name = match &action {
            Action::Kept(change) => Some(change.name().trim()),
            _ => None,
        };
        let before = self.step(what, name);
        let effects = happen(self, action);
        let changed = (&before.rows, before.view, before.order) != (&self.rows, self.view, self.order)
            || before.kept.as_ref().is_some_and(|before| *before != self.kept_before(&before.0));
        if changed {
            let goes_on = field.is_some() && field == self.history.typing && !self.history.past.is_empty();
            if !goes_on {
                self.history.past.push(Rc::new(before));
                let beyond = self.history.past.len().saturating_sub(STEPS);
                self.history.past.drain(..beyond);
            }
            self.history.future.clear();
            self.history.typing = field;
        }
        effects
    }

    /// Undoes the last change.
    pub(super) fn undo(&mut self) -> Vec<Effect> {
        let Some(step) = self.history.past.pop() else { return Vec::new() };
        let now = self.step(step.what.clone(), step.kept_name());
        self.history.future.push(Rc::new(now));
        self.take_step(&step)
    }

    /// Does again what was undone last.
    pub(super) fn redo(&mut self) -> Vec<Effect> {
        let Some(step) = self.history.future.pop() else { return Vec::new() };
        let now = self.step(step.what.clone(), step.kept_name());
        self.history.past.push(Rc::new(now));
        self.take_step(&step)
    }

    fn take_step(&mut self, step: &Step) -> Vec<Effect> {
        self.history.typing = None;
        (self.view, self.order) = (step.view, step.order);
        let mut effects = step.kept.clone().map_or_else(Vec::new, |before| self.set_kept(before));
        if self.rows != step.rows {
            self.rows.clone_from(&step.rows);
            effects.extend(self.rows_changed());
        }
        (self.preset, self.selected) = (step.preset, step.selected);
        effects
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        app::{Command, Direction, sight},
        message::Schema,
        segment::{Element, Mode},
    };

    fn seen(state: &State) -> (Vec<Row>, Option<Preset>, View, Order) {
        (state.rows.clone(), state.preset, state.view, state.order)
    }

    fn builds(effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::Engine(Command::Build { .. })))
    }

    #[test]
    fn what_was_removed_comes_back_and_is_built() {
        let mut state = State::of(Preset::ThreeSmall);
        let before = seen(&state);
        let id = state.rows[1].id;
        state.apply(Action::Remove(id));
        assert_eq!(state.history.undoes(), Some("remove points"));
        assert!(builds(&state.apply(Action::Undo)));
        assert_eq!(seen(&state), before, "the preset is the preset again");
        assert_eq!((state.history.undoes(), state.history.redoes()), (None, Some("remove points")));
        assert!(builds(&state.apply(Action::Redo)));
        assert!(state.rows.iter().all(|row| row.id != id));
        assert!(state.apply(Action::Redo).is_empty());
        // Another change takes the place of what could be done again.
        state.apply(Action::Undo);
        state.apply(Action::AddText);
        assert_eq!(state.history.redoes(), None);
    }

    #[test]
    fn typing_in_a_field_is_one_step_and_another_field_the_next() {
        let mut state = State::of(Preset::ThreeSmall);
        let id = state.rows[1].id;
        for length in [2, 20, 200] {
            state.apply(Action::Edit(id, Edit::Length(length)));
        }
        state.apply(Action::Edit(id, Edit::Name("p".into())));
        state.apply(Action::Undo);
        assert_eq!((state.rows[1].length, &state.rows[1].name), (200, &"points".into()));
        state.apply(Action::Undo);
        assert_eq!(state.rows[1].length, 3000);
        // After an undo, typing on is a step of its own.
        state.apply(Action::Edit(id, Edit::Length(5)));
        state.apply(Action::Undo);
        assert_eq!(state.rows[1].length, 3000);
    }

    #[test]
    fn a_change_of_nothing_is_not_a_step_and_a_view_is_undone() {
        let mut state = State::of(Preset::ThreeSmall);
        state.apply(Action::View(state.view));
        state.apply(Action::Move(state.rows[0].id, Direction::Up));
        assert_eq!(state.history.undoes(), None);
        state.apply(Action::Order(sight::Order::Owners));
        assert!(!builds(&state.apply(Action::Undo)));
        assert_eq!(state.order, sight::Order::default());
    }

    fn change() -> impl Strategy<Value = usize> {
        0..9usize
    }

    fn act(state: &mut State, what: usize, at: usize) {
        let row = state.rows.get(at % state.rows.len().max(1)).map(|row| row.id);
        let action = match (what, row) {
            (0, _) => Action::Preset(Preset::ALL[at % Preset::ALL.len()]),
            (1, _) => Action::Add(Element::ALL[at % Element::ALL.len()]),
            (2, _) => Action::AddMessage(Schema::Tensor),
            (3, _) => Action::ModeForAll(Mode::ALL[at % 3]),
            (4, Some(row)) => Action::Remove(row),
            (5, Some(row)) => Action::Duplicate(row),
            (6, Some(row)) => Action::Edit(row, Edit::Length(at)),
            (7, Some(row)) => Action::Move(row, if at.is_multiple_of(2) { Direction::Up } else { Direction::Down }),
            _ => Action::AddText,
        };
        state.apply(action);
    }

    proptest! {
        #[test]
        fn property_undo_of_every_change_leads_back_and_redo_forth(
            changes in prop::collection::vec((change(), 0..100usize), 0..STEPS)
        ) {
            let mut state = State::of(Preset::ThreeSmall);
            let first = seen(&state);
            for (what, at) in changes {
                act(&mut state, what, at);
            }
            let last = seen(&state);
            while state.history.undoes().is_some() {
                state.apply(Action::Undo);
            }
            prop_assert_eq!(seen(&state), first);
            while state.history.redoes().is_some() {
                state.apply(Action::Redo);
            }
            prop_assert_eq!(seen(&state), last);
        }
    }

    #[test]
    fn the_oldest_of_too_many_steps_are_forgotten() {
        let mut state = State::of(Preset::Tensor);
        for _ in 0..STEPS + 5 {
            state.apply(Action::AddText);
        }
        let mut undone = 0;
        while state.history.undoes().is_some() {
            state.apply(Action::Undo);
            undone += 1;
        }
        assert_eq!((undone, state.rows.len()), (STEPS, 1 + 5));
    }
}
