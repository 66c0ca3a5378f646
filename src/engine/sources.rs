//! The caller's memory: real arrays for the rows, in the JavaScript heap or in wasm memory.

use std::{rc::Rc, time::Duration};

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, ArrayBuffer, Function, Reflect, Uint8Array, global};
use wasm_bindgen::{JsCast, JsValue};

use super::{
    capture::{Eyes, Shot},
    files::Files,
    own_code::Output,
    ring::{Ring, Slot},
};
use crate::{
    app::{Fill, InWords, Kind, Problem, Row, Selection},
    browser::{clock, error::message_of},
    ledger::{Ledger, Place},
    message::{self, Message, MessageError, Way},
    number::{bytes, count},
    payload::{BuildError, Receipt, ZBytes},
    segment::{Element, Input, Mode, Segment, SegmentError, Source},
};

/// Bytes that are written at a time. A multiple of every element size.
const CHUNK: usize = 64 << 10;

/// How long filling an array may keep the engine from other work.
const TURN: Duration = Duration::from_millis(8);

/// Rows of more bytes are filled in turns with everything else.
const LONG: usize = 4 << 20;

/// The memory of one row.
pub(super) enum Memory {
    Js(Vec<JsValue>),
    Linear(Vec<Segment>),
    /// The arrays of a message. Each build of a payload fills the message from them, or has it
    /// adopt them.
    Message(Vec<(Row, Memory)>),
    /// A plane of a robot's frame.
    Plane(Slot),
}

struct Made {
    row: Row,
    memory: Rc<Memory>,
    /// Whether the memory of a file or of a program is a payload's to detach. Else that detaches a twin.
    own: bool,
}

/// Memory of all rows. The memory of an unchanged row stays until a payload detaches it.
pub(super) struct Sources {
    files: Files,
    made: Vec<Made>,
    ring: Ring,
    /// What there is of the program of own code. Where none runs, ramps stand for its arrays.
    code: Option<Output>,
    /// Whether a put takes the arrays of the program.
    gives: bool,
    /// What the browser captures.
    pub(super) eyes: Eyes,
}

impl Sources {
    /// Has no arrays yet. Those of files take their bytes from `files`.
    pub(super) fn new(files: Files) -> Self {
        Self { files, made: Vec::new(), ring: Ring::default(), code: None, gives: false, eyes: Eyes::default() }
    }

    /// The same, for rows whose program may run.
    pub(super) fn with_code(files: Files) -> Self {
        Self { code: Some(Output::None), ..Self::new(files) }
    }

    /// What there is of the program now.
    pub(super) fn set_code(&mut self, output: Output) {
        self.made.retain(|made| made.row.kind.code().is_none());
        self.code = Some(output);
    }

    /// What there is of the program.
    pub(super) fn code(&self) -> &Output {
        self.code.as_ref().unwrap_or(&Output::None)
    }

    /// Whether a put takes the arrays of the program from now on: it may, if the program makes other ones.
    pub(super) fn give_code(&mut self, gives: bool) -> bool {
        self.gives = gives && self.code().gives();
        // What was made for a view is not the payload's to detach.
        if self.gives {
            self.made.retain(|made| made.row.kind.code().is_none());
        }
        self.gives
    }

    /// The arrays of the program were put.
    pub(super) fn code_put(&mut self) {
        self.code.iter_mut().for_each(Output::put);
    }

    /// Makes the arrays of `rows`.
    ///
    /// # Errors
    /// A [`Problem`] when the engine has no memory for an array, or does not have such arrays.
    pub(super) fn make(&mut self, rows: &[Row]) -> Result<(), Problem> {
        let mut old = std::mem::take(&mut self.made);
        // Dropped before the new arrays are made: old and new need not fit into memory together.
        old.retain(|made| rows.iter().any(|row| alike(&made.row, row)));
        if rows.iter().all(|row| row.kind.robot().is_none()) {
            self.ring.clear();
        }
        for row in rows {
            let kept = old.iter().find(|made| alike(&made.row, row)).map(|made| made.memory.clone());
            let memory = match kept {
                Some(memory) => memory,
                None => match self.make_new(row) {
                    Ok(memory) => Rc::new(memory),
                    Err(problem) => {
                        self.made.clear();
                        return Err(problem);
                    }
                },
            };
            let own = row.kind.code().is_some() && (self.gives || self.code.is_none());
            self.made.push(Made { row: row.clone(), memory, own });
        }
        Ok(())
    }

