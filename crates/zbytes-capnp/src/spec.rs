//! Messages of the schemas in `lab.capnp`: what each says beside its arrays, and the three ways to
//! get the arrays into it.

use std::{fmt, ops::Range};

use capnp::{message::Builder, traits::HasStructSize};
use serde::{Deserialize, Serialize};

use super::{
    Draft, MAX_LIST, Message, MessageError, PLACEHOLDER, PartKind, Received, Slot,
    arena::{Arena, WORD},
    draft::{count_of, table_len},
    lab_capnp::{self, camera_frame, point_cloud, tensor},
    pointer::Target,
};
use zbytes::{
    ledger::{Reason, Stage},
    number::{bytes, requested, thousands},
    segment::{Element, SegmentError, Source},
};

/// Is given an array's index and its place in the builder.
type EachArray<'a> = dyn FnMut(usize, &mut [u8]) -> Result<(), MessageError> + 'a;

/// Which of the structs in `lab.capnp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Schema {
    /// `Tensor`.
    Tensor,
    /// `CameraFrame`.
    CameraFrame,
    /// `PointCloud`.
    PointCloud,
}

impl Schema {
    /// Every schema.
    pub const ALL: [Schema; 3] = [Self::Tensor, Self::CameraFrame, Self::PointCloud];

    /// The name in the schema's file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tensor => "Tensor",
            Self::CameraFrame => "CameraFrame",
            Self::PointCloud => "PointCloud",
        }
    }

    /// The fields behind the pointers of the root struct, in the order of the pointers.
    #[must_use]
    pub const fn pointers(self) -> &'static [&'static str] {
        match self {
            Self::Tensor => &["name", "shape", "data"],
            Self::CameraFrame => &["frameId", "data"],
            Self::PointCloud => &["frameId", "x", "y", "z", "intensity"],
        }
    }

    /// The fields in each word of the root struct's data section.
    #[must_use]
    pub(crate) const fn data_words(self) -> &'static [&'static str] {
        match self {
            Self::Tensor => &["elementType", "timestamp"],
            Self::CameraFrame => &["sequence, width", "timestamp", "height, step", "format"],
            Self::PointCloud => &["timestamp"],
        }
    }

    /// Words of data and pointers of the root struct.
    const fn sizes(self) -> (u16, u16) {
        let size = match self {
            Self::Tensor => tensor::Builder::STRUCT_SIZE,
            Self::CameraFrame => camera_frame::Builder::STRUCT_SIZE,
            Self::PointCloud => point_cloud::Builder::STRUCT_SIZE,
        };
        (size.data, size.pointers)
    }

    /// The first pointer that leads to an array; the others follow it.
    const fn first_array(self) -> u16 {
        match self {
            Self::Tensor => 2,
            Self::CameraFrame | Self::PointCloud => 1,
        }
    }

    /// The schema's file.
    #[must_use]
    pub const fn source() -> &'static str {
        include_str!("lab.capnp")
    }
}

/// How the bytes of an array get into a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Way {
    /// They are copied out of an array into the builder, as most programs do that have an array:
    /// one copy.
    Filled,
    /// The builder's memory is there first, and the code that makes the bytes writes them there,
    /// through a typed array: no copy.
    InPlace,
    /// The array itself becomes a segment of the message: no copy.
    #[default]
    Adopted,
}

impl Way {
    /// Every way.
    pub const ALL: [Way; 3] = [Self::Filled, Self::InPlace, Self::Adopted];

    /// The name, as in `in place`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filled => "filled",
            Self::InPlace => "in place",
            Self::Adopted => "adopted",
        }
    }
}

/// How the bytes of a pixel are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum PixelFormat {
    /// Grey, 8 bits.
    Mono8,
    /// Grey, 16 bits.
    Mono16,
    /// Red, green and blue, 8 bits each.
    Rgb8,
    /// Red, green, blue and opacity, 8 bits each.
    #[default]
    Rgba8,
}

