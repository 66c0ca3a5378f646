//! Bytes in the JavaScript heap: the owner behind segments of arrays and of received
//! `ArrayBuffer`s, and how arrays are taken.
//!
//! The engine may detach a buffer at any time (`transfer()`, a transfer to a Worker). So no Rust
//! reference to the bytes is ever made. Each use copies through the engine and first compares the
//! length that the array has now with the one that it had.
//!
//! Looking at a source costs a few calls into the engine. Everything that can be known is looked up
//! before the first buffer is taken away from its owner. So a payload that is refused leaves its
//! sources as they were.

use std::{
    arch::wasm32::memory_size,
    mem::MaybeUninit,
    ops::Range,
    rc::{Rc, Weak},
};

use js_sys::{Array, ArrayBuffer, Function, Map, Object, Reflect, Set, Uint8Array, WebAssembly, global};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::{
    element::Element,
    error::{Cause, SegmentError},
    linear::Aligned,
    mode::{Mode, Unsupported},
    run::{Aliasing, Owner, Segment},
    source::{Input, Kind, Pending},
};
use crate::ledger::{Entry, Ledger, Place, Reason, Stage};

// The getters of js-sys give lengths as `u32`, and `true` or `false` only. A buffer may be longer,
// and an older engine may not know a property.
#[wasm_bindgen]
extern "C" {
    /// A typed array, a `DataView`, an `ArrayBuffer` or a `SharedArrayBuffer`.
    type Bytes;

    /// A `DataView` throws here when it is detached, or out of the bounds of a buffer that has
    /// shrunk.
    #[wasm_bindgen(catch, method, getter, js_name = byteLength)]
    fn byte_length(this: &Bytes) -> Result<f64, JsValue>;

    /// The same of a buffer, which never throws.
    #[wasm_bindgen(method, getter, js_name = byteLength)]
    fn buffer_length(this: &Bytes) -> f64;

    #[wasm_bindgen(method, getter, js_name = byteOffset)]
    fn byte_offset(this: &Bytes) -> f64;

    #[wasm_bindgen(method, getter)]
    fn buffer(this: &Bytes) -> JsValue;

    /// Shared buffers have no such property.
    #[wasm_bindgen(method, getter)]
    fn resizable(this: &Bytes) -> Option<bool>;

    /// <https://github.com/tc39/proposal-immutable-arraybuffer>
    #[wasm_bindgen(method, getter)]
    fn immutable(this: &Bytes) -> Option<bool>;

    #[wasm_bindgen(js_name = Uint8Array)]
    type Window;

    #[wasm_bindgen(constructor, js_class = "Uint8Array")]
    fn new(buffer: &JsValue, offset: f64, len: f64) -> Window;
}

/// What keeps bytes in the JavaScript heap alive. Dropped with the last segment that refers to it;
/// then the engine may collect the array, if no other code holds it.
struct JsOwner {
    /// The caller's array, or a buffer.
    array: JsValue,
    /// Its length when it was taken; it differs once the buffer was detached.
    whole: usize,
    aliasing: Aliasing,
    /// Where in wasm memory it is, if it is there: `array` may be detached by our own allocations
    /// then.
    in_memory: Option<f64>,
}

impl JsOwner {
    fn new(array: JsValue, whole: usize, aliasing: Aliasing) -> Rc<Self> {
        Rc::new(Self { array, whole, aliasing, in_memory: None })
    }

    fn check(&self) -> Result<(), SegmentError> {
        if self.in_memory.is_some() {
            return Ok(());
        }
        let found = length_of(&self.array);
        if found == self.whole as f64 {
            Ok(())
        } else {
            Err(SegmentError::Detached { expected: self.whole, found: found as usize })
        }
    }

    /// `len` bytes from `start` on as JavaScript sees them. Nothing is copied.
    fn view(&self, start: usize, len: usize) -> Result<Uint8Array, SegmentError> {
        self.check()?;
        let view =
            |buffer: &JsValue, offset: f64| Window::new(buffer, offset + start as f64, len as f64).unchecked_into();
        Ok(match self.in_memory {
            Some(offset) => view(&memory(), offset),
            None if ArrayBuffer::is_view(&self.array) => {
                let array: &Bytes = self.array.unchecked_ref();
                view(&array.buffer(), array.byte_offset())
            }
            None => view(&self.array, 0.0),
        })
    }

