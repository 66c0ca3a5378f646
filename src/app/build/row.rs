//! What a payload is to be made of: rows of equal arrays, and what fills them. Specifications only,
//! never the bytes.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::{message::Message, program::Code};
use crate::{
    given::{
        About, Offer, Reading,
        values::{self, Values},
    },
    ledger::Place,
    live::{Capture, Robot, Sight},
    measure::mix,
    message::{ArrayField, Schema, Spec, Way},
    outside::Outside,
    payload::MAX_LEN,
    segment::{Cause, Element, Mode, Unsupported},
};

/// The most arrays that one row may stand for.
pub const MAX_REPEAT: usize = 100_000;

/// The most segments that a payload of the page may have.
pub const MAX_SEGMENTS: usize = 200_000;

/// What a row of text says at first.
pub const FIRST_TEXT: &str = "Hello, zenoh!";

/// The most UTF-16 code units that a person may type into a text: it is kept in the state. A longer
/// one is a file.
pub const MAX_TEXT: usize = 4096;

/// What the messages of the page say of their time, in nanoseconds since 1970:
/// 2026-01-01T00:00:00Z. The same in every run, so that the bytes are.
pub const TIMESTAMP: i64 = 1_767_225_600_000_000_000;

/// The most dimensions of a tensor that the page makes.
pub const MAX_DIMENSIONS: usize = 8;

/// Names a row for as long as it exists.
pub type RowId = u32;

/// What the elements of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fill {
    /// 0, 1, 2 and so on, going on from array to array of the row; wraps where the type ends.
    Ramp,
    /// All zero.
    Zeros,
    /// Pseudo-random: over the whole range for integers, from 0 to 1 for floating point. The same
    /// in every run.
    Noise,
}

impl Fill {
    /// Every pattern.
    pub const ALL: [Fill; 3] = [Self::Ramp, Self::Zeros, Self::Noise];

    /// The name, as in `ramp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ramp => "ramp",
            Self::Zeros => "zeros",
            Self::Noise => "noise",
        }
    }
}

/// Names a file that a person has given to the page.
pub type FileId = u32;

/// A file that a person has given, and how a row reads it. It crosses as one number, and without
/// what is understood of the file: that the page knows, and the engine does not need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct Given {
    /// Which file.
    pub file: FileId,
    /// How its bytes become those of the row.
    pub reading: Reading,
    /// What is understood of it.
    pub about: Rc<About>,
}

impl From<Given> for u64 {
    fn from(given: Given) -> Self {
        u64::from(given.file) << 32 | u64::from(u32::from(given.reading))
    }
}

impl From<u64> for Given {
    fn from(code: u64) -> Self {
        Self { file: (code >> 32) as FileId, reading: (code as u32).into(), about: Rc::default() }
    }
}

impl Given {
    /// The way in which it is read.
    #[must_use]
    pub fn offer(&self) -> Offer {
        self.about.offer(self.reading).unwrap_or_else(|| self.about.plain())
    }
}

/// Values that a person has typed. They cross as a pair.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, Vec<u8>)", into = "(String, Vec<u8>)")]
pub struct Typed {
    /// The text.
    pub text: String,
    /// The elements that were read, little-endian; none when the text cannot be read. What is kept
    /// or linked has the text alone.
    pub bytes: Vec<u8>,
}

impl From<Typed> for (String, Vec<u8>) {
    fn from(Typed { text, bytes }: Typed) -> Self {
        (text, bytes)
    }
}

impl From<(String, Vec<u8>)> for Typed {
    fn from((text, bytes): (String, Vec<u8>)) -> Self {
        Self { text, bytes }
    }
}

/// What kind of memory a row stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Typed arrays.
    Array,
    /// `DataView`s: bytes without an element type. In the JavaScript heap only.
    DataView,
    /// `ArrayBuffer`s as such. In the JavaScript heap only.
    ArrayBuffer,
    /// A text as UTF-8, the same in every repeat.
    Text(String),
    /// A Cap'n Proto message, whose parts are a segment each: table, head, arrays, paddings. Never
    /// repeated.
    Message(Message),
    /// The bytes of a file or what is read out of it, the same in every repeat. The page names the
    /// file, and the engine has its bytes.
    File(Given),
    /// Typed arrays of values that a person has typed, the same in every repeat.
    Values(Typed),
    /// A plane of what a robot sees, another one in each frame. Never repeated.
    Robot(Robot),
    /// An array that a program makes. In the JavaScript heap only. Never repeated.
    Code(Code),
    /// A plane of what a camera, a screen or a microphone gives, another one in each frame. Never
    /// repeated, and in the JavaScript heap only.
    Captured(Capture),
}

