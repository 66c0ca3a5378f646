//! Declarations and interests: who has subscribers, queryables and tokens, and who is told of them.
//!
//! A client is told only of what it asks for by an interest. For an interest *with* aggregation one
//! declaration under the interest's own key stands for all that match. Without it, each key that
//! matches is declared once, however many clients have it. What a client has declared itself is
//! not told to it, except tokens. The rules are those of zenoh's routers for clients (`hat/broker` in
//! zenoh 1.10).

use zbytes_session::{
    client::{KeyExpr, Priority},
    link::encode,
};
use zenoh_protocol::network::{
    DeclareBody, DeclareFinal, DeclareQueryable, DeclareSubscriber, DeclareToken, Interest, UndeclareQueryable,
    UndeclareSubscriber, UndeclareToken,
    declare::{common::ext::WireExprType, queryable::ext::QueryableInfoType},
    interest::InterestMode,
};

use crate::{
    event::{CloseCause, LinkId},
    hub::Hub,
    link::{Asked, Entity, Told, cost_of_key},
    tables::{ByKind, Kind},
};

fn declaration(kind: Kind, id: u32, key: &KeyExpr, complete: bool) -> DeclareBody {
    let wire_expr = encode::wire_expr(key);
    match kind {
        Kind::Subscriber => DeclareBody::DeclareSubscriber(DeclareSubscriber { id, wire_expr }),
        Kind::Queryable => {
            let ext_info = QueryableInfoType { complete, distance: 0 };
            DeclareBody::DeclareQueryable(DeclareQueryable { id, wire_expr, ext_info })
        }
    }
}

fn withdrawal(kind: Kind, id: u32) -> DeclareBody {
    let ext_wire_expr = WireExprType::null();
    match kind {
        Kind::Subscriber => DeclareBody::UndeclareSubscriber(UndeclareSubscriber { id, ext_wire_expr }),
        Kind::Queryable => DeclareBody::UndeclareQueryable(UndeclareQueryable { id, ext_wire_expr }),
    }
}

/// One that came or went.
struct Change<'a> {
    kind: Kind,
    key: &'a KeyExpr,
    complete: bool,
    /// Whose it is.
    link: LinkId,
    come: bool,
}

impl Hub {
    fn running(&self) -> Vec<LinkId> {
        self.links.iter().filter(|(_, link)| link.is_running()).map(|(id, _)| *id).collect()
    }

    fn declared_to(&mut self, link: LinkId, interest: Option<u32>, body: DeclareBody) {
        self.say(link, Priority::Control, encode::declaration(interest, body));
    }

    /// Checks that a client may declare one thing more, and returns it with its place in the
    /// account.
    fn entity(&mut self, link: LinkId, key: &KeyExpr, complete: bool) -> Result<Entity, CloseCause> {
        let limits = self.config.limits;
        let (what, own) = ("subscribers, queryables and tokens", self.links.get(&link).map_or(0, |link| link.count()));
        if own >= limits.declared {
            return Err(CloseCause::TooMany { what, limit: limits.declared });
        }
        if self.count >= limits.declared_by_all {
            let what = "subscribers, queryables and tokens, with all other clients";
            return Err(CloseCause::TooMany { what, limit: limits.declared_by_all });
        }
        let entity = Entity { key: key.clone(), complete, _hold: self.keys.hold(cost_of_key(key)) };
        self.check_keys()?;
        Ok(entity)
    }

    pub(crate) fn declare(
        &mut self,
        link: LinkId,
        kind: Kind,
        id: u32,
        key: &KeyExpr,
        complete: bool,
    ) -> Result<(), CloseCause> {
        let entity = self.entity(link, key, complete)?;
        let Some(owner) = self.links.get_mut(&link) else { return Ok(()) };
        let before = owner.declared.of_mut(kind).insert(id, entity);
        self.count += 1;
        self.declared.of_mut(kind).come(key, link, complete);
        self.changed(&Change { kind, key, complete, link, come: true });
        // A number that is given again has left what it stood for.
        if let Some(Entity { key, complete, .. }) = before {
            self.gone(link, kind, &key, complete);
        }
        Ok(())
    }