    fn make_new(&mut self, row: &Row) -> Result<Memory, Problem> {
        if let (Some(code), Some(output)) = (row.kind.code(), &self.code) {
            return output.array(row, code).map(|array| Memory::Js(vec![array]));
        }
        if let Some(array) = self.eyes.array(row) {
            return Ok(Memory::Js(vec![array]));
        }
        if row.kind.robot().is_none() {
            return make(row, &self.files);
        }
        self.ring.plane(row, &constructor(row)?).map(Memory::Plane).map_err(|why| no_memory(row, &why))
    }

    /// The planes of robots are those of the next frame, if the last one was put. Arrays to which no
    /// payload refers any more are painted again.
    pub(super) fn next_frame(&mut self) {
        if !self.ring.goes_on() {
            return;
        }
        for made in std::mem::take(&mut self.made) {
            if made.row.kind.robot().is_none() {
                self.made.push(made);
            } else if let Ok(Memory::Plane(slot)) = Rc::try_unwrap(made.memory) {
                self.ring.give_back(slot);
            }
        }
    }

    /// The captured rows are the newest frame from now on. `None` when none is captured.
    ///
    /// # Errors
    /// A [`Problem`] when a device has no such frame.
    pub(super) fn next_captured(&mut self, rows: &[Row]) -> Result<Option<Shot>, Problem> {
        let facts = self.eyes.take(rows)?;
        if facts.is_some() {
            self.made.retain(|made| made.row.kind.captured().is_none());
        }
        Ok(facts)
    }

    /// The frame was put.
    pub(super) fn frame_put(&mut self) {
        self.ring.put();
    }

    /// The number of the frame, and how many arrays were made for frames so far.
    pub(super) fn frames(&self) -> (u64, u64) {
        (self.ring.number(), self.ring.made() + self.eyes.made())
    }

    /// Returns the rows that would keep everything else waiting while their arrays are made.
    /// [`make_in_turns`] makes them, and [`Sources::keep`] takes them. Drops the arrays for which
    /// `rows` have no use.
    pub(super) fn long(&mut self, rows: &[Row]) -> Vec<Row> {
        self.made.retain(|made| rows.iter().any(|row| alike(&made.row, row)));
        let new = |row: &&Row| !self.made.iter().any(|made| alike(&made.row, row));
        let is_plain = |row: &Row| !row.kind.makes_frames() && row.kind.code().is_none();
        let filled = |row: &&Row| row.way().is_none() && is_plain(row);
        let long = |row: &&Row| filled(row) && row.place == Place::JsHeap && row.bytes() > LONG;
        rows.iter().filter(new).filter(long).cloned().collect()
    }

    /// Keeps a row's memory for the next [`Sources::make`].
    pub(super) fn keep(&mut self, row: Row, memory: Memory) {
        if !self.made.iter().any(|made| alike(&made.row, &row)) {
            self.made.push(Made { row, memory: Rc::new(memory), own: false });
        }
    }

    /// Makes twins of the files now, so that moving them needs no new copy.
    ///
    /// # Errors
    /// A [`Problem`] when the browser has no memory for one.
    pub(super) fn own_files(&mut self) -> Result<(), Problem> {
        for Made { row, memory, own } in &mut self.made {
            if let (Kind::File(_), Memory::Js(arrays)) = (&row.kind, memory.as_ref()) {
                let twins: Result<Vec<JsValue>, Problem> = arrays.iter().map(|array| twin(row, array, 0)).collect();
                (*memory, *own) = (Rc::new(Memory::Js(twins?)), true);
            }
        }
        Ok(())
    }

    /// The caller's array of a segment; `None` if it is in wasm memory or in a message.
    pub(super) fn array(&self, segment: Selection) -> Option<&JsValue> {
        match self.made.iter().find(|made| made.row.id == segment.row)?.memory.as_ref() {
            Memory::Js(arrays) => arrays.get(segment.index),
            Memory::Plane(slot) => slot.array(),
            Memory::Linear(_) | Memory::Message(_) => None,
        }
    }

