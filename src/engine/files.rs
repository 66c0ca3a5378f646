//! The files that a person has given: what they are, and what was read out of them. The engine
//! reads a file for as long as a row names it, and keeps what the row needs in the JavaScript heap.

use std::{cell::RefCell, rc::Rc, time::Duration};

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
    key: Key,
    read: Result<Uint8Array, Problem>,
    /// Whether a row has named it. Until then, the event that adds its row is still on the way.
    named: bool,
}

/// What was read out of files. Clones share everything.
#[derive(Clone, Default)]
pub(super) struct Files(Rc<RefCell<Vec<Held>>>);

impl Files {
    /// Does with each of `files` what is asked, one after the other. Tells what cannot be read at the
    /// end, together.
    pub(super) async fn take_all(&self, page: &Page, asked: Vec<Along>, files: Vec<JsValue>) {
        let mut failed: Option<Problem> = None;
        for (along, file) in asked.into_iter().zip(files) {
            if let Err(problem) = self.take(page, along, file.unchecked_ref()).await {
                failed = Some(match failed {
                    None => problem,
                    Some(first) => {
                        Problem::new(first.title, format!("{} {} {}", first.detail, problem.title, problem.detail))
                    }
                });
            }
        }
        page.tell(Event::FilesEnded(failed));
    }

    /// Does with a file what is asked. What is looked at is also read, in the ways by which it comes
    /// into a payload.
    async fn take(&self, page: &Page, Along { file, name, task }: Along, blob: &Blob) -> Result<(), Problem> {
        let bytes = whole(&name, blob).await?;
        let (offers, about) = match task {
            FileTask::Look => {
                let about = look(&name, &bytes).await;
                (about.first(), Some(about))
            }
            FileTask::Read(offer) => (vec![offer], None),
            FileTask::Keep(reading) => {
                self.insert((file, reading), Ok(bytes));
                return Ok(());
            }
        };
        for offer in offers {
            let read = read(&name, blob, &bytes, &offer).await;
            self.insert((file, offer.reading), read);
        }
        if let Some(about) = about {
            page.tell(Event::FileRead { file, about });
        }
        Ok(())
    }

    fn insert(&self, key: Key, read: Result<Uint8Array, Problem>) {
        let mut held = self.0.borrow_mut();
        held.retain(|held| held.key != key);
        held.push(Held { key, read, named: false });
    }

    /// Drops what `rows` named once and do not name any more.
    pub(super) fn keep(&self, rows: &[Row]) {
        self.0.borrow_mut().retain_mut(|held| {
            let mut given = rows.iter().filter_map(|row| row.kind.given());
            let named = given.any(|given| (given.file, given.reading) == held.key);
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
        self.0.borrow().iter().find(|held| held.key == key).map(|held| held.read.clone())
    }
}

/// Makes a new `Uint8Array` of a length, or with the bytes of another one.
///
/// # Errors
/// The engine's reason when it has no memory.
pub(super) fn bytes_of(length_or_array: &JsValue) -> Result<Uint8Array, JsValue> {
    let class: Function = Reflect::get(&global(), &"Uint8Array".into())?.dyn_into()?;
    // Through `Reflect`, because the constructor throws when the browser has no memory.
    Ok(Reflect::construct(&class, &Array::of1(length_or_array))?.unchecked_into())
}

/// Reads a number as the browser does.
fn number(text: &str) -> f64 {
    Number::parse_float(text)
}

fn unread(name: &str, cause: &str) -> Problem {
    Problem::new(format!("{} cannot be read.", shown(name)), cause)
}

/// All bytes of a file.
async fn whole(name: &str, file: &Blob) -> Result<Uint8Array, Problem> {
    // The size is checked first: a browser may crash on a file that does not fit.
    if file.size() > MAX_LEN as f64 {
        let error = BuildError::TooLong { requested: file.size() as u64 };
        return Err(Problem::new(
            format!("{} is too long.", shown(name)),
            format!("It was not read: {}.", error.in_words()),
        ));
    }
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|error| {
        let error = message_of(&error);
        unread(name, &format!("The browser says: {error}. Was it changed, moved, or is it a folder? Give it again."))
    })?;
    Ok(Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>()))
}

/// The beginning of a file.
#[allow(clippy::disallowed_methods, reason = "looks at the head of a file, which is not payload yet")]
fn head(bytes: &Uint8Array) -> Vec<u8> {
    bytes.subarray(0, LOOK as u32).to_vec()
}

/// Says what a file is.
async fn look(name: &str, bytes: &Uint8Array) -> About {
    let (head, len) = (head(bytes), bytes.length() as usize);
    if let Some(about) = given::look(name, &head, len) {
        return about;
    }
    let mut scan = Scan::new(csv::delimiter(&head));
    in_turns(bytes, None, &mut |piece, _| scan.feed(piece)).await;
    About::of_table(name, len, scan.finish())
}

/// Reads a file in one way.
async fn read(name: &str, file: &Blob, bytes: &Uint8Array, offer: &Offer) -> Result<Uint8Array, Problem> {
    let changed = || unread(name, "It is not the same file any more. Give it again.");
    let read = match offer.reading {
        Reading::Bytes => bytes.clone(),
        Reading::Pixels => {
            let pixels = JsFuture::from(pixels_of(file, offer.length as f64)).await;
            pixels
                .map_err(|error| {
                    let error = message_of(&error);
                    unread(name, &format!("The browser does not decode it: {error}. Read it as the bytes of the file."))
                })?
                .unchecked_into()
        }
        reading => {
            let place = given::about::values(&head(bytes), bytes.length() as usize);
            let (place, change) = place.unwrap_or((0..bytes.length() as usize, Change::None));
            let part = bytes.subarray(place.start as u32, place.end as u32);
            // `given` has compared it with the length of the file, and with the most of a payload.
            let into = bytes_of(&JsValue::from_f64(offer.bytes() as f64));
            let into = into.map_err(|error| {
                unread(name, &format!("The browser has no memory for it ({}).", message_of(&error)))
            })?;
            let mut pick =
                if let Reading::Column(column) = reading { Some(Pick::new(column, offer.element)) } else { None };
            let mut take = |piece: &mut [u8], into: &mut Vec<u8>| match &mut pick {
                Some(pick) => pick.feed(piece, &number, into),
                None => change.write(piece, into),
            };
            if !in_turns(&part, Some(&into), &mut take).await {
                return Err(changed());
            }
            into
        }
    };
    if read.byte_length() as usize == offer.bytes() { Ok(read) } else { Err(changed()) }
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
