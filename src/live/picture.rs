//! The pixels that show a frame: its colours, its depth in colours, or its mask over its image; of
//! a sound, its waveform.

use super::{head::Head, robot::Plane};

/// Colours of depths, from near to far: red, green and blue.
const DEPTHS: [[u8; 3]; 6] = [
    [0xfd, 0xe7, 0x25],
    [0x7a, 0xd1, 0x51],
    [0x22, 0xa8, 0x84],
    [0x2a, 0x78, 0x8e],
    [0x41, 0x44, 0x87],
    [0x2b, 0x0a, 0x42],
];

/// Colours of the classes of a mask, which are told apart by people who see few colours too; the
/// classes of a robot's world have others in its image.
const CLASSES: [[u8; 3]; 8] = [
    [0x56, 0xb4, 0xe9],
    [0x00, 0x9e, 0x73],
    [0xf0, 0xe4, 0x42],
    [0xd5, 0x5e, 0x00],
    [0xcc, 0x79, 0xa7],
    [0x00, 0x72, 0xb2],
    [0xe6, 0x9f, 0x00],
    [0x40, 0x40, 0x40],
];

/// Columns and rows of a waveform, and the colour of its line, which is seen on black and on white.
pub const WAVE: (usize, usize) = (480, 120);
/// See [`WAVE`].
const LINE: [u8; 4] = [0x2a, 0x88, 0x9e, 255];

/// How much of 8 parts the mask has of a pixel.
const COVER: u32 = 4;

/// Copies bytes of a payload from an offset on.
pub type Read<'a, E> = dyn FnMut(usize, &mut [u8]) -> Result<(), E> + 'a;

/// The element at the index-th of `count` equal distances over `all`.
fn spread(index: usize, count: usize, all: u32) -> usize {
    ((2 * index as u64 + 1) * u64::from(all) / (2 * count.max(1) as u64)) as usize
}

/// Reads the sampled pixels of a plane: `size` columns and rows of them. `read` copies bytes of the
/// payload from an offset on.
fn sampled<E>(
    head: &Head,
    plane: Plane,
    (columns, rows): (usize, usize),
    read: &mut Read<'_, E>,
) -> Result<Vec<u8>, E> {
    let Some(start) = head.start(plane) else { return Ok(Vec::new()) };
    // Pixels of a side that share an element, and bytes of the element.
    let (shared, pixel) = match plane {
        Plane::U | Plane::V => (2, 1),
        Plane::Uv => (2, 2),
        _ => (1, plane.pixel()),
    };
    let mut line = vec![0; (head.width as usize).div_ceil(shared) * pixel];
    let mut all = Vec::with_capacity(columns * rows * pixel);
    for row in 0..rows {
        read(start + spread(row, rows, head.height) / shared * line.len(), &mut line)?;
        for column in 0..columns {
            let at = spread(column, columns, head.width) / shared * pixel;
            all.extend(line.get(at..at + pixel).unwrap_or_default());
        }
    }
    Ok(all)
}

/// A colour of [`DEPTHS`]; nothing for what is not a number.
fn of_depth(metres: f32, most: f32) -> [u8; 4] {
    if !metres.is_finite() || metres < 0.0 {
        return [0; 4];
    }
    let last = DEPTHS.len() as u32 - 1;
    let at = if most > 0.0 { (metres / most * 256.0 * last as f32) as u32 } else { 0 }.min(256 * last);
    let (index, share) = ((at / 256).min(last - 1) as usize, at - 256 * (at / 256).min(last - 1));
    let between = |channel: usize| {
        let [near, far] = [0, 1].map(|next| u32::from(DEPTHS[index + next][channel]));
        ((near * (256 - share) + far * share) / 256) as u8
    };
    [between(0), between(1), between(2), 255]
}

