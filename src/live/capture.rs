//! What a browser captures, as rows of a payload: planes of a picture of a camera or a screen, and
//! channels of a microphone.

use serde::{Deserialize, Serialize};

use super::robot::Plane;

/// The most pixels of a side, and the most samples of a block.
pub const MAX_SHOT: u32 = 8192;

/// What captures: a device, as the page calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sensor {
    /// A camera.
    Camera,
    /// A screen, a window or a tab.
    Screen,
    /// A microphone.
    Microphone,
}

impl Sensor {
    /// All of them. A place here is a number of `capture.js`.
    pub const ALL: [Sensor; 3] = [Self::Camera, Self::Screen, Self::Microphone];

    /// Its name in the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Screen => "screen",
            Self::Microphone => "microphone",
        }
    }

    /// The planes of what it gives in each format: as a person chooses it, and then what a browser
    /// may have instead. A place here is a number of `capture.js`.
    #[must_use]
    pub const fn formats(self) -> &'static [&'static [Plane]] {
        match self {
            Self::Camera | Self::Screen => &[&[Plane::Y, Plane::U, Plane::V], &[Plane::Image], &[Plane::Y, Plane::Uv]],
            Self::Microphone => &[&[Plane::Left], &[Plane::Left, Plane::Right]],
        }
    }
}

/// One plane of what a device gives: what a row of Build stands for. It crosses, and is kept, as
/// one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct Capture {
    /// What captures.
    pub device: Sensor,
    /// Which plane.
    pub plane: Plane,
    /// Pixels in a row, or samples of a block.
    pub width: u32,
    /// Rows; 1 of a sound.
    pub height: u32,
}

/// The bits of a side.
const SIDE: u32 = 16;

impl From<Capture> for u64 {
    fn from(Capture { device, plane, width, height }: Capture) -> Self {
        let side = |side: u32| Self::from(side.min((1 << SIDE) - 1));
        (side(width) << SIDE | side(height)) << 8 | (plane as Self) << 4 | device as Self
    }
}

impl From<u64> for Capture {
    fn from(code: u64) -> Self {
        let part = |at: u32, bits: u32| (code >> at) as u32 & ((1 << bits) - 1);
        Self {
            device: Sensor::ALL.get(part(0, 4) as usize).copied().unwrap_or(Sensor::Camera),
            // What no device gives is not possible.
            plane: Plane::EVERY.get(part(4, 4) as usize).copied().unwrap_or(Plane::Depth),
            width: part(8 + SIDE, SIDE),
            height: part(8, SIDE),
        }
    }
}

impl Capture {
    /// What a new row of a device stands for.
    #[must_use]
    pub const fn first(device: Sensor) -> Self {
        match device {
            Sensor::Camera => Self { device, plane: Plane::Y, width: 640, height: 480 },
            Sensor::Screen => Self { device, plane: Plane::Y, width: 1280, height: 720 },
            Sensor::Microphone => Self { device, plane: Plane::Left, width: 2400, height: 1 },
        }
    }

    /// Whether a device can give it.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        let sides = (1..=MAX_SHOT).contains(&self.width) && (1..=MAX_SHOT).contains(&self.height);
        let is_sound = self.device == Sensor::Microphone;
        sides && (!is_sound || self.height == 1) && self.device.formats().iter().any(|one| one.contains(&self.plane))
    }

    /// Elements of it.
    #[must_use]
    pub fn length(&self) -> usize {
        self.plane.bytes(self.width, self.height) as usize / self.plane.element().size()
    }

    /// Bytes of the same buffer before and behind it. A browser writes all planes of a picture into
    /// one buffer; channels have a buffer each.
    #[must_use]
    pub fn around(&self) -> (usize, usize) {
        let bytes = |plane: Plane| plane.bytes(self.width, self.height) as usize;
        let (luma, chroma) = (bytes(Plane::Y), bytes(Plane::U));
        match self.plane {
            Plane::Y => (0, 2 * chroma),
            Plane::U => (luma, chroma),
            Plane::V => (luma + chroma, 0),
            Plane::Uv => (luma, 0),
            _ => (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_is_kept_as_a_number() {
        for device in Sensor::ALL {
            for plane in device.formats().iter().flat_map(|planes| planes.iter().copied()) {
                for (width, height) in [(1, 1), (641, 1), (MAX_SHOT, 1)] {
                    let capture = Capture { device, plane, width, height };
                    assert_eq!(Capture::from(u64::from(capture)), capture);
                    assert!(capture.is_possible(), "{capture:?}");
                }
            }
            assert!(Capture::first(device).is_possible());
        }
        for code in [0, u64::MAX, 0x1F] {
            assert!(!Capture::from(code).is_possible(), "{code}");
        }
        let first = Capture::first(Sensor::Microphone);
        for capture in [
            Capture { height: 2, ..first },
            Capture { plane: Plane::Y, ..first },
            Capture { width: MAX_SHOT + 1, ..first },
            Capture { plane: Plane::Left, ..Capture::first(Sensor::Screen) },
            Capture { plane: Plane::Depth, ..Capture::first(Sensor::Camera) },
        ] {
            assert!(!capture.is_possible(), "{capture:?}");
        }
    }

    #[test]
    fn planes_of_a_picture_fill_their_buffer() {
        // Odd sides: a chroma sample stands for what is there of its four pixels.
        for (width, height, luma, chroma) in [(640, 480, 307_200, 76_800), (5, 3, 15, 6), (1, 1, 1, 1)] {
            for planes in [&[Plane::Y, Plane::U, Plane::V][..], &[Plane::Y, Plane::Uv]] {
                let mut end = 0;
                for plane in planes {
                    let capture = Capture { device: Sensor::Camera, plane: *plane, width, height };
                    assert_eq!(capture.around().0, end);
                    end += capture.length();
                    assert_eq!(end + capture.around().1, luma + 2 * chroma);
                }
            }
        }
        let image = Capture { plane: Plane::Image, ..Capture::first(Sensor::Camera) };
        assert_eq!((image.length(), image.around()), (640 * 480 * 4, (0, 0)));
        assert_eq!(Capture::first(Sensor::Microphone).length(), 2400);
    }
}
