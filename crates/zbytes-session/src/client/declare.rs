//! What is declared: by the caller, which outlives a lost session, and by the router, which does
//! not.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    rc::Rc,
};

use zbytes::payload::ZBytes;
use zenoh_protocol::{
    core::WireExpr,
    network::{
        DeclareBody, Mapping,
        interest::{InterestMode, InterestOptions},
    },
};

use super::{
    error::{CloseCause, CommandError},
    event::Event,
    ids::{EntityId, SubscriberId},
    machine::Client,
    numbers::Numbers,
    sample::{Locality, Sample},
};
use crate::{
    link::{Account, Hold},
    wire::{Content, KeyExpr, Qos, Reliability, SampleKind, encode},
};

/// How many bytes of texts the numbers of one batch may stand for: ten thousand messages with keys
/// of more than a kilobyte each.
const MAX_UNFOLDED: usize = 16 << 20;

/// A subscriber to be declared.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// The key expression.
    pub key_expr: KeyExpr,
    /// Whose samples it gets.
    pub allowed_origin: Locality,
    /// Whether [`Event::SampleMiss`] tells of numbered samples that did not come.
    pub sample_miss: bool,
}

impl From<KeyExpr> for Subscriber {
    /// A subscriber with zenoh's defaults: the samples of every session, and no reports.
    fn from(key_expr: KeyExpr) -> Self {
        Self { key_expr, allowed_origin: Locality::Any, sample_miss: false }
    }
}

/// A queryable to be declared.
#[derive(Clone, Debug)]
pub struct Queryable {
    /// The key expression.
    pub key_expr: KeyExpr,
    /// Whether it has everything that there is under `key_expr`. Queries to complete queryables
    /// only go to such.
    pub complete: bool,
    /// Whose queries it answers.
    pub allowed_origin: Locality,
}

impl From<KeyExpr> for Queryable {
    /// A queryable with zenoh's defaults: not complete, the queries of every session.
    fn from(key_expr: KeyExpr) -> Self {
        Self { key_expr, complete: false, allowed_origin: Locality::Any }
    }
}

/// Whose coming and going is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchingStatusType {
    /// Subscribers, of whom a publisher wants to know whether there are any.
    Subscribers,
    /// Queryables, as for a querier.
    Queryables,
}

pub(super) enum Entity {
    Subscriber { subscriber: Subscriber, numbers: Numbers },
    Queryable(Queryable),
    Token(KeyExpr),
    Liveliness(Liveliness),
    MatchingListener(MatchingListener),
}

pub(super) struct Liveliness {
    key: KeyExpr,
    history: bool,
    /// The tokens that the subscriber was told of, and whose end it was not.
    alive: HashMap<KeyExpr, Rc<Hold>>,
    /// After a lost session: those that the router has named so far. `None` once it has named all.
    seen: Option<HashSet<KeyExpr>>,
}

pub(super) struct MatchingListener {
    key: KeyExpr,
    status_type: MatchingStatusType,
    /// What was told last.
    told: Option<bool>,
    /// Whether the router has named all that are there.
    complete: bool,
    /// How many of those that the router has named intersect `key`. Counted, not searched: a router
    /// may name very many.
    remote: usize,
    /// Whether one of this client's does.
    own: bool,
}

/// Something that the caller has declared.
pub(super) struct Declared {
    pub(super) id: EntityId,
    /// The interest by which the router is asked, for those that ask.
    interest: u32,
    pub(super) entity: Entity,
}

impl Declared {
    /// The message that declares it; `None` for what only this client knows.
    fn announce(&self, again: bool) -> Option<Vec<u8>> {
        Some(match &self.entity {
            Entity::Subscriber { subscriber, .. } => match subscriber.allowed_origin {
                Locality::SessionLocal => return None,
                _ => encode::declare_subscriber(self.id, &subscriber.key_expr),
            },
            Entity::Queryable(queryable) => match queryable.allowed_origin {
                Locality::SessionLocal => return None,
                _ => encode::declare_queryable(self.id, &queryable.key_expr, queryable.complete),
            },
            Entity::Token(key) => encode::declare_token(self.id, key),
            Entity::Liveliness(liveliness) => {
                let mode = if liveliness.history || again { InterestMode::CurrentFuture } else { InterestMode::Future };
                encode::interest(self.interest, mode, InterestOptions::TOKENS, &liveliness.key)
            }
            Entity::MatchingListener(listener) => {
                let options = match listener.status_type {
                    MatchingStatusType::Subscribers => InterestOptions::SUBSCRIBERS,
                    MatchingStatusType::Queryables => InterestOptions::QUERYABLES,
                };
                encode::interest(self.interest, InterestMode::CurrentFuture, options, &listener.key)
            }
        })
    }

