//! What the view "Bytes" looks at: a payload by name and an offset, no byte of it. Cursor,
//! selection and the bytes on the screen are the view's own; they are gone when it is closed.
//!
//! The engine holds the payload for the view. A [`Holding`] says how it is cut, and a [`Seen`] has
//! the bytes of one window.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{effect::Effect, problem::Problem, selection::Selection, session::SampleId, state::State};

/// So many characters of a key are in a list of choices.
const NAMED: usize = 60;

/// A payload that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// What the rows of Build make.
    Build,
    /// A sample that arrived.
    Sample(SampleId),
    /// A payload of the rows that was kept before something was written.
    Kept,
}

impl Subject {
    /// Names it in a list of choices.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::Build => "build".to_owned(),
            Self::Kept => "kept".to_owned(),
            Self::Sample(id) => format!("sample-{id}"),
        }
    }

    /// The subject of this key.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        match key {
            "build" => Some(Self::Build),
            "kept" => Some(Self::Kept),
            key => Some(Self::Sample(key.strip_prefix("sample-")?.parse().ok()?)),
        }
    }
}

/// That a payload is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looking {
    /// Which one.
    pub subject: Subject,
    /// Where the view begins.
    pub offset: usize,
}

/// Segments that follow each other and are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EqualSegments {
    /// Bytes of each.
    pub len: usize,
    /// Whether the caller can still write to them: they are borrowed from the JavaScript heap.
    pub writable: bool,
    /// How many there are.
    pub count: usize,
}

/// How a payload is cut that the engine holds for a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    runs: Vec<EqualSegments>,
    /// For each run, the offset of its first byte and the index of its first segment.
    starts: Vec<(usize, usize)>,
    len: usize,
    count: usize,
}

impl Holding {
    /// Makes one of the lengths of the segments, in order, and of whether each is writable.
    #[must_use]
    pub fn new(segments: impl IntoIterator<Item = (usize, bool)>) -> Self {
        let mut holding = Self::default();
        for (len, writable) in segments {
            match holding.runs.last_mut() {
                Some(run) if (run.len, run.writable) == (len, writable) => run.count += 1,
                _ => {
                    holding.starts.push((holding.len, holding.count));
                    holding.runs.push(EqualSegments { len, writable, count: 1 });
                }
            }
            holding.len += len;
            holding.count += 1;
        }
        holding
    }

    /// Bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Segments.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The lengths of all segments, in order.
    pub fn lens(&self) -> impl Iterator<Item = usize> {
        self.runs.iter().flat_map(|run| std::iter::repeat_n(run.len, run.count))
    }

    /// The run that has the byte at `offset`, with the offset of its first byte and the index of its
    /// first segment.
    fn run_of(&self, offset: usize) -> Option<(&EqualSegments, (usize, usize))> {
        // Of runs that begin at the same place only the last one can have a byte.
        let at =
            (offset < self.len).then(|| self.starts.partition_point(|(start, _)| *start <= offset))?.checked_sub(1)?;
        Some((self.runs.get(at)?, *self.starts.get(at)?))
    }

    /// The index of the segment that has the byte at `offset`, or `None` beyond the end.
    #[must_use]
    pub fn segment_of(&self, offset: usize) -> Option<usize> {
        let (run, (start, first)) = self.run_of(offset)?;
        Some(first + (offset - start).checked_div(run.len)?)
    }

    /// Where segment `index` lies.
    #[must_use]
    pub fn range(&self, index: usize) -> Option<Range<usize>> {
        let at =
            (index < self.count).then(|| self.starts.partition_point(|(_, first)| *first <= index))?.checked_sub(1)?;
        let (run, (start, first)) = (self.runs.get(at)?, *self.starts.get(at)?);
        let start = start + (index - first) * run.len;
        Some(start..start + run.len)
    }

    /// Whether the caller can still write the byte at `offset`.
    #[must_use]
    pub fn is_writable(&self, offset: usize) -> bool {
        self.run_of(offset).is_some_and(|(run, _)| run.writable)
    }
}

/// A copy of the bytes in one window of a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Where the window begins, as an offset in the payload.
    pub offset: usize,
    /// The bytes. They are fewer than requested at the end of the payload.
    pub bytes: Vec<u8>,
    /// The ranges of the payload that could not be read. The bytes at these places mean nothing.
    pub lost: Vec<Range<usize>>,
    /// Why they could not be read.
    pub problem: Option<Problem>,
}

impl Seen {
    /// The byte at an offset of the payload, if it is in the window and could be read.
    #[must_use]
    pub fn at(&self, offset: usize) -> Option<u8> {
        let byte = self.bytes.get(offset.checked_sub(self.offset)?)?;
        (!self.lost.iter().any(|lost| lost.contains(&offset))).then_some(*byte)
    }

    /// The bytes before the first one that could not be read.
    #[must_use]
    pub fn readable(&self) -> &[u8] {
        let until = self.lost.first().map_or(self.bytes.len(), |lost| lost.start.saturating_sub(self.offset));
        // What is lost may begin behind the window.
        self.bytes.get(..until).unwrap_or(&self.bytes)
    }
}

