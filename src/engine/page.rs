//! Tells the page what happened. Every service of the engine has one.

use std::{cell::RefCell, mem::take, rc::Rc};

use js_sys::ArrayBuffer;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use crate::{
    app::Event,
    protocol::{Answer, QuestionId, ToPage},
};

/// Sends the page a message, with objects of the browser that go along.
type Post = dyn Fn(&ToPage, &[JsValue]);

/// Tells the page. Clones share everything.
#[derive(Clone)]
pub(super) struct Page(Rc<Inner>);

struct Inner {
    post: Box<Post>,
    /// What the page is to be told of this turn so far.
    events: RefCell<Vec<Event>>,
}

impl Page {
    pub(super) fn new(post: impl Fn(&ToPage, &[JsValue]) + 'static) -> Self {
        Self(Rc::new(Inner { post: Box::new(post), events: RefCell::default() }))
    }

    /// Tells that the engine runs.
    pub(super) fn ready(&self) {
        (self.0.post)(&ToPage::Ready, &[]);
    }

    /// Has the page open the place where programs of own code run, whose port this is.
    pub(super) fn wants_place(&self, port: JsValue) {
        (self.0.post)(&ToPage::WantsPlace, &[port]);
    }

    /// Tells the page at the end of this turn, with everything else of the turn. A batch of the
    /// router may bring thousands of declarations. The page compares and draws its state once for
    /// each message.
    pub(super) fn tell(&self, event: impl Into<Event>) {
        let is_first = {
            let mut events = self.0.events.borrow_mut();
            events.push(event.into());
            events.len() == 1
        };
        if is_first {
            let this = self.clone();
            spawn_local(async move { this.tell_now() });
        }
    }

    /// Tells the page what has happened so far.
    fn tell_now(&self) {
        let events = take(&mut *self.0.events.borrow_mut());
        if !events.is_empty() {
            (self.0.post)(&ToPage::Told(events), &[]);
        }
    }

    /// Answers a question, after everything that was told before.
    pub(super) fn answer(&self, id: QuestionId, answer: Answer, along: &[JsValue]) {
        self.tell_now();
        (self.0.post)(&ToPage::Answer(id, answer), along);
    }

    /// Tells which share of a question is done.
    pub(super) fn progress(&self, id: QuestionId, done: f64) {
        (self.0.post)(&ToPage::Progress(id, done), &[]);
    }

    /// Has the page hand a file over to the person.
    pub(super) fn hand_over(&self, blob: Blob, name: &str) {
        (self.0.post)(&ToPage::File(name.to_owned()), &[blob.into()]);
    }

    /// Hands the pixels of a picture to the page.
    pub(super) fn show(&self, number: u64, width: usize, pixels: &ArrayBuffer) {
        (self.0.post)(&ToPage::Pixels { number, width }, &[pixels.into()]);
    }
}
