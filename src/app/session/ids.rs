//! By which names puts, samples and declarations are spoken of.

use super::{declaration::Entity, numbers::LANES};
use crate::client::EntityId;

/// Names a put of this page, or another operation of its session: they share their numbers.
pub type PutId = u64;

/// Names a sample that the page received.
pub type SampleId = u64;

/// The first id of the numbered publishers.
const PUBLISHERS: EntityId = 16;

/// Names what this page has in its session. This is the only place that knows the ids of entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntityName {
    /// The subscriber of the Router pane.
    Subscriber,
    /// The subscriber that an experiment declares beside it.
    Experiment,
    /// What the Router pane declares beside its subscriber.
    Entity(Entity),
    /// What reports whether a subscriber matches the key of the puts.
    Matching,
    /// The token of the page in a class.
    ClassToken,
    /// That hears of the tokens of a class.
    ClassWatch,
    /// The subscriber of the texts and data of a class.
    ClassSubscriber,
    /// The subscriber of what other pages of the same name say.
    ClassName,
    /// The publisher of the numbered puts of this lane. There is one for each priority and
    /// reliability: what is overtaken looks like what is missing.
    Publisher(usize),
}

impl EntityName {
    /// All but the publishers.
    const DECLARED: [Self; 10] = [
        Self::Subscriber,
        Self::Experiment,
        Self::Entity(Entity::Queryable),
        Self::Entity(Entity::Token),
        Self::Entity(Entity::Watch),
        Self::Matching,
        Self::ClassToken,
        Self::ClassWatch,
        Self::ClassSubscriber,
        Self::ClassName,
    ];

    /// Its id in the session.
    #[must_use]
    pub const fn id(self) -> EntityId {
        match self {
            Self::Subscriber => 1,
            Self::Experiment => 2,
            Self::Entity(Entity::Queryable) => 3,
            Self::Entity(Entity::Token) => 4,
            Self::Entity(Entity::Watch) => 5,
            Self::Matching => 6,
            Self::ClassToken => 7,
            Self::ClassWatch => 8,
            Self::ClassSubscriber => 9,
            Self::ClassName => 10,
            Self::Publisher(lane) => PUBLISHERS + lane as EntityId,
        }
    }

    /// What has this id. `None` for an id that this page has not given.
    #[must_use]
    pub fn of(id: EntityId) -> Option<Self> {
        let lane = || id.checked_sub(PUBLISHERS).map(|lane| lane as usize).filter(|lane| *lane < LANES);
        Self::DECLARED.into_iter().find(|name| name.id() == id).or_else(|| lane().map(Self::Publisher))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entity_is_found_by_its_id_and_no_other_id_is_one() {
        let names: Vec<EntityName> =
            EntityName::DECLARED.into_iter().chain((0..LANES).map(EntityName::Publisher)).collect();
        for name in &names {
            assert_eq!(EntityName::of(name.id()), Some(*name));
        }
        let known = (0..1000).filter(|id| EntityName::of(*id).is_some()).count();
        assert_eq!((known, EntityName::of(EntityId::MAX)), (names.len(), None));
    }
}