    /// The message that undeclares it; `None` for what only this client knows.
    fn withdraw(&self) -> Option<Vec<u8>> {
        Some(match &self.entity {
            Entity::Subscriber { subscriber: Subscriber { allowed_origin: Locality::SessionLocal, .. }, .. }
            | Entity::Queryable(Queryable { allowed_origin: Locality::SessionLocal, .. }) => return None,
            Entity::Subscriber { .. } => encode::undeclare_subscriber(self.id),
            Entity::Queryable(_) => encode::undeclare_queryable(self.id),
            Entity::Token(_) => encode::undeclare_token(self.id),
            Entity::Liveliness(_) | Entity::MatchingListener(_) => encode::interest_final(self.interest),
        })
    }
}

/// A key expression of the router's that is kept, and its text in the account of what is.
#[derive(Clone)]
pub(super) struct Kept {
    key: KeyExpr,
    hold: Rc<Hold>,
}

impl Kept {
    fn new(key: KeyExpr, held: &Account) -> Self {
        let hold = Rc::new(held.hold(key.len()));
        Self { key, hold }
    }
}

/// What the router has declared in this session.
#[derive(Default)]
pub(super) struct Remote {
    /// Key expressions that have numbers.
    mappings: HashMap<u16, (String, Hold)>,
    tokens: HashMap<u32, Kept>,
    /// The tokens of each key, by their numbers' count, and the first of them.
    alive: HashMap<KeyExpr, (usize, Rc<Hold>)>,
    subscribers: HashMap<u32, Kept>,
    queryables: HashMap<u32, Kept>,
    /// How many bytes the numbers of the present batch have stood for.
    pub(super) unfolded: usize,
}

impl Remote {
    /// The text of `wire`: what its number stands for, followed by its suffix. Numbers of ours do
    /// not exist: we declare none.
    fn text(&mut self, wire: &WireExpr<'_>) -> Result<String, CloseCause> {
        let prefix = match (wire.scope, wire.mapping) {
            (0, _) => Some(""),
            (number, Mapping::Sender) => self.mappings.get(&number).map(|(text, _)| text.as_str()),
            (_, Mapping::Receiver) => None,
        };
        let prefix =
            prefix.ok_or_else(|| CloseCause::Key { found: format!("number {}, never declared", wire.scope) })?;
        self.unfolded += prefix.len();
        if self.unfolded > MAX_UNFOLDED {
            return Err(CloseCause::LongKeys { limit: MAX_UNFOLDED });
        }
        // Numbers can stand for texts that begin with numbers, so without a bound a few small
        // messages could make one of any length.
        if prefix.len() + wire.suffix.len() > KeyExpr::MAX_LEN {
            return Err(CloseCause::Key { found: format!("a text of {} B", prefix.len() + wire.suffix.len()) });
        }
        let mut text = String::with_capacity(prefix.len() + wire.suffix.len());
        text.push_str(prefix);
        text.push_str(&wire.suffix);
        Ok(text)
    }

    /// The key expression of `wire`. The codec takes any text, so it is checked here.
    pub(super) fn resolve(&mut self, wire: &WireExpr<'_>) -> Result<KeyExpr, CloseCause> {
        let text = self.text(wire)?;
        KeyExpr::new(&text).map_err(|_| CloseCause::Key { found: shortened(&text) })
    }

