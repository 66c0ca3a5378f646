//! Samples that the page reads as Cap'n Proto messages. This module reads them, paints them in
//! turns with everything else, and makes typed arrays on request. It owns the arrays; the page gets
//! the pixels of the picture.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    time::Duration,
};

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Object, Reflect, Uint8Array, global};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::{page::Page, samples::Samples, save};
use crate::{
    app::{
        InWords, Problem, SampleId,
        message::{ArrayFacts, ArrayKey, Event, Opened, Part, Picture, Task, message_problem},
        sentence,
    },
    browser::{clock, error::message_of},
    ledger::Ledger,
    message::{
        Content, MessageError, Received, Schema,
        picture::{Painting, Points, Room, Scan, View, line},
        values::Range,
    },
    payload::ZBytes,
    segment::{SegmentError, js::to_array_buffer},
};

/// How long a long task may keep the engine from other work.
const TURN: Duration = Duration::from_millis(8);

/// Bytes that a step processes before it reads the clock.
const STEP: usize = 128 << 10;

/// Points that a step paints before it reads the clock.
const STEP_POINTS: usize = 16 << 10;

/// The shortest time between two reports of progress to the page.
const TOLD: Duration = Duration::from_millis(100);

/// How many elements of an array the page shows at each of its ends.
const SHOWN: usize = 4;

/// Reads messages. Keeps the arrays that were made of them.
pub(super) struct Messages {
    page: Page,
    samples: Rc<Samples>,
    /// The number of the newest task. Work for an older task stops.
    wanted: Cell<u64>,
    /// The room for a picture.
    room: Cell<Room>,
    arrays: RefCell<HashMap<SampleId, Vec<(ArrayKey, Object)>>>,
}

/// The person chose another message, or closed this one.
struct Stopped;

/// Runs `step` in turns with everything else until it reports its last turn.
///
/// # Errors
/// [`Stopped`], or the first error of `step`.
async fn in_turns(
    messages: &Messages,
    number: u64,
    mut step: impl FnMut() -> Result<bool, MessageError>,
) -> Result<Result<(), MessageError>, Stopped> {
    loop {
        let begun = clock::now();
        while clock::now().saturating_sub(begun) < TURN {
            match step() {
                Ok(false) => {}
                Ok(true) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            }
        }
        TimeoutFuture::new(0).await;
        if messages.wanted.get() != number {
            return Err(Stopped);
        }
    }
}

/// Finds the ranges of the values, and reports progress.
struct Scanning<'a> {
    number: u64,
    messages: &'a Messages,
    done: u64,
    total: u64,
    told: Duration,
    looked: u64,
}

impl Scanning<'_> {
    async fn scan(&mut self, mut scan: Scan) -> Result<Result<Scan, MessageError>, Stopped> {
        let before = self.done;
        let result = in_turns(self.messages, self.number, || {
            let last = scan.step(STEP)?;
            self.done = before + scan.done() as u64;
            if clock::now().saturating_sub(self.told) >= TOLD {
                self.told = clock::now();
                self.messages.page.tell(Event::Looked(self.number, self.done, self.total));
            }
            Ok(last)
        })
        .await?;
        self.looked += scan.looked();
        Ok(result.map(|()| scan))
    }
}

impl Messages {
    pub(super) fn new(page: Page, samples: Rc<Samples>) -> Rc<Self> {
        let room = Cell::new(Room { width: 0.0, height: 0.0, density: 1.0 });
        Rc::new(Self { page, samples, wanted: Cell::default(), room, arrays: RefCell::default() })
    }

    /// A picture has this room from now on.
    pub(super) fn set_room(&self, room: Room) {
        self.room.set(room);
    }

    /// Drops the arrays that were made of these samples.
    pub(super) fn forget(&self, ids: &[SampleId]) {
        let mut arrays = self.arrays.borrow_mut();
        for id in ids {
            arrays.remove(id);
        }
    }