    pub(crate) fn undeclare(&mut self, link: LinkId, kind: Kind, id: u32) {
        let entity = self.links.get_mut(&link).and_then(|link| link.declared.of_mut(kind).remove(&id));
        if let Some(Entity { key, complete, .. }) = entity {
            self.gone(link, kind, &key, complete);
        }
    }

    fn gone(&mut self, link: LinkId, kind: Kind, key: &KeyExpr, complete: bool) {
        self.count -= 1;
        self.declared.of_mut(kind).go(key, link, complete);
        self.changed(&Change { kind, key, complete, link, come: false });
    }

    /// Tells those clients that want to know.
    fn changed(&mut self, change: &Change<'_>) {
        let Change { kind, key, complete, link, come } = *change;
        for id in self.running().into_iter().filter(|id| *id != link) {
            let Some(link) = self.links.get_mut(&id) else { continue };
            let Told { declared, aggregates } = link.told.of_mut(kind);
            let mut touched = Vec::new();
            for (aggregate, count) in aggregates.iter_mut().filter(|(aggregate, _)| aggregate.intersects(key)) {
                let complete = complete && key.includes(aggregate);
                if come {
                    count.come(complete)
                } else {
                    count.go(complete)
                }
                touched.push(aggregate.clone());
            }
            let known = declared.contains_key(key);
            if !touched.contains(key) && (known || link.asks(kind, key)) {
                touched.push(key.clone());
            }
            touched.sort_unstable_by(|one, other| one.as_str().cmp(other));
            for key in touched {
                self.refresh(id, kind, &key, come);
            }
        }
    }

    /// Brings what a client was told of `key` in line with what is so. What goes never tells a
    /// client of something new.
    fn refresh(&mut self, id: LinkId, kind: Kind, key: &KeyExpr, come: bool) {
        let elsewhere = self.declared.of(kind).elsewhere(key, id);
        let Some(link) = self.links.get_mut(&id) else { return };
        let single = Some(elsewhere).filter(|count| count.all > 0 && link.asks(kind, key));
        let aggregate = link.told.of(kind).aggregates.get(key).copied().filter(|count| count.all > 0);
        let wanted =
            single.into_iter().chain(aggregate).map(|count| count.complete > 0).reduce(|one, other| one | other);
        let told = link.told.of(kind).declared.get(key).copied();
        let body = match (told, wanted) {
            (None, Some(complete)) if come => {
                let number = link.next_declaration();
                link.told.of_mut(kind).declared.insert(key.clone(), (number, complete));
                declaration(kind, number, key, complete)
            }
            (Some((number, said)), Some(complete)) if said != complete => {
                link.told.of_mut(kind).declared.insert(key.clone(), (number, complete));
                declaration(kind, number, key, complete)
            }
            (Some((number, _)), None) => {
                let asked = link.interests.values().any(|asked| asked.aggregate && asked.key.as_ref() == Some(key));
                let told = link.told.of_mut(kind);
                told.declared.remove(key);
                if !asked {
                    told.aggregates.remove(key);
                }
                withdrawal(kind, number)
            }
            _ => return,
        };
        self.declared_to(id, None, body);
    }

    pub(crate) fn declare_token(&mut self, link: LinkId, id: u32, key: &KeyExpr) -> Result<(), CloseCause> {
        let entity = self.entity(link, key, false)?;
        let Some(owner) = self.links.get_mut(&link) else { return Ok(()) };
        let before = owner.tokens.insert(id, entity);
        self.count += 1;
        *self.tokens.entry(key.clone()).or_default() += 1;
        for id in self.running() {
            let Some(link) = self.links.get_mut(&id) else { continue };
            if !link.told_tokens.contains_key(key) && link.asks_for_token(key) {
                let number = link.next_declaration();
                link.told_tokens.insert(key.clone(), number);
                self.token_to(id, None, number, key);
            }
        }
        if let Some(Entity { key, .. }) = before {
            self.token_gone(&key);
        }
        Ok(())
    }

