//! The files that a person has given to the page. The page reads each file once. It keeps the bytes
//! in the JavaScript heap for as long as a row names the file.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;
use yew::Callback;

use super::error::message_of;
use crate::{
    app::{Action, FileId, Kind, Problem, Row},
    outside::shown,
    payload::{BuildError, MAX_LEN},
};

/// A file that the page has read.
struct Held {
    bytes: Uint8Array,
    /// Whether a row has named it. Until then, the action that adds its row is still on the way.
    named: bool,
    /// How many measurements still read it.
    pins: usize,
}

thread_local! {
    static FILES: RefCell<BTreeMap<FileId, Held>> = const { RefCell::new(BTreeMap::new()) };
    /// Counts up and never repeats: two rows are compared by the ids of their files, even after the
    /// page has dropped a file.
    static NEXT: Cell<FileId> = const { Cell::new(0) };
}

/// Reads `files`, one after the other, and answers with [`Action::AddFile`] for each. It reports
/// unreadable files at the end, with one [`Action::FileFailed`]. A file added after the report
/// would clear it from the page, unseen.
pub fn take(files: Vec<File>, answer: Callback<Action>) {
    spawn_local(async move {
        let mut failed: Option<Problem> = None;
        for file in files {
            match read(&file).await {
                Ok((id, len)) => answer.emit(Action::AddFile { file: id, name: file.name(), len }),
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
        if let Some(problem) = failed {
            answer.emit(Action::FileFailed(problem));
        }
    });
}

async fn read(file: &File) -> Result<(FileId, usize), Problem> {
    // The size is checked first: a browser may crash on a file that does not fit.
    if file.size() > MAX_LEN as f64 {
        let error = BuildError::TooLong { requested: file.size() as u64 };
        return Err(Problem::new(
            format!("{} is too long.", shown(&file.name())),
            format!("It was not read: {error}."),
        ));
    }
    let unreadable = |error: &wasm_bindgen::JsValue| {
        Problem::new(
            format!("{} cannot be read.", shown(&file.name())),
            format!(
                "The browser says: {}. Was it changed, moved, or is it a folder? Give it again.",
                message_of(error)
            ),
        )
    };
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|error| unreadable(&error))?;
    let bytes = Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>());
    let len = bytes.length() as usize;
    let id = NEXT.replace(NEXT.get() + 1);
    FILES.with_borrow_mut(|files| files.insert(id, Held { bytes, named: false, pins: 0 }));
    Ok((id, len))
}

/// Drops the files that `rows` named once and do not name any more.
pub(super) fn keep(rows: &[Row]) {
    FILES.with_borrow_mut(|files| {
        files.retain(|id, held| {
            let named = rows.iter().any(|row| row.kind == Kind::File(*id));
            held.named |= named;
            named || !held.named || held.pins > 0
        });
    });
}

/// The bytes of a file. A caller that detaches their buffer must copy them first.
pub(super) fn bytes(id: FileId) -> Option<Uint8Array> {
    FILES.with_borrow(|files| files.get(&id).map(|held| held.bytes.clone()))
}

/// Adds a file of another thread. This thread keeps it until the thread ends.
pub(super) fn lend(id: FileId, bytes: Uint8Array) {
    FILES.with_borrow_mut(|files| files.insert(id, Held { bytes, named: true, pins: 0 }));
}

/// Keeps the files of some rows until it is dropped.
pub(super) struct Pin(Vec<FileId>);

/// Keeps the files that `rows` name, even if the person removes the rows.
pub(super) fn pin(rows: &[Row]) -> Pin {
    let named = |row: &Row| if let Kind::File(id) = row.kind { Some(id) } else { None };
    let ids: Vec<FileId> = rows.iter().filter_map(named).collect();
    FILES.with_borrow_mut(|files| {
        for id in &ids {
            if let Some(held) = files.get_mut(id) {
                held.pins += 1;
            }
        }
    });
    Pin(ids)
}

impl Drop for Pin {
    fn drop(&mut self) {
        FILES.with_borrow_mut(|files| {
            for id in &self.0 {
                if let Some(held) = files.get_mut(id) {
                    held.pins -= 1;
                }
            }
        });
    }
}
