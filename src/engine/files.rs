//! The bytes of files that a person has given. The engine reads each file once, and keeps the bytes
//! in the JavaScript heap for as long as a row names the file.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::page::Page;
use crate::{
    app::{Event, FileId, InWords, Kind, Problem, Row},
    browser::error::message_of,
    outside::shown,
    payload::{BuildError, MAX_LEN},
};

/// A file that was read.
struct Held {
    bytes: Uint8Array,
    /// Whether a row has named it. Until then, the event that adds its row is still on the way.
    named: bool,
}

/// The files that were read. Clones share everything.
#[derive(Clone, Default)]
pub(super) struct Files(Rc<RefCell<BTreeMap<FileId, Held>>>);

impl Files {
    /// Reads `files`, one after the other, and tells of each. Tells those that cannot be read at
    /// the end, together.
    pub(super) async fn read_all(&self, page: &Page, named: Vec<(FileId, String)>, files: Vec<JsValue>) {
        let mut failed: Option<Problem> = None;
        for ((id, name), file) in named.into_iter().zip(files) {
            match read(&name, file.unchecked_ref()).await {
                Ok(bytes) => {
                    let len = bytes.length() as usize;
                    self.0.borrow_mut().insert(id, Held { bytes, named: false });
                    page.tell(Event::FileRead { file: id, name, len });
                }
                Err(problem) => {
                    failed = Some(match failed {
                        None => problem,
                        Some(first) => {
                            Problem::new(first.title, format!("{} {} {}", first.detail, problem.title, problem.detail))
                        }
                    });
                }
            }
        }
        page.tell(Event::FilesEnded(failed));
    }

    /// Drops the files that `rows` named once and do not name any more.
    pub(super) fn keep(&self, rows: &[Row]) {
        self.0.borrow_mut().retain(|id, held| {
            let named = rows.iter().any(|row| row.kind == Kind::File(*id));
            held.named |= named;
            named || !held.named
        });
    }

    /// A blob of each of these files that is here, with its id. The browser copies the bytes. Where
    /// it has no memory for that, the page still has the file itself.
    pub(super) fn blobs(&self, ids: &[FileId]) -> (Vec<FileId>, Vec<JsValue>) {
        let blob = |id: &FileId| {
            let bytes = self.bytes(*id)?;
            let parts = Array::of1(&bytes);
            let blob = Blob::new_with_buffer_source_sequence(&parts).ok()?;
            Some((*id, JsValue::from(blob)))
        };
        ids.iter().filter_map(blob).unzip()
    }

    /// The bytes of a file. A caller that detaches their buffer must copy them first.
    pub(super) fn bytes(&self, id: FileId) -> Option<Uint8Array> {
        self.0.borrow().get(&id).map(|held| held.bytes.clone())
    }
}

async fn read(name: &str, file: &Blob) -> Result<Uint8Array, Problem> {
    // The size is checked first: a browser may crash on a file that does not fit.
    if file.size() > MAX_LEN as f64 {
        let error = BuildError::TooLong { requested: file.size() as u64 };
        return Err(Problem::new(
            format!("{} is too long.", shown(name)),
            format!("It was not read: {}.", error.in_words()),
        ));
    }
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|error| {
        Problem::new(
            format!("{} cannot be read.", shown(name)),
            format!(
                "The browser says: {}. Was it changed, moved, or is it a folder? Give it again.",
                message_of(&error)
            ),
        )
    })?;
    Ok(Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>()))
}
