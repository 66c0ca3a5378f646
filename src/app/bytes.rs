//! What the view "Bytes" looks at: a payload by name and an offset, no byte of it. Cursor,
//! selection and the bytes on the screen are the view's own; they are gone when it is closed.

use super::{effect::Effect, selection::Selection, session::SampleId, state::State};

/// So many characters of a key are in a list of choices.
const NAMED: usize = 60;

/// A payload that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl State {
    /// Opens the view on a payload, or closes it.
    pub(super) fn look(&mut self, looking: Option<Looking>) -> Vec<Effect> {
        self.looking = looking;
        Vec::new()
    }

    /// Where a segment begins in the payload of the rows, or 0 when there is no such segment.
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
    use crate::app::{Action, Preset};

    #[test]
    fn every_subject_has_a_key() {
        for subject in [Subject::Build, Subject::Kept, Subject::Sample(0), Subject::Sample(u64::MAX)] {
            assert_eq!(Subject::of(&subject.key()), Some(subject));
        }
        assert_eq!((Subject::of("sample-"), Subject::of("other")), (None, None));
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