impl PixelFormat {
    /// Every format.
    pub const ALL: [PixelFormat; 4] = [Self::Mono8, Self::Mono16, Self::Rgb8, Self::Rgba8];

    /// The name, as in `rgba8`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mono8 => "mono8",
            Self::Mono16 => "mono16",
            Self::Rgb8 => "rgb8",
            Self::Rgba8 => "rgba8",
        }
    }

    /// Values of a pixel.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Self::Mono8 | Self::Mono16 => 1,
            Self::Rgb8 => 3,
            Self::Rgba8 => 4,
        }
    }

    /// The type of each value.
    #[must_use]
    pub const fn element(self) -> Element {
        match self {
            Self::Mono16 => Element::Uint16,
            _ => Element::Uint8,
        }
    }

    /// Bytes of a pixel.
    #[must_use]
    pub const fn pixel(self) -> usize {
        self.channels() * self.element().size()
    }
}

/// What a message says beside the elements of its arrays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spec {
    /// An array of any number of dimensions.
    Tensor {
        /// What it is called.
        name: String,
        /// The type of its elements.
        element: Element,
        /// Its dimensions, outermost first.
        shape: Vec<u32>,
        /// Nanoseconds since 1970.
        timestamp: i64,
    },
    /// One picture of a camera.
    CameraFrame {
        /// Which camera.
        frame_id: String,
        /// Counts the frames.
        sequence: u32,
        /// Nanoseconds since 1970.
        timestamp: i64,
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes from one row to the next.
        step: u32,
        /// How pixels are to be read.
        format: PixelFormat,
    },
    /// Points as a structure of arrays.
    PointCloud {
        /// In which coordinate frame.
        frame_id: String,
        /// Nanoseconds since 1970.
        timestamp: i64,
        /// How many points.
        points: u32,
    },
}

/// An array of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArrayField {
    /// The field that it stands in.
    pub field: &'static str,
    /// The type of its elements.
    pub element: Element,
    /// How many elements; saturated where they are more than a program can count.
    pub length: usize,
    /// The size of the elements of the list in the message, in bytes: 1 for `Data`.
    pub(super) list_size: usize,
}

impl ArrayField {
    /// Bytes; saturated.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.length.saturating_mul(self.element.size())
    }
}

/// A part that a message will have, and the array that is in it, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedPart {
    /// What it is.
    pub kind: PartKind,
    /// Bytes.
    pub len: usize,
    /// Which of [`Spec::arrays`] it holds.
    pub array: Option<usize>,
}

/// A message that was read: what it says, and where its arrays are in the payload, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// What it says.
    pub spec: Spec,
    /// Where each of [`Spec::arrays`] is.
    pub arrays: Vec<Range<usize>>,
}

impl Spec {
    /// Which schema it is of.
    #[must_use]
    pub const fn schema(&self) -> Schema {
        match self {
            Self::Tensor { .. } => Schema::Tensor,
            Self::CameraFrame { .. } => Schema::CameraFrame,
            Self::PointCloud { .. } => Schema::PointCloud,
        }
    }

