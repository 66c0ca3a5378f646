//! A sample that is read as a Cap'n Proto message: what it holds, how the page shows it, and the
//! typed arrays made of it.

use std::{ops::Range, rc::Rc};

use serde::{Deserialize, Serialize};

pub use super::typed_array::{ArrayFacts, ArrayKey, TypedArray};
use super::{
    action::Action,
    command::Command,
    effect::Effect,
    problem::{Problem, sentence},
    session::{KEPT_BYTES, KEPT_SAMPLES, Sample, SampleId},
    state::State,
    words::InWords,
};
use crate::{
    ledger::Ledger,
    message::{Content, MessageError, Schema, Structure, picture::View, values},
};

/// A segment of a message, and whether reading made it contiguous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its bytes, counted from the payload's beginning.
    pub bytes: Range<usize>,
    /// Whether what the message says was read in it.
    pub read: bool,
}

/// What was found in a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// What it says, or why that cannot be read.
    pub content: Result<Rc<Content>, Problem>,
    /// Its segments, in order.
    pub parts: Vec<Part>,
    /// What was copied to read what it says.
    pub ledger: Ledger,
    /// What every byte is, or why its pointers cannot be followed.
    pub structure: Result<Rc<Structure>, Problem>,
    /// The first byte behind the message.
    pub end: usize,
    /// Bytes of the payload behind the message.
    pub behind: usize,
}

/// What reading has come to.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Found {
    /// It is under way.
    #[default]
    UnderWay,
    /// There is a message.
    Opened(Rc<Opened>),
    /// There is none, or a damaged one.
    Failed(Problem),
}

/// Facts about a picture that was painted. The view that shows it has the pixels by its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// What is shown.
    pub view: View,
    /// The slice that is shown, from 0.
    pub slice: usize,
    /// The range of all values: of the tensor, of the frame's pixels, or of x, y, z and intensity.
    pub ranges: Rc<[values::Range]>,
    /// Width and height in pixels of the page.
    pub shown: (usize, usize),
    /// Columns and rows that were painted.
    pub pixels: (usize, usize),
    /// Payload bytes that were looked at for it, through a window.
    pub looked: u64,
}

/// What painting has come to.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Preview {
    /// There is nothing to paint.
    #[default]
    None,
    /// It is under way: so many bytes of so many were looked at for the range of values.
    UnderWay(u64, u64),
    /// The picture with this number.
    Painted(u64, Rc<Picture>),
    /// It could not be painted.
    Failed(Problem),
}

/// The message that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// The sample that it is in.
    pub sample: SampleId,
    /// Where in the payload it begins.
    pub start: usize,
    /// The schema that the person wants; `None` for the one that fits.
    pub asked: Option<Schema>,
    /// Numbers what was asked last: an answer with another is ignored.
    number: u64,
    /// What was found.
    pub found: Found,
    /// How it is shown.
    pub preview: Preview,
    /// The slice that is wanted, from 0.
    pub slice: usize,
    /// The selected span of the structure.
    pub span: Option<usize>,
    /// Why an array could not be saved.
    pub problem: Option<Problem>,
}

impl Open {
    /// What the message says.
    #[must_use]
    pub fn content(&self) -> Option<&Rc<Content>> {
        match &self.found {
            Found::Opened(opened) => opened.content.as_ref().ok(),
            _ => None,
        }
    }
}

/// The message that is looked at, if any.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Messages {
    /// It.
    pub open: Option<Open>,
    number: u64,
}

/// What a person does with a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Read a sample.
    Read(SampleId),
    /// Read the same bytes as one of this schema, or as one of the schema that fits.
    ReadAs(Option<Schema>),
    /// Read what follows the message as another one.
    ReadBehind,
    /// Read the message at the beginning of the payload again.
    ReadFirst,
    /// Stop looking at it.
    Close,
    /// Show another slice.
    Slice(usize),
    /// Select a span of the structure, or none.
    Select(Option<usize>),
    /// Make a typed array.
    Make(ArrayKey),
    /// Hand a typed array over to the person as a file.
    Save(ArrayKey),
}

