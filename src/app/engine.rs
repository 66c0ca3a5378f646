//! The engine as the page sees it: whether it runs, and what becomes of the page when it dies.
//!
//! The engine owns all bytes and the session. When it dies, the page starts another one, gives it
//! the rows again, connects again, and declares again what was declared.

use super::{
    build::Build,
    bytes::Subject,
    command::Command,
    effect::Effect,
    ownership::Experiment,
    problem::Problem,
    session::{Tab, Task, cut_off},
    setup::Setup,
    state::State,
    wire::{self, Saving},
};

/// Whether the engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Status {
    /// It starts. What it is asked for waits.
    #[default]
    Starting,
    /// It runs.
    Running,
    /// It does not, and no other one starts by itself.
    Stopped,
}

/// The engine.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Engine {
    /// Whether it runs.
    pub status: Status,
    /// What happened to the last one that died, and what was lost with it, until the person has
    /// seen it.
    pub lost: Option<Problem>,
    /// Whether the present one has built a payload. One that dies before that would only be
    /// followed by the next one that dies.
    sound: bool,
}

impl Engine {
    /// Why nothing that needs the engine can be done, if it does not run and none starts.
    #[must_use]
    pub fn stopped(&self) -> Option<Problem> {
        (self.status == Status::Stopped).then(|| {
            Problem::new(
                "The engine of this page has stopped.",
                "Start it again first: the button is at the head of the page.",
            )
        })
    }
}

impl State {
    /// The engine runs.
    pub(super) fn engine_ready(&mut self) -> Vec<Effect> {
        self.engine.status = Status::Running;
        Vec::new()
    }

    /// The engine has built what it was asked for.
    pub(super) fn engine_is_sound(&mut self) {
        self.engine.sound = true;
    }

    /// The person has seen that an engine died.
    pub(super) fn engine_seen(&mut self) -> Vec<Effect> {
        if self.engine.status != Status::Stopped {
            self.engine.lost = None;
        }
        Vec::new()
    }

    /// Starts the engine once more, if it does not run.
    pub(super) fn start_engine(&mut self) -> Vec<Effect> {
        if self.engine.status != Status::Stopped {
            return Vec::new();
        }
        (self.engine.status, self.engine.lost) = (Status::Starting, None);
        std::iter::once(Effect::StartEngine).chain(self.build_again()).collect()
    }

    /// The engine has died: everything that it held is gone, and whatever waited for it ends.
    pub(super) fn engine_lost(&mut self, problem: Problem) -> Vec<Effect> {
        let connects = self.session_died();
        for experiment in Experiment::ALL {
            self.ownership.cut_off(experiment, cut_off("The experiment"));
        }
        self.demonstrated = None;
        self.samples.clear();
        self.groups.clear();
        // The engine that would be told is not there any more.
        self.sample_gone();
        if self.looking.is_some_and(|looking| looking.subject != Subject::Build) {
            self.looking = None;
        }
        if self.wire.saving == Saving::UnderWay {
            self.wire.saving = Saving::Failed(cut_off("Saving frames"));
        }
        (self.wire.paused, self.wire.picked, self.wire.filter.only) = (false, None, None);
        self.wire.unfolded.clear();
        self.wire.last = false;
        self.code_lost();
        if let Some(build) = self.fit_code() {
            self.build = build;
        }
        let sound = std::mem::take(&mut self.engine.sound);
        self.engine.status = if sound { Status::Starting } else { Status::Stopped };
        self.engine.lost = Some(problem);
        let mut effects = self.captures_lost();
        if sound {
            effects.push(Effect::StartEngine);
            effects.extend(self.build_again());
            if self.wire.recording {
                effects.push(Effect::Wire(wire::Task::Record(true)));
            }
            if self.api.tab == Tab::Link {
                effects.push(Effect::Engine(Command::Session(Task::WatchLink(true))));
            }
            if connects {
                effects.extend(self.connect_again());
            }
        }
        effects
    }

