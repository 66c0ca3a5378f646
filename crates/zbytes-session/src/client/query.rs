//! Asking and answering: gets of ours, queries of others, and fences.
//!
//! ```text
//!   get ──> Request ──> router ──> queryables           queryable of ours <── Query <── Request <── router
//!   Reply, Reply, GetEnded <── Response, ResponseFinal   reply, reply_err, finish ──> Response, ResponseFinal
//! ```
//!
//! A get asks the router and, unless its locality says otherwise, the queryables of this client
//! too. It ends when both have said that no more comes, at its timeout, or with the session.

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
    time::Duration,
};

use zbytes::{number::bytes, payload::ZBytes};
use zenoh_protocol::network::interest::{InterestMode, InterestOptions};

use super::{
    declare::Entity,
    error::{CloseCause, CommandError, GetError},
    event::Event,
    ids::{EntityId, OpId, QueryId},
    machine::Client,
    pause::{Pause, Took},
    queue::Queued,
    sample::{Locality, Sample},
};
use crate::{
    link::Hold,
    wire::{
        CongestionControl, ConsolidationMode, Content, Encoding, EntityGlobalId, GROWTH, KeyExpr, KeyExprError,
        Outgoing, Priority, Qos, QueryTarget, Question, Reliability, Timestamp, encode,
    },
};

/// How long a get waits for answers unless told otherwise; zenoh's default.
pub const GET_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest timeout that is kept to. A longer one is taken for this one.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// The parameter by which a query takes replies under any key.
const ANY_KEY: &str = "_anyke";

/// The parameter by which a query asks for a range of time, so that several samples of one key are
/// wanted.
const TIME_RANGE: &str = "_time";

/// A question to queryables.
#[derive(Clone, Debug)]
pub struct Get {
    /// The key expression of the selector.
    pub key_expr: KeyExpr,
    /// The parameters of the selector, as in `a=1;b=2`.
    pub parameters: String,
    /// Bytes for the queryables.
    pub payload: Option<ZBytes>,
    /// What the payload is.
    pub encoding: Encoding,
    /// Further bytes of the application's.
    pub attachment: Option<ZBytes>,
    /// Which queryables are asked.
    pub target: QueryTarget,
    /// Which of several replies under one key are told. `Auto` means the latest of each key, unless
    /// a range of time is asked for.
    pub consolidation: ConsolidationMode,
    /// How long answers are waited for.
    pub timeout: Duration,
    /// Its priority, which the replies take over.
    pub priority: Priority,
    /// What is to happen when the way is not free.
    pub congestion_control: CongestionControl,
    /// Whether it is not to wait for others to share a batch with.
    pub express: bool,
    /// Whose queryables are asked.
    pub allowed_destination: Locality,
}

impl Get {
    /// A get with zenoh's defaults.
    #[must_use]
    pub fn new(key_expr: KeyExpr) -> Self {
        Self {
            key_expr,
            parameters: String::new(),
            payload: None,
            encoding: Encoding::empty(),
            attachment: None,
            target: QueryTarget::BestMatching,
            consolidation: ConsolidationMode::Auto,
            timeout: GET_TIMEOUT,
            priority: Priority::DEFAULT,
            congestion_control: CongestionControl::Block,
            express: false,
            allowed_destination: Locality::Any,
        }
    }

    /// A get out of a selector, as in `lab/*?a=1;b=2`.
    ///
    /// # Errors
    /// [`KeyExprError`].
    pub fn of_selector(selector: &str) -> Result<Self, KeyExprError> {
        let (key_expr, parameters) = selector.split_once('?').unwrap_or((selector, ""));
        Ok(Self { parameters: parameters.to_owned(), ..Self::new(KeyExpr::new(key_expr)?) })
    }

    fn qos(&self) -> Qos {
        Qos { priority: self.priority, congestion_control: self.congestion_control, express: self.express }
    }

