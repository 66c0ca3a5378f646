//! Experiments on the rows of the page, for its drawing: see [`crate::app::demonstration`]. The arrays
//! are made anew, so that those of the page stay as they are.

use std::rc::Rc;

use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::{
    ownership::{Ownership, Worker, read, said, take_away, unable},
    sources::Sources,
};
use crate::{
    app::{
        Event, InWords, Problem, Row,
        demonstration::{Sight, Target},
        ownership::{Experiment, RunId},
    },
    browser::error::message_of,
    payload::{BuildError, ZBytes},
};

/// An array of the caller: its whole buffer, and where the target's window begins in that.
struct Caller {
    target: Target,
    buffer: ArrayBuffer,
    from: u32,
}

impl Caller {
    fn of(target: Target, array: &JsValue) -> Option<Self> {
        let (buffer, begin) = match array.dyn_ref::<ArrayBuffer>() {
            Some(buffer) => (buffer.clone(), 0),
            None => {
                let of = |name: &str| Reflect::get(array, &name.into()).ok();
                (of("buffer")?.dyn_into().ok()?, of("byteOffset")?.as_f64()? as u32)
            }
        };
        Some(Self { target, buffer, from: begin + target.from as u32 })
    }

    /// The window of the array; `None` when the array is empty.
    fn window(&self) -> Option<Uint8Array> {
        let here = self.buffer.byte_length() > 0;
        here.then(|| Uint8Array::new_with_byte_offset_and_length(&self.buffer, self.from, self.target.len as u32))
    }

    fn bytes(&self) -> Vec<u8> {
        self.window().map_or_else(Vec::new, |window| window.to_vec())
    }

    fn sight(self, before: Vec<u8>, payload: &ZBytes, sample: Option<&ZBytes>) -> Sight {
        let seen = |payload: &ZBytes| {
            let Target { offset, len, .. } = self.target;
            let window = payload.slice(offset..offset + len).ok_or_else(|| "The payload is shorter.".to_owned())?;
            read(&window).map_err(|error| match error {
                // Of the window, whose only segment it is.
                BuildError::Segment { error, .. } => said(&error.in_words()),
                error => said(&error.in_words()),
            })
        };
        let (payload, sample) = (seen(payload), sample.map(seen));
        Sight { array: self.bytes(), target: self.target, before, payload, sample }
    }
}

impl Ownership {
    /// Carries `experiment` out on arrays of these rows. Answers with [`Event::Demonstrated`].
    pub(super) fn demonstrate(
        self: &Rc<Self>,
        run: RunId,
        experiment: Experiment,
        rows: Vec<Row>,
        targets: Vec<Target>,
    ) {
        let this = self.clone();
        spawn_local(async move {
            let found = this.sights(experiment, &rows, targets).await;
            this.tell(Event::Demonstrated(run, found));
        });
    }

    async fn sights(&self, experiment: Experiment, rows: &[Row], targets: Vec<Target>) -> Result<Vec<Sight>, Problem> {
        let mut sources = Sources::new(self.files());
        sources.make(rows)?;
        // The page keeps the bytes of its files.
        sources.own_files()?;
        let caller = |target: Target| Caller::of(target, sources.array(target.segment)?);
        let callers: Vec<Caller> = targets.into_iter().filter_map(caller).collect();
        let before: Vec<Vec<u8>> = callers.iter().map(Caller::bytes).collect();
        let (payload, _) = sources.build(None)?;
        drop(sources);
        let sample = self.heard_of(&payload).await?;
        let failed = |error: JsValue| unable(&message_of(&error));
        let worker = if experiment == Experiment::Worker { Some(Worker::start()?) } else { None };
        for caller in &callers {
            let Some(window) = caller.window() else { continue };
            match (experiment, &worker) {
                (_, Some(worker)) => worker.give(&window).map_err(failed)?,
                (Experiment::Write, _) => {
                    let at = caller.target.byte as u32;
                    window.set_index(at, Target::other(window.get_index(at)));
                }
                _ => take_away(&window).map_err(failed)?,
            }
        }
        drop(worker);
        let both = callers.into_iter().zip(before);
        Ok(both.map(|(caller, before)| caller.sight(before, &payload, sample.as_ref())).collect())
    }
}