/// What the engine tells of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// What was found.
    Found(u64, Result<Rc<Opened>, Problem>),
    /// So many bytes of so many were looked at for the range of values.
    Looked(u64, u64, u64),
    /// A picture was painted.
    Painted(u64, Result<Rc<Picture>, Problem>),
    /// A typed array was made.
    Made(SampleId, ArrayKey, Result<ArrayFacts, Problem>),
    /// An array could not be saved.
    NotSaved(Problem),
}

/// What is to be done for a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Read; answer with [`Event::Found`].
    Read {
        /// The number to answer with.
        number: u64,
        /// The sample.
        sample: SampleId,
        /// Where in its payload the message begins.
        start: usize,
        /// As which schema.
        schema: Option<Schema>,
    },
    /// Paint; answer with [`Event::Looked`] and [`Event::Painted`]. What was painted before is
    /// let go, and what is under way ends.
    Paint {
        /// The number to answer with.
        number: u64,
        /// The sample.
        sample: SampleId,
        /// What the message says.
        content: Rc<Content>,
        /// Which slice.
        slice: usize,
        /// The ranges of values, where they are known.
        ranges: Option<Rc<[values::Range]>>,
    },
    /// Let go what was painted, and end what is under way.
    Leave,
    /// Make a typed array; answer with [`Event::Made`].
    Make(SampleId, ArrayKey),
    /// Save a typed array under this name; answer with [`Event::NotSaved`] if that fails.
    Save(SampleId, ArrayKey, String),
}

impl State {
    /// Lets a person's change happen to the message that is looked at.
    pub(super) fn message_changed(&mut self, change: Change) -> Vec<Effect> {
        match change {
            Change::Read(sample) => match self.samples.iter().any(|one| one.id == sample && !one.deleted) {
                true => self.read(sample, 0, None),
                false => Vec::new(),
            },
            Change::ReadAs(schema) => match &self.messages.open {
                Some(open) => self.read(open.sample, open.start, schema),
                None => Vec::new(),
            },
            Change::ReadBehind => match &self.messages.open {
                Some(Open { sample, found: Found::Opened(opened), .. }) if opened.behind > 0 => {
                    self.read(*sample, opened.end, None)
                }
                _ => Vec::new(),
            },
            Change::ReadFirst => match &self.messages.open {
                Some(open) => self.read(open.sample, 0, None),
                None => Vec::new(),
            },
            Change::Close => self.close_message(),
            Change::Slice(slice) => {
                let number = self.messages.number + 1;
                let Some(open) = &mut self.messages.open else { return Vec::new() };
                let Preview::Painted(_, picture) = &open.preview else { return Vec::new() };
                let (ranges, Some(content)) = (picture.ranges.clone(), open.content().cloned()) else {
                    return Vec::new();
                };
                self.messages.number = number;
                // The old picture stays until the new one is there.
                (open.slice, open.number) = (slice, number);
                let sample = open.sample;
                vec![Effect::Engine(Command::Message(Task::Paint {
                    number,
                    sample,
                    content,
                    slice,
                    ranges: Some(ranges),
                }))]
            }
            Change::Select(span) => {
                if let Some(open) = &mut self.messages.open {
                    open.span = span;
                }
                Vec::new()
            }
            Change::Make(key) => self.make_array(key),
            Change::Save(key) => {
                let Some(open) = &mut self.messages.open else { return Vec::new() };
                open.problem = None;
                let name = open.content().map_or("array", |content| content.spec.name());
                let name = format!("{}-{}.bin", file_stem(name), key.element.name().to_ascii_lowercase());
                vec![Effect::Engine(Command::Message(Task::Save(open.sample, key, name)))]
            }
        }
    }

