//! A room with pillars that turns around a camera: what the camera sees in a frame.
//!
//! The same seed, size and number of a frame give the same bytes in every browser and natively. So
//! everything is made of additions, products and quotients, which IEEE 754 rounds in one way, and
//! of whole numbers. A sine of a library would differ in its last bit.

use serde::{Deserialize, Serialize};

use crate::{measure::mix, segment::Element};

/// The most pixels of a side.
pub const MAX_SIDE: u32 = 4096;

/// Cells of a side of the room, each as long as the room is high. The camera is in the middle.
const CELLS: usize = 9;

/// In so many frames the camera turns once.
const TURN: u64 = 240;

/// Classes of the mask.
const CEILING: u8 = 0;
/// See [`CEILING`].
const FLOOR: u8 = 1;
/// See [`CEILING`].
const WALL: u8 = 2;
/// The first of the pillars; there are [`PILLARS`] kinds.
const PILLAR: u8 = 3;
/// How many kinds of pillars there are.
const PILLARS: u64 = 5;

/// Red, green and blue of each class of the mask.
const COLOURS: [[u8; 3]; 8] = [
    [0x9a, 0xa4, 0xb0],
    [0x8a, 0x72, 0x58],
    [0xd8, 0xd2, 0xc4],
    [0xd1, 0x4b, 0x3f],
    [0x2f, 0x7f, 0xc1],
    [0x2e, 0x9d, 0x62],
    [0xe0, 0xa2, 0x2a],
    [0x8e, 0x5b, 0xb5],
];

/// What a pixel of a frame can be asked for, or a sample of a sound. In a frame, each is a segment
/// of its own. Only those of a robot are read: a [`Capture`](super::Capture) is kept in another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Plane {
    /// Its colour: red, green, blue and opacity, a byte each.
    Image,
    /// How far away it is, in metres, as a `Float32`.
    Depth,
    /// What it is, as a byte: 0 the ceiling, 1 the floor, 2 a wall, from 3 on pillars.
    Mask,
    /// How bright it is, as a byte.
    #[serde(skip_deserializing)]
    Y,
    /// How blue it is: a byte for two by two pixels.
    #[serde(skip_deserializing)]
    U,
    /// How red it is: a byte for two by two pixels.
    #[serde(skip_deserializing)]
    V,
    /// Both of these, one after the other: two bytes for two by two pixels.
    #[serde(skip_deserializing)]
    Uv,
    /// A sample of the first channel, a `Float32` from -1 to 1.
    #[serde(skip_deserializing)]
    Left,
    /// The same of the second channel.
    #[serde(skip_deserializing)]
    Right,
}

impl Plane {
    /// Those that a robot sees, in the order of a frame.
    pub const ALL: [Plane; 3] = [Self::Image, Self::Depth, Self::Mask];

    /// All of them.
    pub const EVERY: [Plane; 9] =
        [Self::Image, Self::Depth, Self::Mask, Self::Y, Self::U, Self::V, Self::Uv, Self::Left, Self::Right];

    /// Its name in frames and in the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Depth => "depth",
            Self::Mask => "mask",
            Self::Y => "y",
            Self::U => "u",
            Self::V => "v",
            Self::Uv => "uv",
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// The type of its elements.
    #[must_use]
    pub const fn element(self) -> Element {
        match self {
            Self::Depth | Self::Left | Self::Right => Element::Float32,
            _ => Element::Uint8,
        }
    }

    /// Elements of a pixel.
    #[must_use]
    pub const fn channels(self) -> usize {
        if matches!(self, Self::Image) { 4 } else { 1 }
    }

    /// Bytes of a pixel, where each pixel has some of its own.
    #[must_use]
    pub const fn pixel(self) -> usize {
        self.channels() * self.element().size()
    }

    /// Bytes of the plane of a frame with so many pixels in a row, and so many rows.
    #[must_use]
    pub fn bytes(self, width: u32, height: u32) -> u64 {
        let half = |side: u32| u64::from(side.div_ceil(2));
        match self {
            Self::U | Self::V => half(width) * half(height),
            Self::Uv => 2 * half(width) * half(height),
            _ => u64::from(width) * u64::from(height) * self.pixel() as u64,
        }
    }
}