    /// Copies `len` bytes from `start` on to `address` in wasm memory. The caller has checked that
    /// they lie inside of both.
    #[allow(
        clippy::disallowed_methods,
        reason = "the place where payload bytes leave the JavaScript heap: the callers write the ledger"
    )]
    fn copy_out(&self, start: usize, len: usize, address: *mut u8) -> Result<(), SegmentError> {
        let address = address as usize as u32;
        if let Some(offset) = self.in_memory {
            // By address alone: a handle more may be one for which memory has to grow, and a view
            // of it would be detached.
            MEMORY.with(|memory| copy_within(memory, offset + start as f64, len as f64, address));
            return Ok(());
        }
        let found =
            MEMORY.with(|memory| copy_in(memory, &self.array, self.whole as f64, start as f64, len as f64, address));
        if found == self.whole as f64 {
            Ok(())
        } else {
            Err(SegmentError::Detached { expected: self.whole, found: found as usize })
        }
    }
}

/// A range of an array, by a counted reference to its owner.
#[derive(Clone)]
pub(super) struct JsBytes {
    owner: Rc<JsOwner>,
    start: usize,
    len: usize,
}

impl JsBytes {
    fn whole(owner: Rc<JsOwner>) -> Self {
        let len = owner.whole;
        Self { owner, start: 0, len }
    }

    /// Takes a whole buffer that no other code holds.
    pub(super) fn own(buffer: ArrayBuffer) -> Self {
        let len = buffer.unchecked_ref::<Bytes>().buffer_length() as usize;
        Self::whole(JsOwner::new(buffer.into(), len, Aliasing::Exclusive))
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn aliasing(&self) -> Aliasing {
        self.owner.aliasing
    }

    /// Whether both are the same bytes, wherever they are.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.owner, &other.owner) && (self.start, self.len) == (other.start, other.len)
    }

    /// A part; the caller has checked that `range` lies inside.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        Self { owner: self.owner.clone(), start: self.start + range.start, len: range.end - range.start }
    }

    pub(super) fn check(&self) -> Result<(), SegmentError> {
        self.owner.check()
    }

    /// All of this range as JavaScript sees it.
    pub(super) fn view(&self) -> Result<Uint8Array, SegmentError> {
        self.owner.view(self.start, self.len)
    }

    /// Copies `into.len()` bytes from `offset` of this range on; the caller has checked that they
    /// lie inside.
    pub(super) fn copy_to(&self, offset: usize, into: &mut [u8]) -> Result<(), SegmentError> {
        self.owner.copy_out(self.start + offset, into.len(), into.as_mut_ptr())
    }

    /// Copies to the end of `into` without filling the memory with zeros first.
    #[allow(unsafe_code, reason = "a copy into fresh memory would otherwise cost a second pass to clear it")]
    pub(super) fn append_to(&self, into: &mut Vec<u8>) -> Result<(), SegmentError> {
        into.try_reserve(self.len).map_err(|_| SegmentError::OutOfMemory { requested: self.len })?;
        let old = into.len();
        let space: &mut [MaybeUninit<u8>] = &mut into.spare_capacity_mut()[..self.len];
        self.owner.copy_out(self.start, self.len, space.as_mut_ptr().cast())?;
        // SAFETY: `copy_out` came back without an error, so it has written all of `space`. These
        // are the first `self.len` bytes after the old length, and they lie inside the capacity.
        unsafe { into.set_len(old + self.len) };
        Ok(())
    }

    /// Whether its length allows it to be the memory of another wasm module, which an engine
    /// refuses to detach. A program cannot ask for that.
    pub(super) fn is_suspect(&self) -> bool {
        self.len.is_multiple_of(65_536)
    }

    /// Takes the buffer away: the caller's arrays over it are detached. Only for the one reference
    /// to an owner of a whole buffer, as [`Engine::admit`] makes it for a move.
    pub(super) fn take_away(&mut self) -> Result<(), String> {
        let Some(owner) = Rc::get_mut(&mut self.owner) else { return Err("it has another holder".to_owned()) };
        owner.array = transfer(&owner.array).map_err(|error| words(&error))?;
        Ok(())
    }

    pub(super) fn watch(&self) -> Watch {
        Watch { owner: Rc::downgrade(&self.owner) }
    }

    /// The buffer itself, when it is the payload's alone and nothing else refers to it.
    pub(super) fn into_buffer(self) -> Result<ArrayBuffer, Self> {
        let Self { owner, start, len } = self;
        if owner.aliasing != Aliasing::Exclusive || (start, len) != (0, owner.whole) {
            return Err(Self { owner, start, len });
        }
        Rc::try_unwrap(owner).map(|owner| owner.array.unchecked_into()).map_err(|owner| Self { owner, start, len })
    }
}