    /// Lists the sources of a payload, each by its row's mode, or by `all`. The ledger counts the
    /// bytes that were copied into messages. The payload's build detaches buffers; this does not.
    ///
    /// # Errors
    /// A [`Problem`] when the browser has no memory for a message that is filled. The same holds
    /// for a file that is to be moved: the page keeps its files, so the payload moves a twin.
    pub(super) fn list(&self, all: Option<Mode>) -> Result<(Vec<Source>, Ledger), Problem> {
        let (mut sources, mut ledger) = (Vec::new(), Ledger::new());
        for Made { row, memory, own } in &self.made {
            let mode = all.unwrap_or(row.mode);
            if let Memory::Message(arrays) = memory.as_ref() {
                let (parts, copied) = compose(row, arrays, mode)?.into_sources(Some(mode));
                sources.extend(parts);
                ledger.absorb(&copied);
            } else {
                list(row, memory, mode, *own, &mut sources)?;
            }
        }
        Ok((sources, ledger))
    }

    /// Builds the payload, and says what that took: what was copied into messages too. Rows whose
    /// arrays it moved have no arrays until [`Sources::make`] makes them again.
    ///
    /// # Errors
    /// A [`Problem`] that says why a source cannot be taken.
    pub(super) fn build(&mut self, all: Option<Mode>) -> Result<(ZBytes, Receipt), Problem> {
        let (sources, ledger) = self.list(all)?;
        let (payload, mut receipt) = ZBytes::build(sources).map_err(|error| build_problem(&error))?;
        receipt.ledger.absorb(&ledger);
        let mut at = 0;
        for made in &self.made {
            if let Some(segment) = payload.segments().get(at) {
                if let Memory::Plane(slot) = made.memory.as_ref() {
                    slot.taken(segment);
                }
                self.eyes.taken(&made.row, segment);
            }
            at += made.row.segments();
        }
        self.made.retain(|made| all.unwrap_or(made.row.mode) != Mode::Move);
        Ok((payload, receipt))
    }
}

/// Appends the sources of a row to a payload that takes them by `mode`. The row must not be a
/// message. To move a file whose memory is not its `own` twin, it makes a twin.
fn list(row: &Row, memory: &Memory, mode: Mode, own: bool, sources: &mut Vec<Source>) -> Result<(), Problem> {
    let source = |input: Input| Source::new(input, mode).unsupported(row.unsupported);
    match memory {
        Memory::Js(arrays) => {
            let twins = matches!(row.kind, Kind::File(_) | Kind::Code(_)) && mode == Mode::Move && !own;
            for array in arrays {
                let array = if twins { twin(row, array, sources.len())? } else { array.clone() };
                sources.push(source(Input::array(array)));
            }
        }
        Memory::Linear(segments) => sources.extend(segments.iter().map(|segment| source(segment.clone().into()))),
        Memory::Plane(slot) => sources.push(source(slot.input())),
        // The arrays of a message cannot be messages themselves.
        Memory::Message(_) => {}
    }
    Ok(())
}

/// Copies the array of a file into one of its own. `index` is the segment that errors name.
fn twin(row: &Row, array: &JsValue, index: usize) -> Result<JsValue, Problem> {
    let error = SegmentError::OutOfMemory { requested: row.array_bytes() };
    // Through `Reflect`, because the constructor throws when the browser has no memory.
    Reflect::construct(&constructor(row)?, &Array::of1(array))
        .map_err(|_| build_problem(&BuildError::Segment { index, error }))
}

/// The message of `row` over its arrays, taken by `mode` if the message adopts them.
fn compose(row: &Row, arrays: &[(Row, Memory)], mode: Mode) -> Result<Message, Problem> {
    let mut sources = Vec::with_capacity(arrays.len());
    for (row, memory) in arrays {
        list(row, memory, mode, false, &mut sources)?;
    }
    let (spec, way) = parts_of(row)?;
    let message = if way == Way::Filled { spec.filled(sources) } else { spec.adopted(sources) };
    message.map_err(|error| message_problem(row, &error))
}

/// The content of the message of `row`, and the way to make it.
fn parts_of(row: &Row) -> Result<(message::Spec, Way), Problem> {
    row.spec()
        .zip(row.way())
        .ok_or_else(|| Problem::new(format!("{} is not a message.", row.name.shown()), "Remove the row."))
}

/// Makes a message in place. The row's pattern writes the elements straight into the builder's
/// memory. A producer in JavaScript would write through a typed array (`segment::js::lend`). This
/// one needs no such view, so wasm memory cannot grow under it.
fn in_place(row: &Row) -> Result<Memory, Problem> {
    let (spec, _) = parts_of(row)?;
    let arrays = row.arrays();
    let message = spec.in_place(|index, into| {
        if let Some(array) = arrays.get(index) {
            array.write(0, 0, into);
        }
        Ok(())
    });
    let message = message.map_err(|error| message_problem(row, &error))?;
    let payload = message.into_payload().map_err(|error| build_problem(&error))?;
    Ok(Memory::Linear(payload.into_segments()))
}