impl Kind {
    /// Values of this text. A row that becomes them reads them.
    #[must_use]
    pub fn values(text: impl Into<String>) -> Self {
        Self::Values(Typed { text: text.into(), bytes: Vec::new() })
    }

    /// The way of this row to read a file, if it is one.
    #[must_use]
    pub const fn given(&self) -> Option<&Given> {
        if let Self::File(given) = self { Some(given) } else { None }
    }

    /// Whether it is typed arrays, whose elements have a type.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        match self {
            Self::Array | Self::Values(_) | Self::Robot(_) | Self::Captured(_) | Self::Code(_) => true,
            Self::File(given) => given.reading != Reading::Bytes,
            _ => false,
        }
    }

    /// Whether its bytes are made by the row's pattern.
    #[must_use]
    pub const fn is_filled(&self) -> bool {
        matches!(self, Self::Array | Self::DataView | Self::ArrayBuffer | Self::Message(_))
    }

    /// Whether it can be a view of a part of a larger buffer.
    #[must_use]
    pub const fn can_be_part(&self) -> bool {
        matches!(self, Self::Array | Self::DataView | Self::Captured(_))
    }

    /// Whether it can live in wasm memory.
    #[must_use]
    pub const fn can_be_linear(&self) -> bool {
        !matches!(self, Self::DataView | Self::ArrayBuffer | Self::Captured(_) | Self::Code(_))
    }
}

/// `repeat` runs of memory of equal kind and length, each one segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Names the row; never used twice in a session of the page.
    pub id: RowId,
    /// What people call it: of a file, its name.
    pub name: Outside,
    /// What kind of memory it is.
    pub kind: Kind,
    /// Type of the elements; `Uint8` for everything that [`Kind::is_typed`] is not said of.
    pub element: Element,
    /// Elements in each.
    pub length: usize,
    /// Elements of the same buffer in front of each, which are not part of the payload. Only where
    /// the row [`Row::is_part`].
    pub before: usize,
    /// Elements of the same buffer behind each, which are not part of the payload.
    pub after: usize,
    /// How many.
    pub repeat: usize,
    /// What fills them.
    pub fill: Fill,
    /// Where they live before a payload takes them.
    pub place: Place,
    /// How a payload takes them.
    pub mode: Mode,
    /// What becomes of the row when that mode cannot take it.
    pub unsupported: Unsupported,
}

impl Row {
    /// One typed array in the JavaScript heap, counting up, taken by copy.
    #[must_use]
    pub fn array(id: RowId, name: impl Into<Outside>, element: Element, length: usize) -> Self {
        Self {
            id,
            name: name.into(),
            kind: Kind::Array,
            element,
            length,
            before: 0,
            after: 0,
            repeat: 1,
            fill: Fill::Ramp,
            place: Place::JsHeap,
            mode: Mode::Copy,
            unsupported: Unsupported::Refuse,
        }
    }