    /// What `Auto` means here. It is sent too: those who answer keep to it, as routers do.
    fn consolidation(&self) -> ConsolidationMode {
        match self.consolidation {
            ConsolidationMode::Auto if has_parameter(&self.parameters, TIME_RANGE) => ConsolidationMode::None,
            ConsolidationMode::Auto => ConsolidationMode::Latest,
            mode => mode,
        }
    }

    fn question(&self, consolidation: ConsolidationMode) -> Question {
        Question {
            parameters: self.parameters.clone(),
            body: self.payload.clone(),
            encoding: self.encoding.clone(),
            attachment: self.attachment.clone(),
            target: self.target,
            consolidation,
            timeout: Some(self.timeout),
            source_info: None,
        }
    }
}

/// The parts of a query that do not change from one get to the next: zenoh's querier. Whether
/// a queryable would answer, says [`Client::declare_matching_listener`].
#[derive(Clone, Debug)]
pub struct Querier {
    /// What each get is made from.
    pub template: Get,
}

impl Querier {
    /// A get with other parameters.
    #[must_use]
    pub fn get(&self, parameters: &str) -> Get {
        Get { parameters: parameters.to_owned(), ..self.template.clone() }
    }
}

/// A query for a queryable of ours. It is answered by [`Client::reply`] and [`Client::reply_err`],
/// as often as wanted, and ended by [`Client::finish`]; until then the asker waits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Query {
    /// Names it in the answers.
    pub id: QueryId,
    /// The queryable that it is for.
    pub queryable: EntityId,
    /// The key expression of the selector.
    pub key_expr: KeyExpr,
    /// The parameters of the selector.
    pub parameters: String,
    /// Bytes for the queryable, over the received batches, or, when `local`, over the very owners
    /// of the get.
    pub payload: Option<ZBytes>,
    /// What the payload is.
    pub encoding: Encoding,
    /// Further bytes of the application's.
    pub attachment: Option<ZBytes>,
    /// How long the asker waits for answers, if it says so.
    pub timeout: Option<Duration>,
    /// Whether it comes from this same client.
    pub local: bool,
}

/// An answer of ours to a query.
#[derive(Clone, Debug)]
pub struct ReplySample {
    /// Its key expression, which must intersect that of the query, unless the query takes any.
    pub key_expr: KeyExpr,
    /// What it carries.
    pub content: Content,
}

/// An answer to a get.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// The sample, or the error that a queryable gives.
    pub result: Result<Sample, ReplyError>,
    /// Who answers, if it says so.
    pub replier_id: Option<EntityGlobalId>,
}

/// An error that a queryable gives as an answer.
#[derive(Clone, Debug)]
pub struct ReplyError {
    /// The error, in whatever form the queryable gives it.
    pub payload: ZBytes,
    /// What the payload is.
    pub encoding: Encoding,
}

/// A get of ours that waits for answers.
pub(super) struct Waiting {
    op: OpId,
    key: KeyExpr,
    any_key: bool,
    consolidation: ConsolidationMode,
    /// The newest reply under each key.
    newest: BTreeMap<String, Newest>,
    /// Whether the router still has to say that no more comes.
    router: bool,
    deadline: Duration,
    /// Whether it asks for tokens.
    tokens: bool,
}

impl Waiting {
    /// Tells what was kept until it was known to be the latest, and lets go of it.
    fn tell_newest(&mut self) -> impl Iterator<Item = Event> + use<> {
        let op = self.op;
        let newest = std::mem::take(&mut self.newest).into_values();
        newest.filter_map(|newest| newest.kept).map(move |reply| reply.into_event(op))
    }

    /// Bytes of the replies that are kept, and of their keys.
    fn kept(&self) -> usize {
        let kept = |newest: &Newest| newest.kept.as_ref().map_or(0, |reply| reply.sample.bytes());
        self.newest.iter().map(|(key, newest)| 2 * key.len() + kept(newest)).sum()
    }
}

/// A reply that is a sample.
struct SampleReply {
    sample: Sample,
    replier_id: Option<EntityGlobalId>,
}

impl SampleReply {
    fn into_event(self, op: OpId) -> Event {
        Event::Reply(op, Reply { result: Ok(self.sample), replier_id: self.replier_id })
    }
}