/// An array of a row that is filled piece by piece.
struct Filling<'a> {
    row: &'a Row,
    index: usize,
    /// The array's bytes, which start as zeros.
    bytes: Uint8Array,
    offset: usize,
    chunk: Vec<u8>,
}

impl<'a> Filling<'a> {
    fn new(row: &'a Row, index: usize, bytes: Uint8Array) -> Self {
        let len = bytes.byte_length() as usize;
        // A new array holds zeros already.
        let zeros = row.kind.is_filled() && row.fill == Fill::Zeros;
        Self { row, index, bytes, offset: if zeros { len } else { 0 }, chunk: vec![0; CHUNK.min(len)] }
    }

    /// Fills the next piece. Returns whether another one remains.
    #[allow(clippy::disallowed_methods, reason = "makes what a caller would have: no payload is there yet")]
    fn step(&mut self) -> bool {
        let len = self.bytes.byte_length() as usize;
        let count = self.chunk.len().min(len - self.offset);
        let piece = self.chunk.get_mut(..count).unwrap_or_default();
        self.row.write(self.index, self.offset, piece);
        let (from, to) = (self.offset, self.offset + count);
        self.bytes.subarray(from as u32, to as u32).copy_from(piece);
        self.offset = to;
        to < len
    }
}

/// The problem for a payload that could not be built.
pub(super) fn build_problem(error: &BuildError) -> Problem {
    Problem::new("The payload cannot be built.", format!("Nothing was built: {}.", error.in_words()))
}

fn message_problem(row: &Row, error: &MessageError) -> Problem {
    match error {
        MessageError::Segment(error @ SegmentError::OutOfMemory { .. }) => no_memory(row, &error.in_words()),
        error => Problem::new(
            format!("The message {} cannot be made.", row.name.shown()),
            format!("Nothing was built: {}.", error.in_words()),
        ),
    }
}

/// Returns whether row `b` can use the memory of row `a`: it must be the same row, in any mode.
/// Rows never share their memory, because a payload may detach it from one of them.
fn alike(a: &Row, b: &Row) -> bool {
    let pattern = |row: &Row| row.kind.is_filled().then_some(row.fill);
    let around = |row: &Row| if row.is_part() { (row.before, row.after) } else { (0, 0) };
    a.id == b.id
        && (&a.kind, a.element, a.length, a.repeat, a.place) == (&b.kind, b.element, b.length, b.repeat, b.place)
        && (pattern(a), around(a)) == (pattern(b), around(b))
}

fn make(row: &Row, files: &Files) -> Result<Memory, Problem> {
    if matches!(row.kind, Kind::Values(_)) && row.length == 0 {
        return Err(Problem::new(
            format!("The values of {} cannot be read.", row.name.shown()),
            "Nothing was built. The row says why.",
        ));
    }
    match row.way() {
        Some(Way::InPlace) => return in_place(row),
        Some(Way::Filled | Way::Adopted) => {
            let arrays = row.arrays().into_iter().map(|array| make(&array, files).map(|memory| (array, memory)));
            return arrays.collect::<Result<_, _>>().map(Memory::Message);
        }
        None => {}
    }
    match row.place {
        Place::Linear => {
            (0..row.repeat).map(|index| linear(row, index, files)).collect::<Result<_, _>>().map(Memory::Linear)
        }
        Place::JsHeap => {
            let constructor = constructor(row)?;
            (0..row.repeat).map(|index| js(row, index, &constructor, files)).collect::<Result<_, _>>().map(Memory::Js)
        }
    }
}

/// Makes a row of arrays in the JavaScript heap, in turns with everything else. Returns `None` as soon as
/// the row is not `wanted` any more.
///
/// # Errors
/// The [`Problem`] of [`Sources::make`].
pub(super) async fn make_in_turns(
    row: &Row,
    files: &Files,
    wanted: impl Fn() -> bool,
) -> Result<Option<Memory>, Problem> {
    let constructor = constructor(row)?;
    let mut arrays = Vec::with_capacity(row.repeat);
    let mut begun = clock::now();
    for index in 0..row.repeat {
        let (array, mut filling) = allocated(row, index, &constructor, files)?;
        let mut more = true;
        while more {
            more = filling.as_mut().is_some_and(Filling::step);
            if clock::now().saturating_sub(begun) >= TURN {
                TimeoutFuture::new(0).await;
                if !wanted() {
                    return Ok(None);
                }
                begun = clock::now();
            }
        }
        arrays.push(array);
    }
    Ok(Some(Memory::Js(arrays)))
}

