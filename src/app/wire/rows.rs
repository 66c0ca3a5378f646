//! The frames as rows of a list: those that a filter shows, with equal fragments of a message
//! folded into one row.

use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

use super::{
    filter::{Filter, FrameId, MessageId},
    record::Record,
    view::Picked,
};
use crate::app::Selection;

/// Equal fragments of one message: neither its first nor its last one, and of the same length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The message.
    pub message: MessageId,
    /// Where they are among [`Record::entries`].
    pub members: Vec<usize>,
    /// Bytes of each.
    pub len: usize,
    /// Whether they are shown one by one, too.
    pub open: bool,
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The frame at this place among [`Record::entries`].
    Frame(usize),
    /// The fold at this place among [`Rows::folds`].
    Fold(usize),
    /// The frame at this place, below the fold that it is in.
    Inner(usize),
}

/// All rows. A fold stands where its first fragment was; what came and went meanwhile stands behind
/// it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The rows.
    pub lines: Vec<Line>,
    /// The folds.
    pub folds: Vec<Fold>,
    /// The first frame of each row.
    pub firsts: Rc<Vec<FrameId>>,
    /// Frames that the filter shows.
    pub shown: usize,
    /// Frames that only the text hides, and that have more key expressions than are noted: it may
    /// be in one of these.
    pub unsearched: usize,
}

impl Rows {
    /// The rows of `record` that `filter` shows, with the folds of the messages in `unfolded` open.
    #[must_use]
    pub fn of(record: &Record, filter: &Filter, selected: Option<Selection>, unfolded: &BTreeSet<MessageId>) -> Self {
        let mut rows = Self::default();
        // The fold of each message that goes on.
        let mut current: HashMap<MessageId, usize> = HashMap::new();
        let mut lines = Vec::new();
        for (at, entry) in record.entries().iter().enumerate() {
            if !record.shows(entry, filter, selected) {
                rows.unsearched += usize::from(record.may_show(entry, filter, selected));
                continue;
            }
            rows.shown += 1;
            let len = entry.frame.len;
            let Some(message) = entry.message().filter(|_| entry.is_inner()) else {
                lines.push(Line::Frame(at));
                continue;
            };
            let going_on = current.get(&message).and_then(|fold| rows.folds.get_mut(*fold));
            if let Some(fold) = going_on.filter(|fold| fold.len == len) {
                fold.members.push(at);
                continue;
            }
            current.insert(message, rows.folds.len());
            lines.push(Line::Fold(rows.folds.len()));
            rows.folds.push(Fold { message, members: vec![at], len, open: unfolded.contains(&message) });
        }
        for line in lines {
            match line {
                Line::Fold(at) => match rows.folds.get(at) {
                    // One alone is a row like any other.
                    Some(Fold { members, .. }) if members.len() == 1 => {
                        rows.lines.extend(members.first().map(|only| Line::Frame(*only)));
                    }
                    Some(fold) => {
                        rows.lines.push(line);
                        if fold.open {
                            rows.lines.extend(fold.members.iter().map(|member| Line::Inner(*member)));
                        }
                    }
                    None => {}
                },
                line => rows.lines.push(line),
            }
        }
        let first = |line: &Line| record.entries().get(rows.first_of(*line)?).map(|entry| entry.id);
        rows.firsts = Rc::new(rows.lines.iter().filter_map(first).collect());
        rows
    }

    /// What choosing a row chooses.
    #[must_use]
    pub fn picked(&self, record: &Record, line: usize) -> Option<Picked> {
        match *self.lines.get(line)? {
            Line::Fold(at) => self.folds.get(at).map(|fold| Picked::Fold(fold.message)),
            Line::Frame(at) | Line::Inner(at) => record.entries().get(at).map(|entry| Picked::Frame(entry.id)),
        }
    }

    /// The row of what is chosen; for a frame inside of a closed fold the row of that.
    #[must_use]
    pub fn line_of(&self, record: &Record, picked: Picked) -> Option<usize> {
        let of_fold = |at: usize| self.lines.iter().position(|line| *line == Line::Fold(at));
        match picked {
            Picked::Fold(message) => of_fold(self.folds.iter().position(|fold| fold.message == message)?),
            Picked::Frame(id) => {
                let at = record.position(id)?;
                let own = self
                    .lines
                    .iter()
                    .position(|line| matches!(line, Line::Frame(one) | Line::Inner(one) if *one == at));
                own.or_else(|| of_fold(self.folds.iter().position(|fold| fold.members.binary_search(&at).is_ok())?))
            }
        }
    }

    /// The first frame of a row.
    #[must_use]
    pub fn first_of(&self, line: Line) -> Option<usize> {
        match line {
            Line::Fold(at) => self.folds.get(at)?.members.first().copied(),
            Line::Frame(at) | Line::Inner(at) => Some(at),
        }
    }
}
