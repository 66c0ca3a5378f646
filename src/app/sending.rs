//! How the page sends: what the options of a put make of it, and what Layout takes the next put
//! for.

use std::time::Duration;

use super::{
    build::head,
    problem::Problem,
    session::{EntityName, Numbers, Options, Session},
    state::State,
};
use crate::{
    client::{
        Agreed, BatchPlan, Content, Encoding, EntityGlobalId, EntityId, KeyExpr, Put, Qos, Reliability, SampleKind,
        SchemaTooLong, SessionInfo, SourceInfo, Timestamp, ZenohId, plan, stamp::Stamps,
    },
    number::bytes,
    payload::ZBytes,
};

/// A zenoh id of sixteen bytes, which all but a 256th of the random ones are, for what is drawn
/// without a session.
const SOME_ID: [u8; 16] = [0xff; 16];

/// Any time between 1970 and 2106 is equally long on the wire.
const SOME_TIME: Duration = Duration::from_secs(1_800_000_000);

impl Options {
    /// The encoding.
    ///
    /// # Errors
    /// A [`Problem`] when its schema is too long.
    pub fn parsed_encoding(&self) -> Result<Encoding, Problem> {
        self.encoding.trim().parse().map_err(|SchemaTooLong { len, .. }| {
            Problem::new(
                "The encoding is too long.",
                format!(
                    "Its schema has {}, and at most {} can be sent. Nothing was sent.",
                    bytes(len),
                    bytes(Encoding::MAX_SCHEMA)
                ),
            )
        })
    }

    /// The attachment.
    #[must_use]
    pub fn attached(&self) -> Option<ZBytes> {
        (!self.attachment.is_empty()).then(|| ZBytes::of_held(vec![self.attachment.clone().into_bytes().into()]))
    }

    fn qos(&self) -> Qos {
        Qos { priority: self.priority, congestion_control: self.congestion_control, express: self.express }
    }

    fn lane(&self) -> usize {
        2 * self.priority as usize + usize::from(self.reliability == Reliability::BestEffort)
    }

    fn publisher(&self) -> EntityId {
        EntityName::Publisher(self.lane()).id()
    }

    /// `put` with these options. `timestamp` is used when they ask for one.
    ///
    /// # Errors
    /// As [`Options::parsed_encoding`].
    pub fn apply(&self, put: Put, timestamp: Option<Timestamp>) -> Result<Put, Problem> {
        let Qos { priority, congestion_control, express } = self.qos();
        let encoding = self.parsed_encoding()?;
        let kind = match put.kind {
            SampleKind::Put { payload, .. } => SampleKind::Put { payload, encoding },
            SampleKind::Delete => SampleKind::Delete,
        };
        Ok(Put {
            kind,
            attachment: self.attached(),
            timestamp: timestamp.filter(|_| self.stamped),
            numbered: self.numbered.then_some(self.publisher()),
            congestion_control,
            priority,
            reliability: self.reliability,
            express,
            ..put
        })
    }
}

/// What is known of the session that the next put goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It is open, and has agreed on the batches.
    Agreed,
    /// There is none: the batches are those of a router with zenoh's defaults.
    Assumed,
    /// None can be sent as it is set: the batches are those of one without what is wrong.
    Refused,
}

/// How the page would send its next put, alone: everything that decides where batches cut its
/// payload.
#[derive(Clone, Debug)]
pub struct Sending {
    /// `None` when what was typed is not a key expression.
    key_expr: Option<KeyExpr>,
    qos: Qos,
    reliability: Reliability,
    content: Content,
    agreed: Agreed,
    /// What is known of the session.
    pub basis: Basis,
}

impl Sending {
    /// A put under `key` with `options`, in a session if there is one.
    #[must_use]
    pub fn new(key: &str, options: &Options, session: Option<&SessionInfo>, numbers: &Numbers) -> Self {
        let id = |zid: Option<ZenohId>| zid.or_else(|| ZenohId::new(SOME_ID));
        let stamp = || Some(Stamps::of(id(session.map(|info| info.zid))?).stamp(SOME_TIME));
        let source_info = || {
            let zid = id(numbers.zid.filter(|_| session.is_some()))?;
            let source_id = EntityGlobalId { zid, eid: options.publisher() };
            // A test goes over every lane.
            Some(SourceInfo { source_id, source_sn: numbers.next[options.lane()] })
        };
        let (encoding, key_expr) = (options.parsed_encoding(), KeyExpr::new(key).ok());
        let sendable = encoding.is_ok() && key_expr.is_some();
        Self {
            key_expr,
            qos: options.qos(),
            reliability: options.reliability,
            content: Content {
                kind: SampleKind::Put { payload: ZBytes::empty(), encoding: encoding.unwrap_or_default() },
                attachment: options.attached(),
                timestamp: options.stamped.then(stamp).flatten(),
                source_info: options.numbered.then(source_info).flatten(),
            },
            agreed: session.map_or(Agreed::OFFERED, SessionInfo::agreed),
            basis: match session {
                _ if !sendable => Basis::Refused,
                Some(_) => Basis::Agreed,
                None => Basis::Assumed,
            },
        }
    }