/// Tells whether an owner in the JavaScript heap is still held, without holding it.
#[derive(Clone, Debug)]
pub struct Watch {
    owner: Weak<JsOwner>,
}

impl std::fmt::Debug for JsOwner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsOwner").field("whole", &self.whole).field("aliasing", &self.aliasing).finish()
    }
}

impl Watch {
    /// How many segments refer to the owner now: in payloads, slices, samples and puts under way. 0
    /// once it was released, and for good.
    #[must_use]
    pub fn holders(&self) -> usize {
        self.owner.strong_count()
    }
}

/// How many bytes there are behind `array` now: none when it is detached.
fn length_of(array: &JsValue) -> f64 {
    array.unchecked_ref::<Bytes>().byte_length().unwrap_or(0.0)
}

/// What an engine said.
fn words(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => format!("{error:?}"),
    }
}

/// What a value without bytes is.
fn describe(value: &JsValue) -> String {
    if value.is_null() {
        return "null".to_owned();
    }
    match value.js_typeof().as_string().as_deref() {
        Some("object") => {
            // A program may have given the object a `constructor` that is not one.
            let get = |of: &JsValue, key: &str| Reflect::get(of, &key.into()).unwrap_or_default();
            let name = get(&get(value, "constructor"), "name").as_string().unwrap_or_default();
            if name.is_empty() { "an object".to_owned() } else { format!("an object of type {name}") }
        }
        Some("undefined") => "undefined".to_owned(),
        Some(kind) => format!("a {kind}"),
        None => "no buffer".to_owned(),
    }
}

thread_local! {
    /// This program's memory, which stays the same object when it grows.
    static MEMORY: JsValue = wasm_bindgen::memory();
}

/// The buffer of this program's memory, as it is now.
fn memory() -> JsValue {
    MEMORY.with(|memory| memory.unchecked_ref::<WebAssembly::Memory>().buffer())
}

/// Bytes in this program's memory as JavaScript sees them, until that memory grows.
pub(super) fn view_of(bytes: &[u8]) -> Uint8Array {
    Window::new(&memory(), bytes.as_ptr() as usize as f64, bytes.len() as f64).unchecked_into()
}

// What nearly every source is can be told in one call; through wasm-bindgen's bindings it would be
// one for each question.
#[wasm_bindgen(module = "/src/segment/look.js")]
extern "C" {
    /// The length of an array that can be borrowed without a second thought, else a negative
    /// number.
    #[wasm_bindgen(js_name = ordinaryLength)]
    fn ordinary_length(value: &JsValue, memory: &JsValue) -> f64;

    /// The same of an array that can be moved, whose buffer is then put behind `moved`.
    #[wasm_bindgen(js_name = ordinaryWhole)]
    fn ordinary_whole(value: &JsValue, memory: &JsValue, moved: &Array) -> f64;

    /// Whether a value that is not a view is a buffer, shared or not.
    #[wasm_bindgen(js_name = isBuffer)]
    fn is_buffer(value: &JsValue) -> bool;

    /// Whether a buffer is detached.
    #[wasm_bindgen(js_name = isDetached)]
    fn is_detached(buffer: &JsValue) -> bool;

    /// Copies `length` bytes from `start` of an array or buffer of `whole` bytes on to `address` in
    /// this program's memory. Returns how many bytes the source has now; nothing is copied when
    /// that is not `whole`.
    #[wasm_bindgen(js_name = copyIn)]
    fn copy_in(memory: &JsValue, array: &JsValue, whole: f64, start: f64, length: f64, address: u32) -> f64;

    /// Copies `length` bytes from one address in this program's memory to another.
    #[wasm_bindgen(js_name = copyWithin)]
    fn copy_within(memory: &JsValue, from: f64, length: f64, address: u32);

    /// Takes the memory away from an array or a buffer.
    #[wasm_bindgen(catch)]
    fn transfer(value: &JsValue) -> Result<JsValue, JsValue>;
}