    /// Its name: of the tensor, or of the coordinate frame.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Tensor { name, .. } => name,
            Self::CameraFrame { frame_id, .. } | Self::PointCloud { frame_id, .. } => frame_id,
        }
    }

    /// The arrays that it needs, in the order of the schema.
    #[must_use]
    pub fn arrays(&self) -> Vec<ArrayField> {
        match self {
            Self::Tensor { element, shape, .. } => {
                let length = shape.iter().fold(1usize, |product, side| product.saturating_mul(*side as usize));
                // A product that went beyond the largest number and then met a 0 is 0 all the same.
                let length = if shape.contains(&0) { 0 } else { length };
                vec![ArrayField { field: "data", element: *element, length, list_size: 1 }]
            }
            Self::CameraFrame { height, step, format, .. } => {
                let element = format.element();
                let length = (*height as usize).saturating_mul(*step as usize) / element.size();
                vec![ArrayField { field: "data", element, length, list_size: 1 }]
            }
            Self::PointCloud { points, .. } => {
                let list = |field, element: Element| ArrayField {
                    field,
                    element,
                    length: *points as usize,
                    list_size: element.size(),
                };
                let [x, y, z] = ["x", "y", "z"].map(|field| list(field, Element::Float32));
                vec![x, y, z, list("intensity", Element::Uint16)]
            }
        }
    }

    /// Whether a message can say it.
    ///
    /// # Errors
    /// [`MessageError::TooLong`] for an array beyond [`MAX_LIST`]; [`MessageError::Unsound`] for
    /// rows of a picture that are shorter than their pixels, or no whole elements.
    pub fn check(&self) -> Result<(), MessageError> {
        if let Self::CameraFrame { width, step, format, .. } = self {
            let row = u64::from(*width) * format.pixel() as u64;
            if u64::from(*step) < row {
                let why = format!(
                    "a row of {} pixels of {} takes {}, but step is {}",
                    thousands((*width).into()),
                    format.name(),
                    requested(row),
                    requested((*step).into())
                );
                return Err(MessageError::Unsound { why });
            }
            if !(*step as usize).is_multiple_of(format.element().size()) {
                let why = format!(
                    "step is {}, which is not a whole number of values of {}",
                    requested((*step).into()),
                    format.name()
                );
                return Err(MessageError::Unsound { why });
            }
        }
        for (array, length) in self.arrays().iter().zip(self.lengths()) {
            let bytes = length.saturating_mul(array.element.size() as u64);
            // What 64 bits cannot count stays what it is.
            let count = if bytes == u64::MAX { bytes } else { bytes / array.list_size as u64 };
            count_of(array.field, count)?;
        }
        Ok(())
    }

    /// Elements of each of [`Spec::arrays`], also where a program could not count them: `u64::MAX`
    /// stands for more than that.
    fn lengths(&self) -> Vec<u64> {
        match self {
            Self::Tensor { shape, .. } if shape.contains(&0) => vec![0],
            Self::Tensor { shape, .. } => {
                vec![shape.iter().fold(1u64, |product, side| product.saturating_mul((*side).into()))]
            }
            Self::CameraFrame { height, step, format, .. } => {
                vec![u64::from(*height) * u64::from(*step) / format.element().size() as u64]
            }
            Self::PointCloud { points, .. } => vec![(*points).into(); 4],
        }
    }

    /// Bytes of all arrays, also where memory could never hold them; `u64::MAX` stands for more.
    #[must_use]
    pub fn requested_bytes(&self) -> u64 {
        let bytes = self.arrays().into_iter().zip(self.lengths());
        bytes
            .fold(0, |sum: u64, (array, length)| sum.saturating_add(length.saturating_mul(array.element.size() as u64)))
    }

    /// Words of the first segment of a message that is filled or made in place. An adopted one has
    /// two more for each array that is not empty.
    pub(super) fn head_words(&self) -> usize {
        let shape = match self {
            Self::Tensor { shape, .. } => shape.len() * size_of::<u32>(),
            Self::CameraFrame { .. } | Self::PointCloud { .. } => 0,
        };
        let (data, pointers) = self.schema().sizes();
        // A text ends in a zero.
        1 + usize::from(data) + usize::from(pointers) + (self.name().len() + 1).div_ceil(WORD) + shape.div_ceil(WORD)
    }

    /// Words of the segments that are built, in order.
    fn built_words(&self, way: Way) -> Vec<usize> {
        let arrays = self.arrays().into_iter().map(|array| array.bytes()).filter(|bytes| *bytes > 0);
        let head = self.head_words();
        match way {
            Way::Adopted => vec![head + arrays.count() * PLACEHOLDER / WORD],
            // A landing pad of one word stands before each array: it is in another segment than its
            // pointer.
            Way::Filled | Way::InPlace => {
                std::iter::once(head).chain(arrays.map(|bytes| 1 + bytes.div_ceil(WORD))).collect()
            }
        }
    }

    /// The parts that the message will have, without making it.
    ///
    /// # Errors
    /// As [`Spec::check`].
    pub fn plan(&self, way: Way) -> Result<Vec<PlannedPart>, MessageError> {
        self.check()?;
        let arrays = self.arrays();
        let full = || arrays.iter().enumerate().filter(|(_, array)| array.bytes() > 0);
        let built = self.built_words(way);
        let segments = if way == Way::Adopted { 1 + full().count() } else { built.len() };
        let part = |kind, len, array| PlannedPart { kind, len, array };
        let mut parts = vec![part(PartKind::Table, table_len(segments), None)];
        let head = built.first().map_or(0, |words| words * WORD);
        parts.push(part(PartKind::Built, head, None));
        for (index, array) in full() {
            let len = array.bytes();
            match way {
                Way::Adopted => {
                    parts.push(part(PartKind::Adopted, len, Some(index)));
                    let padding = len.next_multiple_of(WORD) - len;
                    if padding > 0 {
                        parts.push(part(PartKind::Padding, padding, None));
                    }
                }
                Way::Filled | Way::InPlace => {
                    parts.push(part(PartKind::Built, WORD + len.next_multiple_of(WORD), Some(index)));
                }
            }
        }
        Ok(parts)
    }

    /// The message, filled from `arrays`: each is copied once, into the builder, and noted. The
    /// modes of the sources do not count.
    ///
    /// # Errors
    /// As [`Spec::check`], [`MessageError::Length`] when an array has another length,
    /// [`MessageError::Segment`] when one cannot be read or memory runs out.
    pub fn filled(&self, arrays: impl IntoIterator<Item = Source>) -> Result<Message, MessageError> {
        let arrays = self.admit(arrays, |source| {
            let segment = source.into_readable()?;
            Ok((segment.len(), segment))
        })?;
        let mut draft = self.draft(Way::Filled)?;
        let (builder, ledger) = draft.split();
        self.write(builder, None, &mut |index, into| {
            Ok(arrays[index].copy_to(0, into, Stage::Build, Reason::Message, ledger)?)
        })?;
        draft.finish()
    }

    /// The message, made in place. `produce` is called for each array that is not empty, with its
    /// index and its bytes in the builder. They are zeros at first. Nothing is copied.
    ///
    /// # Errors
    /// As [`Spec::check`], [`MessageError::Segment`] when memory runs out, or the first error of
    /// `produce`.
    pub fn in_place(
        &self,
        mut produce: impl FnMut(usize, &mut [u8]) -> Result<(), SegmentError>,
    ) -> Result<Message, MessageError> {
        self.check()?;
        let mut draft = self.draft(Way::InPlace)?;
        self.write(draft.split().0, None, &mut |index, into| Ok(produce(index, into)?))?;
        draft.finish()
    }

    /// The message with `arrays` adopted: each becomes a segment of the message, taken by its own
    /// mode. An array without elements is none.
    ///
    /// # Errors
    /// As [`Spec::check`], [`MessageError::Length`] when an array has another length,
    /// [`MessageError::Segment`] for one that is detached or no buffer. What its mode cannot take
    /// is refused when the payload is built.
    pub fn adopted(&self, arrays: impl IntoIterator<Item = Source>) -> Result<Message, MessageError> {
        let arrays = self.admit(arrays, |source| Ok((source.len()?, source)))?;
        self.adopt(arrays)
    }

    /// The message with `arrays` adopted, which have the lengths of its fields or stand for such.
    pub(super) fn adopt(&self, arrays: Vec<Source>) -> Result<Message, MessageError> {
        let mut draft = self.draft(Way::Adopted)?;
        // An array without elements has no slot.
        let mut slots = vec![None; arrays.len()];
        self.write(draft.split().0, Some(PLACEHOLDER), &mut |index, into| {
            slots[index] = Some(Slot::of(into));
            Ok(())
        })?;
        for ((field, source), slot) in self.arrays().iter().zip(arrays).zip(slots) {
            if let Some(slot) = slot {
                draft.adopt_as(slot, field.list_size, field.bytes(), source)?;
            }
        }
        draft.finish()
    }

    fn draft(&self, way: Way) -> Result<Draft, MessageError> {
        Ok(Draft::planned(&self.built_words(way))?)
    }

    /// Looks at every source, and checks that it has the length of its array.
    fn admit<T>(
        &self,
        sources: impl IntoIterator<Item = Source>,
        look: impl Fn(Source) -> Result<(usize, T), SegmentError>,
    ) -> Result<Vec<T>, MessageError> {
        self.check()?;
        let fields = self.arrays();
        let sources: Vec<_> = sources.into_iter().collect();
        if sources.len() != fields.len() {
            let what = format!("the number of arrays for a {}", self.schema().name());
            return Err(MessageError::Length { what, expected: fields.len() as u64, found: sources.len() as u64 });
        }
        fields
            .iter()
            .zip(sources)
            .map(|(field, source)| {
                let (len, looked) = look(source)?;
                if len != field.bytes() {
                    let what = format!("the length in bytes of the array for {}", field.field);
                    return Err(MessageError::Length { what, expected: field.bytes() as u64, found: len as u64 });
                }
                Ok(looked)
            })
            .collect()
    }

    /// Writes everything but the arrays, and calls `array` for each that is not empty. It gets its
    /// index and its place: all its bytes, or as many as a `placeholder` has.
    pub(super) fn write(
        &self,
        builder: &mut Builder<Arena>,
        placeholder: Option<usize>,
        array: &mut EachArray<'_>,
    ) -> Result<(), MessageError> {
        // `check` has seen that every length fits.
        let bytes = |bytes: usize| if bytes > 0 { placeholder.unwrap_or(bytes) } else { 0 };
        let mut each = |index: usize, place: &mut [u8]| if place.is_empty() { Ok(()) } else { array(index, place) };
        match self {
            Self::Tensor { name, element, shape, timestamp } => {
                let mut root = builder.init_root::<tensor::Builder<'_>>();
                root.set_name(name.as_str());
                root.set_element_type(type_of(*element));
                root.set_timestamp(*timestamp);
                let mut list = root.reborrow().init_shape(shape.len() as u32);
                (0u32..).zip(shape).for_each(|(index, side)| list.set(index, *side));
                let len = self.arrays().first().map_or(0, ArrayField::bytes);
                each(0, root.init_data(bytes(len) as u32))
            }
            Self::CameraFrame { frame_id, sequence, timestamp, width, height, step, format } => {
                let mut root = builder.init_root::<camera_frame::Builder<'_>>();
                root.set_frame_id(frame_id.as_str());
                root.set_sequence(*sequence);
                root.set_timestamp(*timestamp);
                root.set_width(*width);
                root.set_height(*height);
                root.set_step(*step);
                root.set_format(match format {
                    PixelFormat::Mono8 => lab_capnp::PixelFormat::Mono8,
                    PixelFormat::Mono16 => lab_capnp::PixelFormat::Mono16,
                    PixelFormat::Rgb8 => lab_capnp::PixelFormat::Rgb8,
                    PixelFormat::Rgba8 => lab_capnp::PixelFormat::Rgba8,
                });
                let len = self.arrays().first().map_or(0, ArrayField::bytes);
                each(0, root.init_data(bytes(len) as u32))
            }
            Self::PointCloud { frame_id, timestamp, points } => {
                let mut root = builder.init_root::<point_cloud::Builder<'_>>();
                root.set_frame_id(frame_id.as_str());
                root.set_timestamp(*timestamp);
                let count = |size: usize| (bytes(*points as usize * size) / size) as u32;
                let floats = count(size_of::<f32>());
                let mut x = root.reborrow().init_x(floats);
                each(0, bytes_of(x.as_slice())?)?;
                let mut y = root.reborrow().init_y(floats);
                each(1, bytes_of(y.as_slice())?)?;
                let mut z = root.reborrow().init_z(floats);
                each(2, bytes_of(z.as_slice())?)?;
                let mut intensity = root.reborrow().init_intensity(count(size_of::<u16>()));
                each(3, bytes_of(intensity.as_slice())?)
            }
        }
    }
}