    fn token_to(&mut self, link: LinkId, interest: Option<u32>, id: u32, key: &KeyExpr) {
        let wire_expr = encode::wire_expr(key);
        self.declared_to(link, interest, DeclareBody::DeclareToken(DeclareToken { id, wire_expr }));
    }

    pub(crate) fn undeclare_token(&mut self, link: LinkId, id: u32) {
        let entity = self.links.get_mut(&link).and_then(|link| link.tokens.remove(&id));
        if let Some(Entity { key, .. }) = entity {
            self.token_gone(&key);
        }
    }

    fn token_gone(&mut self, key: &KeyExpr) {
        self.count -= 1;
        if let Some(count) = self.tokens.get_mut(key)
            && *count > 1
        {
            *count -= 1;
            return;
        }
        self.tokens.remove(key);
        for id in self.running() {
            let Some(link) = self.links.get_mut(&id) else { continue };
            let ext_wire_expr = match link.told_tokens.remove(key) {
                Some(number) => Some((number, WireExprType::null())),
                // A token that the client was not told of, as it came before the interest, is
                // named.
                None => link.asks_for_token(key).then(|| (0, WireExprType { wire_expr: encode::wire_expr(key) })),
            };
            if let Some((id_of_token, ext_wire_expr)) = ext_wire_expr {
                let undeclared = UndeclareToken { id: id_of_token, ext_wire_expr };
                self.declared_to(id, None, DeclareBody::UndeclareToken(undeclared));
            }
        }
    }

    /// A client asks to be told, or takes it back.
    pub(crate) fn handle_interest(&mut self, id: LinkId, interest: Interest) -> Result<(), CloseCause> {
        let Interest { id: number, mode, options, wire_expr, .. } = interest;
        if mode == InterestMode::Final {
            self.end_interest(id, number);
            return Ok(());
        }
        let (limits, tokens) = (self.config.limits, options.tokens());
        let kinds = [(Kind::Subscriber, options.subscribers()), (Kind::Queryable, options.queryables())];
        // zenoh's routers answer a question without a future for tokens only.
        if mode == InterestMode::Current && (kinds.iter().any(|(_, asked)| *asked) || !tokens) {
            self.stats.ignored += 1;
            return Ok(());
        }
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        let key = match wire_expr {
            None => None,
            Some(wire_expr) => match link.resolve(&wire_expr, &limits)? {
                Some(key) => Some(key),
                None => {
                    self.stats.ignored += 1;
                    return Ok(());
                }
            },
        };
        let aggregate = options.aggregate() && !tokens;
        let (current, future) = (mode != InterestMode::Future, mode != InterestMode::Current);
        if future && !link.interests.contains_key(&number) {
            let limit = limits.interests;
            if link.interests.len() >= limit {
                return Err(CloseCause::TooMany { what: "interests", limit });
            }
            let hold = key.as_ref().map(|key| self.keys.hold(cost_of_key(key)));
            let mut asked = Asked { key: key.clone(), kinds: ByKind::default(), tokens, aggregate, _hold: hold };
            for (kind, wanted) in kinds {
                *asked.kinds.of_mut(kind) = wanted;
            }
            link.interests.insert(number, asked);
            self.check_keys()?;
        }
        for (kind, _) in kinds.into_iter().filter(|(_, asked)| *asked) {
            match (&key, aggregate) {
                (Some(key), true) => self.tell_aggregate(id, number, kind, key, current),
                (None, true) => {}
                (key, false) if current => self.tell_each(id, number, kind, key.as_ref()),
                _ => {}
            }
        }
        if tokens && current {
            self.tell_tokens(id, number, key.as_ref(), future);
        }
        if current {
            self.declared_to(id, Some(number), DeclareBody::DeclareFinal(DeclareFinal));
        }
        Ok(())
    }

