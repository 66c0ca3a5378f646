//! What the page and the engine say to each other.
//!
//! The engine runs in a Worker. It owns every payload byte and the session. The page draws, and
//! asks. Both are faces of one program, so they always have the same version of this vocabulary.
//! What crosses are these messages, as bytes of `postcard`, and beside them a
//! few objects of the browser: files, and pictures and ports by transfer.
//!
//! Every [`Command`] ends by the [`Event`] that it names, and every [`Question`] by its answer. A
//! page drops a question with [`ToEngine::Cancel`]; then no answer comes.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    app::{
        Command, Event, FileId, Problem, Row,
        bytes::{Holding, Seen, Subject},
        wire::FrameKey,
    },
    given::Reading,
    live::{Told, Wanted},
    payload::{Difference, Direction, Step},
};

/// Names a question, in its answer.
pub type QuestionId = u64;

/// Names a payload that the engine holds for a view. The page chooses it.
pub type ViewId = u64;

/// From the page to the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToEngine {
    /// Do something. The answer is an [`Event`].
    Do(Command),
    /// Answer a question, with [`ToPage::Answer`].
    Ask(QuestionId, Question),
    /// The answer is not wanted any more.
    Cancel(QuestionId),
    /// A view is closed: drop what is held for it.
    Release(ViewId),
    /// A port of a client comes along. This engine is to be the hub too: the browser has no
    /// SharedWorker.
    Serve,
    /// The hub has died, or could not be loaded: why. It says nothing more.
    HubLost(String),
    /// A port comes along, through which frames come of the device with this number in
    /// [`Sensor::ALL`](crate::live::Sensor::ALL).
    Eye(u32),
}

/// From the engine to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToPage {
    /// The engine runs.
    Ready,
    /// A session wants a link to the hub. A port comes along, which the hub is to have.
    WantsHub,
    /// A program of own code is to run. A port comes along, for the frame in which it runs.
    WantsPlace,
    /// What happened in one turn, in order.
    Told(Vec<Event>),
    /// The answer to a question.
    Answer(QuestionId, Answer),
    /// The share of a question that is done, from 0 to 1.
    Progress(QuestionId, f64),
    /// A file for the person, of this name, comes along.
    File(String),
    /// The pixels of the picture with this number come along: four bytes for each, this many in a
    /// row.
    Pixels {
        /// The number of the picture.
        number: u64,
        /// Pixels in a row.
        width: usize,
    },
}

/// What the page wants to know of bytes that the engine owns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Hold a payload for a view, until [`ToEngine::Release`]. Answered with [`Answer::Held`].
    ///
    /// The payload of the rows is made as for a put, but borrows every array: a view must not take
    /// an array away. Only filling a message copies bytes.
    Hold {
        /// Names it from now on.
        view: ViewId,
        /// Which payload.
        subject: Subject,
        /// The rows.
        rows: Vec<Row>,
        /// Another view, with which this one counts its copies together.
        with: Option<ViewId>,
    },
    /// Copy a window. Answered with [`Answer::Seen`].
    Look {
        /// The view.
        view: ViewId,
        /// Where the window begins.
        offset: usize,
        /// Bytes.
        len: usize,
    },
    /// Search. Answered with [`Answer::Searched`].
    Search {
        /// The view.
        view: ViewId,
        /// The bytes that are sought.
        sought: Vec<u8>,
        /// Where it begins.
        from: usize,
        /// Which way it goes.
        direction: Direction,
    },
    /// Compare two payloads. Answered with [`Answer::Compared`].
    Compare([ViewId; 2]),
    /// Find the next run of differing bytes of two payloads that were compared. Answered with
    /// [`Answer::Sought`].
    Seek {
        /// The views.
        views: [ViewId; 2],
        /// Where it begins.
        from: usize,
        /// Which way it goes.
        direction: Direction,
    },
    /// Make a file of the whole payload and hand it over under this name. The browser copies the
    /// bytes from their owners. Answered with [`Answer::Done`].
    Save(ViewId, String),
    /// Write a byte as the caller would, who still owns the array. Answered with [`Answer::Done`].
    Write {
        /// The view.
        view: ViewId,
        /// Where.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// Build the payload of the rows by their own modes, as a put would, and keep it. Answered with
    /// [`Answer::Kept`].
    Keep(Vec<Row>),
    /// Drop the kept payload. Answered with [`Answer::Done`].
    ForgetKept,
    /// Copy all bytes of a recorded frame. Answered with [`Answer::Frame`].
    Frame(FrameKey),
    /// Make a picture of the next frame of a stream. Answered with [`Answer::Live`]: when there is one,
    /// or after a while without.
    Live(Wanted),
    /// Make a blob of what was read out of each of these files, as it was then, for another engine: the person may have
    /// changed or removed the file since. Answered with [`Answer::Files`].
    Files(Vec<(FileId, Reading)>),
}