    fn map(&mut self, id: u16, wire: WireExpr<'_>, limit: usize, held: &Account) -> Result<(), CloseCause> {
        // This message has no bit for whose number its key begins with: it is the declarer's own.
        let own = WireExpr { mapping: Mapping::Sender, ..wire };
        let text = self.text(&own)?;
        if !self.mappings.contains_key(&id) && self.mappings.len() >= limit {
            return Err(CloseCause::TooManyKeys { limit });
        }
        // A number may stand for the beginning of keys only, so what it stands for need not be a
        // key expression.
        let hold = held.hold(text.len());
        self.mappings.insert(id, (text, hold));
        Ok(())
    }

    fn of(&mut self, status_type: MatchingStatusType) -> &mut HashMap<u32, Kept> {
        match status_type {
            MatchingStatusType::Subscribers => &mut self.subscribers,
            MatchingStatusType::Queryables => &mut self.queryables,
        }
    }

    /// Keeps a token; returns the key that its number stood for before, if that was its last token.
    fn keep_token(&mut self, id: u32, token: &Kept, limit: usize) -> Result<Option<KeyExpr>, CloseCause> {
        let before = keep(&mut self.tokens, id, token.clone(), "tokens", limit)?;
        self.alive.entry(token.key.clone()).or_insert_with(|| (0, token.hold.clone())).0 += 1;
        Ok(before.map(|before| before.key).filter(|before| self.count_down(before)))
    }

    /// One token of `key` is gone; returns whether it was the last.
    fn count_down(&mut self, key: &KeyExpr) -> bool {
        match self.alive.get_mut(key) {
            Some((count, _)) if *count > 1 => {
                *count -= 1;
                false
            }
            _ => {
                self.alive.remove(key);
                true
            }
        }
    }
}

/// Keeps what the router has declared, within the bound; returns what had the same number before.
fn keep(
    table: &mut HashMap<u32, Kept>,
    id: u32,
    kept: Kept,
    what: &'static str,
    limit: usize,
) -> Result<Option<Kept>, CloseCause> {
    if table.len() >= limit && !table.contains_key(&id) {
        return Err(CloseCause::TooManyDeclared { what, limit });
    }
    Ok(table.insert(id, kept))
}

/// Enough of a peer's text to recognise it.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

impl Client {
    /// Declares a subscriber. While a session is lost, it is declared with the next one, as
    /// everything that is declared.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was declared then.
    pub fn declare_subscriber(
        &mut self,
        id: SubscriberId,
        subscriber: impl Into<Subscriber>,
    ) -> Result<(), CommandError> {
        self.declare(id, Entity::Subscriber { subscriber: subscriber.into(), numbers: Numbers::default() })
    }

    /// Declares a queryable: [`Event::Query`] brings what it is asked.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was declared then.
    pub fn declare_queryable(&mut self, id: EntityId, queryable: impl Into<Queryable>) -> Result<(), CommandError> {
        self.declare(id, Entity::Queryable(queryable.into()))
    }

    /// Declares a liveliness token: others see `key_expr` alive until it is undeclared, or the
    /// session ends in whatever way.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was declared then.
    pub fn declare_token(&mut self, id: EntityId, key_expr: KeyExpr) -> Result<(), CommandError> {
        self.declare(id, Entity::Token(key_expr))
    }

    /// Declares a liveliness subscriber. It gets a sample without payload for each token that
    /// comes, and one that says deleted for each that goes, also for those of this client. With
    /// `history` it also gets the tokens that are there already. After a lost session it gets what
    /// has changed meanwhile.
    ///
    /// A key is alive as long as a session has a token of it, so it is never told as gone while
    /// this client has one. Not even when the router says so. When a session closes, the one of
    /// zenoh 1.10.2 tells the only session left with a token of that key that the key has gone.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was declared then.
    pub fn declare_liveliness_subscriber(
        &mut self,
        id: SubscriberId,
        key_expr: KeyExpr,
        history: bool,
    ) -> Result<(), CommandError> {
        self.declare(id, Entity::Liveliness(Liveliness { key: key_expr, history, alive: HashMap::new(), seen: None }))
    }

    /// Declares a matching listener: whether a session subscribes to, or answers queries for,
    /// something that intersects `key_expr`. [`Event::Matching`] tells it once it is known, and
    /// whenever it changes.
    ///
    /// # Errors
    /// [`CommandError`]; nothing is watched then.
    pub fn declare_matching_listener(
        &mut self,
        id: EntityId,
        key_expr: KeyExpr,
        status_type: MatchingStatusType,
    ) -> Result<(), CommandError> {
        let remote = self.remote.of(status_type).values().filter(|other| other.key.intersects(&key_expr)).count();
        let listener = MatchingListener { key: key_expr, status_type, told: None, complete: false, remote, own: false };
        self.declare(id, Entity::MatchingListener(listener))
    }