    /// Begins to count what matches `key`, and tells whether there is any.
    fn tell_aggregate(&mut self, id: LinkId, interest: u32, kind: Kind, key: &KeyExpr, current: bool) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let counted = link.told.of(kind).aggregates.get(key).copied();
        let count = counted.unwrap_or_else(|| self.declared.of(kind).matching(key, id));
        let complete = count.complete > 0;
        let told = link.told.of(kind).declared.get(key).map(|(number, _)| *number);
        let number = (count.all > 0).then(|| told.unwrap_or_else(|| link.next_declaration()));
        let told = link.told.of_mut(kind);
        told.aggregates.insert(key.clone(), count);
        let Some(number) = number else { return };
        told.declared.insert(key.clone(), (number, complete));
        if current {
            self.declared_to(id, Some(interest), declaration(kind, number, key, complete));
        }
    }

    /// Tells of each key that matches.
    fn tell_each(&mut self, id: LinkId, interest: u32, kind: Kind, key: Option<&KeyExpr>) {
        for (key, count) in self.declared.of(kind).keys(key, id) {
            let Some(link) = self.links.get_mut(&id) else { return };
            let told = link.told.of(kind).declared.get(&key).map(|(number, _)| *number);
            let number = told.unwrap_or_else(|| link.next_declaration());
            let complete = count.complete > 0;
            link.told.of_mut(kind).declared.insert(key.clone(), (number, complete));
            self.declared_to(id, Some(interest), declaration(kind, number, &key, complete));
        }
    }

    /// Tells of each token that matches, the client's own included.
    fn tell_tokens(&mut self, id: LinkId, interest: u32, key: Option<&KeyExpr>, future: bool) {
        let found = self.tokens.keys().filter(|token| key.is_none_or(|key| key.intersects(token)));
        let mut found: Vec<KeyExpr> = found.cloned().collect();
        found.sort_unstable_by(|one, other| one.as_str().cmp(other));
        for token in found {
            let Some(link) = self.links.get_mut(&id) else { return };
            let told = link.told_tokens.get(&token).copied();
            let number = match told {
                _ if !future => 0,
                Some(told) => told,
                None => link.next_declaration(),
            };
            if future {
                link.told_tokens.insert(token.clone(), number);
            }
            self.token_to(id, Some(interest), number, &token);
        }
    }

    /// What the client was told stays told, until it goes: it may still count on it. Only when an
    /// aggregate that is not asked for any more has nothing to stand for, it is forgotten.
    fn end_interest(&mut self, id: LinkId, number: u32) {
        let limit = self.config.limits.interests;
        let Some(link) = self.links.get_mut(&id) else { return };
        let Some(asked) = link.interests.remove(&number) else {
            self.stats.ignored += 1;
            return;
        };
        let Some(key) = asked.key.filter(|_| asked.aggregate) else { return };
        if link.interests.values().any(|other| other.aggregate && other.key.as_ref() == Some(&key)) {
            return;
        }
        for kind in Kind::ALL {
            let Some(link) = self.links.get_mut(&id) else { return };
            let told = link.told.of_mut(kind);
            // A client that asks for ever new keys must not have them counted for ever.
            let crowded = told.aggregates.len() > limit;
            if crowded || !told.declared.contains_key(&key) {
                told.aggregates.remove(&key);
                self.refresh(id, kind, &key, false);
            }
        }
    }

    /// A link has ended: all that it had declared is undeclared.
    pub(crate) fn forget(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.interests.clear();
        link.told = ByKind::default();
        link.told_tokens.clear();
        let declared = std::mem::take(&mut link.declared);
        let tokens = std::mem::take(&mut link.tokens);
        self.forget_queries_of(id);
        for kind in Kind::ALL {
            for Entity { key, complete, .. } in declared.of(kind).values() {
                self.gone(id, kind, key, *complete);
            }
        }
        for Entity { key, .. } in tokens.into_values() {
            self.token_gone(&key);
        }
    }
}