    /// Carries out a task for a message.
    pub(super) fn carry_out(self: &Rc<Self>, task: Task) {
        match task {
            Task::Read { number, sample, start, schema } => {
                let result = match self.payload(sample) {
                    Ok(payload) => open(&payload, start, schema).map_err(|error| message_problem(&error)),
                    Err(problem) => Err(problem),
                };
                self.page.tell(Event::Found(number, result.map(Rc::new)));
            }
            Task::Paint { number, sample, content, slice, ranges } => {
                self.wanted.set(number);
                let this = self.clone();
                spawn_local(async move {
                    let result = match this.payload(sample) {
                        Ok(payload) => match this.painted(number, &payload, &content, slice, ranges).await {
                            Ok(result) => result.map_err(|error| message_problem(&error)),
                            Err(Stopped) => return,
                        },
                        Err(problem) => Err(problem),
                    };
                    this.page.tell(Event::Painted(number, result.map(Rc::new)));
                });
            }
            Task::Leave => self.wanted.set(0),
            Task::Make(sample, key) => {
                let result = self.payload(sample).and_then(|payload| {
                    let (array, facts) = make(&payload, key)?;
                    self.arrays.borrow_mut().entry(sample).or_default().push((key, array));
                    Ok(facts)
                });
                self.page.tell(Event::Made(sample, key, result));
            }
            Task::Save(sample, key, name) => {
                let array =
                    self.arrays.borrow().get(&sample).and_then(|arrays| {
                        arrays.iter().find(|(there, _)| *there == key).map(|(_, array)| array.clone())
                    });
                let Some(array) = array else {
                    let gone = Problem::new("The array is not here any more.", "Make it again, and save it then.");
                    return self.page.tell(Event::NotSaved(gone));
                };
                let len = array.unchecked_ref::<Uint8Array>().byte_length() as usize;
                match save::blob_of_bytes(&Array::of1(&array), len) {
                    Ok(blob) => self.page.hand_over(blob, &name),
                    Err(problem) => self.page.tell(Event::NotSaved(problem)),
                }
            }
        }
    }

    fn payload(&self, sample: SampleId) -> Result<ZBytes, Problem> {
        self.samples
            .payload(sample)
            .ok_or_else(|| Problem::new("The sample is gone.", "It was let go, by hand or for newer ones."))
    }

    /// Finds the ranges, unless they are known, and paints.
    async fn painted(
        &self,
        number: u64,
        payload: &ZBytes,
        content: &Content,
        slice: usize,
        known: Option<Rc<[Range]>>,
    ) -> Result<Result<Picture, MessageError>, Stopped> {
        let (view, room) = (content.spec.view(), self.room.get());
        // What the page says of a message is what this engine has read of it. A view that needs an
        // array which is not there would paint bytes of others.
        let missing = |index| MessageError::Unsound { why: format!("its picture needs array {index}, which it lacks") };
        let start = |index: usize| content.arrays.get(index).map(|range| range.start).ok_or_else(|| missing(index));
        let total = content.arrays.iter().map(|range| range.len() as u64).sum();
        let mut scanning = Scanning { number, messages: self, done: 0, total, told: clock::now(), looked: 0 };
        // The first value that cannot be read ends the task.
        macro_rules! sure {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(error) => return Ok(Err(error)),
                }
            };
        }
        let (fit, ranges, rgba) = match view {
            View::Nothing => (room.plot(0.0), Rc::from([]), Vec::new()),
            View::Number(element) => {
                let scan = sure!(scanning.scan(Scan::of_run(payload, element, sure!(start(0)), 1, 1)).await?);
                (room.plot(0.0), Rc::from([scan.range()]), Vec::new())
            }
            View::Line(element, count) => {
                let fit = room.plot(0.5);
                let parts = count.min(fit.pixels.0);
                let scan = sure!(scanning.scan(Scan::of_run(payload, element, sure!(start(0)), count, parts)).await?);
                let (all, thick) = (scan.range(), (1.5 * room.density).ceil() as usize);
                (fit, Rc::from([all]), line(scan.parts(), &all, fit.pixels, thick))
            }
            View::Raster(raster) => {
                let start = sure!(start(0));
                let ranges = match known {
                    Some(ranges) => ranges,
                    None => Rc::from([sure!(scanning.scan(Scan::of_raster(payload, &raster, start)).await?).range()]),
                };
                let range = sure!(ranges.first().copied().ok_or_else(|| missing(0)));
                let fit = room.fit(raster.width, raster.height);
                let mut painting = Painting::new(payload, raster, start, slice, range, fit.pixels);
                sure!(in_turns(self, number, || painting.step(STEP)).await?);
                scanning.looked += painting.looked();
                (fit, ranges, painting.into_rgba())
            }
            View::Points(count) => {
                let arrays = content.spec.arrays();
                let mut ranges = Vec::new();
                for (index, array) in arrays.iter().enumerate() {
                    let scan = Scan::of_run(payload, array.element, sure!(start(index)), count, 1);
                    ranges.push(sure!(scanning.scan(scan).await?).range());
                }
                let [Some(x), Some(y), Some(value)] = [0, 1, 3].map(|index| ranges.get(index).copied()) else {
                    return Ok(Err(missing(ranges.len())));
                };
                let starts = [sure!(start(0)), sure!(start(1)), sure!(start(3))];
                let fit = room.field(&x, &y);
                // A few points are painted large, so that the person sees each one.
                let side = if count < 20_000 { 2.0 * room.density } else { room.density };
                let mut points = Points::new(payload, starts, [x, y, value], count, fit.pixels, side.round() as usize);
                sure!(in_turns(self, number, || points.step(STEP_POINTS)).await?);
                scanning.looked += points.looked();
                (fit, ranges.into(), points.into_rgba())
            }
        };
        if !rgba.is_empty() {
            self.page.show(number, fit.pixels.0, &Uint8Array::from(rgba.as_slice()).buffer());
        }
        let (shown, pixels, looked) = (fit.shown, fit.pixels, scanning.looked);
        Ok(Ok(Picture { view, slice, ranges, shown, pixels, looked }))
    }
}

