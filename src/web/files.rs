//! The files that a person has given to the page. The page keeps a handle of each, and no byte: an
//! engine looks at them, and reads what rows name.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use wasm_bindgen::JsValue;
use web_sys::{Blob, File};

use crate::{
    app::{Along, Command, FileId, FileTask, Row},
    given::Offer,
};

struct Held {
    file: File,
    /// Whether a row has named it. Until then, the event that adds its row is still on the way.
    named: bool,
    /// What the engine has read out of it, or is going to read.
    there: Vec<Offer>,
}

/// A file, and what an engine is to do with it.
pub(super) type Wanted = (Along, Blob);

/// The files, by their ids.
#[derive(Default)]
pub(super) struct Files {
    held: RefCell<BTreeMap<FileId, Held>>,
    /// Counts up and never repeats: two rows are compared by the ids of their files, even after the
    /// page has dropped a file.
    next: Cell<FileId>,
}

impl Held {
    fn wanted(&self, file: FileId, task: FileTask) -> Wanted {
        (Along { file, name: self.file.name(), task }, self.file.clone().into())
    }
}

/// The ways in which `rows` read a file.
fn offers(rows: &[Row], file: FileId) -> Vec<Offer> {
    let mut offers = Vec::new();
    for given in rows.iter().filter_map(|row| row.kind.given()).filter(|given| given.file == file) {
        let offer = given.offer();
        if !offers.contains(&offer) {
            offers.push(offer);
        }
    }
    offers
}

impl Files {
    /// Keeps files. Returns them, to be looked at.
    pub(super) fn add(&self, files: Vec<File>) -> Vec<Wanted> {
        let add = |file: File| {
            let id = self.next.replace(self.next.get() + 1);
            let held = Held { file, named: false, there: Vec::new() };
            let wanted = held.wanted(id, FileTask::Look);
            self.held.borrow_mut().insert(id, held);
            wanted
        };
        files.into_iter().map(add).collect()
    }

    /// The engine is going to build `rows`. It drops what no row names any more. The handle stays,
    /// because the person may undo that. Returns what the engine has to read.
    pub(super) fn missing(&self, rows: &[Row]) -> Vec<Wanted> {
        let mut missing = Vec::new();
        for (id, held) in self.held.borrow_mut().iter_mut() {
            let named = offers(rows, *id);
            // What is named for the first time was read when it was looked at.
            let new = named.iter().filter(|offer| held.named && !held.there.contains(offer));
            missing.extend(new.map(|offer| held.wanted(*id, FileTask::Read(offer.clone()))));
            held.named |= !named.is_empty();
            held.there = named;
        }
        missing
    }

    /// What an engine is to do that begins: look at what no row has named, and read what rows name.
    pub(super) fn there(&self) -> Vec<Wanted> {
        let mut there = Vec::new();
        for (id, held) in self.held.borrow().iter() {
            let look = (!held.named).then_some(FileTask::Look);
            let read = held.there.iter().map(|offer| FileTask::Read(offer.clone()));
            there.extend(look.into_iter().chain(read).map(|task| held.wanted(*id, task)));
        }
        there
    }

    /// What another engine is to read for `rows`.
    pub(super) fn of(&self, rows: &[Row]) -> Vec<Wanted> {
        let mut of = Vec::new();
        for (id, held) in self.held.borrow().iter() {
            of.extend(offers(rows, *id).into_iter().map(|offer| held.wanted(*id, FileTask::Read(offer))));
        }
        of
    }

    /// The command for an engine, and what goes along.
    pub(super) fn command(wanted: Vec<Wanted>) -> (Command, Vec<JsValue>) {
        let (along, files): (_, Vec<Blob>) = wanted.into_iter().unzip();
        (Command::Files(along), files.into_iter().map(JsValue::from).collect())
    }
}
