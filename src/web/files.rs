//! Files that a person has given to the page: read once, kept in the JavaScript heap for as long as a row names them.

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

/// A file that was read.
struct Held {
    bytes: Uint8Array,
    /// Whether a row has named it: before that, its row is still on the way.
    named: bool,
    /// Measurements that read it.
    pins: usize,
}

thread_local! {
    static FILES: RefCell<BTreeMap<FileId, Held>> = const { RefCell::new(BTreeMap::new()) };
    /// Never used twice: rows of a file that was let go may still be compared with others.
    static NEXT: Cell<FileId> = const { Cell::new(0) };
}

/// Reads `files`, one after the other, and answers with [`Action::AddFile`] for each. What could not be read is told last, with
/// one [`Action::FileFailed`]: a file that is added after it would make it vanish unseen.
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
    // Looked at first: a browser may die of a file that does not fit.
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

/// Lets go of the files that `rows` named once and do not name any more.
pub(super) fn keep(rows: &[Row]) {
    FILES.with_borrow_mut(|files| {
        files.retain(|id, held| {
            let named = rows.iter().any(|row| row.kind == Kind::File(*id));
            held.named |= named;
            named || !held.named || held.pins > 0
        });
    });
}

/// The bytes of a file. Whoever takes their buffer away must copy them first.
pub(super) fn bytes(id: FileId) -> Option<Uint8Array> {
    FILES.with_borrow(|files| files.get(&id).map(|held| held.bytes.clone()))
}

/// Takes a file from another thread, for as long as this one lives.
pub(super) fn lend(id: FileId, bytes: Uint8Array) {
    FILES.with_borrow_mut(|files| files.insert(id, Held { bytes, named: true, pins: 0 }));
}

/// Keeps the files that `rows` name as long as it lives.
pub(super) struct Pin(Vec<FileId>);

/// Keeps the files that `rows` name, whatever becomes of the rows.
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