    /// Lets what the engine tells of the message happen.
    pub(super) fn message_told(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Found(number, result) => self.found(number, result),
            Event::Looked(number, done, total) => {
                if let Some(open) = self.asked(number) {
                    open.preview = Preview::UnderWay(done, total);
                }
                Vec::new()
            }
            Event::Painted(number, result) => {
                if let Some(open) = self.asked(number) {
                    open.preview = match result {
                        Ok(picture) => Preview::Painted(number, picture),
                        Err(problem) => Preview::Failed(problem),
                    };
                }
                Vec::new()
            }
            Event::Made(sample, key, result) => {
                let sample = self.samples.iter_mut().find(|one| one.id == sample);
                if let Some(array) = sample.and_then(|one| one.arrays.iter_mut().find(|array| array.key == key)) {
                    array.made = Some(result);
                }
                Vec::new()
            }
            Event::NotSaved(problem) => {
                if let Some(open) = &mut self.messages.open {
                    open.problem = Some(problem);
                }
                Vec::new()
            }
        }
    }

    /// The message, if `number` is what was asked of it last.
    fn asked(&mut self, number: u64) -> Option<&mut Open> {
        self.messages.open.as_mut().filter(|open| open.number == number)
    }

    fn read(&mut self, sample: SampleId, start: usize, asked: Option<Schema>) -> Vec<Effect> {
        self.messages.number += 1;
        let number = self.messages.number;
        self.messages.open = Some(Open {
            sample,
            start,
            asked,
            number,
            found: Found::UnderWay,
            preview: Preview::None,
            slice: 0,
            span: None,
            problem: None,
        });
        vec![
            Effect::Engine(Command::Message(Task::Leave)),
            Effect::Engine(Command::Message(Task::Read { number, sample, start, schema: asked })),
        ]
    }

    fn found(&mut self, number: u64, result: Result<Rc<Opened>, Problem>) -> Vec<Effect> {
        let Some(open) = self.asked(number) else { return Vec::new() };
        match result {
            Ok(opened) => open.found = Found::Opened(opened),
            Err(problem) => open.found = Found::Failed(problem),
        }
        let Some(content) = open.content().cloned() else { return Vec::new() };
        if content.spec.view() == View::Nothing {
            return Vec::new();
        }
        open.preview = Preview::UnderWay(0, 0);
        let sample = open.sample;
        vec![Effect::Engine(Command::Message(Task::Paint { number, sample, content, slice: 0, ranges: None }))]
    }

    fn make_array(&mut self, key: ArrayKey) -> Vec<Effect> {
        let Some(open) = &self.messages.open else { return Vec::new() };
        let id = open.sample;
        let Some(sample) = self.samples.iter_mut().find(|sample| sample.id == id) else { return Vec::new() };
        if sample.arrays.iter().any(|array| array.key == key && !matches!(array.made, Some(Err(_)))) {
            return Vec::new();
        }
        sample.arrays.retain(|array| array.key != key);
        sample.arrays.push(TypedArray { key, made: None });
        // Older samples make room before the copy is there.
        let mut effects = self.let_go();
        effects.push(Effect::Engine(Command::Message(Task::Make(id, key))));
        effects
    }

    fn close_message(&mut self) -> Vec<Effect> {
        match self.messages.open.take() {
            Some(_) => vec![Effect::Engine(Command::Message(Task::Leave))],
            None => Vec::new(),
        }
    }

    /// Closes the message if its sample is gone.
    pub(super) fn sample_gone(&mut self) -> Vec<Effect> {
        match &self.messages.open {
            Some(open) if self.samples.iter().all(|sample| sample.id != open.sample) => self.close_message(),
            _ => Vec::new(),
        }
    }

    /// Lets samples go that are too many or too long together, oldest first. The newest stays, and
    /// the one that is read as a message.
    pub(super) fn let_go(&mut self) -> Vec<Effect> {
        let read = self.messages.open.as_ref().map(|open| open.sample);
        let stays = |at: usize, sample: &Sample| at == 0 || Some(sample.id) == read;
        let at = self.samples.iter().enumerate();
        let mut bytes = at.filter(|(at, sample)| stays(*at, sample)).map(|(_, sample)| sample.held()).sum::<usize>();
        let (mut full, mut at, mut gone) = (false, 0, Vec::new());
        self.samples.retain(|sample| {
            let stays = stays(at, sample);
            if !stays {
                bytes = bytes.saturating_add(sample.held());
                full |= at >= KEPT_SAMPLES || bytes > KEPT_BYTES;
                if full {
                    gone.push(sample.id);
                }
            }
            at += 1;
            stays || !full
        });
        if gone.is_empty() { Vec::new() } else { vec![Effect::Engine(Command::Forget(gone))] }
    }
}