    /// Whether a person could have made it in a page: its numbers are within their bounds, and its
    /// kind can live where it is said to live. Asked of rows from outside.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        let most = |number: usize| number as u64 <= MAX_LEN as u64 / self.element.size() as u64;
        let numbers = [self.length, self.before, self.after].into_iter().all(most) && self.repeat <= MAX_REPEAT;
        let kind = match &self.kind {
            Kind::Array => true,
            Kind::DataView | Kind::ArrayBuffer => self.element == Element::Uint8,
            Kind::Text(text) => {
                self.element == Element::Uint8 && text.len() == self.length && text.encode_utf16().count() <= MAX_TEXT
            }
            Kind::Values(Typed { text, .. }) => {
                text.encode_utf16().count() <= values::MAX_VALUES
                    && self.length == self.read_values().map_or(0, |values| values.bytes.len() / self.element.size())
            }
            Kind::Message(message) => {
                (self.length, self.before, self.after, self.repeat) == (0, 0, 0, 1)
                    && message.shape.len() <= MAX_DIMENSIONS
            }
            Kind::Robot(robot) => self.is_possible_robot(*robot),
            Kind::Code(code) => self.is_possible_code(code),
            Kind::Captured(capture) => self.is_possible_capture(*capture),
            // The page has only the files that were given to it.
            Kind::File(_) => false,
        };
        let part = self.kind.can_be_part() || (self.before, self.after) == (0, 0);
        numbers && kind && part && (self.kind.can_be_linear() || self.place == Place::JsHeap)
    }

    /// A text in the JavaScript heap, taken by copy.
    #[must_use]
    pub fn text(id: RowId, name: impl Into<Outside>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { length: text.len(), kind: Kind::Text(text), ..Self::array(id, name, Element::Uint8, 0) }
    }

    /// Typed values in the JavaScript heap, taken by copy.
    #[must_use]
    pub fn values(id: RowId, name: impl Into<Outside>) -> Self {
        Self::values_of(id, name, Element::Float64, values::FIRST_VALUES)
    }

    /// The same with a text, read as elements of a type.
    #[must_use]
    pub(in crate::app) fn values_of(
        id: RowId,
        name: impl Into<Outside>,
        element: Element,
        text: impl Into<String>,
    ) -> Self {
        let mut row = Self { kind: Kind::values(text), ..Self::array(id, name, element, 0) };
        row.become_values(element);
        row
    }

    /// A file as it is read in one way, in the JavaScript heap, taken by borrow.
    #[must_use]
    pub fn file(id: RowId, file: FileId, about: &Rc<About>, offer: &Offer) -> Self {
        let kind = Kind::File(Given { file, reading: offer.reading, about: about.clone() });
        let row = Self::array(id, about.name_of(offer), offer.element, offer.length);
        Self { kind, mode: Mode::Borrow, ..row }
    }

    /// Reads its values again, if they are typed.
    ///
    /// # Errors
    /// In words: why they cannot be read.
    pub fn read_values(&self) -> Result<Values, String> {
        if let Kind::Values(Typed { text, .. }) = &self.kind {
            values::read(text, self.element)
        } else {
            Ok(Values::default())
        }
    }

    /// Gives its elements another type. Of a message and of typed values, the content stays.
    pub(super) fn become_element(&mut self, element: Element) {
        match &self.kind {
            Kind::Message(_) => self.element = element,
            Kind::Values(_) => self.become_values(element),
            _ => self.become_array(element),
        }
    }

    /// Reads its typed values as elements of a type.
    fn become_values(&mut self, element: Element) {
        self.element = element;
        let read = self.read_values().unwrap_or_default().bytes;
        if let Kind::Values(Typed { bytes, .. }) = &mut self.kind {
            self.length = read.len() / element.size();
            *bytes = read;
        }
    }

    /// The same row as it is kept: of typed values, the text alone.
    #[must_use]
    pub(in crate::app) fn kept(mut self) -> Self {
        if let Kind::Values(Typed { bytes, .. }) = &mut self.kind {
            bytes.clear();
        }
        self
    }

    /// The row that was kept like this.
    #[must_use]
    pub(in crate::app) fn resumed(mut self) -> Self {
        if matches!(self.kind, Kind::Values(_)) {
            self.become_values(self.element);
        }
        self
    }

    /// Reads its file in another way, if it has that. A name that the file gave it goes along.
    pub(super) fn become_reading(&mut self, reading: Reading) {
        let Kind::File(given) = &mut self.kind else { return };
        let Some(offer) = given.about.offer(reading) else { return };
        let old = given.offer();
        if self.name.raw() == given.about.name_of(&old) {
            self.name = given.about.name_of(&offer).into();
        }
        given.reading = reading;
        (self.element, self.length) = (offer.element, offer.length);
    }

    /// A message whose array counts up, taken by borrow.
    #[must_use]
    pub fn message(id: RowId, name: impl Into<Outside>, element: Element, message: Message) -> Self {
        Self { kind: Kind::Message(message), mode: Mode::Borrow, ..Self::array(id, name, element, 0) }
    }

    /// What the row's message says, if it is one.
    #[must_use]
    pub fn spec(&self) -> Option<Spec> {
        let Kind::Message(message) = &self.kind else { return None };
        Some(match message.schema {
            Schema::Tensor => Spec::Tensor {
                name: self.name.raw().to_owned(),
                element: self.element,
                shape: message.shape.clone(),
                timestamp: TIMESTAMP,
            },
            Schema::CameraFrame => Spec::CameraFrame {
                frame_id: self.name.raw().to_owned(),
                sequence: 0,
                timestamp: TIMESTAMP,
                width: message.side(1),
                height: message.side(0),
                step: message.side(1).saturating_mul(message.format.pixel() as u32),
                format: message.format,
            },
            Schema::PointCloud => {
                Spec::PointCloud { frame_id: self.name.raw().to_owned(), timestamp: TIMESTAMP, points: message.side(0) }
            }
        })
    }

    /// How the arrays of the row's message get into it, if it is one.
    #[must_use]
    pub fn way(&self) -> Option<Way> {
        if let Kind::Message(message) = &self.kind { Some(message.way) } else { None }
    }

    /// The arrays of the row's message, each as a row of its own; none if it is not a message.
    #[must_use]
    pub fn arrays(&self) -> Vec<Row> {
        let fields = self.spec().map_or_else(Vec::new, |spec| spec.arrays());
        let row = |field: &ArrayField| Row {
            kind: Kind::Array,
            name: field.field.into(),
            element: field.element,
            length: field.length,
            ..self.clone()
        };
        fields.iter().map(row).collect()
    }

    /// The same row, `factor` times as long, as one of the same segments. A message has its longest
    /// side longer. An array stands for what has the bytes that it has: a text, a file, a frame.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        // Something stays something.
        let scaled = |n: usize| ((n as f64 * factor).round() as usize).max(n.min(1));
        let mut row = self.clone();
        match &mut row.kind {
            Kind::Message(message) => {
                if let Some(side) = message.shape.iter_mut().max() {
                    *side = u32::try_from(scaled(*side as usize)).unwrap_or(u32::MAX);
                }
            }
            kind @ (Kind::Text(_)
            | Kind::File(_)
            | Kind::Values(_)
            | Kind::Robot(_)
            | Kind::Captured(_)
            | Kind::Code(_)) => {
                *kind = Kind::Array;
                row.length = scaled(row.length);
            }
            _ => row.length = scaled(row.length),
        }
        row
    }

    /// How many segments it makes. A message that cannot be made makes none.
    #[must_use]
    pub fn segments(&self) -> usize {
        match (self.spec(), self.way()) {
            (Some(spec), Some(way)) => spec.plan(way).map_or(0, |parts| parts.len()),
            _ => self.repeat,
        }
    }

    /// The index of the segment that stands for the row: the first, of a message the first that
    /// holds an array, else its head.
    #[must_use]
    pub fn face(&self) -> usize {
        let (Some(spec), Some(way)) = (self.spec(), self.way()) else { return 0 };
        let parts = spec.plan(way).unwrap_or_default();
        parts.iter().position(|part| part.array.is_some()).unwrap_or_else(|| parts.len().min(2).saturating_sub(1))
    }

    /// Makes it a message of a schema. Of an array, its elements become those of a tensor.
    pub(super) fn become_message(&mut self, schema: Schema) {
        let message = match &self.kind {
            Kind::Message(message) => message.clone(),
            _ => {
                let length = u32::try_from(self.length).unwrap_or(u32::MAX);
                Message { shape: vec![length], ..Message::first(Schema::Tensor) }
            }
        };
        let (message, element) = message.of_schema(schema, self.element);
        // A message is never a part of a buffer, and stands once.
        (self.length, self.before, self.after, self.repeat) = (0, 0, 0, 1);
        (self.kind, self.element) = (Kind::Message(message), element);
    }

    /// Changes its message, if it is one.
    pub(super) fn change_message(&mut self, change: impl FnOnce(&mut Message)) {
        if let Kind::Message(message) = &mut self.kind {
            change(message);
        }
    }

    /// Makes it typed arrays. Of a message, its first array stays.
    pub(super) fn become_array(&mut self, element: Element) {
        if let Some(array) = self.arrays().first() {
            self.length = array.length;
        }
        if self.kind.captured().is_some() {
            (self.before, self.after) = (0, 0);
        }
        (self.kind, self.element) = (Kind::Array, element);
    }

    /// Makes it another kind of memory, and what belongs to the old one fit.
    pub(super) fn become_kind(&mut self, kind: Kind) {
        if self.kind.captured().is_some() {
            (self.before, self.after) = (0, 0);
        }
        if let Some(element) = self.arrays().first().map(|array| array.element) {
            self.become_array(element);
        }
        if let Kind::Message(message) = kind {
            self.become_message(message.schema);
            self.kind = Kind::Message(message);
            return;
        }
        if let Kind::Robot(robot) = kind {
            return self.become_robot(robot);
        }
        if let Kind::Code(code) = kind {
            return self.become_code(code);
        }
        if let Kind::Captured(capture) = kind {
            return self.become_captured(capture);
        }
        if matches!(kind, Kind::Values(_)) {
            let element = if matches!(self.kind, Kind::Values(_)) { self.element } else { Element::Float64 };
            (self.kind, self.before, self.after) = (kind, 0, 0);
            return self.become_values(element);
        }
        if kind != Kind::Array {
            let size = self.element.size();
            self.length = match &kind {
                Kind::Text(text) => text.len(),
                _ => self.array_bytes(),
            };
            (self.before, self.after) = (self.before.saturating_mul(size), self.after.saturating_mul(size));
            self.element = Element::Uint8;
        }
        if !kind.can_be_linear() {
            self.place = Place::JsHeap;
        }
        if !kind.can_be_part() {
            (self.before, self.after) = (0, 0);
        }
        self.kind = kind;
    }

    /// Whether each of its arrays is a view of a part of a larger buffer.
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.place == Place::JsHeap && self.kind.can_be_part() && self.before.saturating_add(self.after) > 0
    }

    /// Bytes of the buffer behind one array.
    #[must_use]
    pub fn buffer_bytes(&self) -> usize {
        let around = if self.is_part() { self.before.saturating_add(self.after) } else { 0 };
        self.length.saturating_add(around).saturating_mul(self.element.size())
    }

    /// Why `mode` cannot take it.
    #[must_use]
    pub fn refusal(&self, mode: Mode) -> Option<Cause> {
        let refused = mode == Mode::Move && self.is_part();
        refused.then(|| Cause::Partial { part: self.array_bytes(), whole: self.buffer_bytes() })
    }

    /// Bytes of one array, or of the whole message. Saturates; a payload of that size is refused
    /// anyway.
    #[must_use]
    pub fn array_bytes(&self) -> usize {
        if let (Some(spec), Some(way)) = (self.spec(), self.way()) {
            return match spec.plan(way) {
                Ok(parts) => parts.iter().map(|part| part.len).sum(),
                Err(_) => spec.arrays().iter().fold(0, |sum: usize, array| sum.saturating_add(array.bytes())),
            };
        }
        self.length.saturating_mul(self.element.size())
    }

    /// Bytes of all its arrays.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.array_bytes().saturating_mul(self.repeat)
    }

    /// Bytes of all its arrays, exactly, also where memory could never hold them. A refusal must
    /// name what a person asked for, and a wasm32 `usize` ends at 4 GiB.
    #[must_use]
    pub fn requested_bytes(&self) -> u64 {
        if let (Some(spec), Some(way)) = (self.spec(), self.way()) {
            let parts = spec.plan(way).map(|parts| parts.iter().map(|part| part.len as u64).sum());
            return parts.unwrap_or_else(|_| spec.requested_bytes());
        }
        (self.length as u64).saturating_mul(self.element.size() as u64).saturating_mul(self.repeat as u64)
    }

    /// Bytes of the buffers behind all its arrays, exactly.
    #[must_use]
    pub fn requested_buffer_bytes(&self) -> u64 {
        match self.way() {
            // The array is there beside the message that it is copied into.
            Some(Way::Filled) => return self.requested_bytes().saturating_mul(2),
            Some(Way::InPlace | Way::Adopted) => return self.requested_bytes(),
            None => {}
        }
        let around = if self.is_part() { self.before as u64 + self.after as u64 } else { 0 };
        let elements = (self.length as u64).saturating_add(around);
        elements.saturating_mul(self.element.size() as u64).saturating_mul(self.repeat as u64)
    }

    /// Writes the bytes of array `index` from byte `offset` on into `into`: little-endian elements.
    /// `offset` and the length of `into` must be multiples of the element size. Writes nothing for
    /// a file, whose bytes are elsewhere, and for a message, which has [`Row::arrays`]. Of a robot, it
    /// is the first frame.
    pub fn write(&self, index: usize, offset: usize, into: &mut [u8]) {
        match &self.kind {
            Kind::Text(text) => put(text.as_bytes(), offset, into),
            Kind::Values(Typed { bytes, .. }) => put(bytes, offset, into),
            Kind::File(_) | Kind::Message(_) => {}
            Kind::Robot(Robot { plane, camera }) => {
                Sight::new(*camera, 0).paint(*plane, offset / plane.pixel(), into);
            }
            // What stands there until something is captured.
            Kind::Captured(_) => into.fill(0),
            // What a program makes is in the engine. Where no program runs, a ramp stands for it.
            Kind::Array | Kind::DataView | Kind::ArrayBuffer | Kind::Code(_) => {
                self.write_elements(index, offset, into);
            }
        }
    }

    /// What makes the noise of this row differ from that of others.
    #[must_use]
    pub fn noise_seed(&self) -> u64 {
        u64::from(self.id) << 40
    }

    fn write_elements(&self, index: usize, offset: usize, into: &mut [u8]) {
        let first = (index * self.length + offset / self.element.size()) as u64;
        let seed = self.noise_seed();
        // A half has so few bits that each language rounds it alike only if there is nothing to round.
        let bits = if self.element == Element::Float16 { 11 } else { 53 };
        match self.fill {
            Fill::Zeros => into.fill(0),
            Fill::Ramp => self.write_numbers(first, into, |n| n, |n| n as f64),
            Fill::Noise => self.write_numbers(
                first,
                into,
                |n| mix(n ^ seed),
                |n| (mix(n ^ seed) >> (64 - bits)) as f64 / (1u64 << bits) as f64,
            ),
        }
    }

    /// Writes the numbers from `first` on: `whole` of each, wrapped to its size, if elements are
    /// integers, else `real`. Which of them is asked once, and not for each of very many elements.
    fn write_numbers(&self, first: u64, into: &mut [u8], whole: impl Fn(u64) -> u64, real: impl Fn(u64) -> f64) {
        match (self.element, self.element.size()) {
            (Element::Float16, _) => each(first, into, |n| half::f16::from_f64(real(n)).to_le_bytes()),
            (Element::Float32, _) => each(first, into, |n| (real(n) as f32).to_le_bytes()),
            (Element::Float64, _) => each(first, into, |n| real(n).to_le_bytes()),
            (_, 1) => each(first, into, |n| (whole(n) as u8).to_le_bytes()),
            (_, 2) => each(first, into, |n| (whole(n) as u16).to_le_bytes()),
            (_, 4) => each(first, into, |n| (whole(n) as u32).to_le_bytes()),
            _ => each(first, into, |n| whole(n).to_le_bytes()),
        }
    }
}

