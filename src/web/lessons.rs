//! Loads lessons and their list, and keeps what was predicted. A lesson is a text from outside: it is
//! bounded in length and time before anything looks at it.

use js_sys::Promise;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, Storage, window};

use super::errands::Errands;
use crate::{
    app::{
        Action, Problem, Report,
        lesson::{Loaded, MAX_BYTES, Source, Task},
    },
    browser::error::message_of,
};

#[wasm_bindgen(module = "/src/web/lessons.js")]
extern "C" {
    /// The text at an address.
    #[wasm_bindgen(js_name = loadText)]
    fn load_text(address: &str, most: usize, millis: u32) -> Promise;
    /// The text of a file.
    #[wasm_bindgen(js_name = readText)]
    fn read_text(file: &File, most: usize) -> Promise;
}

/// Milliseconds in which a lesson has to be there.
const PATIENCE: u32 = 20_000;

/// The list of the lab's lessons.
const LIST: &str = "lessons/list.txt";

/// What the browser keeps of each lesson has a key of its own.
const PREFIX: &str = "zbytes-lab.lesson.";

fn storage() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}

fn kept(source: &Source) -> String {
    let name = match source {
        Source::Own(name) | Source::Address(name) => name,
        Source::File(_) => return String::new(),
    };
    storage().and_then(|storage| storage.get_item(&format!("{PREFIX}{name}")).ok().flatten()).unwrap_or_default()
}

async fn text(loading: Promise, title: &str) -> Result<String, Problem> {
    let found = JsFuture::from(loading).await.map_err(|error: JsValue| {
        Problem::new(
            title,
            format!(
                "The browser said: {}. A lesson is a text of at most {MAX_BYTES} B. Its server has to be reached, and to allow \
                 other pages to read it (CORS).",
                message_of(&error)
            ),
        )
    })?;
    Ok(found.as_string().unwrap_or_default())
}

impl Errands {
    /// Does something for lessons.
    pub(super) fn lesson(&self, task: Task) {
        let this = self.clone();
        match task {
            Task::List => spawn_local(async move {
                let found = text(load_text(LIST, MAX_BYTES, PATIENCE), "The list of lessons is not there.").await;
                this.tell(Action::Browser(Report::Lessons(found)));
            }),
            Task::Load(source) => {
                let Some(address) = source.address() else { return };
                spawn_local(async move {
                    let found = text(load_text(&address, MAX_BYTES, PATIENCE), "The lesson could not be loaded.").await;
                    this.lesson_there(source, found);
                });
            }
            // A browser that refuses to keep it loses it with the tab.
            Task::Keep(name, kept) => {
                let _ = storage().map(|storage| storage.set_item(&format!("{PREFIX}{name}"), &kept));
            }
        }
    }

    /// Reads a lesson that the person has given as a file.
    pub fn take_lesson(&self, file: &File) {
        let (this, source, reading) = (self.clone(), Source::File(file.name()), read_text(file, MAX_BYTES));
        spawn_local(async move {
            let found = text(reading, "The file could not be read.").await;
            this.lesson_there(source, found);
        });
    }

    fn lesson_there(&self, source: Source, found: Result<String, Problem>) {
        let loaded = found.map(|text| Loaded { text, kept: kept(&source) });
        self.tell(Action::Browser(Report::Lesson(source, loaded)));
    }
}