/// The newest reply under a key.
struct Newest {
    timestamp: Option<Timestamp>,
    /// The reply, if it was not told at once.
    kept: Option<SampleReply>,
    /// What it was read from, and its key.
    _hold: (Option<Rc<Hold>>, Hold),
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asker {
    /// The router, in whose numbering the request is `rid`.
    Router { rid: u32, qos: Qos },
    /// A get of ours, with the treatment that it asks for.
    Own { number: u32, qos: Qos },
}

/// A query of others, or of our own, that a queryable of ours has to answer.
pub(super) struct Asked {
    asker: Asker,
    queryable: EntityId,
    key: KeyExpr,
    any_key: bool,
    /// What it was read from, if it has a body or an attachment, and its key.
    _hold: (Option<Rc<Hold>>, Hold),
}

/// What waits for an answer.
#[derive(Default)]
pub(super) struct Pending {
    gets: HashMap<u32, Waiting>,
    asked: BTreeMap<QueryId, Asked>,
    /// When each was asked for, and the pauses until then.
    fences: HashMap<u32, (OpId, Duration, Pause)>,
    next_query: QueryId,
}

impl Pending {
    /// When the first get gives up.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.gets.values().map(|get| get.deadline).min()
    }

    /// Everything that has not ended, by operation.
    pub(super) fn abandon(&mut self) -> Vec<OpId> {
        let gets = std::mem::take(&mut self.gets).into_values().map(|get| get.op);
        let fences = std::mem::take(&mut self.fences).into_values().map(|(op, ..)| op);
        self.asked.clear();
        gets.chain(fences).collect()
    }
}

fn has_parameter(parameters: &str, name: &str) -> bool {
    parameters.split(';').any(|one| one.split('=').next() == Some(name))
}

impl Client {
    /// Asks. [`Event::Reply`] brings the answers, [`Event::GetEnded`] the end.
    ///
    /// # Errors
    /// [`CommandError`]; the client has asked nothing then.
    pub fn get(&mut self, op: OpId, get: Get, now: Duration) -> Result<(), CommandError> {
        self.require_open()?;
        self.require_room()?;
        // The router is told what holds here.
        let get = Get { timeout: get.timeout.min(MAX_TIMEOUT), ..get };
        let number = self.next_number();
        let consolidation = get.consolidation();
        let question = get.question(consolidation);
        let message = encode::request(number, &get.key_expr, get.qos(), &question, GROWTH)?;
        message.check()?;
        let router = get.allowed_destination.takes(false);
        let waiting = Waiting {
            op,
            key: get.key_expr.clone(),
            any_key: has_parameter(&get.parameters, ANY_KEY),
            consolidation,
            newest: BTreeMap::new(),
            router,
            deadline: now + get.timeout,
            tokens: false,
        };
        self.pending.gets.insert(number, waiting);
        if router {
            let lane = self.lanes.lane(get.priority, Reliability::Reliable);
            self.queues.push(Queued { tag: Some(op), lane, message });
        }
        if get.allowed_destination.takes(true) {
            for queryable in self.queryables_for(&get.key_expr, get.target, true) {
                self.ask(queryable, Asker::Own { number, qos: get.qos() }, &get.key_expr, &question);
            }
        }
        self.end_get_if_over(number);
        Ok(())
    }

    /// Asks which tokens are alive. Each is told as a reply without payload; the end as that of a
    /// get.
    ///
    /// # Errors
    /// [`CommandError`]; the client has asked nothing then.
    pub fn get_liveliness(
        &mut self,
        op: OpId,
        key_expr: KeyExpr,
        timeout: Duration,
        now: Duration,
    ) -> Result<(), CommandError> {
        self.require_open()?;
        self.require_room()?;
        let number = self.next_number();
        let head = encode::interest(number, InterestMode::Current, InterestOptions::TOKENS, &key_expr);
        let lane = self.lanes.lane(Priority::Control, Reliability::Reliable);
        self.queues.push(Queued { tag: Some(op), lane, message: Outgoing::encoded(head) });
        let waiting = Waiting {
            op,
            key: key_expr,
            any_key: false,
            consolidation: ConsolidationMode::None,
            newest: BTreeMap::new(),
            router: true,
            deadline: now + timeout.min(MAX_TIMEOUT),
            tokens: true,
        };
        self.pending.gets.insert(number, waiting);
        Ok(())
    }

