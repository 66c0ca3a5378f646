//! Queries and their answers.
//!
//! ```text
//!   Request ──> hub ──> Request to each link that the target means
//!   Response, ... <── hub <── Response, ..., ResponseFinal from each
//!   ResponseFinal <── hub, once all have ended: by themselves, by the timeout, or with their link
//! ```
//!
//! The hub hands on every answer. Which of several under one key the asker wants is its session's
//! to decide, as with zenoh's routers.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    time::Duration,
};

use zbytes::payload::ZBytes;
use zbytes_session::{
    client::{Content, Encoding, EntityGlobalId, KeyExpr, Qos, QueryTarget, Reliability},
    link::{Question, encode},
};

use crate::{
    config::{MAX_WAIT, QUERY_TIMEOUT},
    event::LinkId,
    hub::Hub,
    receive::Source,
    tables::{Direction, Kind},
};

/// A query that waits for answers.
#[derive(Debug)]
struct Pending {
    from: LinkId,
    /// Its number, as the asker has given it.
    number: u32,
    qos: Qos,
    /// The links that have not ended their answers, and the number that each knows it by.
    asked: Vec<(LinkId, u32)>,
}

#[derive(Debug, Default)]
pub(crate) struct Queries {
    pending: HashMap<u64, Pending>,
    /// The first on top. Those of queries that have ended stay for a while.
    deadlines: BinaryHeap<Reverse<(Duration, u64)>>,
    last: u64,
}

impl Queries {
    /// When the first query gives up.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.deadlines.peek().map(|Reverse((deadline, _))| *deadline)
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.deadlines.is_empty()
    }
}

/// Of the links with matching queryables, those that a query goes to.
fn meant(route: impl Iterator<Item = Direction>, target: QueryTarget) -> Vec<LinkId> {
    let route: Vec<Direction> = route.collect();
    let all = |complete: bool| route.iter().filter(move |one| one.complete || !complete).map(|one| one.link);
    match target {
        QueryTarget::All => all(false).collect(),
        QueryTarget::AllComplete => all(true).collect(),
        // One that has everything is enough.
        QueryTarget::BestMatching => match all(true).next() {
            Some(best) => vec![best],
            None => all(false).collect(),
        },
    }
}

impl Hub {
    /// A client asks.
    pub(crate) fn query(&mut self, number: u32, key: &KeyExpr, qos: Qos, question: &Question, source: &mut Source<'_>) {
        let (from, now, limits) = (source.link, source.now, self.config.limits);
        let end = encode::response_final(number, qos);
        let route = self.declared.of_mut(Kind::Queryable).route(key);
        let links = meant(route.iter().copied().filter(|one| one.link != from), question.target);
        if links.is_empty() {
            return self.say(from, qos.priority, end);
        }
        let Some(asker) = self.links.get_mut(&from) else { return };
        if asker.queries >= limits.queries {
            let text = format!("more than {} queries wait for answers", limits.queries);
            self.say_error(from, number, qos, None, text);
            return self.say(from, qos.priority, end);
        }
        let mut messages = Vec::new();
        for to in links {
            let Some(link) = self.links.get_mut(&to) else { continue };
            let request = link.next_request();
            let Ok(message) = encode::request(request, key, qos, question, 0) else { continue };
            link.asked.insert(request, self.queries.last + 1);
            messages.push((to, request, message));
        }
        if messages.is_empty() {
            self.stats.ignored += 1;
            return self.say(from, qos.priority, end);
        }
        self.queries.last += 1;
        let deadline = now.saturating_add(question.timeout.unwrap_or(QUERY_TIMEOUT).min(MAX_WAIT));
        let asked = messages.iter().map(|(to, request, _)| (*to, *request)).collect();
        self.queries.pending.insert(self.queries.last, Pending { from, number, qos, asked });
        self.queries.deadlines.push(Reverse((deadline, self.queries.last)));
        if let Some(asker) = self.links.get_mut(&from) {
            asker.queries += 1;
        }
        for (to, _, message) in messages {
            self.forward(source, to, qos, Reliability::Reliable, message, question.refers());
        }
    }

    /// The query that a link knows by `request`.
    fn asked(&mut self, link: LinkId, request: u32) -> Option<&Pending> {
        let query = *self.links.get(&link)?.asked.get(&request)?;
        self.queries.pending.get(&query)
    }

    /// A client answers.
    pub(crate) fn reply(
        &mut self,
        request: u32,
        key: &KeyExpr,
        replier: Option<EntityGlobalId>,
        content: &Content,
        source: &mut Source<'_>,
    ) {
        let Some(&Pending { from, number, qos, .. }) = self.asked(source.link, request) else {
            self.stats.ignored += 1;
            return;
        };
        let Ok(message) = encode::reply(number, key, qos, replier, content, 0) else {
            self.stats.ignored += 1;
            return;
        };
        self.forward(source, from, qos, Reliability::Reliable, message, !content.is_empty());
    }