/// Makes red, green and blue of brightness and of how blue and red a pixel is, as the frame says
/// that they were made.
fn colours(head: &Head) -> impl Fn(u8, u8, u8) -> [u8; 4] + use<> {
    let (kr, kb) = match head.matrix {
        709 => (0.2126, 0.0722),
        2020 => (0.2627, 0.0593),
        _ => (0.299, 0.114),
    };
    let (black, luma, chroma) = if head.full { (0.0, 1.0, 1.0) } else { (16.0, 255.0 / 219.0, 255.0 / 224.0) };
    move |y, u, v| {
        let y = (f32::from(y) - black) * luma;
        let [blue, red] = [u, v].map(|one| (f32::from(one) - 128.0) * chroma);
        let (r, b) = (y + 2.0 * (1.0 - kr) * red, y + 2.0 * (1.0 - kb) * blue);
        let g = (y - kr * r - kb * b) / (1.0 - kr - kb);
        // Saturates.
        [(r + 0.5) as u8, (g + 0.5) as u8, (b + 0.5) as u8, 255]
    }
}

/// The pixels of a frame whose colours are planes of brightness, blue and red.
fn mixed<E>(head: &Head, size: (usize, usize), read: &mut Read<'_, E>) -> Result<Vec<u8>, E> {
    let mut plane = |plane| sampled(head, plane, size, read);
    let (y, [u, v, both]) = (plane(Plane::Y)?, [plane(Plane::U)?, plane(Plane::V)?, plane(Plane::Uv)?]);
    let (both, _) = both.as_chunks::<2>();
    let colour = colours(head);
    // Without colours it is grey.
    let grey = |plane: &[u8], at: usize| plane.get(at).copied().unwrap_or(128);
    let pixel = |(at, y): (usize, &u8)| {
        let [u, v] = both.get(at).copied().unwrap_or_else(|| [grey(&u, at), grey(&v, at)]);
        colour(*y, u, v)
    };
    Ok(y.iter().enumerate().flat_map(pixel).collect())
}

/// The line of a sound: for each column what its samples reach, a channel below the other.
fn wave<E>(head: &Head, (columns, rows): (usize, usize), read: &mut Read<'_, E>) -> Result<Vec<u8>, E> {
    let starts = [Plane::Left, Plane::Right].map(|plane| head.start(plane));
    let starts: Vec<usize> = starts.into_iter().flatten().collect();
    let mut pixels = vec![0; columns * rows * 4];
    let band = rows / starts.len().max(1);
    for (channel, start) in starts.into_iter().enumerate() {
        let mut bytes = vec![0; head.width as usize * 4];
        read(start, &mut bytes)?;
        let (samples, _) = bytes.as_chunks::<4>();
        let row = |sample: &[u8; 4]| {
            let level = f32::from_le_bytes(*sample).clamp(-1.0, 1.0);
            // What is not a number is silence.
            let down = if level.is_nan() { 0.5 } else { (1.0 - level) / 2.0 };
            channel * band + (down * (band.max(1) - 1) as f32) as usize
        };
        for column in 0..columns {
            let at = |column: usize| column * samples.len() / columns;
            // The first sample of the next column is in it too, so that the line has no gaps.
            let these = samples.get(at(column)..(at(column + 1) + 1).min(samples.len())).unwrap_or_default();
            let (top, bottom) = these.iter().map(row).fold((rows, 0), |(top, low), row| (top.min(row), low.max(row)));
            let (cells, _) = pixels.as_chunks_mut::<4>();
            for row in top..=bottom {
                if let Some(cell) = cells.get_mut(row * columns + column) {
                    *cell = LINE;
                }
            }
        }
    }
    Ok(pixels)
}

/// Whether a frame can be shown like this: by a plane that it has. A sound and a picture of several
/// planes are shown as an image.
#[must_use]
pub fn shows(head: &Head, plane: Plane) -> bool {
    let has = |plane| head.start(plane).is_some();
    has(plane) || plane == Plane::Image && (has(Plane::Y) || head.is_sound())
}