    /// Has the router say that it has everything that was put before. [`Event::Flushed`] tells it,
    /// with how long it took.
    ///
    /// It is an interest in a token that no session declares, and leaves behind everything that
    /// waits now: with the lowest priority of it. A router takes the messages of a link one after
    /// the other, and hands each over to its receivers before it takes the next. So its answer says
    /// that it has done so with all before. Then the loss of our link loses none of them. It does
    /// not say that a subscriber has them: they may wait in the router for the subscriber's link,
    /// and be lost with either.
    ///
    /// # Errors
    /// [`CommandError`]; no fence was asked for then.
    pub fn flush(&mut self, op: OpId, now: Duration) -> Result<(), CommandError> {
        self.require_open()?;
        self.require_room()?;
        let number = self.next_number();
        // When nothing waits it need not wait either.
        let priority = self.queues.lowest().unwrap_or(Priority::Control);
        let head = encode::fence(number, priority);
        let lane = self.lanes.lane(priority, Reliability::Reliable);
        self.queues.push(Queued { tag: Some(op), lane, message: Outgoing::encoded(head) });
        self.pending.fences.insert(number, (op, now, self.pauses));
        Ok(())
    }

    /// Asks as a fence does, but before everything that waits. Returns the number of the interest.
    pub(super) fn send_probe(&mut self) -> u32 {
        let number = self.next_number();
        self.enqueue_declaration(encode::fence(number, Priority::Control));
        number
    }

    pub(super) fn is_fence(&self, op: OpId) -> bool {
        self.pending.fences.values().any(|(other, ..)| *other == op)
    }

    pub(super) fn op_of_get(&self, number: u32) -> Option<OpId> {
        self.pending.gets.get(&number).map(|get| get.op)
    }

    pub(super) fn number_of_get(&self, op: OpId) -> Option<u32> {
        self.pending.gets.iter().find(|(_, get)| get.op == op).map(|(number, _)| *number)
    }

    pub(super) fn end_fence(&mut self, number: u32) -> bool {
        let Some((op, begun, before)) = self.pending.fences.remove(&number) else { return false };
        let time = self.last_received.saturating_sub(begun);
        let round_trip = Took { time, pause: self.pauses.since(before) };
        self.stats.round_trip = Some(round_trip);
        self.events.push_back(Event::Flushed(op, round_trip));
        true
    }

    pub(super) fn is_liveliness_get(&self, number: u32) -> bool {
        self.pending.gets.get(&number).is_some_and(|get| get.tokens)
    }

    pub(super) fn reply_alive(&mut self, number: u32, key: KeyExpr) {
        let sample = Sample::new(key, Content::new(ZBytes::empty()), Qos::DEFAULT, Reliability::Reliable, false);
        self.take_reply(number, SampleReply { sample, replier_id: None });
    }

    pub(super) fn end_liveliness_get(&mut self, number: u32) -> bool {
        let is_one = self.is_liveliness_get(number);
        if is_one {
            self.end_get(number, Ok(()));
        }
        is_one
    }

    /// What a router answers under which key. Answers to gets that have ended are passed over.
    pub(super) fn handle_reply(
        &mut self,
        number: u32,
        key: KeyExpr,
        qos: Qos,
        replier_id: Option<EntityGlobalId>,
        content: Content,
    ) {
        let sample = Sample::new(key, content, qos, Reliability::Reliable, false);
        self.take_reply(number, SampleReply { sample, replier_id });
    }

    pub(super) fn handle_reply_err(
        &mut self,
        number: u32,
        replier_id: Option<EntityGlobalId>,
        payload: ZBytes,
        encoding: Encoding,
    ) {
        if let Some(get) = self.pending.gets.get(&number) {
            let reply = Reply { result: Err(ReplyError { payload, encoding }), replier_id };
            self.events.push_back(Event::Reply(get.op, reply));
        }
    }