/// The bytes of a list of numbers in the builder.
///
/// # Errors
/// [`MessageError::Unsound`] where `capnp` gives no such list: on a machine whose numbers are not
/// little-endian.
fn bytes_of<T: bytemuck::Pod>(numbers: Option<&mut [T]>) -> Result<&mut [u8], MessageError> {
    let numbers = numbers.ok_or_else(|| MessageError::Unsound {
        why: "this machine has other numbers than a message: its bytes are not little-endian".to_owned(),
    })?;
    Ok(bytemuck::cast_slice_mut(numbers))
}

fn type_of(element: Element) -> lab_capnp::ElementType {
    use lab_capnp::ElementType;
    match element {
        Element::Int8 => ElementType::Int8,
        Element::Uint8 => ElementType::Uint8,
        Element::Uint8Clamped => ElementType::Uint8Clamped,
        Element::Int16 => ElementType::Int16,
        Element::Uint16 => ElementType::Uint16,
        Element::Int32 => ElementType::Int32,
        Element::Uint32 => ElementType::Uint32,
        Element::Float16 => ElementType::Float16,
        Element::Float32 => ElementType::Float32,
        Element::Float64 => ElementType::Float64,
        Element::BigInt64 => ElementType::Int64,
        Element::BigUint64 => ElementType::Uint64,
    }
}