    fn declare(&mut self, id: EntityId, entity: Entity) -> Result<(), CommandError> {
        self.require_session()?;
        if self.declared.iter().any(|declared| declared.id == id) {
            return Err(CommandError::IdInUse { id });
        }
        let limit = self.config.limits.declared;
        if self.declared.len() >= limit {
            return Err(CommandError::TooMany { what: "declarations", limit });
        }
        let declared = Declared { id, interest: self.next_number(), entity };
        let message = declared.announce(false);
        self.declared.push(declared);
        if let Some(message) = message {
            self.enqueue_declaration(message);
        }
        self.look_for_own();
        self.check_matching();
        Ok(())
    }

    /// Undeclares whatever `id` names. What is under way to it is not delivered any more.
    ///
    /// # Errors
    /// [`CommandError::NotOpen`], or [`CommandError::UnknownId`] when there is nothing of that id.
    pub fn undeclare(&mut self, id: EntityId) -> Result<(), CommandError> {
        self.require_session()?;
        let at = self.declared.iter().position(|declared| declared.id == id);
        let declared = self.declared.remove(at.ok_or(CommandError::UnknownId { id })?);
        if let Some(message) = declared.withdraw() {
            self.enqueue_declaration(message);
        }
        self.forget_queries_of(id);
        self.look_for_own();
        self.check_matching();
        Ok(())
    }

    /// Declares everything anew, in its order.
    pub(super) fn declare_again(&mut self) {
        let mut messages = Vec::new();
        for declared in &mut self.declared {
            match &mut declared.entity {
                Entity::Liveliness(liveliness) => liveliness.seen = Some(HashSet::new()),
                Entity::MatchingListener(listener) => (listener.complete, listener.remote) = (false, 0),
                _ => {}
            }
            messages.extend(declared.announce(true));
        }
        messages.into_iter().for_each(|message| self.enqueue_declaration(message));
    }

    /// What the router declares or undeclares.
    pub(super) fn handle_declare(&mut self, interest: Option<u32>, body: DeclareBody) -> Result<(), CloseCause> {
        let limits = self.config.limits;
        match body {
            DeclareBody::DeclareKeyExpr(declared) => {
                self.remote.map(declared.id, declared.wire_expr, limits.key_expressions, &self.held)?;
                self.make_room()?;
            }
            DeclareBody::UndeclareKeyExpr(undeclared) => {
                self.remote.mappings.remove(&undeclared.id);
            }
            DeclareBody::DeclareToken(declared) => {
                let key = self.remote.resolve(&declared.wire_expr)?;
                if let Some(interest) = interest {
                    if self.is_liveliness_get(interest) {
                        self.reply_alive(interest, key);
                        return Ok(());
                    }
                    // A late answer to a get that has ended. It declares nothing: all such answers
                    // have this number.
                    if declared.id == 0 && !self.declared.iter().any(|declared| declared.interest == interest) {
                        return Ok(());
                    }
                }
                let token = Kept::new(key, &self.held);
                let gone = self.remote.keep_token(declared.id, &token, limits.tokens)?;
                self.make_room()?;
                self.tell_alive(interest, &token)?;
                // A number that is given again has left the key that it stood for.
                if let Some(gone) = gone {
                    self.tell_gone(&gone);
                }
            }
            DeclareBody::UndeclareToken(undeclared) => {
                let named = &undeclared.ext_wire_expr.wire_expr;
                let named = if named.is_empty() { None } else { Some(self.remote.resolve(named)?) };
                let known = self.remote.tokens.get(&undeclared.id);
                let key = match named {
                    // One that was never declared in this session is named by its key, and its
                    // number means nothing.
                    Some(key) if known.is_none_or(|known| known.key != key) => key,
                    _ => match self.remote.tokens.remove(&undeclared.id) {
                        Some(Kept { key, .. }) if self.remote.count_down(&key) => key,
                        _ => return Ok(()),
                    },
                };
                self.tell_gone(&key);
            }
            DeclareBody::DeclareSubscriber(declared) => {
                self.handle_status_type(MatchingStatusType::Subscribers, declared.id, &declared.wire_expr)?;
            }
            DeclareBody::UndeclareSubscriber(undeclared) => {
                self.forget_status_type(MatchingStatusType::Subscribers, undeclared.id);
            }
            DeclareBody::DeclareQueryable(declared) => {
                self.handle_status_type(MatchingStatusType::Queryables, declared.id, &declared.wire_expr)?;
            }
            DeclareBody::UndeclareQueryable(undeclared) => {
                self.forget_status_type(MatchingStatusType::Queryables, undeclared.id);
            }
            DeclareBody::DeclareFinal(_) => {
                if let Some(interest) = interest {
                    self.handle_declare_final(interest);
                }
            }
        }
        Ok(())
    }

