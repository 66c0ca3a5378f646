//! What is in flight in the session: each operation by its id, each declaration by its name.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use futures_channel::oneshot;

use zbytes_session::web::command::Sent;

use crate::{
    app::{Problem, PutId, PutReport, session::EntityName},
    client::CommandError,
    ledger::Stage,
};

/// The first id of operations that the page's own state does not know: puts of an experiment, and
/// puts at a rate.
const APART: PutId = 1 << 40;

/// An operation in flight: whose it is, and what its end needs.
pub(in crate::engine) enum Operation {
    /// A put of the Router pane.
    Put(PutFacts),
    /// A put at a rate.
    Rated {
        /// The id of its publisher.
        publisher: PutId,
        /// Payload bytes.
        len: usize,
        /// Whether it counts as one of the page's data in a class.
        counts: bool,
    },
    /// A put of an experiment, which waits for the end.
    Experiment(oneshot::Sender<Result<Sent, Problem>>),
    /// An answer to a query.
    Answer,
    /// A get.
    Get,
    /// A list of tokens.
    List,
    /// A fence.
    Fence,
    /// A text of a class, or bytes by which its link is measured.
    ClassText,
    /// A result of an experiment of a class.
    ClassResult,
    /// The names that are taken in a class.
    ClassNames,
    /// A fence by which the link is measured.
    ClassFence,
}

/// Facts about a put in flight, as its report gives them.
pub(in crate::engine) struct PutFacts {
    /// Payload bytes.
    pub(in crate::engine) bytes: usize,
    /// Bytes that building its payload has copied.
    pub(in crate::engine) built: u64,
    /// Whether it is a delete.
    pub(in crate::engine) deleted: bool,
    /// Whether it counts as one of the page's data in a class.
    pub(in crate::engine) counts: bool,
}

impl PutFacts {
    /// The report of the put, which has left as `sent` says.
    pub(in crate::engine) fn report(&self, sent: &Sent) -> PutReport {
        PutReport {
            bytes: self.bytes,
            deleted: self.deleted,
            batches: sent.batches,
            built: self.built,
            gathered: sent.ledger.bytes_in(Stage::Gather),
            took: sent.took,
            answered: sent.answered,
        }
    }
}

/// A declaration in flight.
pub(super) enum Declaring {
    /// One of the Router pane, under this key expression.
    Pane(String),
    /// One of an experiment, which waits for the answer.
    Experiment(oneshot::Sender<Result<(), CommandError>>),
}

/// Everything that is in flight. An id or a name that is not in here waits for nothing.
pub(super) struct Pending {
    operations: RefCell<HashMap<PutId, Operation>>,
    declarations: RefCell<HashMap<EntityName, Declaring>>,
    next_id: Cell<PutId>,
}

impl Default for Pending {
    fn default() -> Self {
        Self { operations: RefCell::default(), declarations: RefCell::default(), next_id: Cell::new(APART) }
    }
}

impl Pending {
    /// An id for an operation that the page's own state does not know.
    pub(super) fn next_id(&self) -> PutId {
        self.next_id.replace(self.next_id.get() + 1)
    }

    pub(super) fn begin(&self, id: PutId, operation: Operation) {
        self.operations.borrow_mut().insert(id, operation);
    }

    /// Takes the operation that has ended.
    pub(super) fn end(&self, id: PutId) -> Option<Operation> {
        self.operations.borrow_mut().remove(&id)
    }

    /// Whether `id` is a list of tokens.
    pub(super) fn is_list(&self, id: PutId) -> bool {
        matches!(self.operations.borrow().get(&id), Some(Operation::List))
    }

    /// Whether `id` is a list of the names of a class.
    pub(super) fn is_class_names(&self, id: PutId) -> bool {
        matches!(self.operations.borrow().get(&id), Some(Operation::ClassNames))
    }

    pub(super) fn begin_declaring(&self, name: EntityName, declaring: Declaring) {
        self.declarations.borrow_mut().insert(name, declaring);
    }

    /// Takes the declaration that was answered.
    pub(super) fn end_declaring(&self, name: EntityName) -> Option<Declaring> {
        self.declarations.borrow_mut().remove(&name)
    }
}
