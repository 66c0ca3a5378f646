//! What all clients have declared, by key, and who gets what.

use std::{collections::HashMap, rc::Rc};

use zbytes_session::client::KeyExpr;

use crate::{event::LinkId, few::Few};

/// So many routes are remembered. Further keys begin the memory anew.
const ROUTES: usize = 1 << 10;

/// What is declared and routed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Subscriber,
    Queryable,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Subscriber, Self::Queryable];
}

/// One value for each kind.
#[derive(Debug, Default)]
pub(crate) struct ByKind<T> {
    subscribers: T,
    queryables: T,
}

impl<T> ByKind<T> {
    pub(crate) fn of(&self, kind: Kind) -> &T {
        match kind {
            Kind::Subscriber => &self.subscribers,
            Kind::Queryable => &self.queryables,
        }
    }

    pub(crate) fn of_mut(&mut self, kind: Kind) -> &mut T {
        match kind {
            Kind::Subscriber => &mut self.subscribers,
            Kind::Queryable => &mut self.queryables,
        }
    }
}

/// How many there are, and how many of them are complete queryables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) all: usize,
    pub(crate) complete: usize,
}

impl Count {
    pub(crate) fn come(&mut self, complete: bool) {
        self.all += 1;
        self.complete += usize::from(complete);
    }

    pub(crate) fn go(&mut self, complete: bool) {
        self.all = self.all.saturating_sub(1);
        self.complete = self.complete.saturating_sub(usize::from(complete));
    }

    fn and(self, other: Self) -> Self {
        Self { all: self.all + other.all, complete: self.complete + other.complete }
    }
}

/// A link that a message goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Direction {
    pub(crate) link: LinkId,
    /// Whether a queryable there has everything that is asked for.
    pub(crate) complete: bool,
}

/// All that is declared of one kind.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    by_key: HashMap<KeyExpr, Few<LinkId, Count>>,
    routes: HashMap<KeyExpr, Rc<[Direction]>>,
}

impl Declared {
    pub(crate) fn come(&mut self, key: &KeyExpr, link: LinkId, complete: bool) {
        self.by_key.entry(key.clone()).or_default().or_default(link).come(complete);
        self.routes.clear();
    }

    pub(crate) fn go(&mut self, key: &KeyExpr, link: LinkId, complete: bool) {
        let Some(links) = self.by_key.get_mut(key) else { return };
        if let Some(count) = links.get_mut(&link) {
            count.go(complete);
            if count.all == 0 {
                links.remove(&link);
            }
        }
        if links.is_empty() {
            self.by_key.remove(key);
        }
        self.routes.clear();
    }

    /// The links with something that intersects `key`, oldest first.
    pub(crate) fn route(&mut self, key: &KeyExpr) -> Rc<[Direction]> {
        if let Some(route) = self.routes.get(key) {
            return route.clone();
        }
        let mut found: Few<LinkId, bool> = Few::default();
        for (declared, links) in self.by_key.iter().filter(|(declared, _)| declared.intersects(key)) {
            let all = links.values().any(|count| count.complete > 0) && declared.includes(key);
            for (link, count) in links.iter() {
                *found.or_default(*link) |= all && count.complete > 0;
            }
        }
        let route: Rc<[Direction]> =
            found.iter().map(|(link, complete)| Direction { link: *link, complete: *complete }).collect();
        if self.routes.len() >= ROUTES {
            self.routes.clear();
        }
        self.routes.insert(key.clone(), route.clone());
        route
    }

    /// How many of exactly `key` other links than `link` have.
    pub(crate) fn elsewhere(&self, key: &KeyExpr, link: LinkId) -> Count {
        self.by_key.get(key).map_or_else(Count::default, |links| except(links, link))
    }

    /// How many that intersect `key` other links have; those are complete that include it.
    pub(crate) fn matching(&self, key: &KeyExpr, link: LinkId) -> Count {
        let matching = self.by_key.iter().filter(|(declared, _)| declared.intersects(key));
        matching.fold(Count::default(), |sum, (declared, links)| {
            let count = except(links, link);
            let complete = if count.complete > 0 && declared.includes(key) { count.complete } else { 0 };
            sum.and(Count { complete, ..count })
        })
    }

    /// The keys of other links that intersect `key`, or all, in order.
    pub(crate) fn keys(&self, key: Option<&KeyExpr>, link: LinkId) -> Vec<(KeyExpr, Count)> {
        let found = self.by_key.iter().filter(|(declared, _)| key.is_none_or(|key| key.intersects(declared)));
        let found = found.map(|(declared, links)| (declared.clone(), except(links, link)));
        let mut found: Vec<(KeyExpr, Count)> = found.filter(|(_, count)| count.all > 0).collect();
        found.sort_unstable_by(|(one, _), (other, _)| one.as_str().cmp(other));
        found
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

fn except(links: &Few<LinkId, Count>, link: LinkId) -> Count {
    let others = links.iter().filter(|(other, _)| **other != link);
    others.fold(Count::default(), |sum, (_, count)| sum.and(*count))
}