    /// The keys of this client's tokens.
    fn own_tokens(&self) -> impl Iterator<Item = &KeyExpr> {
        self.declared.iter().filter_map(|declared| match &declared.entity {
            Entity::Token(key) => Some(key),
            _ => None,
        })
    }

    /// A subscriber or queryable of others has come.
    fn handle_status_type(
        &mut self,
        status_type: MatchingStatusType,
        id: u32,
        wire: &WireExpr<'_>,
    ) -> Result<(), CloseCause> {
        let (key, limit) = (self.remote.resolve(wire)?, self.config.limits.tokens);
        let what = match status_type {
            MatchingStatusType::Subscribers => "subscribers",
            MatchingStatusType::Queryables => "queryables",
        };
        let kept = Kept::new(key.clone(), &self.held);
        let before = keep(self.remote.of(status_type), id, kept, what, limit)?;
        self.make_room()?;
        self.count(status_type, Some(&key), before.as_ref().map(|before| &before.key));
        Ok(())
    }

    /// One has gone.
    fn forget_status_type(&mut self, status_type: MatchingStatusType, id: u32) {
        let before = self.remote.of(status_type).remove(&id);
        self.count(status_type, None, before.as_ref().map(|before| &before.key));
    }

    /// Has the watches count what has come and what has gone.
    fn count(&mut self, status_type: MatchingStatusType, come: Option<&KeyExpr>, gone: Option<&KeyExpr>) {
        for declared in &mut self.declared {
            let Entity::MatchingListener(listener) = &mut declared.entity else { continue };
            if listener.status_type == status_type {
                let meant = |come: &&KeyExpr| listener.key.intersects(come);
                let (more, less) = (come.filter(meant).is_some(), gone.filter(meant).is_some());
                let remote = (listener.remote + usize::from(more)).checked_sub(usize::from(less));
                debug_assert!(remote.is_some(), "what goes was counted when it came, or when the listener did");
                listener.remote = remote.unwrap_or_default();
            }
        }
        self.check_matching();
    }

    /// The router has named all that is there of `interest`.
    fn handle_declare_final(&mut self, interest: u32) {
        if self.probe.is_some_and(|(number, _)| number == interest) {
            return self.caught_up();
        }
        if self.pace.answer(interest) || self.end_fence(interest) || self.end_liveliness_get(interest) {
            return;
        }
        let Some(at) = self.declared.iter().position(|declared| declared.interest == interest) else { return };
        let own: HashSet<KeyExpr> = match self.declared.get(at) {
            Some(Declared { entity: Entity::Liveliness(Liveliness { seen: Some(_), .. }), .. }) => {
                self.own_tokens().cloned().collect()
            }
            _ => HashSet::new(),
        };
        let Some(declared) = self.declared.get_mut(at) else { return };
        let (id, mut gone) = (declared.id, Vec::new());
        match &mut declared.entity {
            Entity::Liveliness(liveliness) => {
                if let Some(seen) = liveliness.seen.take() {
                    // Those of ours may be declared anew behind the interest.
                    let stays = |key: &KeyExpr| seen.contains(key) || own.contains(key);
                    gone.extend(liveliness.alive.extract_if(|key, _| !stays(key)).map(|(key, _)| key));
                }
            }
            Entity::MatchingListener(listener) => {
                listener.complete = true;
                self.check_matching();
            }
            _ => {}
        }
        for key in gone {
            self.deliver_alive(vec![id], &key, false);
        }
    }