/// What the engine is asked about the sources of one payload.
pub(super) struct Engine {
    memory: JsValue,
    /// Pages of wasm memory when `memory` was looked up: the caller's code may run, and allocate,
    /// between two sources.
    pages: usize,
    /// The buffers that are to be moved, in payload order.
    moved: Array,
    /// Bytes of sources beyond what a `usize` can tell.
    excess: f64,
}

impl Engine {
    pub(super) fn new() -> Self {
        Self { memory: memory(), pages: memory_size::<0>(), moved: Array::new(), excess: 0.0 }
    }

    /// A length as `usize`, which saturates; a payload of that size is refused before it is
    /// used.
    fn note(&mut self, len: f64) -> usize {
        let noted = len as usize;
        self.excess += len - noted as f64;
        noted
    }

    /// Bytes of sources beyond the lengths of their segments.
    pub(super) fn excess(&self) -> u64 {
        self.excess as u64
    }

    /// Looks at a source, and changes nothing.
    pub(super) fn admit(
        &mut self,
        value: JsValue,
        known: bool,
        mode: Mode,
        unsupported: Unsupported,
        segments: &mut Vec<Segment>,
    ) -> Result<Pending, SegmentError> {
        let pages = memory_size::<0>();
        if pages != self.pages {
            (self.memory, self.pages) = (memory(), pages);
        }
        if known {
            let len = match mode {
                Mode::Copy | Mode::Borrow => ordinary_length(&value, &self.memory),
                Mode::Move => ordinary_whole(&value, &self.memory, &self.moved),
            };
            if len >= 0.0 {
                let (aliasing, pending) = match mode {
                    Mode::Copy => (Aliasing::Shared, Pending::Copy(Reason::CopyMode)),
                    Mode::Borrow => (Aliasing::Shared, Pending::Nothing),
                    Mode::Move => (Aliasing::Exclusive, Pending::Move),
                };
                let owner = JsOwner::new(value, self.note(len), aliasing);
                segments.push(Segment::of_js(JsBytes::whole(owner)));
                return Ok(pending);
            }
        }
        self.admit_closely(value, mode, unsupported, segments)
    }

    /// Whether two of the segments want one buffer, and one of them to move it.
    pub(super) fn has_conflict(&self, segments: &[Segment], modes: &[Mode]) -> bool {
        if self.moved.length() == 0 {
            return false;
        }
        let moved = Set::new(&self.moved);
        moved.size() < self.moved.length()
            || segments.iter().zip(modes).any(|(segment, mode)| {
                *mode == Mode::Borrow && buffer_of(segment).is_some_and(|buffer| moved.has(&buffer))
            })
    }

    /// As [`Engine::admit`], for whatever is not ordinary: asks everything.
    fn admit_closely(
        &mut self,
        value: JsValue,
        mode: Mode,
        unsupported: Unsupported,
        segments: &mut Vec<Segment>,
    ) -> Result<Pending, SegmentError> {
        let is_view = ArrayBuffer::is_view(&value);
        if !is_view && !is_buffer(&value) {
            return Err(SegmentError::NotABuffer { found: describe(&value) });
        }
        let array: &Bytes = value.unchecked_ref();
        let buffer = if is_view { array.buffer() } else { value.clone() };
        let fixed: &Bytes = buffer.unchecked_ref();
        let len = length_of(&value);
        if len == 0.0 && is_detached(&buffer) {
            return Err(SegmentError::SourceDetached);
        }
        let immutable = fixed.immutable() == Some(true);
        let in_memory = Object::is(&buffer, &self.memory);
        let cause = match mode {
            Mode::Copy => None,
            _ => unsafe_to_take(mode, &buffer, len, in_memory, immutable),
        };
        let (pending, aliasing) = match (mode, cause, unsupported) {
            (Mode::Copy, ..) => (Pending::Copy(Reason::CopyMode), Aliasing::Shared),
            (Mode::Borrow, None, _) if immutable => (Pending::Nothing, Aliasing::Immutable),
            (Mode::Borrow, None, _) => (Pending::Nothing, Aliasing::Shared),
            (Mode::Move, None, _) => {
                self.moved.push(&buffer);
                (Pending::Move, Aliasing::Exclusive)
            }
            (_, Some(_), Unsupported::Copy) => (Pending::Copy(Reason::Unsupported), Aliasing::Shared),
            (mode, Some(cause), Unsupported::Refuse) => return Err(SegmentError::Refused { mode, cause }),
        };
        let in_memory = in_memory.then(|| if is_view { array.byte_offset() } else { 0.0 });
        let whole = self.note(len);
        // Another thread may make shared memory longer, so what is copied of it has a view of fixed
        // length.
        let fixed_length = in_memory.is_some() || len == 0.0 || fixed.resizable() == Some(false);
        let array = if fixed_length {
            value
        } else {
            Window::new(&buffer, if is_view { array.byte_offset() } else { 0.0 }, len).into()
        };
        let owner = JsOwner { array, whole, aliasing, in_memory };
        segments.push(Segment::of_js(JsBytes::whole(Rc::new(owner))));
        Ok(pending)
    }
}

