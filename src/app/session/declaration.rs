//! What the page may have declared.

use serde::{Deserialize, Serialize};

use super::change::Task;
use crate::{
    app::{problem::Problem, state::State},
    outside::Outside,
};

/// Something that the page may have declared.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Declaration {
    /// It is not.
    #[default]
    None,
    /// Declared under this key expression.
    Declared(Outside),
    /// Refused.
    Failed(Problem),
}

/// What can be declared beside the subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Entity {
    /// That answers queries.
    Queryable,
    /// This page's token.
    Token,
    /// That hears of tokens.
    Watch,
}

/// Another text was typed: what was wrong with the last one is past.
pub(super) fn retyped(declaration: &mut Declaration) {
    if matches!(declaration, Declaration::Failed(_)) {
        *declaration = Declaration::None;
    }
}

impl State {
    /// Declares it, unless it is declared.
    pub(super) fn declare(&mut self, entity: Entity) -> Option<Task> {
        if matches!(self.api.declared(entity), Declaration::Declared(_)) {
            return None;
        }
        match entity {
            Entity::Queryable => self.api.answer.begin(),
            Entity::Watch => self.api.liveliness.begin(),
            Entity::Token => {}
        }
        Some(Task::Declare(entity, self.api.key(entity).to_owned(), self.api.answer.complete))
    }

    /// Undeclares it.
    pub(super) fn undeclare(&mut self, entity: Entity) -> Option<Task> {
        *self.api.declared(entity) = Declaration::None;
        self.api.again.is_done(entity);
        Some(Task::Undeclare(entity))
    }

    /// It is declared under this key expression, or was refused.
    pub(super) fn declared(&mut self, entity: Entity, result: Result<String, Problem>) {
        self.api.again.is_done(entity);
        *self.api.declared(entity) = result.map_or_else(Declaration::Failed, |key| Declaration::Declared(key.into()));
    }
}