    fn take_reply(&mut self, number: u32, reply: SampleReply) {
        let limits = self.config.limits;
        let limit = limits.replies;
        let Some(get) = self.pending.gets.get_mut(&number) else { return };
        let key = &reply.sample.key_expr;
        if !get.any_key && !get.key.intersects(key) {
            return;
        }
        if get.consolidation == ConsolidationMode::None {
            self.events.push_back(reply.into_event(get.op));
            return;
        }
        let timestamp = reply.sample.timestamp;
        let newest = get.newest.get(key.as_str());
        if newest.is_some_and(|newest| timestamp < newest.timestamp) {
            return;
        }
        if newest.is_none() && get.newest.len() >= limit {
            self.end_get(number, Err(GetError::TooManyReplies { limit }));
            return;
        }
        let key = key.to_string();
        // One that is replaced is let go first.
        get.newest.remove(&key);
        // A reply that is told at once is the caller's from then on.
        let (kept, told) =
            if get.consolidation == ConsolidationMode::Monotonic { (None, Some(reply)) } else { (Some(reply), None) };
        // What comes from this client lies in memory of its own caller.
        let refers = kept.as_ref().is_some_and(|reply| !reply.sample.local && reply.sample.bytes() > 0);
        let (batch, keys) = (if refers { self.reading.cost() } else { 0 }, 2 * key.len());
        let (op, limit) = (get.op, limits.held_bytes);
        if self.held.bytes().saturating_add(batch + keys) <= limit {
            let hold = (refers.then(|| self.reading.keep(&self.held)), self.held.hold(keys));
            get.newest.insert(key, Newest { timestamp, kept, _hold: hold });
            self.events.extend(told.map(|reply| reply.into_event(op)));
        } else {
            self.end_get(number, Err(GetError::TooMuchHeld { limit }));
        }
    }

    /// The get that keeps most bytes of replies, if one keeps any.
    pub(super) fn largest_get(&self) -> Option<u32> {
        let kept = self.pending.gets.iter().map(|(number, get)| (get.kept(), *number));
        kept.filter(|(kept, _)| *kept > 0).max().map(|(_, number)| number)
    }

    /// The router has no more answers to a get.
    pub(super) fn handle_final(&mut self, number: u32) {
        if let Some(get) = self.pending.gets.get_mut(&number) {
            get.router = false;
            self.end_get_if_over(number);
        }
    }

    /// Ends a get that neither the router nor a queryable of ours will answer any more.
    fn end_get_if_over(&mut self, number: u32) {
        let waits = |asked: &Asked| matches!(asked.asker, Asker::Own { number: own, .. } if own == number);
        if self.pending.gets.get(&number).is_some_and(|get| !get.router) && !self.pending.asked.values().any(waits) {
            self.end_get(number, Ok(()));
        }
    }

    pub(super) fn end_get(&mut self, number: u32, result: Result<(), GetError>) {
        let Some(mut get) = self.pending.gets.remove(&number) else { return };
        self.events.extend(get.tell_newest());
        self.pending.asked.retain(|_, asked| !matches!(asked.asker, Asker::Own { number: own, .. } if own == number));
        self.events.push_back(Event::GetEnded(get.op, result));
    }

    /// Tells the replies of gets that end with their session; the gets themselves are among what
    /// was unfinished.
    pub(super) fn tell_kept_replies(&mut self) {
        let replies = self.pending.gets.values_mut().flat_map(Waiting::tell_newest);
        self.events.extend(replies);
    }

    /// Ends the gets that have waited for too long.
    pub(super) fn expire(&mut self, now: Duration) {
        let mut late: Vec<u32> =
            self.pending.gets.iter().filter(|(_, get)| get.deadline <= now).map(|(number, _)| *number).collect();
        late.sort_unstable();
        for number in late {
            self.end_get(number, Err(GetError::Timeout));
        }
    }