/// The camera, and the room that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Camera {
    /// Pixels in a row, at most [`MAX_SIDE`].
    pub width: u32,
    /// Rows, at most [`MAX_SIDE`].
    pub height: u32,
    /// Which room it is.
    pub seed: u32,
}

impl Camera {
    /// Pixels of a frame.
    #[must_use]
    pub fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }

    /// Whether a camera of the lab can have this size.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        (1..=MAX_SIDE).contains(&self.width) && (1..=MAX_SIDE).contains(&self.height)
    }
}

/// One plane of what a robot sees: what a row of Build stands for. It crosses, and is kept, as one
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct Robot {
    /// Which one.
    pub plane: Plane,
    /// Its camera.
    pub camera: Camera,
}

/// The bits of a side.
const SIDE: u32 = 14;

impl From<Robot> for u64 {
    fn from(Robot { plane, camera: Camera { width, height, seed } }: Robot) -> Self {
        let side = |side: u32| Self::from(side.min((1 << SIDE) - 1));
        ((Self::from(seed) << SIDE | side(width)) << SIDE | side(height)) << 2 | plane as Self
    }
}

impl From<u64> for Robot {
    fn from(code: u64) -> Self {
        let side = |at: u32| (code >> at) as u32 & ((1 << SIDE) - 1);
        let plane = Plane::ALL.get(code as usize & 3).copied().unwrap_or(Plane::Image);
        let camera = Camera { width: side(2 + SIDE), height: side(2), seed: (code >> (2 + 2 * SIDE)) as u32 };
        Self { plane, camera }
    }
}

impl Robot {
    /// Elements of a frame.
    #[must_use]
    pub fn length(&self) -> usize {
        self.camera.pixels() * self.plane.channels()
    }
}

/// What is seen in a column of pixels between ceiling and floor.
struct Column {
    /// The first row of the wall or pillar, and the first below it.
    rows: [i32; 2],
    depth: f32,
    class: u8,
    /// Its two colours. It is a chessboard.
    colours: [[u8; 4]; 2],
    /// Which of the colours its chessboard begins with.
    parity: i32,
    /// How far the chessboard goes on in half a row, in 2^16ths of the room's height.
    step: i32,
}

/// What is seen in a row of pixels above and below the walls.
struct Line {
    depth: f32,
    ceiling: [u8; 4],
    floor: [[u8; 4]; 2],
    /// Twice the distance of its middle from the horizon, in rows.
    twice: i32,
    /// Where the floor of its first pixel is, and how far the next one is from there, in 2^16ths.
    at: [i32; 2],
    step: [i32; 2],
}

/// What a camera sees in one frame.
pub struct Sight {
    camera: Camera,
    columns: Vec<Column>,
    /// The directions of the first ray, and from that to the last one.
    left: [f64; 2],
    across: [f64; 2],
}

/// The sine of a part of a turn, which is 2^32.
fn sine(turn: u32) -> f64 {
    // In half turns, from -1 to 1; then only the part in which it rises.
    let half = f64::from(turn as i32) / f64::from(1u32 << 31);
    let rising = if half > 0.5 {
        1.0 - half
    } else if half < -0.5 {
        -1.0 - half
    } else {
        half
    };
    let x = rising * std::f64::consts::PI;
    let z = x * x;
    x * (1.0 - z / 6.0 * (1.0 - z / 20.0 * (1.0 - z / 42.0 * (1.0 - z / 72.0 * (1.0 - z / 110.0)))))
}

/// A colour as it is seen from far away: darker.
fn shaded(colour: [u8; 3], depth: f64, dark: bool) -> [u8; 4] {
    let share = 256.0 / (1.0 + depth * 0.22);
    let share = if dark { share * 0.78 } else { share } as u32;
    let [red, green, blue] = colour.map(|one| ((u32::from(one) * share) >> 8) as u8);
    [red, green, blue, 255]
}

