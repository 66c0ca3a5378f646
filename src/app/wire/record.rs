//! The last frames of all sessions of the page, with what is known of the messages and puts that
//! they are of.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    ops::Range,
    rc::Rc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    filter::{Filter, FrameId, MessageId, Only},
    taken::{Head, Taken},
    view::Kept,
};
use crate::{
    app::{Piece, Plan, PutId, Row, Selection, Sending},
    client::capture::{Bounds, Way},
    outside::Outside,
    wire::{Carried, Carries, Kind},
};

/// Of so many puts it is remembered which rows they were made of. Puts at a rate count once.
const REMEMBERED: usize = 32;

/// The first number of a record that is kept apart.
const APART: u64 = 1 << 48;

/// So many puts are named in [`Kept::puts`].
const NAMED: usize = 32;

/// A frame that was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Names it.
    pub id: FrameId,
    /// Its session, from 0 for the first one that was recorded; recording anew counts as another
    /// one.
    pub session: u32,
    /// The frame.
    pub frame: Rc<Head>,
}

impl Entry {
    /// The message that it is a fragment of, if it is.
    #[must_use]
    pub fn message(&self) -> Option<MessageId> {
        self.frame.place.as_ref().map(|place| MessageId { session: self.session, message: place.message })
    }

    /// Whether it is a fragment like others of its message: neither the first nor the last one.
    #[must_use]
    pub fn is_inner(&self) -> bool {
        let summary = &self.frame.summary;
        let inner = self.frame.place.as_ref().is_some_and(|place| place.index > 0);
        inner && summary.more && !summary.first && !summary.dropped && summary.error.is_none()
    }
}

/// What is known of a message that was cut into fragments.
#[derive(Clone, Debug)]
pub struct Message {
    /// Which way it goes.
    pub way: Way,
    /// What it is, as in `Put`; empty when its first fragment was not seen.
    pub name: Cow<'static, str>,
    /// Its key expressions.
    pub keys: Vec<Outside>,
    /// The operations of this page in it.
    pub ops: Vec<PutId>,
    /// When its first fragment was seen, and its last so far.
    pub times: (Duration, Duration),
    /// Fragments that were seen.
    pub seen: usize,
    /// How many there are, once the last one was seen.
    pub count: Option<usize>,
    /// Bytes of the frames that were seen.
    pub bytes: usize,
    /// How many of the frames are kept.
    kept: usize,
}

/// Puts with consecutive ids, made of the same rows.
#[derive(Clone, Debug)]
struct Made {
    puts: (PutId, PutId),
    rows: Vec<Row>,
    plan: Rc<Plan>,
}

/// A part of a frame that a message carries: bytes of a payload, or of what goes along.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it begins in the frame.
    pub start: usize,
    /// Bytes of it.
    pub len: usize,
    /// Where those begin in what they are of.
    pub offset: usize,
    /// What they are of.
    pub what: Carries,
    /// The payload's plan and which of its pieces it is, if this page has made it.
    pub of: Option<(Rc<Plan>, usize)>,
}

impl Part {
    /// The piece of the payload.
    #[must_use]
    pub fn piece(&self) -> Option<&Piece> {
        self.of.as_ref().and_then(|(plan, at)| plan.pieces.get(*at))
    }

    /// Its bytes in what they are of.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.len
    }

    /// The segments of which it has bytes: the first and the last.
    #[must_use]
    pub fn segments(&self) -> Option<(Selection, Selection)> {
        let piece = self.piece().filter(|piece| piece.len > 0 && self.len > 0)?;
        let index = |offset: usize| offset.saturating_sub(piece.offset) / piece.len;
        Some((piece.selection(index(self.offset)), piece.selection(index(self.offset + self.len - 1))))
    }

    /// Which of its bytes, counted from its first, belong to a segment.
    #[must_use]
    pub fn of_segment(&self, selection: Selection) -> Option<Range<usize>> {
        let piece = self.piece().filter(|piece| piece.holds(selection))?;
        let start = piece.offset + (selection.index - piece.first) * piece.len;
        let (from, to) = (start.max(self.offset), (start + piece.len).min(self.offset + self.len));
        (from < to).then(|| from - self.offset..to - self.offset)
    }
}

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    /// Nothing is new.
    Nothing,
    /// There are new frames, or new counts.
    Something,
    /// Another session has begun, and what was asked for is not all of it: ask again for
    /// [`Record::after`].
    AskAgain,
}