    /// The queryables of ours that a query is for.
    fn queryables_for(&self, key: &KeyExpr, target: QueryTarget, local: bool) -> Vec<EntityId> {
        let meant = |queryable: &super::Queryable| {
            queryable.allowed_origin.takes(local)
                && match target {
                    QueryTarget::AllComplete => queryable.complete && queryable.key_expr.includes(key),
                    QueryTarget::All | QueryTarget::BestMatching => queryable.key_expr.intersects(key),
                }
        };
        let all = self.declared.iter().filter_map(|declared| match &declared.entity {
            Entity::Queryable(queryable) if meant(queryable) => Some(declared.id),
            _ => None,
        });
        all.collect()
    }

    /// What a router asks. If no queryable of ours is there for it, it is answered with its end at
    /// once.
    pub(super) fn handle_request(
        &mut self,
        rid: u32,
        key: &KeyExpr,
        qos: Qos,
        question: &Question,
    ) -> Result<(), CloseCause> {
        let limits = self.config.limits;
        let most = limits.queued_messages.saturating_add(limits.queries);
        if self.queues.count() >= most {
            return Err(CloseCause::TooManyQueries { limit: most });
        }
        let asker = Asker::Router { rid, qos };
        let queryables = self.queryables_for(key, question.target, false);
        if queryables.is_empty() {
            self.send_final(rid, qos);
        }
        let waiting = self.pending.asked.len();
        if waiting.saturating_add(queryables.len()) > limits.queries {
            self.refuse(rid, key, qos, format!("{waiting} queries wait already, and at most {} may", limits.queries));
            return Ok(());
        }
        // It is held once, for however many of ours it is; each of them has the key.
        let batch = if question.refers() { self.reading.cost() } else { 0 };
        let more = batch.saturating_add(queryables.len().saturating_mul(key.len()));
        if self.held.bytes().saturating_add(more) > limits.held_bytes {
            let limit = bytes(limits.held_bytes);
            self.refuse(rid, key, qos, format!("the page keeps {limit} for others already, which is the most"));
            return Ok(());
        }
        for queryable in queryables {
            self.ask(queryable, asker, key, question);
        }
        Ok(())
    }

    /// Answers a query of others with an error and its end.
    fn refuse(&mut self, rid: u32, key: &KeyExpr, qos: Qos, text: String) {
        let payload = ZBytes::of_held(vec![text.into_bytes().into()]);
        let message =
            encode::reply_err(rid, Some(key), qos, Some(self.source_id(0)), &payload, &Encoding::empty(), GROWTH);
        debug_assert!(message.is_ok(), "a sentence is not too long");
        if let Ok(message) = message {
            self.send_answer(qos, message);
        }
        self.send_final(rid, qos);
        match self.events.back_mut() {
            Some(Event::QueriesRefused(count)) => *count += 1,
            _ => self.events.push_back(Event::QueriesRefused(1)),
        }
    }

    fn ask(&mut self, queryable: EntityId, asker: Asker, key: &KeyExpr, question: &Question) {
        let id = self.pending.next_query;
        self.pending.next_query += 1;
        let any_key = has_parameter(&question.parameters, ANY_KEY);
        let local = matches!(asker, Asker::Own { .. });
        let batch = (!local && question.refers()).then(|| self.reading.keep(&self.held));
        let hold = (batch, self.held.hold(if local { 0 } else { key.len() }));
        self.pending.asked.insert(id, Asked { asker, queryable, key: key.clone(), any_key, _hold: hold });
        self.events.push_back(Event::Query(Query {
            id,
            queryable,
            key_expr: key.clone(),
            parameters: question.parameters.clone(),
            payload: question.body.clone(),
            encoding: question.encoding.clone(),
            attachment: question.attachment.clone(),
            timeout: question.timeout,
            local,
        }));
    }