impl Sample {
    /// Bytes that it holds: its payload, and the typed arrays that were made of it.
    #[must_use]
    pub fn held(&self) -> usize {
        self.arrays.iter().map(TypedArray::bytes).fold(self.len, usize::saturating_add)
    }
}

/// Why a message cannot be read, for the person at the page.
#[must_use]
pub fn message_problem(error: &MessageError) -> Problem {
    let title = match error {
        MessageError::NotFramed { .. } => "This is not a Cap’n Proto message.",
        MessageError::TooManySegments { .. } => "It has too many segments.",
        MessageError::Packed => "This looks like a packed message.",
        MessageError::NoTable => "This looks like a message without its segment table.",
        MessageError::Dimensions { .. } => "It has too many dimensions.",
        MessageError::Truncated { .. } => "The message is not whole.",
        MessageError::Pointer { .. } => "A pointer cannot be followed.",
        MessageError::TooDeep { .. } => "It is nested too deeply.",
        MessageError::TooMuch { .. } => "It would cost too much to read.",
        MessageError::Content { .. } => "It cannot be read as this schema.",
        _ => "Its bytes cannot be read.",
    };
    Problem::new(title, format!("{}.", sentence(&error.in_words())))
}

/// A name as the beginning of a file's name: letters, digits, `-` and `_`.
fn file_stem(name: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() || letter == '_' { letter } else { '-' };
    let stem: String = name.chars().map(plain).take(60).collect();
    let stem = stem.trim_matches('-');
    if stem.is_empty() { "array".to_owned() } else { stem.to_owned() }
}