/// Opens and reads a message. A message of another schema than the wanted one still has a structure
/// to show.
fn open(payload: &ZBytes, start: usize, schema: Option<Schema>) -> Result<Opened, MessageError> {
    let received = Received::open_at(payload, start)?;
    let content = match schema {
        Some(schema) => received.read(schema),
        None => received.read_any(),
    };
    let parts = (0..received.segments())
        .filter_map(|index| Some(Part { bytes: received.segment(index)?, read: received.was_read(index) }))
        .collect();
    let ledger = received.ledger().clone();
    let named = content.as_ref().ok().map(|content| content.spec.schema());
    let structure = received.structure(named).map(Rc::new).map_err(|error| message_problem(&error));
    let end = received.end();
    Ok(Opened {
        content: content.map(Rc::new).map_err(|error| message_problem(&error)),
        parts,
        ledger,
        structure,
        end,
        behind: payload.len().saturating_sub(end),
    })
}

/// Copies a part of a payload into an `ArrayBuffer` of its own and makes a typed array over it.
fn make(payload: &ZBytes, key: ArrayKey) -> Result<(Object, ArrayFacts), Problem> {
    let failed = |error: &SegmentError| {
        Problem::new("The array could not be made.", format!("{}.", sentence(&error.in_words())))
    };
    let name = key.element.array_name();
    let class: Function = Reflect::get(&global(), &name.into())
        .and_then(JsCast::dyn_into)
        .map_err(|_| failed(&SegmentError::NoSuchArray { name }))?;
    let part = payload.slice(key.start..key.start.saturating_add(key.len)).ok_or_else(|| {
        Problem::new("The array could not be made.", "Its bytes are not in the sample. Read the message again.")
    })?;
    let mut ledger = Ledger::new();
    let buffer = to_array_buffer(part.segments(), &mut ledger).map_err(|(_, error)| failed(&error))?;
    let array: Object = Reflect::construct(&class, &Array::of1(&buffer))
        .map_err(|error| {
            Problem::new("The array could not be made.", format!("The browser says: {}.", message_of(&error)))
        })?
        .unchecked_into();
    let count = key.len / key.element.size();
    let ends = |range: std::ops::Range<usize>| range.map(|index| written(&array, index)).collect();
    let (first, last) =
        if count <= 2 * SHOWN { (ends(0..count), Vec::new()) } else { (ends(0..SHOWN), ends(count - SHOWN..count)) };
    Ok((array, ArrayFacts { count, first, last, ledger }))
}

/// Writes an element as JavaScript does.
fn written(array: &Object, index: usize) -> String {
    let value = Reflect::get_f64(array, index as f64).unwrap_or(JsValue::UNDEFINED);
    String::from(Object::from(value).to_string())
}
