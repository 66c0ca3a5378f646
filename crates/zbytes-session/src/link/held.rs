//! How much is kept for others, all together: one account for a client, or for a router.
//!
//! A received batch stays whole for as long as anything refers to a part of it. So its length
//! counts, not that of the part. A client keeps batches for messages that are being put
//! together, for replies whose latest is not known yet, and for queries that wait. It also
//! keeps texts that a router declares. Each of them has a [`Hold`], and the account is the sum of
//! the holds that exist.

use std::{cell::Cell, rc::Rc};

/// The bytes of all holds that were taken out of it.
#[derive(Clone, Debug, Default)]
pub struct Account(Rc<Cell<usize>>);

impl Account {
    /// What is held now, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.get()
    }

    /// Holds `bytes` until it is dropped.
    #[must_use]
    pub fn hold(&self, bytes: usize) -> Hold {
        let mut hold = Hold { account: self.clone(), bytes: 0 };
        hold.grow(bytes);
        hold
    }
}

/// A part of an [`Account`].
#[derive(Debug)]
pub struct Hold {
    account: Account,
    bytes: usize,
}

impl Hold {
    /// What it holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds `more` bytes in addition.
    pub fn grow(&mut self, more: usize) {
        let all = self.account.bytes();
        // What does not fit into a number is beyond every bound, and must be taken off again as it
        // was put on.
        let more = more.min(usize::MAX - all);
        self.bytes += more;
        self.account.0.set(all + more);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.account.0.set(self.account.bytes() - self.bytes);
    }
}

/// The batch, or the message put together out of several, that is being read. It is held once,
/// however much of it is kept.
#[derive(Debug)]
pub enum Reading {
    /// A batch of that length, of which nothing is kept so far.
    Batch(usize),
    /// Something is held already.
    Held(Rc<Hold>),
}

impl Reading {
    /// How many bytes more are held when it is kept.
    #[must_use]
    pub fn cost(&self) -> usize {
        match self {
            Self::Batch(len) => *len,
            Self::Held(_) => 0,
        }
    }

    /// Holds it; the same hold for all that is kept of it.
    pub fn keep(&mut self, account: &Account) -> Rc<Hold> {
        match self {
            Self::Held(hold) => hold.clone(),
            Self::Batch(len) => {
                let hold = Rc::new(account.hold(*len));
                *self = Self::Held(hold.clone());
                hold
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_the_sum_of_its_holds_and_a_batch_counts_once() {
        let account = Account::default();
        let mut one = account.hold(5);
        one.grow(7);
        let mut reading = Reading::Batch(100);
        assert_eq!((account.bytes(), reading.cost()), (12, 100), "nothing of the batch is kept");
        let (a, b) = (reading.keep(&account), reading.keep(&account));
        assert_eq!(reading.cost(), 0);
        assert_eq!(account.bytes(), 112);
        drop((reading, a));
        assert_eq!(account.bytes(), 112, "a part of the batch is kept");
        drop(b);
        assert_eq!(account.bytes(), 12);
        one.grow(usize::MAX);
        assert_eq!(account.bytes(), usize::MAX);
        drop(one);
        assert_eq!(account.bytes(), 0);
    }
}