/// The class of the arrays of a row in the JavaScript heap.
fn constructor(row: &Row) -> Result<Function, Problem> {
    let name = if row.kind.is_typed() { row.element.array_name() } else { "Uint8Array" };
    Reflect::get(&global(), &name.into()).and_then(JsCast::dyn_into).map_err(|_| {
        Problem::new(
            format!("This browser has no {name}."),
            format!("Choose another type for {}, or a newer browser.", row.name.shown()),
        )
    })
}

/// One array in the JavaScript heap.
fn js(row: &Row, index: usize, constructor: &Function, files: &Files) -> Result<JsValue, Problem> {
    let (array, mut filling) = allocated(row, index, constructor, files)?;
    while filling.as_mut().is_some_and(Filling::step) {}
    Ok(array)
}

/// Allocates an array in the JavaScript heap. Returns it with the state of its filling.
fn allocated<'a>(
    row: &'a Row,
    index: usize,
    constructor: &Function,
    files: &Files,
) -> Result<(JsValue, Option<Filling<'a>>), Problem> {
    if row.kind.given().is_some() {
        let bytes = file(row, files)?;
        if !row.kind.is_typed() {
            return Ok((bytes.into(), None));
        }
        // A view of the buffer, which nothing detaches: what is moved is a twin.
        let view = Reflect::construct(constructor, &Array::of1(&bytes.buffer()));
        return view.map(|view| (view, None)).map_err(|error| no_memory(row, &message_of(&error)));
    }
    let part = row.is_part();
    let (before, around) = if part { (row.before, row.before + row.after) } else { (0, 0) };
    let length = Array::of1(&JsValue::from_f64((row.length + around) as f64));
    // Through `Reflect`, because the constructor throws when the browser has no memory, and the
    // caller needs an error.
    let whole = Reflect::construct(constructor, &length).map_err(|error| no_memory(row, &message_of(&error)))?;
    let buffer: ArrayBuffer = whole.unchecked_ref::<Uint8Array>().buffer();
    let (start, len) = (before * row.element.size(), row.array_bytes());
    let bytes = Uint8Array::new_with_byte_offset_and_length(&buffer, start as u32, len as u32);
    let array = match row.kind {
        Kind::ArrayBuffer => buffer.into(),
        Kind::DataView => js_sys::DataView::new(&buffer, start, len).into(),
        Kind::Array | Kind::Captured(_) if part => {
            let arguments = Array::of3(&buffer, &(start as u32).into(), &(row.length as u32).into());
            Reflect::construct(constructor, &arguments).map_err(|error| no_memory(row, &message_of(&error)))?
        }
        _ => whole,
    };
    Ok((array, Some(Filling::new(row, index, bytes))))
}

/// What was read out of the file of a row.
fn file(row: &Row, files: &Files) -> Result<Uint8Array, Problem> {
    let given = row.kind.given().ok_or_else(|| lost_file(row))?;
    files.bytes((given.file, given.reading)).ok_or_else(|| lost_file(row))?
}

/// One block in wasm memory, written in place.
#[allow(clippy::disallowed_methods, reason = "makes what a caller would have: no payload is there yet")]
fn linear(row: &Row, index: usize, files: &Files) -> Result<Segment, Problem> {
    let segment = match row.kind {
        Kind::File(_) => {
            let bytes = file(row, files)?;
            Segment::fill_js(Element::Uint8, row.array_bytes(), |view| {
                view.unchecked_ref::<Uint8Array>().set(&bytes, 0)
            })
            .map(|(segment, ())| segment)
        }
        _ => Segment::fill(row.array_bytes(), |bytes| row.write(index, 0, bytes)),
    };
    segment.map_err(|error: SegmentError| no_memory(row, &error.in_words()))
}

fn lost_file(row: &Row) -> Problem {
    Problem::new(
        format!("{} is not here any more.", row.name.shown()),
        "The page has let the file go. Remove the row and give the file again.",
    )
}

fn no_memory(row: &Row, reason: &str) -> Problem {
    Problem::new(
        format!("No memory for {}.", row.name.shown()),
        format!(
            "The browser could not make {} arrays of {} each ({reason}). Make the row shorter, or repeat it less often.",
            count(row.repeat),
            bytes(row.buffer_bytes())
        ),
    )
}
