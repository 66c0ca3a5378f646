//! The files that a person has given to the page. The page keeps a handle of each as long as a row
//! names it, and no byte: an engine reads them.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File};

use crate::app::{Command, FileId, Kind, Row};

struct Held {
    file: File,
    /// Whether a row has named it. Until then, the event that adds its row is still on the way.
    named: bool,
    /// Whether the engine has read it and has its bytes.
    there: bool,
}

/// The files, by their ids.
#[derive(Default)]
pub(super) struct Files {
    held: RefCell<BTreeMap<FileId, Held>>,
    /// Counts up and never repeats: two rows are compared by the ids of their files, even after the
    /// page has dropped a file.
    next: Cell<FileId>,
}

impl Files {
    /// Keeps a file. Returns its id.
    pub(super) fn add(&self, file: &File) -> FileId {
        let id = self.next.replace(self.next.get() + 1);
        self.held.borrow_mut().insert(id, Held { file: file.clone(), named: false, there: true });
        id
    }

    /// The engine is going to build `rows`. It drops the bytes of a file that no row names any more,
    /// and the handle stays, because the person may undo that. Returns the files that the engine has
    /// to read once more.
    pub(super) fn missing(&self, rows: &[Row]) -> Vec<(FileId, Blob)> {
        let mut missing = Vec::new();
        for (id, held) in self.held.borrow_mut().iter_mut() {
            let named = rows.iter().any(|row| row.kind == Kind::File(*id));
            if named && !held.there {
                missing.push((*id, held.file.clone().into()));
            }
            held.named |= named;
            held.there = named || !held.named;
        }
        missing
    }

    /// Those whose bytes an engine has, or is going to have.
    pub(super) fn there(&self) -> Vec<(FileId, Blob)> {
        let held = self.held.borrow();
        let there = held.iter().filter(|(_, held)| held.there);
        there.map(|(id, held)| (*id, held.file.clone().into())).collect()
    }

    /// All of them.
    fn all(&self) -> Vec<(FileId, Blob)> {
        self.held.borrow().iter().map(|(id, held)| (*id, held.file.clone().into())).collect()
    }

    /// Those of these ids.
    pub(super) fn these(&self, ids: &[FileId]) -> Vec<(FileId, Blob)> {
        self.all().into_iter().filter(|(id, _)| ids.contains(id)).collect()
    }

    /// Those that `rows` name.
    pub(super) fn of(&self, rows: &[Row]) -> Vec<(FileId, Blob)> {
        let named = |id: &FileId| rows.iter().any(|row| row.kind == Kind::File(*id));
        self.all().into_iter().filter(|(id, _)| named(id)).collect()
    }

    /// The command that has an engine read them, and what goes along.
    pub(super) fn command(files: Vec<(FileId, Blob)>) -> (Command, Vec<JsValue>) {
        let name = |file: &Blob| file.dyn_ref::<File>().map_or_else(String::new, File::name);
        let named = files.iter().map(|(id, file)| (*id, name(file))).collect();
        (Command::Files(named), files.into_iter().map(|(_, file)| file.into()).collect())
    }
}