/// What forbids to borrow or to move `len` bytes of `buffer`, whatever else is in the payload.
fn unsafe_to_take(mode: Mode, buffer: &JsValue, len: f64, in_memory: bool, immutable: bool) -> Option<Cause> {
    match buffer.unchecked_ref::<Bytes>().resizable() {
        Some(true) => return Some(Cause::Resizable),
        // Shared buffers have no such property, and neither has an engine of before 2023.
        None if !buffer.is_instance_of::<ArrayBuffer>() => return Some(Cause::Shared),
        _ => {}
    }
    if in_memory {
        return Some(Cause::WasmMemory);
    }
    if mode == Mode::Move {
        if immutable {
            return Some(Cause::Immutable);
        }
        let whole = buffer.unchecked_ref::<Bytes>().buffer_length();
        if whole != len {
            return Some(Cause::Partial { part: len as usize, whole: whole as usize });
        }
    }
    None
}

/// The buffers that the segments so far move and borrow, with the index of the first that does.
#[derive(Default)]
struct Takers {
    moved: Map,
    borrowed: Map,
}

impl Takers {
    /// Notes the buffer, unless it is in the way of one that was noted before.
    fn meet(&self, index: usize, mode: Mode, buffer: &JsValue) -> Option<Cause> {
        let other = |map: &Map| map.get(buffer).as_f64().map(|index| index as usize);
        let conflict = match mode {
            Mode::Move => {
                let moved = other(&self.moved).map(|other| Cause::AlsoMoved { other });
                moved.or_else(|| other(&self.borrowed).map(|other| Cause::AlsoBorrowed { other }))
            }
            _ => other(&self.moved).map(|other| Cause::AlsoMoved { other }),
        };
        let own = if mode == Mode::Move { &self.moved } else { &self.borrowed };
        if conflict.is_none() && !own.has(buffer) {
            own.set(buffer, &JsValue::from_f64(index as f64));
        }
        conflict
    }
}

/// The buffer of a segment; `None` for linear memory.
fn buffer_of(segment: &Segment) -> Option<JsValue> {
    let Owner::Js(bytes) = &segment.owner else { return None };
    let array = &bytes.owner.array;
    Some(if ArrayBuffer::is_view(array) { array.unchecked_ref::<Bytes>().buffer() } else { array.clone() })
}

impl Input {
    /// A JavaScript value of which the caller knows that it is an array or a buffer. What a value
    /// is that comes by `From` is looked up, which takes longer.
    #[must_use]
    pub fn array(value: JsValue) -> Self {
        Self(Kind::Js { value, known: true })
    }
}

impl From<JsValue> for Input {
    fn from(value: JsValue) -> Self {
        Self(Kind::Js { value, known: false })
    }
}

impl From<&JsValue> for Input {
    fn from(value: &JsValue) -> Self {
        value.clone().into()
    }
}

macro_rules! arrays {
    ($($class:ident),+ $(,)?) => {
        $(impl From<&js_sys::$class> for Input {
            fn from(array: &js_sys::$class) -> Self {
                Self::array(array.into())
            }
        })+
    };
}

arrays! {
    Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float16Array,
    Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView, ArrayBuffer, SharedArrayBuffer,
}