/// Writes bytes from `offset` on.
fn put(bytes: &[u8], offset: usize, into: &mut [u8]) {
    let bytes = bytes.get(offset..).unwrap_or_default();
    into.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
}

/// Writes the elements from number `first` on.
fn each<const SIZE: usize>(first: u64, into: &mut [u8], element: impl Fn(u64) -> [u8; SIZE]) {
    let (elements, _) = into.as_chunks_mut();
    elements.iter_mut().zip(first..).for_each(|(place, n)| *place = element(n));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(element: Element, fill: Fill) -> Row {
        Row { repeat: 2, fill, place: Place::Linear, ..Row::array(3, "r", element, 300) }
    }

    fn bytes(row: &Row, index: usize) -> Vec<u8> {
        let mut bytes = vec![0xAA; row.array_bytes()];
        row.write(index, 0, &mut bytes);
        bytes
    }

    #[test]
    fn a_ramp_counts_on_from_array_to_array() {
        let ints = row(Element::Int32, Fill::Ramp);
        assert_eq!(bytes(&ints, 0)[..8], [0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(bytes(&ints, 1)[..4], 300i32.to_le_bytes());
        assert_eq!(bytes(&row(Element::Uint8, Fill::Ramp), 0)[256..258], [0, 1]);
        assert_eq!(bytes(&row(Element::Float32, Fill::Ramp), 0)[4..8], 1f32.to_le_bytes());
        assert_eq!(bytes(&row(Element::Float64, Fill::Ramp), 1)[..8], 300f64.to_le_bytes());
        assert_eq!(bytes(&row(Element::Float16, Fill::Ramp), 0)[4..6], 0x4000u16.to_le_bytes());
        assert_eq!(bytes(&row(Element::Int8, Fill::Ramp), 0)[255..257], [255, 0]);
        assert_eq!(bytes(&row(Element::BigUint64, Fill::Ramp), 1)[8..16], 301u64.to_le_bytes());
    }

    #[test]
    fn writing_in_parts_gives_the_same_bytes() {
        for element in Element::ALL {
            for fill in Fill::ALL {
                let row = row(element, fill);
                let whole = bytes(&row, 1);
                let cut = 8 * 7;
                let mut parts = vec![0; whole.len()];
                let (head, tail) = parts.split_at_mut(cut);
                row.write(1, 0, head);
                row.write(1, cut, tail);
                assert_eq!(parts, whole, "{element:?} {fill:?}");
            }
        }
    }

    #[test]
    fn noise_differs_between_rows_and_stays_in_range() {
        let mut other = row(Element::Float64, Fill::Noise);
        let one = bytes(&other, 0);
        other.id = 4;
        assert_ne!(one, bytes(&other, 0));
        assert!(one.chunks(8).all(|c| (0.0..1.0).contains(&f64::from_le_bytes(c.try_into().unwrap()))));
    }

    #[test]
    fn scaled_row_has_as_many_segments_and_so_many_bytes() {
        let mut parts = row(Element::Int16, Fill::Ramp);
        (parts.place, parts.before) = (Place::JsHeap, 3);
        let about = Rc::new(About::unknown("f", 4000));
        let file = Row::file(1, 7, &about, &about.first()[0]);
        let mut values = Row::values(4, "v");
        values.become_kind(Kind::values("1 2 3 4"));
        let message = Row::message(
            2,
            "m",
            Element::Int32,
            Message { shape: vec![3, 400, 600], ..Message::first(Schema::Tensor) },
        );
        for row in [parts, file, values, Row::text(3, "t", "größer".repeat(100)), message] {
            for factor in [0.25, 0.5, 1.0, 2.0, 4.0] {
                let scaled = row.scaled(factor);
                assert_eq!((scaled.segments(), scaled.mode, scaled.id), (row.segments(), row.mode, row.id));
                let wanted = row.bytes() as f64 * factor;
                // Of a message, table and head stay as they are.
                assert!(
                    (scaled.bytes() as f64 - wanted).abs() <= 200.0 * factor.max(1.0),
                    "{wanted} {}",
                    scaled.bytes()
                );
                assert!(!matches!(scaled.kind, Kind::File(_) | Kind::Text(_) | Kind::Values(_)));
                assert_eq!(scaled.is_part(), row.is_part());
            }
        }
        assert_eq!(Row::array(1, "one", Element::Uint8, 1).scaled(0.25).length, 1);
        assert_eq!(Row::array(1, "none", Element::Uint8, 0).scaled(4.0).length, 0);
    }

    #[test]
    fn what_is_asked_for_is_counted_beyond_any_memory() {
        let row = Row { length: 1 << 30, repeat: MAX_REPEAT, ..row(Element::Float64, Fill::Zeros) };
        assert_eq!(row.requested_bytes(), (1u64 << 33) * MAX_REPEAT as u64);
    }

    #[test]
    fn a_text_is_its_bytes_also_in_parts() {
        let text = Row::text(1, "t", "größer");
        assert_eq!((text.length, text.array_bytes(), bytes(&text, 5)), (8, 8, "größer".as_bytes().to_vec()));
        let mut tail = [0; 3];
        text.write(0, 5, &mut tail);
        assert_eq!(tail, "größer".as_bytes()[5..]);
    }

    #[test]
    fn a_part_of_a_buffer_cannot_be_moved() {
        let part = Row { before: 3, after: 1, ..Row::array(1, "p", Element::Int16, 10) };
        assert_eq!((part.array_bytes(), part.buffer_bytes(), part.requested_buffer_bytes()), (20, 28, 28));
        assert_eq!(part.refusal(Mode::Move), Some(Cause::Partial { part: 20, whole: 28 }));
        assert_eq!((part.refusal(Mode::Borrow), part.refusal(Mode::Copy)), (None, None));
        let linear = Row { place: Place::Linear, ..part };
        assert_eq!((linear.refusal(Mode::Move), linear.buffer_bytes()), (None, 20));
        assert_eq!(linear.requested_buffer_bytes(), 20);
    }
}
