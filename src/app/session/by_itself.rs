//! What the page does without a press for it: beside a lab that answers it connects once, and the
//! first put subscribes. A page that was opened by a link connects only after a press.

use super::{connection::Session, declaration::Declaration};
use crate::{
    app::{
        effect::Effect,
        locator::{HUB, OWN_ENDPOINT},
        state::State,
    },
    client::KeyExpr,
};

/// The key expression to which a page subscribes, unless the person types another one.
pub const SUB_KEY: &str = "lab/**";

/// What the page still does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByItself {
    /// Whether it connects, once its lab has answered.
    connects: bool,
    /// Whether the first put subscribes.
    subscribes: bool,
    /// Whether the attempt to connect that is under way is the page's own: its failure is not shown.
    quiet: bool,
    /// Whether the page has chosen the hub, because no lab has answered.
    hub: bool,
}

impl Default for ByItself {
    fn default() -> Self {
        Self { connects: true, subscribes: true, quiet: false, hub: false }
    }
}

impl State {
    /// The page's own lab has answered, or none has.
    pub(in crate::app) fn connect_by_itself(&mut self) -> Vec<Effect> {
        let may = std::mem::take(&mut self.by_itself.connects) && self.session == Session::Closed;
        let chosen = self.locator == OWN_ENDPOINT && !self.surroundings.no_lab || self.by_itself.hub;
        if !may || !chosen || self.engine.stopped().is_some() {
            return Vec::new();
        }
        self.by_itself.quiet = true;
        self.connect_again()
    }

    /// No lab has answered: the hub takes its place, unless the person has chosen another router.
    pub(in crate::app) fn take_hub(&mut self) {
        if self.locator == OWN_ENDPOINT && !self.session.is_busy() {
            HUB.clone_into(&mut self.locator);
            self.by_itself.hub = true;
        }
    }

    /// A lab has answered: the page leaves a hub that it has chosen itself. A session stays.
    pub(in crate::app) fn leave_hub(&mut self) {
        if self.by_itself.hub && !self.session.is_busy() {
            OWN_ENDPOINT.clone_into(&mut self.locator);
            self.by_itself.hub = false;
        }
    }

    /// The person has typed a locator, so it is not the page's own choice.
    pub(in crate::app) fn choose_router(&mut self) {
        self.by_itself.hub = false;
    }

    /// Whether the hub is the page's own choice.
    pub(in crate::app) fn has_taken_hub(&self) -> bool {
        self.by_itself.hub
    }

    /// The page connects once more, when it knows whether a lab is there.
    pub(in crate::app) fn connects_again(&mut self) {
        self.by_itself.connects = true;
    }

    /// Connecting is the person's from now on: a press, another locator, a link, or a tab that was
    /// there before.
    pub(in crate::app) fn leave_connecting(&mut self) {
        (self.by_itself.connects, self.by_itself.quiet) = (false, false);
    }

    /// Whether a failure of the session is shown: the person has asked for it, or it was open.
    pub(in crate::app) fn shows_failure(&mut self) -> bool {
        !std::mem::take(&mut self.by_itself.quiet)
    }

    /// The person subscribes or undeclares: no put does it by itself any more.
    pub(in crate::app) fn leave_subscribing(&mut self) {
        self.by_itself.subscribes = false;
    }

    /// The person puts. The first put subscribes before, so that its sample comes back.
    pub(in crate::app) fn put_by_hand(&mut self) -> Vec<Effect> {
        if self.sends_it {
            return Vec::new();
        }
        let first = self.put_id == 0 && self.by_itself.subscribes && self.session.is_open();
        if first && self.subscription == Declaration::None {
            self.sends_it = true;
            self.sending_goes_on()
        } else {
            self.put(false)
        }
    }

    /// Subscribes so that the page's own puts come back.
    pub(in crate::app) fn subscribe_to_own(&mut self) -> Vec<Effect> {
        let key = |text: &str| KeyExpr::new(text).ok();
        let comes_back = key(&self.sub_key).zip(key(&self.key)).is_some_and(|(wanted, own)| wanted.intersects(&own));
        if !comes_back {
            self.sub_key.clone_from(&self.key);
        }
        self.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Command, Event, Preset, Problem, Report, Setup, link, tests::info};

    fn lab() -> Action {
        Action::Engine(Event::LabFound { ws: "ws/127.0.0.1:1".into(), tcp: "tcp/127.0.0.1:2".into() })
    }

    fn no_lab() -> Action {
        Action::Engine(Event::NoLab)
    }

    fn connects_to(effects: &[Effect]) -> Option<&str> {
        effects.iter().find_map(|effect| match effect {
            Effect::Engine(Command::Connect(locator)) => Some(locator.as_str()),
            _ => None,
        })
    }

