//! Payloads that the engine holds for a view, and what the page asks about their bytes.

use std::{cell::Cell, rc::Rc};

use super::errands::{Errands, gone};
use crate::{
    app::{
        Problem, Row,
        bytes::{Holding, Seen, Subject},
    },
    payload::{Difference, Direction, Step},
    protocol::{Answer, Looked, Question, ToEngine, ViewId},
};

/// A payload that the engine holds for a view, and counts what the view copies. Clones share it.
/// The engine drops it with the last clone.
#[derive(Clone)]
pub struct Held(Rc<Inner>);

struct Inner {
    view: View,
    holding: Holding,
    looked: Rc<Cell<Looked>>,
}

/// A view that the engine may hold a payload for. It is told when this is dropped, also before it
/// has answered.
struct View {
    errands: Errands,
    id: ViewId,
}

impl Drop for View {
    fn drop(&mut self) {
        self.errands.post(&ToEngine::Release(self.id));
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Errands {
    /// Has the engine hold a payload for a view. A payload that is held `with` another one counts
    /// its copies together with it.
    ///
    /// # Errors
    /// A [`Problem`] when the payload is not kept any more, or cannot be built.
    pub async fn hold(&self, subject: Subject, rows: Vec<Row>, with: Option<&Held>) -> Result<Held, Problem> {
        let view = View { errands: self.clone(), id: self.next_view() };
        let question = Question::Hold { view: view.id, subject, rows, with: with.map(Held::id) };
        let Some(Answer::Held(result, looked)) = self.ask(question).await else { return Err(gone()) };
        let looked = match with {
            Some(held) => {
                held.0.looked.set(looked);
                held.0.looked.clone()
            }
            None => Rc::new(Cell::new(looked)),
        };
        Ok(Held(Rc::new(Inner { view, holding: result?, looked })))
    }

    /// Has the engine build the payload of the rows by their own modes, as a put would, and keep
    /// it. Returns how many bytes that copied.
    ///
    /// # Errors
    /// A [`Problem`] when the payload cannot be built; the engine still keeps the earlier one then.
    pub async fn keep_payload(&self, rows: Vec<Row>) -> Result<u64, Problem> {
        let Some(Answer::Kept(result)) = self.ask(Question::Keep(rows)).await else { return Err(gone()) };
        if result.is_ok() {
            self.set_kept(true);
        }
        result
    }

    /// Has the engine drop the payload that it keeps.
    pub async fn forget_kept(&self) {
        self.set_kept(false);
        self.ask(Question::ForgetKept).await;
    }
}

impl Held {
    /// How the payload is cut.
    #[must_use]
    pub fn holding(&self) -> &Holding {
        &self.0.holding
    }

    /// Bytes that the view has copied so far.
    #[must_use]
    pub fn looked(&self) -> Looked {
        self.0.looked.get()
    }

    fn id(&self) -> ViewId {
        self.0.view.id
    }

    async fn ask(&self, question: Question, told: impl Fn(f64) + 'static) -> Option<Answer> {
        let answer = self.0.view.errands.ask_long(question, told).await?;
        if let Answer::Held(_, looked)
        | Answer::Seen(_, looked)
        | Answer::Searched(_, looked)
        | Answer::Compared(_, looked)
        | Answer::Sought(_, looked) = &answer
        {
            // They only grow. An engine that does not know the view any more tells none.
            let most = |looked: &Looked| looked.iter().fold(0, |sum: u64, part| sum.saturating_add(*part));
            if most(looked) >= most(&self.0.looked.get()) {
                self.0.looked.set(*looked);
            }
        }
        Some(answer)
    }

    /// Copies the bytes of a window. Bytes of a segment whose owner was detached are lost; the
    /// window has all others.
    pub async fn look(&self, offset: usize, len: usize) -> Seen {
        match self.ask(Question::Look { view: self.id(), offset, len }, |_| ()).await {
            Some(Answer::Seen(seen, _)) => seen,
            _ => {
                let end = self.0.holding.len().min(offset.saturating_add(len));
                let (bytes, whole) = (vec![0; end.saturating_sub(offset)], offset..end);
                Seen { offset, bytes, lost: vec![whole], problem: Some(gone()) }
            }
        }
    }

    /// Searches. `told` gets the share that is done, from 0 to 1.
    ///
    /// # Errors
    /// A [`Problem`] when an owner was detached.
    pub async fn search(
        &self,
        sought: Vec<u8>,
        from: usize,
        direction: Direction,
        told: impl Fn(f64) + 'static,
    ) -> Result<Step, Problem> {
        match self.ask(Question::Search { view: self.id(), sought, from, direction }, told).await {
            Some(Answer::Searched(result, _)) => result,
            _ => Err(gone()),
        }
    }

    /// Compares this payload with another one. `told` gets the share that is done, from 0 to 1.
    ///
    /// # Errors
    /// A [`Problem`] when an owner of either payload was detached.
    pub async fn compare(&self, other: &Self, told: impl Fn(f64) + 'static) -> Result<Difference, Problem> {
        match self.ask(Question::Compare([self.id(), other.id()]), told).await {
            Some(Answer::Compared(result, _)) => result,
            _ => Err(gone()),
        }
    }

    /// Finds the next run of bytes that differ from those of a payload that this one was compared
    /// with. Returns where it begins, if there is one.
    ///
    /// # Errors
    /// A [`Problem`] when an owner of either payload was detached.
    pub async fn seek(&self, other: &Self, from: usize, direction: Direction) -> Result<Option<usize>, Problem> {
        let views = [self.id(), other.id()];
        match self.ask(Question::Seek { views, from, direction }, |_| ()).await {
            Some(Answer::Sought(result, _)) => result,
            _ => Err(gone()),
        }
    }

    /// Saves the whole payload as a file of the person. The browser copies the bytes from their
    /// owners into the file. The engine makes no contiguous block of them.
    ///
    /// # Errors
    /// A [`Problem`] when an owner was detached, or with the browser's reason.
    pub async fn save(&self, name: String) -> Result<(), Problem> {
        match self.ask(Question::Save(self.id(), name), |_| ()).await {
            Some(Answer::Done(result)) => result,
            _ => Err(gone()),
        }
    }

    /// Writes a byte as the caller would, who still owns the array.
    ///
    /// # Errors
    /// A [`Problem`] when the caller cannot write at `offset`.
    pub async fn write(&self, offset: usize, byte: u8) -> Result<(), Problem> {
        match self.ask(Question::Write { view: self.id(), offset, byte }, |_| ()).await {
            Some(Answer::Done(result)) => result,
            _ => Err(gone()),
        }
    }
}