fn element_of(found: lab_capnp::ElementType) -> Element {
    use lab_capnp::ElementType;
    match found {
        ElementType::Int8 => Element::Int8,
        ElementType::Uint8 => Element::Uint8,
        ElementType::Uint8Clamped => Element::Uint8Clamped,
        ElementType::Int16 => Element::Int16,
        ElementType::Uint16 => Element::Uint16,
        ElementType::Int32 => Element::Int32,
        ElementType::Uint32 => Element::Uint32,
        ElementType::Float16 => Element::Float16,
        ElementType::Float32 => Element::Float32,
        ElementType::Float64 => Element::Float64,
        ElementType::Int64 => Element::BigInt64,
        ElementType::Uint64 => Element::BigUint64,
    }
}

/// The most dimensions of a tensor that is read: as many as numpy has.
const MAX_DIMENSIONS: u32 = 64;

impl Received {
    /// Reads the message as one of `schema`: everything but its arrays, which are only located. The
    /// segment with the root is made contiguous; an array in another segment is not touched.
    ///
    /// # Errors
    /// [`MessageError::Content`] when what it says does not fit together, or it is of another
    /// schema, and whatever keeps it from being read.
    pub fn read(&self, schema: Schema) -> Result<Content, MessageError> {
        let error = |error: capnp::Error| self.words_of(&error);
        let text = |text: capnp::text::Reader<'_>| {
            text.to_string().map_err(|_| MessageError::Content { why: "its name is not UTF-8".to_owned() })
        };
        let unknown = |_| MessageError::Content { why: "it has a type that this schema does not know".to_owned() };
        let reader = self.reader();
        let spec = match schema {
            Schema::Tensor => {
                let root = reader.get_root::<tensor::Reader<'_>>().map_err(error)?;
                let shape = root.get_shape().map_err(error)?;
                if shape.len() > MAX_DIMENSIONS {
                    let (found, limit) = (shape.len().into(), MAX_DIMENSIONS.into());
                    return Err(MessageError::Dimensions { found, limit });
                }
                Spec::Tensor {
                    name: text(root.get_name().map_err(error)?)?,
                    element: element_of(root.get_element_type().map_err(unknown)?),
                    shape: shape.iter().collect(),
                    timestamp: root.get_timestamp(),
                }
            }
            Schema::CameraFrame => {
                let root = reader.get_root::<camera_frame::Reader<'_>>().map_err(error)?;
                Spec::CameraFrame {
                    frame_id: text(root.get_frame_id().map_err(error)?)?,
                    sequence: root.get_sequence(),
                    timestamp: root.get_timestamp(),
                    width: root.get_width(),
                    height: root.get_height(),
                    step: root.get_step(),
                    format: match root.get_format().map_err(unknown)? {
                        lab_capnp::PixelFormat::Mono8 => PixelFormat::Mono8,
                        lab_capnp::PixelFormat::Mono16 => PixelFormat::Mono16,
                        lab_capnp::PixelFormat::Rgb8 => PixelFormat::Rgb8,
                        lab_capnp::PixelFormat::Rgba8 => PixelFormat::Rgba8,
                    },
                }
            }
            Schema::PointCloud => {
                let root = reader.get_root::<point_cloud::Reader<'_>>().map_err(error)?;
                let points = self.locate(schema.first_array())?.map_or(0, |(range, size)| range.len() / size);
                Spec::PointCloud {
                    frame_id: text(root.get_frame_id().map_err(error)?)?,
                    timestamp: root.get_timestamp(),
                    // A list has at most 2^29 elements.
                    points: points as u32,
                }
            }
        };
        // First: what follows counts in what a program can count.
        spec.check().map_err(|error| match error {
            MessageError::TooLong { what, found, limit } => MessageError::Content {
                why: format!(
                    "by what it says, {what} would have {}, and a list has at most {}",
                    super::error::elements(found),
                    thousands(limit)
                ),
            },
            MessageError::Unsound { why } => MessageError::Content { why },
            error => error,
        })?;
        let arrays = spec.arrays();
        let ranges = (schema.first_array()..).zip(&arrays).map(|(pointer, array)| self.array(pointer, array));
        let ranges = ranges.collect::<Result<_, _>>()?;
        Ok(Content { spec, arrays: ranges })
    }

    /// The schema whose root struct has the sizes of this message's; no array is looked at.
    #[must_use]
    pub fn schema(&self) -> Option<Schema> {
        let Target::Struct { data, pointers, .. } = self.root().ok()?.target else { return None };
        Schema::ALL.into_iter().find(|schema| schema.sizes() == (data, pointers))
    }

    /// Reads the message as the schema that its root struct has the sizes of; a message does not
    /// name its schema. A struct of other sizes, as of an older or newer schema, is read as the
    /// first that it fits.
    ///
    /// # Errors
    /// As [`Received::read`] for the schema that it has the sizes of, else for the first.
    pub fn read_any(&self) -> Result<Content, MessageError> {
        self.root()?;
        if let Some(schema) = self.schema() {
            return self.read(schema);
        }
        let [first, others @ ..] = Schema::ALL;
        self.read(first).or_else(|error| others.into_iter().find_map(|schema| self.read(schema).ok()).ok_or(error))
    }

    fn array(&self, pointer: u16, array: &ArrayField) -> Result<Range<usize>, MessageError> {
        let (range, size) = self.locate(pointer)?.unwrap_or((self.end()..self.end(), array.list_size));
        if size != array.list_size && !range.is_empty() {
            let why = format!("the elements of {} have {size} B instead of {}", array.field, array.list_size);
            return Err(MessageError::Content { why });
        }
        if range.len() != array.bytes() {
            let why = format!(
                "{} has {}, but by what the message says it should have {}",
                array.field,
                bytes(range.len()),
                bytes(array.bytes())
            );
            return Err(MessageError::Content { why });
        }
        Ok(range)
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tensor { element, shape, .. } => {
                let sides: Vec<_> = shape.iter().map(ToString::to_string).collect();
                write!(f, "{} {}", if sides.is_empty() { "scalar".to_owned() } else { sides.join("x") }, element.name())
            }
            Self::CameraFrame { width, height, format, .. } => write!(f, "{width}x{height} {}", format.name()),
            Self::PointCloud { points, .. } => write!(f, "{points} points"),
        }
    }
}

/// The longest `Data` field, in bytes, and the longest list, in elements.
const _: () = assert!(MAX_LIST == (1 << 29) - 1);
