//! Whether the rest of the program is there. The page comes in two parts: what draws the first view
//! and takes the first input, and behind it, without anybody's asking, the rest. What needs the
//! rest waits for it.

use super::{effect::Effect, problem::Problem, setup::Setup, state::State};

/// How far the rest of the program is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Rest {
    /// On its way.
    #[default]
    Loading,
    /// There.
    Here,
    /// It could not be loaded. What waits for it waits for another attempt.
    Missing(Problem),
}

impl State {
    /// Has the rest loaded once more, if it is missing.
    pub(super) fn load_rest(&mut self) -> Vec<Effect> {
        if !matches!(self.rest, Rest::Missing(_)) {
            return Vec::new();
        }
        self.rest = Rest::Loading;
        vec![Effect::LoadRest]
    }

    /// Sets up what was kept before a crash, which only the rest can read: what the page runs in is
    /// known by then.
    pub(super) fn resume(&mut self, setup: Setup) -> Vec<Effect> {
        let before = std::mem::replace(self, Self::resumed(setup));
        self.surroundings = before.surroundings;
        self.rest = before.rest;
        // An answer about the rows before must not be taken for one about these.
        self.revision = before.revision;
        self.rows_changed()
    }

    /// The rest is there, or could not be loaded. Once it is there it stays.
    pub(super) fn rest_ended(&mut self, result: Result<(), Problem>) -> Vec<Effect> {
        match result {
            Ok(()) => self.rest = Rest::Here,
            Err(problem) if self.rest == Rest::Loading => self.rest = Rest::Missing(problem),
            Err(_) => {}
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{Action, Build, Surroundings},
        segment::Element,
    };

    #[test]
    fn what_was_kept_takes_the_place_of_what_is_there() {
        let mut kept = State::default();
        kept.apply(Action::Add(Element::Int8));
        kept.apply(Action::Key("a/b".to_owned()));
        let setup = Setup::of(&kept);

        let mut state = State::default();
        let surroundings = Surroundings { secure: true, ..Surroundings::default() };
        state.apply(Action::Started(surroundings.clone()));
        let before = state.revision;
        let effects = state.apply(Action::Resume(Box::new(setup.clone())));
        assert_eq!(effects, [Effect::Build { revision: before + 1, rows: kept.rows.clone() }]);
        assert_eq!((state.revision, &state.build), (before + 1, &Build::Pending));
        assert_eq!((&state.surroundings, &state.preset), (&surroundings, &None));
        assert_eq!(Setup::of(&state), setup);
    }

    #[test]
    fn what_is_missing_can_be_loaded_again_and_what_is_there_stays() {
        let mut state = State::default();
        assert_eq!(state.rest, Rest::Loading);
        assert_eq!(state.apply(Action::LoadRest), [], "it is on its way already");

        let problem = Problem::new("Cut off.", "Try again.");
        assert_eq!(state.apply(Action::RestEnded(Err(problem.clone()))), []);
        assert_eq!(state.rest, Rest::Missing(problem.clone()));

        assert_eq!(state.apply(Action::LoadRest), [Effect::LoadRest]);
        assert_eq!(state.rest, Rest::Loading);
        state.apply(Action::RestEnded(Ok(())));
        assert_eq!(state.rest, Rest::Here);

        assert_eq!(state.apply(Action::LoadRest), []);
        state.apply(Action::RestEnded(Err(problem)));
        assert_eq!(state.rest, Rest::Here);
    }
}