/// Bytes that looking has copied so far: to show windows, to search and compare, and to fill
/// messages.
pub type Looked = [u64; 3];

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// How the payload is cut that is held now, or why none is.
    Held(Result<Holding, Problem>, Looked),
    /// The bytes of a window.
    Seen(Seen, Looked),
    /// How the search ended.
    Searched(Result<Step, Problem>, Looked),
    /// How the payloads differ.
    Compared(Result<Difference, Problem>, Looked),
    /// Where the next run of differing bytes begins, if there is one.
    Sought(Result<Option<usize>, Problem>, Looked),
    /// Bytes that building the kept payload has copied.
    Kept(Result<u64, Problem>),
    /// The bytes of a frame, and how many bytes looking at frames has copied so far.
    Frame(Result<Vec<u8>, Problem>, u64),
    /// A stream, if there is one. The pixels of a new picture come along.
    Live(Option<Told>),
    /// The files that the engine has. Their blobs come along, in this order.
    Files(Vec<(FileId, Reading)>),
    /// It was done, or not.
    Done(Result<(), Problem>),
}

/// A message as bytes.
///
/// # Errors
/// What cannot be written in this format, such as a sequence of unknown length. The tests write
/// each message.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_allocvec(message)
}

/// The message of these bytes.
///
/// # Errors
/// What does not make sense, when another version wrote them.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, postcard::Error> {
    postcard::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        app::{
            Along, FileTask, Preset, State,
            session::{self, Asked, Options, Question as Get, Task},
        },
        given::{About, Offer, csv::Column},
        live::Plane,
        message::picture::Room,
        segment::Element,
    };

    fn crosses<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(message: &T) {
        let bytes = encode(message).unwrap();
        assert_eq!(&decode::<T>(&bytes).unwrap(), message);
    }

    #[test]
    fn rows_options_and_questions_cross() {
        for preset in Preset::ALL {
            let rows = State::of(preset).rows;
            crosses(&ToEngine::Do(Command::Build { revision: 3, rows: rows.clone() }));
            crosses(&ToEngine::Ask(7, Question::Hold { view: 1, subject: Subject::Build, rows, with: Some(2) }));
        }
        crosses(&ToEngine::Do(Command::Put { id: 1, key: "a/b".into(), rows: None, options: Options::default() }));
        let get = Task::Get { id: 5, question: Get::default(), options: Options::default(), rows: None };
        crosses(&ToEngine::Do(Command::Session(get)));
        crosses(&ToEngine::Cancel(u64::MAX));
    }

    #[test]
    fn events_and_answers_cross() {
        let asked = Asked {
            query: 3,
            time: "14:02:09.120".into(),
            key: "a/\u{202e}b".into(),
            parameters: "".into(),
            len: None,
            attachment: None,
            timeout: Some(Duration::MAX),
            local: true,
        };
        let problem = Problem::new("It failed.", "Do this.");
        let offer = Offer {
            reading: Reading::Column(Column { at: 7, delimiter: b';', head: true }),
            element: Element::Float64,
            length: 9,
            name: "x".to_owned(),
            empty: 2,
            start: Some(80),
        };
        let along = Along { file: 3, name: "a.csv".to_owned(), task: FileTask::Read(offer.clone()) };
        crosses(&ToEngine::Do(Command::Files(vec![along])));
        let about = About { offers: vec![offer], problem: Some("why".to_owned()), ..About::unknown("a.csv", 3) };
        crosses(&ToPage::Told(vec![
            Event::FileRead { file: 3, about },
            Event::FilesEnded(None),
            Event::Session(session::Event::Asked(asked)),
            Event::PutProgress(1, 2),
        ]));
        crosses(&ToPage::Answer(1, Answer::Held(Err(problem), [1, 2, u64::MAX])));
        crosses(&ToPage::Answer(2, Answer::Seen(Seen { bytes: vec![0; 300], ..Seen::default() }, [0; 3])));
        crosses(&ToPage::Progress(1, 0.25));
        let wanted = Wanted {
            stream: Some(1),
            after: Some((1, 5)),
            plane: Plane::Depth,
            room: Room { width: 1.5, height: 2.0, density: 1.0 },
        };
        crosses(&ToEngine::Ask(1, Question::Live(wanted)));
        let told = Told {
            stream: 7,
            streams: vec![(7, "a".into())],
            columns: 3,
            shown: (4, 5),
            looked: 6,
            counts: [1, 2, 3, u64::MAX],
            frame: "a".to_owned(),
            words: "b".to_owned(),
            problem: "why".to_owned(),
        };
        crosses(&ToPage::Answer(1, Answer::Live(Some(told))));
    }

    #[test]
    fn what_cannot_be_written_is_an_error_and_not_an_empty_message() {
        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq((0..).map_while(|n: u8| (n < 3).then_some(n)))
            }
        }
        assert!(encode(&Endless).is_err());
    }

    #[test]
    fn bytes_of_no_message_are_an_error() {
        assert!(decode::<ToEngine>(&[]).is_err());
        assert!(decode::<ToPage>(&[200; 20]).is_err());
    }
}
