//! A Cap'n Proto message as a row asks for it.

use serde::{Deserialize, Serialize};

use crate::{
    message::{PixelFormat, Schema, Way},
    segment::Element,
};

/// A message: what it is beside its row's name, element type and pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Which schema.
    pub schema: Schema,
    /// How its arrays get into it.
    pub way: Way,
    /// A tensor's dimensions, outermost first; height and width of a frame; the number of points.
    pub shape: Vec<u32>,
    /// How the pixels of a frame are to be read.
    pub format: PixelFormat,
}

impl Message {
    /// A message of a schema, as it is at first.
    #[must_use]
    pub fn first(schema: Schema) -> Self {
        let shape = match schema {
            Schema::Tensor => vec![32, 48],
            Schema::CameraFrame => vec![48, 64],
            Schema::PointCloud => vec![1000],
        };
        Self { schema, way: Way::Adopted, shape, format: PixelFormat::Rgba8 }
    }

    pub(super) fn side(&self, at: usize) -> u32 {
        self.shape.get(at).copied().unwrap_or(0)
    }

    /// The same as a message of another schema, and the type of its elements: what both schemas can
    /// say stays.
    pub(super) fn of_schema(&self, schema: Schema, element: Element) -> (Self, Element) {
        let first = Self { way: self.way, format: self.format, ..Self::first(schema) };
        match (self.schema, schema) {
            (old, new) if old == new => (self.clone(), element),
            (Schema::CameraFrame, Schema::Tensor) => {
                let channels = Some(self.format.channels() as u32).filter(|channels| *channels > 1);
                let shape = self.shape.iter().copied().chain(channels).collect();
                (Self { shape, ..first }, self.format.element())
            }
            (Schema::PointCloud, Schema::Tensor) => (Self { shape: self.shape.clone(), ..first }, Element::Float32),
            (Schema::Tensor, Schema::CameraFrame) => {
                let [height, width, ref pixel @ ..] = self.shape[..] else { return (first, element) };
                let channels = pixel.iter().map(|side| *side as usize).product::<usize>();
                let fits = |format: &PixelFormat| format.channels() == channels && format.element() == element;
                let format = PixelFormat::ALL.into_iter().find(fits).unwrap_or(self.format);
                (Self { shape: vec![height, width], format, ..first }, element)
            }
            (Schema::Tensor, Schema::PointCloud) => match self.shape.first() {
                Some(points) => (Self { shape: vec![*points], ..first }, element),
                None => (first, element),
            },
            _ => (first, element),
        }
    }
}
