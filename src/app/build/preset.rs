//! Rows to begin with, each set with a point to make.

use serde::{Deserialize, Serialize};

use super::{
    message::Message,
    row::{Row, RowId},
};
use crate::{
    ledger::Place,
    live::{Capture, Plane, Robot, Sensor},
    message::Schema,
    segment::{Element, Mode},
};

/// A payload to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Preset {
    /// One image-sized tensor of 11.25 MiB, the payload of the proposal that the lab grew out of.
    Tensor,
    /// The same tensor between a header and a trailer: borrowed, moved and copied side by side.
    Framed,
    /// The proposal's tensor in a Cap'n Proto message, its array adopted.
    Message,
    /// One picture of 1920x1080 RGBA pixels in a Cap'n Proto message.
    Frame,
    /// 20,000 points as a structure of arrays in a Cap'n Proto message.
    Cloud,
    /// A header, a body and a trailer of different types.
    ThreeSmall,
    /// Ten thousand segments of 16 B.
    ManyTiny,
    /// What a robot sees, anew in each frame: image, depth and mask, a segment each.
    Robot,
    /// What a camera sees, once a person has started it: brightness, blue and red, a segment each.
    Camera,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Preset; 9] = [
        Self::Tensor,
        Self::Framed,
        Self::Message,
        Self::Frame,
        Self::Cloud,
        Self::ThreeSmall,
        Self::ManyTiny,
        Self::Robot,
        Self::Camera,
    ];

    /// What it is called in the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tensor => "1920x1536 int32 tensor",
            Self::Framed => "framed tensor, three modes",
            Self::Message => "tensor in Cap'n Proto",
            Self::Frame => "1080p RGBA camera frame",
            Self::Cloud => "point cloud, four arrays",
            Self::ThreeSmall => "three small arrays",
            Self::ManyTiny => "many tiny segments",
            Self::Robot => "robot: image, depth, mask",
            Self::Camera => "camera: planes Y, U, V",
        }
    }

    /// The key expression under which it is put, unless the person typed another one.
    #[must_use]
    pub const fn put_key(self) -> &'static str {
        match self {
            Self::Tensor | Self::Framed | Self::Message => "lab/tensor",
            Self::Frame => "lab/camera",
            Self::Cloud => "lab/points",
            Self::ThreeSmall => "lab/small",
            Self::ManyTiny => "lab/tiny",
            Self::Robot => "lab/robot",
            Self::Camera => "lab/video",
        }
    }

    /// A stable name for addresses and tests.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Tensor => "tensor",
            Self::Framed => "framed",
            Self::Message => "message",
            Self::Frame => "frame",
            Self::Cloud => "cloud",
            Self::ThreeSmall => "three",
            Self::ManyTiny => "tiny",
            Self::Robot => "robot",
            Self::Camera => "camera",
        }
    }

    /// Its rows, numbered from `first`.
    #[must_use]
    pub fn rows(self, first: RowId) -> Vec<Row> {
        let js = |id: RowId, name: &str, element, length, mode| Row {
            mode,
            ..Row::array(first + id, name, element, length)
        };
        let linear = |row: Row| Row { place: Place::Linear, ..row };
        match self {
            Self::Tensor => vec![js(0, "tensor", Element::Int32, 1920 * 1536, Mode::Borrow)],
            Self::Framed => vec![
                linear(js(0, "header", Element::Uint8, 8192, Mode::Borrow)),
                js(1, "tensor", Element::Int32, 1920 * 1536, Mode::Move),
                js(2, "trailer", Element::Uint8, 512, Mode::Copy),
            ],
            Self::Message => vec![Row::message(
                first,
                "tensor",
                Element::Int32,
                Message { shape: vec![1536, 1920], ..Message::first(Schema::Tensor) },
            )],
            Self::Frame => vec![Row::message(
                first,
                "front camera",
                Element::Uint8,
                Message { shape: vec![1080, 1920], ..Message::first(Schema::CameraFrame) },
            )],
            Self::Cloud => vec![Row::message(
                first,
                "lidar",
                Element::Float32,
                Message { shape: vec![20_000], ..Message::first(Schema::PointCloud) },
            )],
            Self::ThreeSmall => vec![
                linear(js(0, "header", Element::Uint8, 64, Mode::Borrow)),
                js(1, "points", Element::Float32, 3000, Mode::Borrow),
                js(2, "stamp", Element::Float64, 16, Mode::Copy),
            ],
            Self::ManyTiny => vec![Row { repeat: 10_000, ..js(0, "tiny", Element::Uint8, 16, Mode::Borrow) }],
            Self::Robot => {
                Plane::ALL.into_iter().zip(first..).map(|(plane, id)| Row::robot(id, Robot::first(plane))).collect()
            }
            Self::Camera => {
                let first_of = Capture::first(Sensor::Camera);
                let planes = Sensor::Camera.formats().first().copied().unwrap_or_default();
                let row = |(plane, id): (&Plane, RowId)| Row::captured(id, Capture { plane: *plane, ..first_of });
                planes.iter().zip(first..).map(row).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tensor_is_the_proposals() {
        let rows = Preset::Tensor.rows(0);
        assert_eq!(rows.iter().map(Row::bytes).sum::<usize>(), 11_796_480);
    }
}
