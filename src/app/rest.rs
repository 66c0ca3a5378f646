//! Whether the rest of the program is there. The page comes in two parts: what draws the first view and takes the first input, and behind
//! it, without anybody's asking, the rest. What needs the rest waits for it.

use super::{Effect, Problem, State};

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

    /// The rest is there, or could not be loaded. Once it is there it stays.
    pub(super) fn rest_ended(&mut self, result: Result<(), Problem>) {
        match result {
            Ok(()) => self.rest = Rest::Here,
            Err(problem) if self.rest == Rest::Loading => self.rest = Rest::Missing(problem),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Action;

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