/// The action that lets `change` happen.
impl From<Change> for Action {
    fn from(change: Change) -> Self {
        Self::Message(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{self, Hash},
        message::Spec,
        segment::Element,
    };

    fn sample(id: SampleId, len: usize) -> Sample {
        Sample {
            id,
            time: String::new(),
            key: "k".into(),
            deleted: false,
            len,
            segments: 1,
            local: false,
            hash: Hash::NotAsked,
            arrays: Vec::new(),
            reply: None,
            more: crate::app::More::default(),
        }
    }

    fn arrived(sample: Sample) -> Action {
        Action::Engine(app::Event::Samples {
            samples: vec![sample],
            groups: Vec::new(),
            at: std::time::Duration::ZERO,
            received: 1,
            replies: 0,
        })
    }

    fn content(shape: &[u32]) -> Rc<Content> {
        let (name, shape) = ("a depth/1".to_owned(), shape.to_vec());
        let spec = Spec::Tensor { name, element: Element::Int32, shape, timestamp: 0 };
        let len = spec.arrays()[0].bytes();
        Rc::new(Content { spec, arrays: std::iter::once(88..88 + len).collect() })
    }

    fn opened(content: Result<Rc<Content>, Problem>) -> Rc<Opened> {
        Rc::new(Opened {
            content,
            parts: Vec::new(),
            ledger: Ledger::new(),
            structure: Ok(Rc::default()),
            end: 100,
            behind: 28,
        })
    }

    fn picture() -> Rc<Picture> {
        let view = content(&[4, 2, 2]).spec.view();
        let ranges = Rc::from([values::Range::default()]);
        Rc::new(Picture { view, slice: 0, ranges, shown: (1, 1), pixels: (1, 1), looked: 0 })
    }

    /// A state with one sample whose message is read, and the number that was asked for.
    fn reading(len: usize) -> (State, u64) {
        let mut state = State::default();
        state.apply(arrived(sample(1, len)));
        let effects = state.apply(Change::Read(1).into());
        let [
            Effect::Engine(Command::Message(Task::Leave)),
            Effect::Engine(Command::Message(Task::Read { number, start: 0, schema: None, .. })),
        ] = effects.as_slice()
        else {
            panic!("{effects:?}")
        };
        (state, *number)
    }

    fn open(state: &State) -> &Open {
        state.messages.open.as_ref().unwrap()
    }

    #[test]
    fn a_message_is_read_then_painted() {
        let (mut state, number) = reading(128);
        let effects = state.apply(Event::Found(number, Ok(opened(Ok(content(&[4, 2, 2]))))).into());
        let [Effect::Engine(Command::Message(Task::Paint { number: asked, slice: 0, ranges: None, .. }))] =
            effects.as_slice()
        else {
            panic!("{effects:?}")
        };
        assert_eq!(*asked, number);
        state.apply(Event::Looked(number, 8, 16).into());
        assert_eq!(open(&state).preview, Preview::UnderWay(8, 16));
        state.apply(Event::Painted(number, Ok(picture())).into());
        assert_eq!(open(&state).preview, Preview::Painted(number, picture()));
        // Another slice needs no other range, and the old picture stays meanwhile.
        let effects = state.apply(Change::Slice(3).into());
        let [Effect::Engine(Command::Message(Task::Paint { number: next, slice: 3, ranges: Some(_), .. }))] =
            effects.as_slice()
        else {
            panic!("{effects:?}")
        };
        assert!(*next > number);
        assert!(matches!(open(&state).preview, Preview::Painted(..)));
        state.apply(Event::Painted(number, Err(Problem::new("late", ""))).into());
        assert!(matches!(open(&state).preview, Preview::Painted(..)), "an answer to an older question");
        state.apply(Change::Select(Some(2)).into());
        assert_eq!(open(&state).span, Some(2));
        assert_eq!(state.apply(Change::Close.into()), [Effect::Engine(Command::Message(Task::Leave))]);
        assert_eq!(state.messages.open, None);
        assert!(state.apply(Change::Slice(0).into()).is_empty());
    }

    #[test]
    fn an_empty_array_is_not_painted_and_a_damaged_message_neither() {
        let (mut state, number) = reading(128);
        assert!(state.apply(Event::Found(number, Ok(opened(Ok(content(&[0]))))).into()).is_empty());
        assert_eq!(open(&state).preview, Preview::None);
        let problem = Problem::new("Damaged.", "It ends too early.");
        assert!(state.apply(Event::Found(number, Ok(opened(Err(problem.clone())))).into()).is_empty());
        assert!(open(&state).content().is_none());
        assert!(state.apply(Event::Found(number, Err(problem.clone())).into()).is_empty());
        assert_eq!(open(&state).found, Found::Failed(problem));
        // Nothing is known to follow a message that was not found.
        assert!(state.apply(Change::ReadBehind.into()).is_empty());
    }

    #[test]
    fn what_follows_is_read_where_the_message_ends() {
        let (mut state, number) = reading(128);
        state.apply(Event::Found(number, Ok(opened(Ok(content(&[1]))))).into());
        let effects = state.apply(Change::ReadBehind.into());
        assert!(matches!(
            effects.as_slice(),
            [_, Effect::Engine(Command::Message(Task::Read { start: 100, schema: None, .. }))]
        ));
        let effects = state.apply(Change::ReadAs(Some(Schema::PointCloud)).into());
        let wanted = Some(Schema::PointCloud);
        assert!(
            matches!(effects.as_slice(), [_, Effect::Engine(Command::Message(Task::Read { start: 100, schema, .. }))] if *schema == wanted)
        );
        state.apply(Change::ReadFirst.into());
        assert_eq!((open(&state).start, open(&state).asked), (0, None));
        assert!(state.apply(Change::Read(99).into()).is_empty(), "the page has no such sample");
    }

    #[test]
    fn an_array_is_made_once_and_counts_as_kept_bytes() {
        let third = KEPT_BYTES / 3;
        let mut state = State::default();
        for id in 1..=3 {
            state.apply(arrived(sample(id, third)));
        }
        assert_eq!(state.samples.len(), 3);
        state.apply(Change::Read(1).into());
        let key = ArrayKey { start: 88, len: third, element: Element::Int32 };
        // The oldest is the one that is read, so the one after it makes room.
        let effects = state.apply(Change::Make(key).into());
        assert_eq!(
            effects,
            [Effect::Engine(Command::Forget(vec![2])), Effect::Engine(Command::Message(Task::Make(1, key)))]
        );
        assert_eq!(state.samples.iter().map(|one| one.id).collect::<Vec<_>>(), [3, 1]);
        assert!(state.apply(Change::Make(key).into()).is_empty());
        let facts = ArrayFacts { count: 1, first: vec!["1".into()], last: Vec::new(), ledger: Ledger::new() };
        state.apply(Event::Made(1, key, Ok(facts.clone())).into());
        assert_eq!(state.samples[1].arrays, [TypedArray { key, made: Some(Ok(facts)) }]);
        assert_eq!(state.samples[1].held(), 2 * third);
        // A newer sample goes on making room, and the one that is read stays.
        assert_eq!(state.apply(arrived(sample(4, third))), [Effect::Engine(Command::Forget(vec![3]))]);
        assert_eq!(state.samples.iter().map(|one| one.id).collect::<Vec<_>>(), [4, 1]);
        // An array that could not be made holds nothing, and may be asked for again.
        state.apply(Event::Made(1, key, Err(Problem::new("No memory.", ""))).into());
        assert_eq!(state.samples[1].held(), third);
        assert!(!state.apply(Change::Make(key).into()).is_empty());
        let effects = state.apply(Action::ForgetSamples);
        assert_eq!(
            effects,
            [
                Effect::Engine(Command::Forget(vec![4, 1])),
                Effect::Engine(Command::Message(Task::Leave)),
                Effect::Engine(Command::Session(app::session::Task::CountAnew)),
            ]
        );
        assert_eq!(state.messages.open, None);
    }

    #[test]
    fn an_array_is_made_again_beside_the_others_of_its_sample() {
        let (mut state, _) = reading(128);
        let [failing, other] = [88, 100].map(|start| ArrayKey { start, len: 12, element: Element::Int32 });
        for key in [failing, other] {
            state.apply(Change::Make(key).into());
        }
        let facts = ArrayFacts { count: 3, first: vec!["1".into()], last: Vec::new(), ledger: Ledger::new() };
        state.apply(Event::Made(1, other, Ok(facts.clone())).into());
        state.apply(Event::Made(1, failing, Err(Problem::new("No memory.", ""))).into());
        state.apply(Change::Make(failing).into());
        let expected = [TypedArray { key: other, made: Some(Ok(facts)) }, TypedArray { key: failing, made: None }];
        assert_eq!(state.samples[0].arrays, expected);
    }

    #[test]
    fn an_error_is_a_title_and_a_sentence() {
        let problem = message_problem(&MessageError::Truncated { expected: 24, found: 7 });
        assert_eq!(problem.title, "The message is not whole.");
        assert!(problem.detail.starts_with("The message needs 24 B, but there are 7 B."));
        assert!(problem.detail.ends_with("is not a message."));
        let problem = message_problem(&MessageError::Content { why: "the shape has no dimension".into() });
        assert_eq!(problem.title, "It cannot be read as this schema.");
        assert!(problem.detail.starts_with("The shape has no dimension. It is a message of another schema"));
        let problem = message_problem(&crate::segment::SegmentError::OutOfMemory { requested: 9 }.into());
        assert_eq!(problem.title, "Its bytes cannot be read.");
    }

    #[test]
    fn a_file_is_named_after_the_message() {
        let (mut state, number) = reading(128);
        state.apply(Event::Found(number, Ok(opened(Ok(content(&[1]))))).into());
        let key = ArrayKey { start: 88, len: 4, element: Element::Int32 };
        let effects = state.apply(Change::Save(key).into());
        assert_eq!(effects, [Effect::Engine(Command::Message(Task::Save(1, key, "a-depth-1-int32.bin".into())))]);
        state.apply(Event::NotSaved(Problem::new("Not saved.", "")).into());
        assert!(open(&state).problem.is_some());
        assert_eq!(file_stem("../.."), "array");
        assert_eq!(file_stem("größer"), "größer");
    }
}