/// What stands in a cell of the room: the class of a wall or a pillar, or nothing.
fn stands(seed: u32, x: usize, y: usize) -> Option<u8> {
    let last = CELLS - 1;
    if x == 0 || y == 0 || x >= last || y >= last {
        return Some(WALL);
    }
    let middle = CELLS / 2;
    if x.abs_diff(middle) <= 1 && y.abs_diff(middle) <= 1 {
        return None;
    }
    let number = mix(u64::from(seed) << 16 | (y * CELLS + x) as u64);
    number.is_multiple_of(5).then(|| PILLAR + (number / 5 % PILLARS) as u8)
}

impl Sight {
    /// What the camera sees in the frame of this number.
    #[must_use]
    pub fn new(camera: Camera, frame: u64) -> Self {
        let turn = (((frame % TURN) << 32) / TURN) as u32;
        let turn = turn.wrapping_add(mix(camera.seed.into()) as u32);
        let (forward, sideways) =
            ([sine(turn.wrapping_add(1 << 30)), sine(turn)], [-sine(turn), sine(turn.wrapping_add(1 << 30))]);
        // A right angle is in view.
        let left = [forward[0] - sideways[0], forward[1] - sideways[1]];
        let across = [2.0 * sideways[0], 2.0 * sideways[1]];
        let mut sight = Self { camera, columns: Vec::new(), left, across };
        sight.columns = (0..camera.width).map(|x| sight.column(x)).collect();
        sight
    }

    /// Pixels of the screen for one metre at a distance of one metre.
    fn focal(&self) -> f64 {
        f64::from(self.camera.width.max(1)) / 2.0
    }

    /// Follows the ray of a column from cell to cell until something stands there.
    fn column(&self, x: u32) -> Column {
        let share = (2.0 * f64::from(x) + 1.0) / (2.0 * f64::from(self.camera.width));
        let ray = [0, 1].map(|axis| self.left[axis] + share * self.across[axis]);
        let middle = CELLS as f64 / 2.0;
        let mut cell = [CELLS / 2; 2];
        // How much of the ray leads from one line between cells to the next, and to the first one.
        let step = ray.map(|part| if part == 0.0 { f64::MAX } else { (1.0 / part).abs() });
        let mut next = step.map(|step| step * 0.5);
        let (mut depth, mut axis, mut class) = (0.0, 0, WALL);
        // The border of the room is at most this many lines away.
        for _ in 0..2 * CELLS {
            axis = usize::from(next[1] < next[0]);
            depth = next[axis];
            next[axis] += step[axis];
            cell[axis] = if ray[axis] < 0.0 { cell[axis].saturating_sub(1) } else { cell[axis] + 1 };
            if let Some(found) = stands(self.camera.seed, cell[0], cell[1]) {
                class = found;
                break;
            }
        }
        let along = middle + depth * ray[1 - axis];
        let colour = COLOURS[usize::from(class)];
        let (focal, height) = (self.focal(), f64::from(self.camera.height));
        let reach = focal * 0.5 / depth;
        let row = |at: f64| at.floor().max(0.0).min(height) as i32;
        Column {
            rows: [row(height / 2.0 - reach + 0.5), row(height / 2.0 + reach + 0.5)],
            depth: depth as f32,
            class,
            colours: [shaded(colour, depth, axis == 1), shaded(colour.map(|one| one / 2), depth, axis == 1)],
            parity: (along * 4.0).floor() as i32,
            step: (depth / focal * 32_768.0) as i32,
        }
    }

    fn line(&self, y: usize) -> Line {
        let twice = 2 * y as i32 + 1 - self.camera.height as i32;
        // A row on the horizon has no floor: walls hide it.
        let depth = self.focal() / f64::from(twice.abs().max(1));
        let middle = CELLS as f64 / 2.0;
        let fixed = |number: f64| (number * 65_536.0) as i32;
        let width = f64::from(self.camera.width);
        let step = self.across.map(|part| fixed(depth * part / width));
        let at = [0, 1].map(|axis| fixed(middle + depth * (self.left[axis] + self.across[axis] / (2.0 * width))));
        let floor = COLOURS[usize::from(FLOOR)];
        Line {
            depth: depth as f32,
            ceiling: shaded(COLOURS[usize::from(CEILING)], depth, false),
            floor: [shaded(floor, depth, false), shaded(floor.map(|one| one - one / 4), depth, false)],
            twice,
            at,
            step,
        }
    }