    /// Where batches will cut a payload of `len` bytes.
    #[must_use]
    pub fn batches(&self, len: usize) -> BatchPlan {
        let Self { key_expr, qos, reliability, content, agreed, .. } = self;
        plan(key_expr.as_ref(), *qos, *reliability, content, len, agreed)
    }
}

impl Default for Sending {
    /// A put under `lab/tensor` with the page's first options, without a session.
    fn default() -> Self {
        Self::new("lab/tensor", &Options::default(), None, &Numbers::default())
    }
}

impl State {
    /// How the next put would be sent.
    #[must_use]
    pub fn sending(&self) -> Sending {
        let mut sending = Sending::new(&self.key, &self.api.options, self.open_session(), &self.api.numbers);
        if let Some(head) = head(&self.rows) {
            sending.content.attachment = Some(head.attached());
        }
        sending
    }

    /// Whether the next put would be sent as that of another state.
    #[must_use]
    pub fn sends_like(&self, other: &Self) -> bool {
        fn what(state: &State) -> (&str, &Options, Option<&SessionInfo>, &Numbers) {
            (&state.key, &state.api.options, state.open_session(), &state.api.numbers)
        }
        what(self) == what(other)
    }

    fn open_session(&self) -> Option<&SessionInfo> {
        match &self.session {
            Session::Open(info) => Some(info),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{
        Action, Event,
        session::{self, Change},
    };
    use crate::client::CongestionControl;

    fn info(batch_size: u16, lanes: u8, sn_bits: u8, patch: u8) -> SessionInfo {
        SessionInfo {
            zid: "8f2c61d0".parse().unwrap(),
            router_zid: "2".parse().unwrap(),
            batch_size,
            lanes,
            sn_bits,
            lease: Duration::from_secs(60),
            router_lease: Duration::from_secs(10),
            patch,
        }
    }

    fn options() -> Vec<Options> {
        let usual = Options::default;
        vec![
            usual(),
            Options { congestion_control: CongestionControl::Drop, ..usual() },
            Options { priority: crate::client::Priority::RealTime, ..usual() },
            Options { reliability: Reliability::BestEffort, ..usual() },
            Options { express: true, ..usual() },
            Options { stamped: true, ..usual() },
            Options { numbered: true, ..usual() },
            Options { encoding: format!("text/plain;{}", "x".repeat(255)), ..usual() },
            Options { attachment: "a".repeat(300), ..usual() },
            Options {
                priority: crate::client::Priority::Background,
                congestion_control: CongestionControl::Drop,
                reliability: Reliability::BestEffort,
                express: true,
                stamped: true,
                numbered: true,
                encoding: " lab/own ".into(),
                attachment: "a".repeat(300),
            },
        ]
    }

    /// The put that the page makes, planned by the client, whose tests compare that with what it
    /// sends.
    fn planned(state: &State, info: &SessionInfo, len: usize) -> BatchPlan {
        let options = &state.api.options;
        let stamp = Stamps::of(info.zid).stamp(Duration::from_secs(1_764_000_000));
        let put = Put::new(KeyExpr::new(&state.key).unwrap(), ZBytes::empty());
        let put = options.apply(put, Some(stamp)).unwrap();
        let source = put.numbered.map(|eid| SourceInfo {
            source_id: EntityGlobalId { zid: state.api.numbers.zid.unwrap(), eid },
            source_sn: state.api.numbers.next[options.lane()],
        });
        put.plan(len, source, &info.agreed())
    }

    #[test]
    fn layout_plans_the_put_by_its_options_and_the_agreed_batch() {
        let mut plans = std::collections::BTreeSet::new();
        for (batch_size, lanes, sn_bits, patch) in
            [(65535, 16, 28, 1), (1024, 16, 28, 1), (256, 2, 14, 0), (64, 16, 7, 1), (256, 16, 32, 1)]
        {
            let info = info(batch_size, lanes, sn_bits, patch);
            let mut state = State::default();
            let assumed = state.plan().unwrap();
            assert_eq!((assumed.basis, assumed.batches.size), (Basis::Assumed, 65535));
            state.apply(Action::Engine(Event::Opened(info.clone())));
            for options in options() {
                state.apply(Change::Options(options.clone()).into());
                for key in ["k", "lab/tensor", "a/much/longer/key"] {
                    state.apply(Action::Key(key.to_owned()));
                    let plan = state.plan().unwrap();
                    assert_eq!(plan.basis, Basis::Agreed);
                    assert_eq!(plan.batches, planned(&state, &info, plan.len), "{options:?} {info:?}");
                    plans.insert((plan.batches.count, plan.batches.end(0)));
                }
            }
        }
        assert!(plans.len() > 60, "options and sessions make a difference: {}", plans.len());
    }

    #[test]
    fn without_a_session_the_defaults_are_assumed_for_every_option() {
        // A zenoh id of sixteen bytes, as nearly all are.
        let info = SessionInfo { zid: ZenohId::new(SOME_ID).unwrap(), ..info(65535, 16, 28, 1) };
        for options in options() {
            let (mut alone, mut open) = (State::default(), State::default());
            open.apply(Action::Engine(Event::Opened(info.clone())));
            for state in [&mut alone, &mut open] {
                state.apply(Change::Options(options.clone()).into());
            }
            let (alone, open) = (alone.plan().unwrap(), open.plan().unwrap());
            assert_eq!((alone.basis, open.basis), (Basis::Assumed, Basis::Agreed));
            assert_eq!(alone.batches, open.batches, "{options:?}");
        }
    }

    #[test]
    fn a_put_that_cannot_be_sent_is_told() {
        let mut state = State::default();
        state.apply(Action::Engine(Event::Opened(info(65535, 16, 28, 1))));
        let long = "x".repeat(65_536);
        for key in ["", "a//b", "/a", "a/", long.as_str()] {
            state.apply(Action::Key(key.to_owned()));
            let plan = state.plan().unwrap();
            assert_eq!(plan.basis, Basis::Refused, "{} B", key.len());
            assert!(plan.batches.count >= 180);
        }
        state.apply(Action::Key("a".to_owned()));
        assert_eq!(state.plan().unwrap().basis, Basis::Agreed);
        let encoding = format!("text/plain;{}", "x".repeat(256));
        state.apply(Change::Options(Options { encoding, ..Options::default() }).into());
        assert_eq!(state.plan().unwrap().basis, Basis::Refused);
    }

    #[test]
    fn numbers_go_on_over_a_lost_session_and_restart_in_another() {
        let mut state = State::default();
        let first = info(65535, 16, 28, 1);
        state.apply(Action::Engine(Event::Opened(first.clone())));
        state.apply(Change::Options(Options { numbered: true, ..Options::default() }).into());
        let before = state.clone();
        state.apply(session::Event::Numbered(2 * crate::client::Priority::Data as usize, 128).into());
        assert!(!state.sends_like(&before));
        assert_eq!(before.plan().unwrap().batches.end(0), state.plan().unwrap().batches.end(0) + 1);
        let problem = Problem::new("gone", "");
        let wait = crate::client::reconnect::Wait { attempt: 1, delay: Duration::ZERO };
        state.apply(Action::Engine(Event::SessionLost(
            crate::app::Lost::new(problem, Default::default(), wait),
            String::new(),
        )));
        let again = SessionInfo { zid: "1".parse().unwrap(), ..first.clone() };
        state.apply(Action::Engine(Event::Opened(again.clone())));
        assert_eq!(state.api.numbers.zid, Some(first.zid), "samples keep the name that they began with");
        assert_eq!(state.plan().unwrap().batches, planned(&state, &again, state.plan().unwrap().len));
        state.apply(Action::Engine(Event::SessionEnded(None)));
        state.apply(Action::Engine(Event::Opened(again)));
        assert_eq!(state.api.numbers, Numbers { zid: Some("1".parse().unwrap()), ..Numbers::default() });
    }

    #[test]
    fn every_priority_and_reliability_has_a_publisher_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for (priority, _) in crate::app::session::PRIORITIES {
            for reliability in [Reliability::Reliable, Reliability::BestEffort] {
                let options = Options { priority, reliability, numbered: true, ..Options::default() };
                let put = Put::new(KeyExpr::new("a").unwrap(), ZBytes::empty());
                let publisher = options.apply(put, None).unwrap().numbered.unwrap();
                assert_eq!(EntityName::of(publisher), Some(EntityName::Publisher(options.lane())));
                let next = std::array::from_fn(|lane| 100 + lane as u32);
                let (numbers, options) = (Numbers { zid: Some("1".parse().unwrap()), next }, &options);
                let source_info = Sending::new("a", options, None, &numbers).content.source_info.unwrap();
                assert_eq!(source_info.source_sn, next[options.lane()]);
                seen.insert(publisher);
            }
        }
        assert_eq!(seen.len(), 14);
    }
}