    /// Has the new engine build the rows.
    fn build_again(&mut self) -> Option<Effect> {
        if let Build::Failed(_) = self.build {
            return None;
        }
        self.build = Build::Pending;
        Some(Effect::Engine(Command::Build { revision: self.revision, rows: self.rows.clone() }))
    }

    /// Sets up what was kept before a reload or a crash of the page. A session that was open is
    /// opened again.
    pub(super) fn resume(&mut self, setup: Setup) -> Vec<Effect> {
        let (connected, subscribed, missing) = (setup.connected, setup.subscribed, setup.missing_files());
        let chooses = setup.locator.is_empty();
        let before = std::mem::replace(self, Self::resumed(setup));
        self.surroundings = before.surroundings;
        self.engine = before.engine;
        self.link_problem = before.link_problem;
        self.leave_connecting();
        // An answer about the rows before must not be taken for one about these.
        self.revision = before.revision;
        let preset = self.preset;
        let mut effects = self.rows_changed();
        self.preset = preset;
        self.file_problem = missing;
        if connected && chooses {
            self.choose_again(subscribed);
        } else if connected {
            effects.extend(self.open_again(subscribed));
        }
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{
        Action, Built, Declaration, Event, Preset, Put, Report, Session,
        bytes::Looking,
        ownership::Phase,
        session::{self, Asking, Change, Entity, Fence, Rate},
        tests::{info, sample},
    };

    fn died() -> Action {
        Action::Browser(Report::EngineLost(Problem::new("The engine has stopped.", "Out of memory.")))
    }

    fn built(state: &mut State) {
        let built = Built { len: 1, segments: 1, copied: 0 };
        state.apply(Action::Engine(Event::BuildEnded(state.revision, Ok((built, Vec::new())))));
    }

    #[test]
    fn a_new_engine_gets_rows_session_and_declarations_again() {
        let mut state = State::of(Preset::Tensor);
        state.apply(Action::Browser(Report::EngineReady));
        assert_eq!(state.engine.status, Status::Running);
        built(&mut state);
        state.apply(Action::Connect);
        state.apply(Action::Engine(Event::Opened(info())));
        state.apply(Action::Engine(Event::SubscribeEnded(Ok("lab/**".into()))));
        state.apply(Action::Engine(Event::Session(session::Event::Declared(Entity::Token, Ok("t".into())))));
        let rows = state.rows.clone();

        let effects = state.apply(died());
        let [
            Effect::StartEngine,
            Effect::Engine(Command::Build { revision, rows: again }),
            Effect::Engine(Command::Connect(_)),
        ] = effects.as_slice()
        else {
            panic!("{effects:?}")
        };
        assert_eq!((*revision, again), (state.revision, &rows));
        assert_eq!((state.engine.status, &state.session), (Status::Starting, &Session::Connecting));
        assert_eq!((&state.build, &state.subscription), (&Build::Pending, &Declaration::None));
        assert!(state.engine.lost.is_some());

        // What was declared is declared again, also when that engine dies as well meanwhile.
        let declared = |effects: &[Effect]| -> Vec<String> {
            let key = |effect: &Effect| match effect {
                Effect::Engine(Command::Subscribe(key)) => Some(key.clone()),
                Effect::Engine(Command::Session(Task::Declare(Entity::Token, key, _))) => Some(key.clone()),
                _ => None,
            };
            effects.iter().filter_map(key).collect()
        };
        let both = [state.sub_key.clone(), state.api.liveliness.token_key.clone()];
        assert_eq!(declared(&state.apply(Action::Engine(Event::Opened(info())))), both);
        built(&mut state);
        state.apply(died());
        assert_eq!(declared(&state.apply(Action::Engine(Event::Opened(info())))), both);
        state.apply(Action::Engine(Event::SubscribeEnded(Ok("lab/**".into()))));
        state.apply(Action::Engine(Event::Session(session::Event::Declared(Entity::Token, Ok("t".into())))));
        // It is done, so another session begins without it.
        state.apply(Action::Disconnect);
        state.apply(Action::Engine(Event::SessionEnded(None)));
        state.apply(Action::Connect);
        assert!(declared(&state.apply(Action::Engine(Event::Opened(info())))).is_empty());

        state.apply(Action::EngineSeen);
        assert_eq!(state.engine.lost, None);
    }

    #[test]
    fn an_engine_that_dies_before_it_has_built_waits_for_the_person() {
        let mut state = State::of(Preset::Tensor);
        assert_eq!(state.apply(died()), []);
        assert_eq!(state.engine.status, Status::Stopped);
        // What needs an engine says so at once.
        assert_eq!(state.apply(Action::Connect), []);
        assert!(matches!(state.session, Session::Failed(_)));
        assert_eq!(state.apply(Action::Try(Experiment::Grow)), []);
        assert!(matches!(state.ownership.trial(Experiment::Grow).phase, Phase::Failed(_)));
        state.apply(Action::EngineSeen);
        assert!(state.engine.lost.is_some(), "the button to start it again stays");
        let effects = state.apply(Action::StartEngine);
        assert!(
            matches!(effects.as_slice(), [Effect::StartEngine, Effect::Engine(Command::Build { .. })]),
            "{effects:?}"
        );
        assert_eq!((state.engine.status, &state.engine.lost), (Status::Starting, &None));
        assert_eq!(state.apply(Action::StartEngine), [], "it is on its way already");
        // One that has built is sound, until it dies.
        built(&mut state);
        assert!(state.apply(died()).contains(&Effect::StartEngine));
        assert_eq!(state.apply(died()), []);
    }

    #[test]
    fn what_waits_for_a_dead_engine_ends_with_a_word() {
        let mut state = State::of(Preset::Tensor);
        built(&mut state);
        state.apply(Action::Connect);
        state.apply(Action::Engine(Event::Opened(info())));
        state.apply(Action::Engine(Event::Samples {
            samples: vec![sample(7, 1)],
            groups: Vec::new(),
            at: std::time::Duration::ZERO,
            received: 1,
            replies: 0,
        }));
        state.apply(Action::Look(Some(Looking { subject: Subject::Sample(7), offset: 0 })));
        for action in [
            Action::Subscribe,
            Action::Put,
            Action::Session(Change::Start),
            Action::Session(Change::Flush),
            Action::Session(Change::Get),
            Action::Session(Change::List),
            Action::Try(Experiment::Write),
        ] {
            state.apply(action);
        }
        assert!(matches!(state.api.get.asking, Asking::UnderWay(_)) && matches!(state.put, Put::UnderWay { .. }));
        state.apply(Action::Engine(Event::Samples {
            samples: Vec::new(),
            groups: Vec::new(),
            at: std::time::Duration::ZERO,
            received: 0,
            replies: 0,
        }));
        state.apply(died());
        assert!(matches!(state.put, Put::Failed(_)), "{:?}", state.put);
        assert!(matches!(state.api.rate, Rate::Stopped { problem: Some(_), .. }), "{:?}", state.api.rate);
        assert!(matches!(state.api.fence, Fence::Failed(_)) && matches!(state.api.get.asking, Asking::Failed(_)));
        assert!(matches!(state.api.liveliness.asking, Asking::Failed(_)));
        assert!(matches!(state.ownership.trial(Experiment::Write).phase, Phase::Failed(_)));
        assert_eq!((state.samples.len(), state.looking, state.received), (0, None, 1));
        // A view of the payload of Build stays open: the next engine has it again.
        let looking = Some(Looking { subject: Subject::Build, offset: 3 });
        state.apply(Action::Look(looking));
        state.apply(died());
        assert_eq!(state.looking, looking);
    }
}