    /// Writes the pixels of a plane from `first` on, row by row. The length of `into` must be a
    /// multiple of that of a pixel; what lies beyond the last pixel stays as it is.
    pub fn paint(&self, plane: Plane, first: usize, into: &mut [u8]) {
        match plane {
            Plane::Image => self.each(first, into, |line, column, y, x| {
                if y < column.rows[0] {
                    line.ceiling
                } else if y < column.rows[1] {
                    let down = line.twice.wrapping_mul(column.step).wrapping_add(32_768) >> 14;
                    column.colours[((down ^ column.parity) & 1) as usize]
                } else {
                    let at = |axis: usize| line.at[axis].wrapping_add(line.step[axis].wrapping_mul(x));
                    line.floor[((at(0) ^ at(1)) >> 16 & 1) as usize]
                }
            }),
            Plane::Depth => self.each(first, into, |line, column, y, _| {
                let is_wall = column.rows[0] <= y && y < column.rows[1];
                (if is_wall { column.depth } else { line.depth }).to_le_bytes()
            }),
            // A robot has no others: its rows refuse them.
            _ => self.each(first, into, |_, column, y, _| {
                [if y < column.rows[0] {
                    CEILING
                } else if y < column.rows[1] {
                    column.class
                } else {
                    FLOOR
                }]
            }),
        }
    }

