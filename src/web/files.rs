//! Files that a person has given to the page: read once, kept in the JavaScript heap, named by a number.

use std::{cell::RefCell, collections::BTreeMap};

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;
use yew::Callback;

use super::socket::message_of;
use crate::{
    app::{Action, FileId, Problem},
    payload::{BuildError, MAX_LEN},
};

thread_local! {
    static FILES: RefCell<BTreeMap<FileId, Uint8Array>> = const { RefCell::new(BTreeMap::new()) };
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
        return Err(Problem::new(format!("{} is too long.", file.name()), format!("It was not read: {error}.")));
    }
    let unreadable = |error: &wasm_bindgen::JsValue| {
        Problem::new(
            format!("{} cannot be read.", file.name()),
            format!(
                "The browser says: {}. Was it changed, moved, or is it a folder? Give it again.",
                message_of(error)
            ),
        )
    };
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|error| unreadable(&error))?;
    let bytes = Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>());
    let len = bytes.length() as usize;
    let id = FILES.with_borrow_mut(|files| {
        let id = files.last_key_value().map_or(0, |(last, _)| last + 1);
        files.insert(id, bytes);
        id
    });
    Ok((id, len))
}

/// The bytes of a file. Whoever takes their buffer away must copy them first.
pub(super) fn bytes(id: FileId) -> Option<Uint8Array> {
    FILES.with_borrow(|files| files.get(&id).cloned())
}