    fn connects(effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::Engine(Command::Connect(_))))
    }

    fn failed() -> Action {
        Action::Engine(Event::SessionEnded(Some(Problem::new("Refused.", "It is full."))))
    }

    #[test]
    fn page_beside_its_lab_connects_once_and_fails_quietly() {
        let mut state = State::default();
        assert!(connects(&state.apply(lab())));
        assert_eq!(state.session, Session::Connecting);
        state.apply(failed());
        assert_eq!(state.session, Session::Closed);
        assert!(!connects(&state.apply(lab())), "an engine that starts again tells the same");
        // What the person asks for, fails aloud.
        state.apply(Action::Connect);
        state.apply(failed());
        assert!(matches!(state.session, Session::Failed(_)));
        // So does what the person asked for meanwhile.
        let mut state = State::default();
        state.apply(lab());
        state.apply(Action::SendIt);
        state.apply(failed());
        assert!(matches!(state.session, Session::Failed(_)));
    }

    #[test]
    fn page_without_a_lab_goes_to_the_hub_once_and_quietly() {
        let mut state = State::default();
        assert_eq!(connects_to(&state.apply(no_lab())), Some(HUB));
        state.apply(failed());
        assert_eq!((&state.session, state.locator.as_str()), (&Session::Closed, HUB));
        assert!(!connects(&state.apply(no_lab())), "an engine that starts again tells the same");
        // A lab that is there after all gets its locator back.
        state.apply(lab());
        assert_eq!(state.locator, OWN_ENDPOINT);
        assert_eq!(connects_to(&state.apply(Action::Connect)), Some(OWN_ENDPOINT));
    }

    #[test]
    fn hub_takes_no_place_of_a_router_that_was_chosen() {
        for before in [Action::Locator("ws/127.0.0.1:9".into()), Action::Connect] {
            let mut state = State::default();
            state.apply(before.clone());
            let locator = state.locator.clone();
            assert!(!connects(&state.apply(no_lab())), "{before:?}");
            assert_eq!(state.locator, locator, "{before:?}");
        }
        // One that was typed stays beside a lab.
        let mut state = State::default();
        state.apply(Action::Locator(HUB.into()));
        assert!(!connects(&state.apply(lab())));
        assert_eq!(state.locator, HUB);
        // A session over the page's own hub goes on when a lab comes.
        let mut state = State::default();
        state.apply(no_lab());
        state.apply(Action::Engine(Event::Opened(info())));
        assert!(state.apply(lab()).is_empty());
        assert_eq!(state.locator, HUB);
    }

    #[test]
    fn page_of_a_hub_that_is_loaded_again_asks_for_a_lab_first() {
        let mut before = State::default();
        before.apply(no_lab());
        before.apply(Action::Engine(Event::Opened(info())));
        let setup = Setup::from_json(&Setup::of(&before).to_json().unwrap()).unwrap();
        for (answer, expected) in [(no_lab(), HUB), (lab(), OWN_ENDPOINT)] {
            let mut state = State::default();
            assert!(!connects(&state.apply(Action::Browser(Report::Setup(Box::new(setup.clone()))))));
            assert_eq!(connects_to(&state.apply(answer)), Some(expected));
        }
        // A person who had disconnected, and one who comes by a link, connect by a press.
        before.apply(Action::Engine(Event::SessionEnded(None)));
        let link = link::read(&link::of(&before).unwrap()).unwrap();
        for report in [Report::Setup(Box::new(Setup::of(&before))), Report::Link(Box::new(Ok(link.unwrap())))] {
            let mut state = State::default();
            state.apply(Action::Browser(report));
            assert!(!connects(&state.apply(no_lab())));
            assert_eq!(connects_to(&state.apply(Action::Connect)), Some(HUB));
        }
    }

    #[test]
    fn session_that_was_open_ends_aloud() {
        let mut state = State::default();
        state.apply(lab());
        state.apply(Action::Engine(Event::Opened(info())));
        state.apply(failed());
        assert!(matches!(state.session, Session::Failed(_)));
    }

    #[test]
    fn page_of_a_link_or_of_before_connects_after_a_press_only() {
        let link = link::of(&State::of(Preset::ThreeSmall)).unwrap();
        let setup = Setup::of(&State::of(Preset::ThreeSmall));
        let found = |link: &str| Action::Browser(Report::Link(Box::new(link::read(link).unwrap())));
        for before in [
            found(&link),
            found("#s=damaged"),
            Action::Browser(Report::Setup(Box::new(setup))),
            Action::Locator("ws/127.0.0.1:9".into()),
            Action::Disconnect,
        ] {
            let mut state = State::default();
            state.apply(before.clone());
            let effects = state.apply(lab());
            assert!(!connects(&effects), "{before:?}");
            assert!(connects(&state.apply(Action::Connect)), "{before:?}");
        }
    }

    fn subscribes(effects: &[Effect]) -> Option<&str> {
        effects.iter().find_map(|effect| match effect {
            Effect::Engine(Command::Subscribe(key)) => Some(key.as_str()),
            _ => None,
        })
    }

    fn puts(effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::Engine(Command::Put { .. })))
    }

    #[test]
    fn first_put_subscribes_so_that_its_sample_comes_back() {
        for (key, listens) in [("lab/tensor", SUB_KEY), ("elsewhere/a", "elsewhere/a")] {
            let mut state = State::default();
            state.apply(Action::Connect);
            state.apply(Action::Engine(Event::Opened(info())));
            state.apply(Action::Key(key.into()));
            let effects = state.apply(Action::Put);
            assert_eq!((subscribes(&effects), puts(&effects)), (Some(listens), false), "{key}");
            assert!(state.apply(Action::Put).is_empty(), "the put is on its way");
            let effects = state.apply(Action::Engine(Event::SubscribeEnded(Ok(listens.into()))));
            assert!(puts(&effects), "{key}");
        }
    }

    #[test]
    fn put_leaves_the_subscription_to_who_has_chosen_it() {
        let mut state = State::default();
        state.apply(Action::Connect);
        state.apply(Action::Engine(Event::Opened(info())));
        state.apply(Action::Subscribe);
        state.apply(Action::Engine(Event::SubscribeEnded(Ok(SUB_KEY.into()))));
        state.apply(Action::Unsubscribe);
        let effects = state.apply(Action::Put);
        assert_eq!((subscribes(&effects), puts(&effects)), (None, true));
    }
}