/// The last frames, bounded.
#[derive(Debug)]
pub struct Record {
    bounds: Bounds,
    entries: VecDeque<Entry>,
    bytes: usize,
    next: FrameId,
    session: u32,
    /// Whether the next frame is of another session.
    another: bool,
    /// The last frame of the session that is going on: it is asked for once more, to know whether
    /// it still is that session.
    last: Option<(u64, Duration)>,
    /// What times count from.
    origin: Option<Duration>,
    messages: HashMap<MessageId, Message>,
    made: VecDeque<Made>,
    version: u64,
    missed: u64,
    /// Recorded and copied in sessions before, and in this one.
    before: (u64, u64),
    now: (u64, u64),
}

impl Default for Record {
    fn default() -> Self {
        Self::new(Bounds::DEFAULT)
    }
}

impl Record {
    /// An empty one.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            entries: VecDeque::new(),
            bytes: 0,
            next: 0,
            session: 0,
            another: false,
            last: None,
            origin: None,
            messages: HashMap::new(),
            made: VecDeque::new(),
            version: 0,
            missed: 0,
            before: (0, 0),
            now: (0, 0),
        }
    }

    /// An empty one whose numbers no other record has. It holds the frames of a put and of a sample,
    /// whose bytes are bounded already.
    #[must_use]
    pub fn apart() -> Self {
        let bounds = Bounds { frames: 2 * Bounds::DEFAULT.frames, bytes: usize::MAX };
        Self { next: APART, version: APART, ..Self::new(bounds) }
    }

    /// Takes these frames in the place of all others.
    pub fn replace(&mut self, taken: Taken) {
        self.clear();
        self.made.clear();
        // What was chosen of the frames before is not among these.
        self.another = true;
        for (puts, rows) in taken.notes {
            self.note(puts, rows);
        }
        self.now = (taken.recorded, taken.copied);
        for frame in taken.frames {
            self.push(frame);
        }
    }

    /// How much is kept at most.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// The frame after whose number frames are to be asked for; `None` for all.
    #[must_use]
    pub fn after(&self) -> Option<u64> {
        self.last.and_then(|(number, _)| number.checked_sub(1))
    }

    /// Takes in the answer to a question for frames after [`Record::after`].
    pub fn take(&mut self, taken: Taken) -> Took {
        for (puts, rows) in taken.notes {
            self.note(puts, rows);
        }
        let asked_for_all = self.after().is_none();
        let mut frames = taken.frames.into_iter().peekable();
        if let Some((number, at)) = self.last {
            // An answer that comes late begins before the last one.
            while frames.next_if(|frame| frame.number < number).is_some() {}
            if frames.next_if(|frame| (frame.number, frame.at) == (number, at)).is_some() {
                // The same session.
            } else if taken.recorded > number + 1 && taken.oldest > number {
                // The same one, in which more has happened than is kept.
                self.missed += taken.oldest - number - 1;
            } else {
                (self.last, self.another) = (None, true);
                self.before = (self.before.0 + self.now.0, self.before.1 + self.now.1);
                self.now = (0, 0);
                if !asked_for_all && taken.recorded > 0 {
                    return Took::AskAgain;
                }
            }
        }
        let counts = (taken.recorded, taken.copied);
        let new = frames.peek().is_some() || counts != self.now;
        self.now = counts;
        for frame in frames {
            self.push(frame);
        }
        if !new {
            return Took::Nothing;
        }
        self.version += 1;
        Took::Something
    }

    fn push(&mut self, frame: Head) {
        // A session begins with our greeting, on the same client or on another one.
        let greets = (frame.way, frame.summary.kind) == (Way::Out, Kind::InitSyn);
        if (std::mem::take(&mut self.another) || greets) && self.next > 0 {
            self.session += 1;
        }
        let session = self.session;
        self.last = Some((frame.number, frame.at));
        self.origin.get_or_insert(frame.at);
        self.bytes += frame.len;
        let entry = Entry { id: self.next, session, frame: Rc::new(frame) };
        self.next += 1;
        if let Some((name, place)) = entry.message().zip(entry.frame.place.as_ref()) {
            let Head { at, way, summary, ops, len, .. } = &*entry.frame;
            let message = self.messages.entry(name).or_insert_with(|| Message {
                way: *way,
                name: Cow::default(),
                keys: Vec::new(),
                ops: Vec::new(),
                times: (*at, *at),
                seen: 0,
                count: None,
                bytes: 0,
                kept: 0,
            });
            message.times.1 = *at;
            message.seen += 1;
            message.kept += 1;
            message.bytes += len;
            if let Some((first, _)) = summary.messages.first() {
                message.name.clone_from(first);
            }
            for op in ops.iter().filter(|op| !message.ops.contains(op)).copied().collect::<Vec<_>>() {
                message.ops.push(op);
            }
            if !summary.keys.is_empty() {
                message.keys.clone_from(&summary.keys);
            }
            if !summary.more {
                message.count = Some(place.index + 1);
            }
        }
        self.entries.push_back(entry);
        while self.entries.len() > 1 && (self.entries.len() > self.bounds.frames || self.bytes > self.bounds.bytes) {
            self.let_go();
        }
    }

    fn let_go(&mut self) {
        let Some(oldest) = self.entries.pop_front() else { return };
        self.bytes -= oldest.frame.len;
        if let Some(name) = oldest.message()
            && let Some(message) = self.messages.get_mut(&name)
        {
            message.kept -= 1;
            if message.kept == 0 {
                self.messages.remove(&name);
            }
        }
    }

    /// Lets all frames go. What the session goes on to record is told from here on, and times count
    /// from the next frame.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.messages.clear();
        (self.bytes, self.origin, self.missed) = (0, None, 0);
        self.version += 1;
    }

    /// Remembers what rows a put, or another operation with a payload, is made of.
    pub fn note(&mut self, puts: (PutId, PutId), rows: Vec<Row>) {
        if let Some(last) = self.made.back_mut()
            && last.puts.1 + 1 == puts.0
            && last.rows == rows
        {
            last.puts.1 = puts.1;
            return;
        }
        // Where batches cut does not matter here.
        let Ok(plan) = Plan::of(&rows, None, &Sending::default()) else { return };
        self.made.push_back(Made { puts, rows, plan: Rc::new(plan) });
        if self.made.len() > REMEMBERED {
            self.made.pop_front();
        }
    }

    fn plan(&self, put: PutId) -> Option<&Rc<Plan>> {
        let made = self.made.iter().rev().find(|made| (made.puts.0..=made.puts.1).contains(&put))?;
        Some(&made.plan)
    }

    /// How much is kept.
    #[must_use]
    pub fn kept(&self) -> Kept {
        let mut puts: Vec<PutId> = Vec::new();
        for put in self.entries.iter().rev().flat_map(|entry| &entry.frame.ops) {
            if !puts.contains(put) {
                puts.push(*put);
                if puts.len() == NAMED {
                    break;
                }
            }
        }
        Kept {
            version: self.version,
            frames: self.entries.len(),
            bytes: self.bytes,
            recorded: self.before.0 + self.now.0,
            missed: self.missed,
            copied: self.before.1 + self.now.1,
            puts,
        }
    }

    /// Every frame, the oldest first.
    #[must_use]
    pub fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// Where a frame is among [`Record::entries`].
    #[must_use]
    pub fn position(&self, id: FrameId) -> Option<usize> {
        let first = self.entries.front()?.id;
        let at = usize::try_from(id.checked_sub(first)?).ok()?;
        (at < self.entries.len()).then_some(at)
    }

    /// The number of a frame as a person counts, from 0: in the recording, or among the frames that are kept apart.
    #[must_use]
    pub fn number(&self, id: FrameId) -> u64 {
        match self.position(id) {
            Some(place) if id >= APART => place as u64,
            _ => id,
        }
    }

    /// A frame.
    #[must_use]
    pub fn entry(&self, id: FrameId) -> Option<&Entry> {
        self.entries.get(self.position(id)?)
    }

    /// What is known of a message, as long as one of its frames is kept.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(&id)
    }

    /// How long after the first frame one was.
    #[must_use]
    pub fn since_first(&self, entry: &Entry) -> Duration {
        self.origin.map_or(Duration::ZERO, |origin| entry.frame.at.saturating_sub(origin))
    }

    /// How long after the frame before it one was.
    #[must_use]
    pub fn since_before(&self, entry: &Entry) -> Duration {
        let before = entry.id.checked_sub(1).and_then(|id| self.entry(id));
        before.map_or(Duration::ZERO, |before| entry.frame.at.saturating_sub(before.frame.at))
    }

    /// The key expressions in a frame; of a later fragment those of its message.
    #[must_use]
    pub fn keys<'a>(&'a self, entry: &'a Entry) -> &'a [Outside] {
        let own = &entry.frame.summary.keys;
        match entry.message().and_then(|id| self.message(id)) {
            Some(message) if own.is_empty() => &message.keys,
            _ => own,
        }
    }

    /// What a frame carries, in the order of its bytes. Each piece of a payload of this page is a
    /// part, and so is each other body.
    #[must_use]
    pub fn parts(&self, entry: &Entry) -> Vec<Part> {
        self.parts_of(entry, &entry.frame.summary.carried)
    }

    /// The same of all that a frame carries, where its summary has noted the first only: `all` is
    /// as its dissection has it.
    #[must_use]
    pub fn parts_of(&self, entry: &Entry, all: &[Carried]) -> Vec<Part> {
        let mut parts = Vec::new();
        for carried in all {
            let whole = |of| {
                let Carried { start, len, offset, what, .. } = *carried;
                Part { start, len, offset, what, of }
            };
            let plan = entry.frame.ops.get(carried.message).and_then(|op| self.plan(*op));
            let plan = plan.filter(|plan| carried.what != Carries::Attachment && plan.len == carried.total);
            let Some(plan) = plan else {
                parts.push(whole(None));
                continue;
            };
            let end = carried.offset + carried.len;
            let first = plan.pieces.partition_point(|piece| piece.end() <= carried.offset);
            for (at, piece) in plan.pieces.iter().enumerate().skip(first).take_while(|(_, piece)| piece.offset < end) {
                let (from, to) = (piece.offset.max(carried.offset), piece.end().min(end));
                if from < to {
                    let start = carried.start + (from - carried.offset);
                    let of = Some((plan.clone(), at));
                    parts.push(Part { start, len: to - from, offset: from, what: carried.what, of });
                }
            }
        }
        parts
    }

    /// Whether a frame carries bytes of a segment.
    #[must_use]
    pub fn carries(&self, entry: &Entry, segment: Selection) -> bool {
        self.parts(entry).iter().any(|part| part.of_segment(segment).is_some())
    }

    /// Whether a filter shows a frame.
    #[must_use]
    pub fn shows(&self, entry: &Entry, filter: &Filter, selected: Option<Selection>) -> bool {
        let frame = &entry.frame;
        filter.way.is_none_or(|way| way == frame.way)
            && filter.kinds.holds(frame.summary.kind)
            && filter.only.is_none_or(|only| match only {
                Only::Put(put) => frame.ops.contains(&put),
                Only::Message(id) => entry.message() == Some(id),
            })
            && (filter.text.is_empty() || self.keys(entry).iter().any(|key| key.raw().contains(filter.text.trim())))
            && (!filter.segment || selected.is_some_and(|segment| self.carries(entry, segment)))
    }

    /// Whether a frame that a filter does not show may have its text in a key expression that was
    /// not noted.
    #[must_use]
    pub fn may_show(&self, entry: &Entry, filter: &Filter, selected: Option<Selection>) -> bool {
        let whatever_text = || Filter { text: String::new(), ..filter.clone() };
        !filter.text.is_empty() && entry.frame.summary.more_keys && self.shows(entry, &whatever_text(), selected)
    }

    /// The frame of the same message in front of one, or behind it.
    #[must_use]
    pub fn neighbour(&self, entry: &Entry, forwards: bool) -> Option<&Entry> {
        let (id, at) = (entry.message()?, self.position(entry.id)?);
        let same = |other: &&Entry| other.message() == Some(id);
        if forwards {
            self.entries.iter().skip(at + 1).find(same)
        } else {
            self.entries.iter().take(at).rev().find(same)
        }
    }
}