impl State {
    /// Opens the view on a payload, or closes it.
    pub(super) fn look(&mut self, looking: Option<Looking>) -> Vec<Effect> {
        self.looking = looking;
        Vec::new()
    }

    /// Where a segment begins in the payload of the rows, or 0 when the payload lacks it.
    #[must_use]
    pub fn offset_of(&self, selection: Option<Selection>) -> usize {
        let Ok(plan) = self.plan() else { return 0 };
        let found = selection.and_then(|selection| Some((selection, plan.piece_of(selection)?)));
        found.map_or(0, |(selection, piece)| piece.offset + (selection.index - piece.first) * piece.len)
    }

    /// What a payload is called: `the payload of Build`, `14:02:09.120 lab/tensor`.
    #[must_use]
    pub fn subject_name(&self, subject: Subject) -> String {
        match subject {
            Subject::Build => "the payload of Build".to_owned(),
            Subject::Kept => "the kept payload".to_owned(),
            Subject::Sample(id) => match self.samples.iter().find(|sample| sample.id == id) {
                Some(sample) => format!("{} {}", sample.time, sample.key.shown_at_most(NAMED)),
                None => "a sample that was let go".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Event, Preset, Sample};

    #[test]
    fn every_subject_has_a_key() {
        for subject in [Subject::Build, Subject::Kept, Subject::Sample(0), Subject::Sample(u64::MAX)] {
            assert_eq!(Subject::of(&subject.key()), Some(subject));
        }
        assert_eq!((Subject::of("sample-"), Subject::of("other")), (None, None));
    }

    #[test]
    fn a_holding_finds_segments_as_the_payload_does() {
        use crate::{
            payload::{Addressed, ZBytes},
            segment::Segment,
        };
        for lens in [vec![], vec![0], vec![3], vec![3, 3, 3, 0, 0, 5, 1, 1], vec![0, 7, 7, 0], vec![1; 100]] {
            let segments = lens.iter().map(|len| Segment::from(vec![0u8; *len])).collect();
            let payload = Addressed::new(ZBytes::of_held(segments));
            let holding = Holding::new(lens.iter().map(|len| (*len, len % 2 == 1)));
            assert_eq!((holding.len(), holding.count()), (payload.len(), lens.len()));
            assert!(holding.lens().eq(lens.iter().copied()));
            for offset in 0..payload.len() + 2 {
                let index = payload.segment_of(offset);
                assert_eq!(holding.segment_of(offset), index, "{lens:?} at {offset}");
                assert_eq!(holding.is_writable(offset), index.is_some_and(|index| lens[index] % 2 == 1));
            }
            for index in 0..lens.len() + 2 {
                assert_eq!(holding.range(index), payload.range(index), "{lens:?}, segment {index}");
            }
        }
    }

    #[test]
    fn a_window_tells_what_could_not_be_read() {
        let one = 12..13;
        let seen = Seen { offset: 10, bytes: vec![1, 2, 3, 4], lost: vec![one], problem: None };
        assert_eq!(
            [9, 10, 11, 12, 13, 14].map(|offset| seen.at(offset)),
            [None, Some(1), Some(2), None, Some(4), None]
        );
        assert_eq!(seen.readable(), [1, 2]);
        // What is lost behind the window takes nothing away from it.
        assert_eq!(Seen { lost: std::iter::once(20..30).collect(), ..seen }.readable(), [1, 2, 3, 4]);
    }

    #[test]
    fn a_segment_is_found_in_the_payload() {
        let mut state = State::default();
        state.apply(Action::Preset(Preset::ALL[1]));
        let plan = state.plan().unwrap();
        for piece in plan.pieces.iter().filter(|piece| piece.count > 0) {
            let last = piece.count - 1;
            assert_eq!(state.offset_of(Some(piece.selection(last))), piece.end() - piece.len);
        }
        assert_eq!(state.offset_of(None), 0);
        assert_eq!(state.offset_of(Some(Selection { row: 999, index: 0 })), 0);
    }

    #[test]
    fn a_sample_is_called_by_its_own_time_and_key() {
        let mut state = State::default();
        for (id, time, key) in [(1, "14:02:09.120", "lab/tensor"), (2, "14:02:10.007", "lab/camera")] {
            let sample = Sample { time: time.into(), key: key.into(), ..crate::app::tests::sample(id, 3) };
            state.apply(Action::Engine(Event::Samples {
                samples: vec![sample],
                groups: Vec::new(),
                at: std::time::Duration::ZERO,
                received: 1,
                replies: 0,
            }));
        }
        let names = [1, 2, 3].map(|id| state.subject_name(Subject::Sample(id)));
        assert_eq!(names, ["14:02:09.120 lab/tensor", "14:02:10.007 lab/camera", "a sample that was let go"]);
    }

    #[test]
    fn looking_holds_no_byte_and_ends() {
        let mut state = State::default();
        let looking = Looking { subject: Subject::Sample(7), offset: 12 };
        assert!(state.apply(Action::Look(Some(looking))).is_empty());
        assert_eq!(state.looking, Some(looking));
        assert_eq!(state.subject_name(looking.subject), "a sample that was let go");
        assert!(state.apply(Action::Look(None)).is_empty());
        assert_eq!(state.looking, None);
    }
}