    /// Tells those liveliness subscribers that do not know yet that a token has come. Answers to an
    /// interest are for one of them.
    fn tell_alive(&mut self, interest: Option<u32>, token: &Kept) -> Result<(), CloseCause> {
        let (key, limit) = (&token.key, self.config.limits.tokens);
        let mut told = Vec::new();
        for declared in &mut self.declared {
            let Entity::Liveliness(liveliness) = &mut declared.entity else { continue };
            if interest.is_some_and(|interest| interest != declared.interest) || !liveliness.key.intersects(key) {
                continue;
            }
            if let Some(seen) = &mut liveliness.seen {
                seen.insert(key.clone());
            }
            if let Entry::Vacant(entry) = liveliness.alive.entry(key.clone()) {
                entry.insert(token.hold.clone());
                told.push(declared.id);
            }
            // Those of this session, and those of a lost one of which the router has not said yet
            // whether they are still there.
            if liveliness.alive.len() > limit.saturating_mul(2) {
                return Err(CloseCause::TooManyDeclared { what: "tokens", limit });
            }
        }
        self.deliver_alive(told, key, true);
        Ok(())
    }

    /// Tells the liveliness subscribers that the last token of a key has gone, unless this client
    /// has one.
    fn tell_gone(&mut self, key: &KeyExpr) {
        if self.own_tokens().any(|own| own == key) {
            return;
        }
        let mut told = Vec::new();
        for declared in &mut self.declared {
            let Entity::Liveliness(liveliness) = &mut declared.entity else { continue };
            if !liveliness.key.intersects(key) {
                continue;
            }
            if let Some(seen) = &mut liveliness.seen {
                seen.remove(key);
            }
            // One whose coming it was not told of, because it came first, may still be told as
            // gone.
            if liveliness.alive.remove(key).is_some() || !liveliness.history {
                told.push(declared.id);
            }
        }
        self.deliver_alive(told, key, false);
    }

    fn deliver_alive(&mut self, subscribers: Vec<SubscriberId>, key: &KeyExpr, alive: bool) {
        if subscribers.is_empty() {
            return;
        }
        let content = Content::new(if alive { ZBytes::empty().into() } else { SampleKind::Delete });
        let sample = Sample::new(key.clone(), content, Qos::DEFAULT, Reliability::Reliable, false);
        self.events.push_back(Event::Sample(Sample { subscribers, ..sample }));
    }

    /// Has the watches find out whether one of this client's is there for them. Only the caller
    /// changes that.
    fn look_for_own(&mut self) {
        let own = |status_type: MatchingStatusType, key: &KeyExpr| {
            self.declared.iter().any(|declared| match (&declared.entity, status_type) {
                (Entity::Subscriber { subscriber, .. }, MatchingStatusType::Subscribers) => {
                    subscriber.allowed_origin.takes(true) && subscriber.key_expr.intersects(key)
                }
                (Entity::Queryable(queryable), MatchingStatusType::Queryables) => {
                    queryable.allowed_origin.takes(true) && queryable.key_expr.intersects(key)
                }
                _ => false,
            })
        };
        let found = self.declared.iter().map(|declared| match &declared.entity {
            Entity::MatchingListener(listener) => own(listener.status_type, &listener.key),
            _ => false,
        });
        let found: Vec<bool> = found.collect();
        for (declared, found) in self.declared.iter_mut().zip(found) {
            if let Entity::MatchingListener(listener) = &mut declared.entity {
                listener.own = found;
            }
        }
    }

    /// Tells the watches of which the answer has changed.
    fn check_matching(&mut self) {
        for declared in &mut self.declared {
            let Entity::MatchingListener(listener) = &mut declared.entity else { continue };
            let matching = listener.remote > 0 || listener.own;
            // That no session matches is known only when all were named.
            if listener.told != Some(matching) && (matching || listener.complete) {
                listener.told = Some(matching);
                self.events.push_back(Event::Matching { id: declared.id, matching });
            }
        }
    }
}