/// Memory of `length` elements in wasm memory, filled by `produce` through a JavaScript array over
/// it. See [`Segment::fill_js`].
pub(super) fn fill<R>(
    element: Element,
    length: usize,
    produce: impl FnOnce(&Object) -> R,
) -> Result<(Segment, R), SegmentError> {
    // Memory of a length that no number holds cannot be had either.
    let mut space = Aligned::zeros(length.saturating_mul(element.size()))?;
    let result = lend(space.bytes_mut(), element, produce)?;
    Ok((Segment::from_owner(space), result))
}

/// Lends `bytes` to `produce` as a JavaScript array of `element`; nothing is copied. They must
/// begin at an address that the element can live with, and be whole elements. For what the array is
/// good for, see [`Segment::fill_js`].
///
/// # Errors
/// [`SegmentError::NoSuchArray`], before `produce` is called; [`SegmentError::Grown`] when wasm
/// memory grew during the call, or when the bytes cannot be seen as such an array.
pub fn lend<R>(bytes: &mut [u8], element: Element, produce: impl FnOnce(&Object) -> R) -> Result<R, SegmentError> {
    // The address leaves Rust here, as that of a slice does that is passed to an imported function.
    let (address, length) = (bytes.as_mut_ptr() as usize as u32, bytes.len() / element.size());
    let class: Function = Reflect::get(&global(), &element.array_name().into())
        .and_then(JsCast::dyn_into)
        .map_err(|_| SegmentError::NoSuchArray { name: element.array_name() })?;
    let arguments = Array::new_with_length(3);
    arguments.set(1, address.into());
    arguments.set(2, (length as u32).into());
    // Last, because a handle more may be one for which memory has to grow.
    arguments.set(0, memory());
    let view: Object = Reflect::construct(&class, &arguments).map_err(|_| SegmentError::Grown)?.unchecked_into();
    let result = produce(&view);
    if length_of(&view) != bytes.len() as f64 {
        return Err(SegmentError::Grown);
    }
    Ok(result)
}

/// All bytes of `segments` in an `ArrayBuffer` of their own, each copied once, straight from where
/// it is, and noted in `ledger`. What lies in the JavaScript heap does not pass through wasm
/// memory.
///
/// # Errors
/// The index of the segment, and [`SegmentError::Detached`] or [`SegmentError::OutOfMemory`].
#[allow(clippy::disallowed_methods, reason = "one of the places where payload bytes are copied, noted here")]
pub fn to_array_buffer(segments: &[Segment], ledger: &mut Ledger) -> Result<ArrayBuffer, (usize, SegmentError)> {
    let requested: usize = segments.iter().map(Segment::len).sum();
    let length = Array::of1(&JsValue::from_f64(requested as f64));
    let class = Reflect::get(&global(), &"Uint8Array".into()).and_then(JsCast::dyn_into::<Function>);
    // Through `Reflect`, because the constructor throws when memory is missing.
    let bytes: Uint8Array = class
        .and_then(|class| Reflect::construct(&class, &length))
        .map_err(|_| (0, SegmentError::OutOfMemory { requested }))?
        .unchecked_into();
    let mut offset = 0;
    for (index, segment) in segments.iter().enumerate() {
        let view: JsValue = segment.view().map_err(|error| (index, error))?.into();
        bytes.set(&view, offset as u32);
        offset += segment.len();
        let entry = Entry { stage: Stage::Read, reason: Reason::Contiguous, from: segment.place(), to: Place::JsHeap };
        ledger.record(entry, segment.len());
    }
    Ok(bytes.buffer())
}

/// Finds the segments that want a buffer which another one before them wants, where one of the two
/// moves it. Calls `met` with each of them, in payload order. `moves` tells of an index whether a
/// buffer is to be taken away there. A segment that was moved into another payload before has its
/// buffer already.
///
/// # Errors
/// The first error of `met`.
pub(super) fn each_conflict<E>(
    segments: &[Segment],
    modes: &[Mode],
    moves: impl Fn(usize) -> bool,
    mut met: impl FnMut(usize, Mode, Cause) -> Result<(), E>,
) -> Result<(), E> {
    let takers = Takers::default();
    for (index, (segment, mode)) in segments.iter().zip(modes.iter().copied()).enumerate() {
        if let Some(buffer) = buffer_of(segment)
            && (mode == Mode::Borrow || moves(index))
            && let Some(cause) = takers.meet(index, mode, &buffer)
        {
            met(index, mode, cause)?;
        }
    }
    Ok(())
}