    /// Writes what `pixel` says of each pixel, by its line, its column, its row and its place in it.
    fn each<const SIZE: usize>(
        &self,
        first: usize,
        into: &mut [u8],
        pixel: impl Fn(&Line, &Column, i32, i32) -> [u8; SIZE],
    ) {
        let (width, height) = (self.columns.len().max(1), self.camera.height as usize);
        let (mut y, mut x) = (first / width, first % width);
        let (mut pixels, _) = into.as_chunks_mut::<SIZE>();
        while y < height && !pixels.is_empty() {
            let line = self.line(y);
            let columns = self.columns.get(x..).unwrap_or_default();
            let count = columns.len().min(pixels.len());
            let (row, rest) = std::mem::take(&mut pixels).split_at_mut(count);
            for (place, (column, x)) in row.iter_mut().zip(columns.iter().zip(x as i32..)) {
                *place = pixel(&line, column, y as i32, x);
            }
            (pixels, y, x) = (rest, y + 1, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn painted(camera: Camera, frame: u64, plane: Plane) -> Vec<u8> {
        let mut bytes = vec![0xAA; camera.pixels() * plane.pixel()];
        Sight::new(camera, frame).paint(plane, 0, &mut bytes);
        bytes
    }

    const SMALL: Camera = Camera { width: 61, height: 47, seed: 7 };

    fn floats(bytes: &[u8]) -> Vec<f32> {
        bytes.chunks(4).map(|one| f32::from_le_bytes(one.try_into().unwrap())).collect()
    }

    #[test]
    fn a_frame_is_decided_by_seed_size_and_number() {
        for plane in Plane::ALL {
            let one = painted(SMALL, 5, plane);
            assert_eq!(one, painted(SMALL, 5, plane));
            assert_ne!(one, painted(SMALL, 6, plane), "{plane:?} moves");
            assert_ne!(one, painted(Camera { seed: 8, ..SMALL }, 5, plane), "{plane:?} of another room");
            assert_eq!(one, painted(SMALL, 5 + 16 * TURN, plane), "after whole turns");
        }
    }

    #[test]
    fn a_frame_has_the_same_bytes_wherever_it_is_made() {
        // `tests/live.rs` finds the same digest in a browser.
        let mut hash = Sha256::new();
        for frame in [0, 1, 77, 4_000_000_000] {
            for plane in Plane::ALL {
                hash.update(painted(Camera { width: 320, height: 200, seed: 42 }, frame, plane));
            }
        }
        let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, DIGEST);
    }

    const DIGEST: &str = "3cb542b3c70aeb62559b21e3acefe98acd0c35777f4ffca3328b82d2d37987dd";

    #[test]
    fn painting_in_parts_gives_the_same_bytes() {
        let sight = Sight::new(SMALL, 3);
        for plane in Plane::ALL {
            let whole = painted(SMALL, 3, plane);
            // In the middle of a row with walls, and of one with the floor.
            for cut in [1000, 2000] {
                let mut parts = vec![0; whole.len()];
                let (head, tail) = parts.split_at_mut(cut * plane.pixel());
                sight.paint(plane, 0, head);
                sight.paint(plane, cut, tail);
                assert_eq!(parts, whole, "{plane:?}");
            }
            let mut beyond = [1; 8];
            sight.paint(plane, SMALL.pixels(), &mut beyond);
            assert_eq!(beyond, [1; 8]);
        }
    }

    #[test]
    fn planes_of_a_frame_agree_about_the_room() {
        for (seed, frame) in [(1, 0), (2, 100), (3, 1000)] {
            let camera = Camera { seed, ..SMALL };
            let depth = floats(&painted(camera, frame, Plane::Depth));
            let mask = painted(camera, frame, Plane::Mask);
            let image = painted(camera, frame, Plane::Image);
            assert!(image.chunks(4).all(|pixel| pixel[3] == 255));
            assert!(depth.iter().all(|metres| *metres > 0.3 && *metres < 7.0), "{depth:?}");
            assert!(mask.iter().all(|class| usize::from(*class) < COLOURS.len()));
            let has = |class: u8| mask.contains(&class);
            assert!(has(CEILING) && has(FLOOR) && (has(WALL) || mask.iter().any(|class| *class >= PILLAR)));
            // The ceiling is above the floor.
            let first = |class: u8| mask.iter().position(|one| *one == class).unwrap();
            assert!(first(CEILING) < first(FLOOR));
        }
        let kinds = |seed| {
            let mut kinds: Vec<u8> =
                (0..TURN).step_by(20).flat_map(|frame| painted(Camera { seed, ..SMALL }, frame, Plane::Mask)).collect();
            kinds.sort_unstable();
            kinds.dedup();
            kinds
        };
        assert!((0..8).any(|seed| kinds(seed).len() > 5), "rooms have pillars");
    }

    #[test]
    fn the_smallest_and_the_narrowest_camera_see_something() {
        for (width, height) in [(1, 1), (1, 300), (300, 1), (4096, 2), (2, 4096)] {
            let camera = Camera { width, height, seed: 1 };
            assert!(camera.is_possible());
            for plane in Plane::ALL {
                assert_eq!(painted(camera, 9, plane).len(), camera.pixels() * plane.pixel());
            }
            assert!(floats(&painted(camera, 9, Plane::Depth)).iter().all(|metres| metres.is_finite() && *metres > 0.0));
        }
        assert!(!Camera { width: 0, ..SMALL }.is_possible() && !Camera { height: MAX_SIDE + 1, ..SMALL }.is_possible());
    }

    #[test]
    fn a_robot_is_kept_as_a_number() {
        for plane in Plane::ALL {
            for (width, height, seed) in [(1, 4096, 0), (640, 480, u32::MAX), (4096, 1, 7)] {
                let robot = Robot { plane, camera: Camera { width, height, seed } };
                assert_eq!(Robot::from(u64::from(robot)), robot);
            }
        }
        // What no page has written is not a camera of the lab, or another one.
        assert!(!Robot::from(0).camera.is_possible() && !Robot::from(u64::MAX).camera.is_possible());
        assert!(
            !Robot::from(u64::from(Robot { camera: Camera { width: 99_999, ..SMALL }, plane: Plane::Mask }))
                .camera
                .is_possible()
        );
    }

    #[test]
    fn the_sine_is_one() {
        for turn in (0..1000).map(|n: u32| n.wrapping_mul(4_294_967)) {
            let expected = (f64::from(turn) / 4_294_967_296.0 * std::f64::consts::TAU).sin();
            assert!((sine(turn) - expected).abs() < 1e-6, "{turn}: {} {expected}", sine(turn));
        }
    }
}