/// Red, green, blue and opacity of the `size` pixels that show `plane` of a frame. The mask is laid
/// over the image, if there is one. Empty when the frame cannot be shown like that.
///
/// # Errors
/// Those of `read`, which copies bytes of the payload from an offset on.
pub fn rgba<E>(head: &Head, plane: Plane, size: (usize, usize), read: &mut Read<'_, E>) -> Result<Vec<u8>, E> {
    if !shows(head, plane) {
        return Ok(Vec::new());
    }
    if plane == Plane::Image && head.start(plane).is_none() {
        return if head.is_sound() { wave(head, size, read) } else { mixed(head, size, read) };
    }
    let values = sampled(head, plane, size, read)?;
    Ok(match plane {
        Plane::Depth => {
            let (floats, _) = values.as_chunks::<4>();
            let metres = || floats.iter().map(|one| f32::from_le_bytes(*one));
            let most = metres().filter(|one| one.is_finite()).fold(0.0, f32::max);
            metres().flat_map(|one| of_depth(one, most)).collect()
        }
        Plane::Mask => {
            let under = sampled(head, Plane::Image, size, read)?;
            let (mut under, _) = under.as_chunks::<4>();
            let mut pixel = |class: &u8| {
                let colour = CLASSES[usize::from(*class) % CLASSES.len()];
                let (below, rest) = under.split_first().unwrap_or((&[0, 0, 0, 0], &[]));
                under = rest;
                let cover = if below[3] == 0 { 8 } else { COVER };
                let mixed =
                    |at: usize| ((u32::from(colour[at]) * cover + u32::from(below[at]) * (8 - cover)) / 8) as u8;
                [mixed(0), mixed(1), mixed(2), 255]
            };
            values.iter().flat_map(&mut pixel).collect()
        }
        _ => values,
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::{Camera, Sight};
    use super::*;

    const CAMERA: Camera = Camera { width: 64, height: 48, seed: 3 };

    fn payload() -> (Head, Vec<u8>) {
        let sight = Sight::new(CAMERA, 1);
        let (mut payload, mut head) = (vec![9; 5], Head { width: 64, height: 48, ..Head::default() });
        for plane in Plane::ALL {
            let start = payload.len();
            head = head.with(plane, start);
            payload.resize(start + CAMERA.pixels() * plane.pixel(), 0);
            sight.paint(plane, 0, &mut payload[start..]);
        }
        (head, payload)
    }

    fn shown(head: &Head, payload: &[u8], plane: Plane, size: (usize, usize)) -> Vec<u8> {
        let mut read = |at: usize, into: &mut [u8]| -> Result<(), Infallible> {
            into.copy_from_slice(&payload[at..at + into.len()]);
            Ok(())
        };
        rgba(head, plane, size, &mut read).unwrap()
    }

    #[test]
    fn a_picture_of_full_size_is_the_image_itself() {
        let (head, payload) = payload();
        assert_eq!(shown(&head, &payload, Plane::Image, (64, 48)), payload[5..5 + 64 * 48 * 4]);
        let half = shown(&head, &payload, Plane::Image, (32, 24));
        assert_eq!(half.len(), 32 * 24 * 4);
        assert_eq!(half[..4], payload[5 + 4 * (64 + 1)..][..4]);
    }

    #[test]
    fn depth_gets_colours_and_what_is_not_a_number_none() {
        assert_eq!((of_depth(0.0, 5.0), of_depth(5.0, 5.0)), ([0xfd, 0xe7, 0x25, 255], [0x2b, 0x0a, 0x42, 255]));
        assert_eq!((of_depth(f32::NAN, 5.0), of_depth(f32::INFINITY, 5.0)), ([0; 4], [0; 4]));
        assert_eq!((of_depth(1.0, 5.0), of_depth(0.0, 0.0)), ([0x7a, 0xd1, 0x51, 255], [0xfd, 0xe7, 0x25, 255]));
        assert_eq!(of_depth(9.0, 5.0), of_depth(5.0, 5.0));
        let (head, payload) = payload();
        let picture = shown(&head, &payload, Plane::Depth, (64, 48));
        assert!(picture.len() == 64 * 48 * 4 && picture.chunks(4).all(|pixel| pixel[3] == 255));
    }

    #[test]
    fn the_mask_lies_over_the_image_if_there_is_one() {
        let (head, payload) = payload();
        let over = shown(&head, &payload, Plane::Mask, (64, 48));
        let class = payload[head.planes[2].unwrap()];
        let (colour, image) = (CLASSES[usize::from(class)], &payload[5..9]);
        assert_eq!(over[0], ((u32::from(colour[0]) + u32::from(image[0])) / 2) as u8);
        let alone = Head { planes: [None; 9], ..head }.with(Plane::Mask, head.planes[2].unwrap());
        assert_eq!(shown(&alone, &payload, Plane::Mask, (64, 48))[..3], colour);
        assert!(shown(&alone, &payload, Plane::Image, (64, 48)).is_empty());
    }

    #[test]
    fn planes_of_brightness_and_colour_become_a_picture() {
        let head = Head { width: 3, height: 3, ..Head::default() };
        let planes = head.with(Plane::Y, 0).with(Plane::U, 9).with(Plane::V, 13);
        // White, black, and the primary colours of BT.601 in a corner each.
        let y = [235, 235, 16, 235, 235, 16, 81, 81, 145];
        let i420 = [&y[..], &[128, 128, 90, 54], &[128, 128, 240, 34]].concat();
        let near = |found: &[u8], expected: [u8; 3]| {
            assert!(found.iter().zip(expected).all(|(one, two)| one.abs_diff(two) <= 2), "{found:?} {expected:?}");
            assert_eq!(found[3], 255);
        };
        let all = shown(&planes, &i420, Plane::Image, (3, 3));
        for (at, expected) in [(0, [255; 3]), (4, [255; 3]), (2, [0; 3]), (6, [255, 0, 0]), (8, [0, 255, 0])] {
            near(&all[4 * at..][..4], expected);
        }
        let nv12 = [&y[..], &[128, 128, 128, 128, 90, 240, 54, 34]].concat();
        assert_eq!(shown(&head.with(Plane::Y, 0).with(Plane::Uv, 9), &nv12, Plane::Image, (3, 3)), all);
        // The same bytes by other rules are other colours.
        near(&shown(&Head { full: true, ..planes }, &i420, Plane::Image, (3, 3)), [235; 3]);
        for matrix in [709, 2020] {
            assert_ne!(shown(&Head { matrix, ..planes }, &i420, Plane::Image, (3, 3))[4 * 6..], all[4 * 6..]);
        }
        near(&shown(&head.with(Plane::Y, 0), &i420, Plane::Image, (3, 3))[4 * 6..][..4], [76; 3]);
    }

    #[test]
    fn a_sound_is_a_line_of_what_it_reaches() {
        let samples = [0.0f32, 1.0, 0.0, -1.0, f32::NAN, 7.0];
        let bytes: Vec<u8> = samples.iter().flat_map(|one| one.to_le_bytes()).collect();
        let head = Head { width: 6, height: 1, rate: 8_000, ..Head::default() }.with(Plane::Left, 0);
        let rows = |head: &Head, column: usize| -> Vec<usize> {
            let pixels = shown(head, &bytes, Plane::Image, (3, 10));
            (0..10).filter(|row| pixels[4 * (row * 3 + column)..][..4] == LINE).collect()
        };
        assert_eq!(rows(&head, 0), [0, 1, 2, 3, 4]);
        assert_eq!(rows(&head, 1), [4, 5, 6, 7, 8, 9]);
        assert_eq!(rows(&head, 2), [0, 1, 2, 3, 4]);
        let both = Head { width: 3, ..head }.with(Plane::Right, 12);
        assert_eq!((rows(&both, 0), rows(&both, 2)), (vec![0, 1, 2, 7, 8, 9], vec![2, 5]));
        assert!(shown(&head, &bytes, Plane::Depth, (3, 10)).is_empty());
    }
}
