//! The files that a person has given: what they are, and what was read out of them. The engine
//! reads a file for as long as a row names it, and keeps what the row needs in the JavaScript heap.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, ArrayBuffer, Function, Number, Promise, Reflect, Uint8Array, global};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::page::Page;
use crate::{
    app::{Along, Event, FileId, FileTask, InWords, Problem, Row},
    browser::{clock, error::message_of},
    given::{
        self, About, LOOK, Offer, Reading,
        about::Change,
        csv::{self, Pick, Scan},
    },
    outside::shown,
    payload::{BuildError, MAX_LEN},
};

/// Bytes that are looked at or changed at a time: whole elements of 1, 2, 3, 4 and 8 bytes.
const PIECE: u32 = 96 << 10;

/// How long that may keep the engine from other work.
const TURN: Duration = Duration::from_millis(8);

/// Names what was read out of a file.
pub(super) type Key = (FileId, Reading);

#[wasm_bindgen(module = "/src/engine/pixels.js")]
extern "C" {
    #[wasm_bindgen(js_name = pixelsOf)]
    fn pixels_of(picture: &Blob, length: f64) -> Promise;
}

/// What was read out of a file, or why it could not.
struct Held {
    read: Result<Uint8Array, Problem>,
    /// Whether a row has named it. Until then, the event that adds its row is still on the way.
    named: bool,
}

/// What was read out of files. Clones share everything.
#[derive(Clone, Default)]
pub(super) struct Files(Rc<RefCell<BTreeMap<Key, Held>>>);

impl Files {
    /// Does with each of `files` what is asked, one after the other. What is looked at is also read,
    /// in the ways by which it comes into a payload. Tells what cannot be looked at at the end,
    /// together.
    pub(super) async fn take_all(&self, page: &Page, asked: Vec<Along>, files: Vec<JsValue>) {
        let mut failed: Option<Problem> = None;
        for (Along { file, name, task }, blob) in asked.into_iter().zip(files) {
            let blob: &Blob = blob.unchecked_ref();
            let (reading, read) = match task {
                FileTask::Look => {
                    match self.look(file, &name, blob).await {
                        Ok(about) => page.tell(Event::FileRead { file, about }),
                        Err(problem) => {
                            failed = Some(match failed {
                                None => problem,
                                Some(first) => {
                                    let detail = format!("{} {} {}", first.detail, problem.title, problem.detail);
                                    Problem::new(first.title, detail)
                                }
                            });
                        }
                    }
                    continue;
                }
                FileTask::Read(offer) => (offer.reading, read(&name, blob, None, &offer).await),
                FileTask::Keep(reading) => (reading, whole(&name, blob).await),
            };
            self.insert((file, reading), read);
        }
        page.tell(Event::FilesEnded(failed));
    }

    fn insert(&self, key: Key, read: Result<Uint8Array, Problem>) {
        self.0.borrow_mut().insert(key, Held { read, named: false });
    }

    /// Says what a file is, and reads it in the ways by which it comes into a payload.
    async fn look(&self, file: FileId, name: &str, blob: &Blob) -> Result<About, Problem> {
        let (about, table) = look(name, blob).await?;
        let mut bytes = Vec::new();
        for offer in about.first() {
            bytes.push(((file, offer.reading), read(name, blob, table.as_ref(), &offer).await?));
        }
        bytes.into_iter().for_each(|(key, bytes)| self.insert(key, Ok(bytes)));
        Ok(about)
    }

    /// Drops what `rows` named once and do not name any more.
    pub(super) fn keep(&self, rows: &[Row]) {
        self.0.borrow_mut().retain(|key, held| {
            let given = rows.iter().filter_map(|row| row.kind.given());
            let named = given.into_iter().any(|given| (given.file, given.reading) == *key);
            held.named |= named;
            named || !held.named
        });
    }

    /// A blob of each of these that is here, with its key. The browser copies the bytes. Where it
    /// has no memory for that, the page still has the file itself.
    pub(super) fn blobs(&self, keys: &[Key]) -> (Vec<Key>, Vec<JsValue>) {
        let blob = |key: &Key| {
            let bytes = self.bytes(*key)?.ok()?;
            let parts = Array::of1(&bytes);
            let blob = Blob::new_with_buffer_source_sequence(&parts).ok()?;
            Some((*key, JsValue::from(blob)))
        };
        keys.iter().filter_map(blob).unzip()
    }

    /// What was read out of a file, in a buffer of its own. A caller that detaches the buffer must
    /// copy the bytes first.
    pub(super) fn bytes(&self, key: Key) -> Option<Result<Uint8Array, Problem>> {
        self.0.borrow().get(&key).map(|held| held.read.clone())
    }
}

/// Makes a new `Uint8Array` of a length.
///
/// # Errors
/// The engine's reason when it has no memory.
pub(super) fn bytes_of(length: &JsValue) -> Result<Uint8Array, JsValue> {
    let class: Function = Reflect::get(&global(), &"Uint8Array".into())?.dyn_into()?;
    // Through `Reflect`, because the constructor throws when the browser has no memory.
    Ok(Reflect::construct(&class, &Array::of1(length))?.unchecked_into())
}

/// Reads a number as the browser does.
pub(super) fn number(text: &str) -> f64 {
    Number::parse_float(text)
}

fn unread(name: &str, cause: &str) -> Problem {
    Problem::new(format!("{} cannot be read.", shown(name)), cause)
}

