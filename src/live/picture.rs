//! The pixels that show a frame: its colours, its depth in colours, or its mask over its image.

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
    let pixel = plane.pixel();
    let mut line = vec![0; head.width as usize * pixel];
    let mut all = Vec::with_capacity(columns * rows * pixel);
    for row in 0..rows {
        read(start + spread(row, rows, head.height) * line.len(), &mut line)?;
        for column in 0..columns {
            let at = spread(column, columns, head.width) * pixel;
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

/// Red, green, blue and opacity of the `size` pixels that show `plane` of a frame. The mask is laid
/// over the image, if there is one. Empty when the frame does not have that plane.
///
/// # Errors
/// Those of `read`, which copies bytes of the payload from an offset on.
pub fn rgba<E>(head: &Head, plane: Plane, size: (usize, usize), read: &mut Read<'_, E>) -> Result<Vec<u8>, E> {
    let values = sampled(head, plane, size, read)?;
    Ok(match plane {
        Plane::Image => values,
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
        let (mut payload, mut planes) = (vec![9; 5], [None; 3]);
        for plane in Plane::ALL {
            let start = payload.len();
            planes[plane as usize] = Some(start);
            payload.resize(start + CAMERA.pixels() * plane.pixel(), 0);
            sight.paint(plane, 0, &mut payload[start..]);
        }
        (Head { width: 64, height: 48, planes, ..Head::default() }, payload)
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
        let alone = Head { planes: [None, None, head.planes[2]], ..head };
        assert_eq!(shown(&alone, &payload, Plane::Mask, (64, 48))[..3], colour);
        assert!(shown(&alone, &payload, Plane::Image, (64, 48)).is_empty());
    }
}