    /// Answers a query with a sample. `op` names the answer in what is told of its sending.
    ///
    /// # Errors
    /// [`CommandError::UnknownQuery`] when it is over, as after a lost session;
    /// [`CommandError::ReplyKey`]; or as a put. Nothing was answered then.
    pub fn reply(&mut self, op: OpId, query: QueryId, answer: ReplySample) -> Result<(), CommandError> {
        let asked = self.pending.asked.get(&query).ok_or(CommandError::UnknownQuery { query })?;
        if !asked.any_key && !asked.key.intersects(&answer.key_expr) {
            return Err(CommandError::ReplyKey { asked: asked.key.clone(), key_expr: answer.key_expr });
        }
        let replier = self.source_id(asked.queryable);
        match asked.asker {
            Asker::Router { rid, qos } => {
                self.require_room()?;
                let message = encode::reply(rid, &answer.key_expr, qos, Some(replier), &answer.content, GROWTH)?;
                message.check()?;
                let lane = self.lanes.lane(qos.priority, Reliability::Reliable);
                self.queues.push(Queued { tag: Some(op), lane, message });
            }
            Asker::Own { number, qos } => {
                let sample = Sample::new(answer.key_expr, answer.content, qos, Reliability::Reliable, true);
                self.take_reply(number, SampleReply { sample, replier_id: Some(replier) });
            }
        }
        Ok(())
    }

    /// Answers a query with an error.
    ///
    /// # Errors
    /// As [`Client::reply`].
    pub fn reply_err(&mut self, op: OpId, query: QueryId, error: ReplyError) -> Result<(), CommandError> {
        let asked = self.pending.asked.get(&query).ok_or(CommandError::UnknownQuery { query })?;
        let replier = self.source_id(asked.queryable);
        match asked.asker {
            Asker::Router { rid, qos } => {
                self.require_room()?;
                let message = encode::reply_err(
                    rid,
                    Some(&asked.key),
                    qos,
                    Some(replier),
                    &error.payload,
                    &error.encoding,
                    GROWTH,
                )?;
                message.check()?;
                let lane = self.lanes.lane(qos.priority, Reliability::Reliable);
                self.queues.push(Queued { tag: Some(op), lane, message });
            }
            Asker::Own { number, .. } => {
                self.handle_reply_err(number, Some(replier), error.payload, error.encoding);
            }
        }
        Ok(())
    }

    /// Says that a query has all its answers.
    ///
    /// # Errors
    /// [`CommandError::UnknownQuery`] when it is over already.
    pub fn finish(&mut self, query: QueryId) -> Result<(), CommandError> {
        let asked = self.pending.asked.remove(&query).ok_or(CommandError::UnknownQuery { query })?;
        self.finished(asked.asker);
        Ok(())
    }

    /// One queryable has no more for `asker`.
    fn finished(&mut self, asker: Asker) {
        match asker {
            Asker::Own { number, .. } => self.end_get_if_over(number),
            // The router is told once all of our queryables have ended.
            Asker::Router { rid, qos } => {
                if !self.pending.asked.values().any(|other| other.asker == asker) {
                    self.send_final(rid, qos);
                }
            }
        }
    }

    /// Queries for a queryable that has gone are over.
    pub(super) fn forget_queries_of(&mut self, queryable: EntityId) {
        let gone = self.pending.asked.iter().filter(|(_, asked)| asked.queryable == queryable);
        let gone: Vec<QueryId> = gone.map(|(id, _)| *id).collect();
        for id in gone {
            if let Some(asked) = self.pending.asked.remove(&id) {
                self.finished(asked.asker);
            }
        }
    }

    /// In the lane of the answers, so that it comes behind them.
    fn send_final(&mut self, rid: u32, qos: Qos) {
        self.send_answer(qos, Outgoing::encoded(encode::response_final(rid, qos)));
    }

    fn send_answer(&mut self, qos: Qos, message: Outgoing) {
        if self.is_open() {
            let lane = self.lanes.lane(qos.priority, Reliability::Reliable);
            self.queues.push(Queued { tag: None, lane, message });
        }
    }

    /// Whether one more may wait.
    fn require_room(&self) -> Result<(), CommandError> {
        let limits = &self.config.limits;
        if self.pending.gets.len() + self.pending.fences.len() >= limits.waiting {
            return Err(CommandError::TooMany { what: "gets and fences", limit: limits.waiting });
        }
        self.require_queue()
    }
}