    /// A client answers with an error.
    pub(crate) fn reply_err(
        &mut self,
        request: u32,
        replier: Option<EntityGlobalId>,
        payload: &ZBytes,
        encoding: &Encoding,
        source: &mut Source<'_>,
    ) {
        let Some(&Pending { from, number, qos, .. }) = self.asked(source.link, request) else {
            self.stats.ignored += 1;
            return;
        };
        let Ok(message) = encode::reply_err(number, None, qos, replier, payload, encoding, 0) else {
            self.stats.ignored += 1;
            return;
        };
        self.forward(source, from, qos, Reliability::Reliable, message, !payload.is_empty());
    }

    /// A client has no more answers.
    pub(crate) fn end_of_answers(&mut self, link: LinkId, request: u32) {
        let query = self.links.get_mut(&link).and_then(|link| link.asked.remove(&request));
        match query {
            Some(query) => self.answered(query, link),
            None => self.stats.ignored += 1,
        }
    }

    /// A link has ended its answers; with the last of them the query ends.
    fn answered(&mut self, query: u64, by: LinkId) {
        let Some(pending) = self.queries.pending.get_mut(&query) else { return };
        pending.asked.retain(|(link, _)| *link != by);
        if pending.asked.is_empty()
            && let Some(Pending { from, number, qos, .. }) = self.forget_query(query)
        {
            self.say(from, qos.priority, encode::response_final(number, qos));
        }
    }

    /// Takes a query out of all tables.
    fn forget_query(&mut self, query: u64) -> Option<Pending> {
        let pending = self.queries.pending.remove(&query)?;
        let Queries { pending: waiting, deadlines, .. } = &mut self.queries;
        // At most as many have ended as wait.
        if deadlines.len() > 2 * waiting.len() {
            deadlines.retain(|Reverse((_, query))| waiting.contains_key(query));
        }
        for (link, request) in &pending.asked {
            if let Some(link) = self.links.get_mut(link) {
                link.asked.remove(request);
            }
        }
        if let Some(asker) = self.links.get_mut(&pending.from) {
            asker.queries = asker.queries.saturating_sub(1);
        }
        Some(pending)
    }

    /// Ends the queries whose time is over. The asker gets an error for each link that owes an
    /// answer, in zenoh's word.
    pub(crate) fn expire_queries(&mut self, now: Duration) {
        while self.queries.deadline().is_some_and(|deadline| deadline <= now)
            && let Some(Reverse((_, query))) = self.queries.deadlines.pop()
        {
            let Some(Pending { from, number, qos, asked, .. }) = self.forget_query(query) else { continue };
            for (link, _) in asked {
                let zid = self.links.get(&link).and_then(|link| link.zid);
                let replier = zid.map(|zid| EntityGlobalId { zid, eid: 0 });
                self.say_error(from, number, qos, replier, "Timeout".to_owned());
            }
            self.say(from, qos.priority, encode::response_final(number, qos));
        }
    }

    /// A link has ended: what it had asked, and what it still had to answer.
    pub(crate) fn forget_queries_of(&mut self, link: LinkId) {
        let own = self.queries.pending.iter().filter(|(_, pending)| pending.from == link).map(|(query, _)| *query);
        for query in own.collect::<Vec<u64>>() {
            self.forget_query(query);
        }
        let owed = self.links.get_mut(&link).map(|link| std::mem::take(&mut link.asked));
        let mut owed: Vec<u64> = owed.unwrap_or_default().into_values().collect();
        owed.sort_unstable();
        for query in owed {
            self.answered(query, link);
        }
    }

    /// Answers a query with an error of the hub's own.
    fn say_error(&mut self, to: LinkId, number: u32, qos: Qos, replier: Option<EntityGlobalId>, text: String) {
        let payload = ZBytes::of_held(vec![text.into_bytes().into()]);
        let message = encode::reply_err(number, None, qos, replier, &payload, &Encoding::empty(), 0);
        debug_assert!(message.is_ok(), "a sentence is not too long");
        if let Ok(message) = message {
            self.say_message(to, qos.priority, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_means_all_or_the_complete_or_the_first_of_them() {
        let route = |complete: &[bool]| -> Vec<Direction> {
            (1..).zip(complete).map(|(link, complete)| Direction { link: LinkId(link), complete: *complete }).collect()
        };
        for (complete, all, all_complete, best) in [
            (&[false, true, true][..], &[1, 2, 3][..], &[2, 3][..], &[2][..]),
            (&[false, false], &[1, 2], &[], &[1, 2]),
            (&[], &[], &[], &[]),
        ] {
            let targets = [QueryTarget::All, QueryTarget::AllComplete, QueryTarget::BestMatching];
            for (target, links) in targets.into_iter().zip([all, all_complete, best]) {
                let links: Vec<LinkId> = links.iter().map(|link| LinkId(*link)).collect();
                assert_eq!(meant(route(complete).into_iter(), target), links, "{target:?} of {complete:?}");
            }
        }
    }
}