fn length_of(blob: &Blob) -> usize {
    blob.size() as usize
}

/// The bytes of a file from `from` to `to`.
async fn part(name: &str, file: &Blob, from: usize, to: usize) -> Result<Uint8Array, Problem> {
    let buffer = async { JsFuture::from(file.slice_with_f64_and_f64(from as f64, to as f64)?.array_buffer()).await };
    let buffer = buffer.await.map_err(|error| {
        let error = message_of(&error);
        unread(name, &format!("The browser says: {error}. Was it changed, moved, or is it a folder? Give it again."))
    })?;
    Ok(Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>()))
}

async fn whole(name: &str, file: &Blob) -> Result<Uint8Array, Problem> {
    part(name, file, 0, length_of(file)).await
}

#[allow(clippy::disallowed_methods, reason = "looks at the head of a file, which is not payload yet")]
async fn head(name: &str, file: &Blob) -> Result<Vec<u8>, Problem> {
    Ok(part(name, file, 0, length_of(file).min(LOOK)).await?.to_vec())
}

/// Says what a file is, and returns the bytes of a table, which it has read for that.
async fn look(name: &str, file: &Blob) -> Result<(About, Option<Uint8Array>), Problem> {
    // The size is checked first: a browser may crash on a file that does not fit.
    if file.size() > MAX_LEN as f64 {
        let error = BuildError::TooLong { requested: file.size() as u64 };
        return Err(Problem::new(
            format!("{} is too long.", shown(name)),
            format!("It was not read: {}.", error.in_words()),
        ));
    }
    let (head, len) = (head(name, file).await?, length_of(file));
    if let Some(about) = given::look(name, &head, len) {
        return Ok((about, None));
    }
    let bytes = whole(name, file).await?;
    let mut scan = Scan::new(csv::delimiter(&head));
    in_turns(&bytes, None, &mut |piece, _| scan.feed(piece)).await;
    Ok((About::of_table(name, len, scan.finish()), Some(bytes)))
}

/// Reads a file in one way. `bytes` are those of the file, where they are known.
async fn read(name: &str, file: &Blob, bytes: Option<&Uint8Array>, offer: &Offer) -> Result<Uint8Array, Problem> {
    let changed = || unread(name, "It is not the same file any more. Give it again.");
    let read = match offer.reading {
        Reading::Bytes => whole(name, file).await?,
        Reading::Pixels => {
            let pixels = JsFuture::from(pixels_of(file, offer.length as f64)).await;
            pixels
                .map_err(|error| {
                    let error = message_of(&error);
                    unread(name, &format!("The browser does not decode it: {error}. Read it as the bytes of the file."))
                })?
                .unchecked_into()
        }
        Reading::Values => {
            let (place, change) =
                given::about::values(&head(name, file).await?, length_of(file)).ok_or_else(changed)?;
            let bytes = part(name, file, place.start, place.end).await?;
            if change == Change::None {
                bytes
            } else {
                let into = room(name, offer)?;
                let written = in_turns(&bytes, Some(&into), &mut |piece, into| change.write(piece, into)).await;
                written.then_some(into).ok_or_else(changed)?
            }
        }
        Reading::Column(column) => {
            let into = room(name, offer)?;
            let mut pick = Pick::new(column, offer.element);
            let bytes = match bytes {
                Some(bytes) => bytes.clone(),
                None => whole(name, file).await?,
            };
            let written = in_turns(&bytes, Some(&into), &mut |piece, into| pick.feed(piece, &number, into)).await;
            written.then_some(into).ok_or_else(changed)?
        }
    };
    if read.byte_length() as usize == offer.bytes() { Ok(read) } else { Err(changed()) }
}

/// Makes room for what is read.
fn room(name: &str, offer: &Offer) -> Result<Uint8Array, Problem> {
    // `given` has compared it with the length of the file, and with the most of a payload.
    let room = bytes_of(&JsValue::from_f64(offer.bytes() as f64));
    room.map_err(|error| unread(name, &format!("The browser has no memory for it ({}).", message_of(&error))))
}

/// Goes over the bytes of a file piece by piece, the last one empty, in turns with everything else.
/// Writes what `take` appends, and returns whether that filled `into` exactly.
#[allow(clippy::disallowed_methods, reason = "makes what a caller would have: no payload is there yet")]
async fn in_turns(
    bytes: &Uint8Array,
    into: Option<&Uint8Array>,
    take: &mut dyn FnMut(&mut [u8], &mut Vec<u8>),
) -> bool {
    let (len, room) = (bytes.length(), into.map_or(0, Uint8Array::length));
    let (mut piece, mut written) = (vec![0; PIECE.min(len) as usize], Vec::new());
    let (mut from, mut at, mut begun) = (0, 0, clock::now());
    loop {
        let to = from + PIECE.min(len - from);
        piece.truncate((to - from) as usize);
        bytes.subarray(from, to).copy_to(&mut piece);
        take(&mut piece, &mut written);
        let end = at + written.len() as u32;
        if let Some(into) = into {
            if end > room {
                return false;
            }
            into.subarray(at, end).copy_from(&written);
        }
        written.clear();
        if from == len {
            return end == room;
        }
        (from, at) = (to, end);
        if clock::now().saturating_sub(begun) >= TURN {
            TimeoutFuture::new(0).await;
            begun = clock::now();
        }
    }
}
