//! Pictures of messages that were made for them, and how much was looked at.

use zbytes::{
    payload::ZBytes,
    segment::{Element, Source},
};

use super::{
    painting::{Painting, line},
    points::{FAINTEST, Points},
    raster::{Fit, INK, Raster, Room, View, WINDOW},
    scan::Scan,
};
use crate::{MessageError, PixelFormat, Spec, values::Range};

/// In pieces of five bytes, so that elements lie across borders.
fn payload(bytes: &[u8]) -> ZBytes {
    ZBytes::from_segments(bytes.chunks(5).map(|piece| Source::moved(piece.to_vec()))).unwrap()
}

fn raster(spec: &Spec) -> Raster {
    match spec.view() {
        View::Raster(raster) => raster,
        other => panic!("{other:?}"),
    }
}

fn tensor(element: Element, shape: &[u32]) -> Spec {
    Spec::Tensor { name: String::new(), element, shape: shape.to_vec(), timestamp: 0 }
}

fn frame(format: PixelFormat, width: u32, height: u32, step: u32) -> Spec {
    Spec::CameraFrame { frame_id: String::new(), sequence: 0, timestamp: 0, width, height, step, format }
}

fn painted(payload: &ZBytes, raster: Raster, start: usize, slice: usize, pixels: (usize, usize)) -> Vec<[u8; 4]> {
    let mut scan = Scan::of_raster(payload, &raster, start);
    while !scan.step(1).unwrap() {}
    assert_eq!(scan.done(), scan.total());
    let mut painting = Painting::new(payload, raster, start, slice, scan.range(), pixels);
    while !painting.step(1).unwrap() {}
    let rgba = painting.into_rgba();
    assert_eq!(rgba.len(), pixels.0 * pixels.1 * 4);
    rgba.chunks_exact(4).map(|pixel| pixel.try_into().unwrap()).collect()
}

const GREY: fn(u8) -> [u8; 4] = |shade| [shade, shade, shade, 255];

#[test]
fn the_last_dimensions_are_the_picture() {
    assert_eq!(tensor(Element::Int32, &[]).view(), View::Number(Element::Int32));
    assert_eq!(tensor(Element::Int32, &[7]).view(), View::Line(Element::Int32, 7));
    assert_eq!(tensor(Element::Int32, &[7, 0]).view(), View::Nothing);
    let of = |shape: &[u32]| {
        let raster = raster(&tensor(Element::Int16, shape));
        (raster.slices, raster.height, raster.width, raster.channels, raster.stride)
    };
    assert_eq!(of(&[5, 3]), (1, 5, 3, 1, 6));
    assert_eq!(of(&[5, 7, 3]), (1, 5, 7, 3, 42));
    assert_eq!(of(&[5, 7, 9]), (5, 7, 9, 1, 18));
    assert_eq!(of(&[2, 3, 5, 7, 4]), (6, 5, 7, 4, 56));
    assert!(raster(&tensor(Element::Uint8, &[2, 2, 3])).as_is);
    assert!(!raster(&tensor(Element::Uint8, &[2, 2])).as_is);
    assert!(!raster(&tensor(Element::Uint16, &[2, 2, 3])).as_is);
    assert_eq!(frame(PixelFormat::Rgb8, 0, 4, 0).view(), View::Nothing);
    let cloud = |points| Spec::PointCloud { frame_id: String::new(), timestamp: 0, points };
    assert_eq!((cloud(0).view(), cloud(3).view()), (View::Nothing, View::Points(3)));
}

#[test]
fn grey_is_the_place_in_the_range() {
    let values: Vec<u8> = [-100i32, 0, 100, 155].iter().flat_map(|value| value.to_le_bytes()).collect();
    let spec = tensor(Element::Int32, &[2, 2]);
    let pixels = painted(&payload(&values), raster(&spec), 0, 0, (2, 2));
    assert_eq!(pixels, [GREY(0), GREY(100), GREY(200), GREY(255)]);
}

#[test]
fn nan_is_left_open_and_infinity_is_the_end_of_the_range() {
    let values = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.0, 2.0, 3.0];
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let pixels = painted(&payload(&bytes), raster(&tensor(Element::Float32, &[3, 2])), 0, 0, (2, 3));
    assert_eq!(pixels, [[0; 4], GREY(255), GREY(0), GREY(0), GREY(128), GREY(255)]);
}

#[test]
fn a_slice_is_shaded_by_the_range_of_all() {
    let bytes: Vec<u8> = (0..5 * 4).map(|at| at * 13).collect();
    let raster = raster(&tensor(Element::Uint8, &[4, 1, 5]));
    let pixels = painted(&payload(&bytes), raster, 0, 3, (5, 1));
    let shade = |at: u32| GREY((f64::from(at) / 19.0 * 255.0).round() as u8);
    assert_eq!(pixels, [15, 16, 17, 18, 19].map(shade));
    assert_eq!(painted(&payload(&bytes), raster, 0, 99, (5, 1)), pixels, "no slice is beyond the last");
}

#[test]
fn every_format_of_a_camera_is_read_by_its_step() {
    let fill = 0xee;
    let grey = [10, 20, fill, 30, 40, fill];
    let pixels = painted(&payload(&grey), raster(&frame(PixelFormat::Mono8, 2, 2, 3)), 0, 0, (2, 2));
    assert_eq!(pixels, [GREY(10), GREY(20), GREY(30), GREY(40)]);
    let rgb = [1, 2, 3, 4, 5, 6, fill, 7, 8, 9, 10, 11, 12, fill];
    let pixels = painted(&payload(&rgb), raster(&frame(PixelFormat::Rgb8, 2, 2, 7)), 0, 0, (2, 2));
    assert_eq!(pixels, [[1, 2, 3, 255], [4, 5, 6, 255], [7, 8, 9, 255], [10, 11, 12, 255]]);
    let rgba = [1, 2, 3, 4, 5, 6, 7, 0];
    let pixels = painted(&payload(&rgba), raster(&frame(PixelFormat::Rgba8, 1, 2, 4)), 0, 0, (1, 2));
    assert_eq!(pixels, [[1, 2, 3, 4], [5, 6, 7, 0]]);
    let deep: Vec<u8> = [100u16, 600, 0xffff, 1100, 100, 0xffff].iter().flat_map(|v| v.to_le_bytes()).collect();
    let pixels = painted(&payload(&deep), raster(&frame(PixelFormat::Mono16, 2, 2, 6)), 0, 0, (2, 2));
    assert_eq!(pixels, [GREY(0), GREY(128), GREY(255), GREY(0)], "the filling is in no range");
}

#[test]
fn elements_beyond_the_pixels_are_shown_at_equal_distances() {
    let side = 100u32;
    let bytes: Vec<u8> = (0..side * side).flat_map(|at| (at as u16).to_le_bytes()).collect();
    let raster = raster(&tensor(Element::Uint16, &[side, side]));
    let pixels = painted(&payload(&bytes), raster, 0, 0, (10, 4));
    let expected = |column: u32, row: u32| {
        let value = (25 * row + 12) * side + 10 * column + 5;
        GREY((f64::from(value) / f64::from(side * side - 1) * 255.0).round() as u8)
    };
    let wanted: Vec<_> = (0..4).flat_map(|row| (0..10).map(move |column| expected(column, row))).collect();
    assert_eq!(pixels, wanted);
}

#[test]
fn elements_that_are_far_apart_are_read_one_by_one() {
    let width = 3 * WINDOW;
    let bytes: Vec<u8> = (0..2 * width).map(|at| (at / WINDOW) as u8).collect();
    let payload = ZBytes::from_segments([Source::moved(bytes)]).unwrap();
    let raster = raster(&tensor(Element::Uint8, &[2, width as u32]));
    let mut painting = Painting::new(&payload, raster, 0, 0, Range::of(Element::Uint8, &[0, 5]), (3, 2));
    while !painting.step(usize::MAX).unwrap() {}
    assert_eq!(painting.reader.ledger().total(), 6, "one byte for each pixel");
    let shades: Vec<u8> = painting.into_rgba().chunks(4).map(|pixel| pixel[0]).collect();
    assert_eq!(shades, [0, 51, 102, 153, 204, 255]);
}

#[test]
fn elements_that_are_near_are_read_together_all_along_a_row() {
    let width = 4 * WINDOW;
    let payload = ZBytes::from_segments([Source::moved(vec![0u8; width])]).unwrap();
    let raster = raster(&tensor(Element::Uint8, &[1, width as u32]));
    let mut painting = Painting::new(&payload, raster, 0, 0, Range::of(Element::Uint8, &[0, 5]), (width / 2, 1));
    assert!(painting.step(usize::MAX).unwrap());
    // Every other byte is shown: four looks, each from one that is shown to another.
    assert_eq!(painting.looked(), 4 * (WINDOW as u64 - 1));
}

#[test]
fn colours_of_wide_elements_are_places_in_the_range() {
    let values = [0u16, 51, 102, 153, 204, 255];
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let three = painted(&payload(&bytes), raster(&tensor(Element::Uint16, &[1, 2, 3])), 0, 0, (2, 1));
    assert_eq!(three, [[0, 51, 102, 255], [153, 204, 255, 255]]);
    let two = painted(&payload(&bytes), raster(&tensor(Element::Uint16, &[1, 3, 2])), 0, 0, (3, 1));
    assert_eq!(two, [[0, 51, 0, 255], [102, 153, 0, 255], [204, 255, 0, 255]]);
}

#[test]
fn parts_of_a_run_are_of_equal_length_and_cover_it() {
    let values: Vec<u8> = (0..10u16).flat_map(|value| value.to_le_bytes()).collect();
    let mut bytes = vec![0xff; 3];
    bytes.extend(&values);
    for step in [1, 1000] {
        let mut scan = Scan::of_run(&payload(&bytes), Element::Uint16, 3, 10, 4);
        while !scan.step(step).unwrap() {}
        let ends: Vec<_> = scan
            .parts()
            .iter()
            .map(|part| (part.ends.unwrap().0.as_f64() as u32, part.ends.unwrap().1.as_f64() as u32))
            .collect();
        assert_eq!(ends, [(0, 2), (3, 4), (5, 7), (8, 9)]);
        assert_eq!(scan.range(), Range::of(Element::Uint16, &values));
    }
}

#[test]
fn a_line_joins_its_columns_and_leaves_gaps_open() {
    let part = |value: f32| Range::of(Element::Float32, &value.to_le_bytes());
    let parts = [part(0.0), part(2.0), part(f32::NAN), part(1.0)];
    let mut all = Range::default();
    parts.iter().for_each(|one| all.absorb(*one));
    let rgba = line(&parts, &all, (8, 5), 1);
    let drawn: Vec<String> = rgba
        .chunks(8 * 4)
        .map(|row| row.chunks(4).map(|pixel| if pixel[3] == 255 { '#' } else { '.' }).collect())
        .collect();
    assert_eq!(drawn, ["..##....", "..#.....", "..#...##", "..#.....", "###....."]);
    assert_eq!(rgba[2 * 4..3 * 4], [INK[0], INK[1], INK[2], 255]);
}

#[test]
fn points_lie_on_one_scale_and_have_ink_by_intensity() {
    let x = [0.0f32, 4.0, 2.0, f32::NAN];
    let y = [0.0f32, 2.0, 1.0, 0.0];
    let strength = [0u16, 100, 50, 7];
    let mut bytes: Vec<u8> = x.iter().chain(&y).flat_map(|value| value.to_le_bytes()).collect();
    bytes.extend(strength.iter().flat_map(|value| value.to_le_bytes()));
    let payload = payload(&bytes);
    let scan = |element, start| {
        let mut scan = Scan::of_run(&payload, element, start, 4, 1);
        while !scan.step(1).unwrap() {}
        scan.range()
    };
    let ranges = [scan(Element::Float32, 0), scan(Element::Float32, 16), scan(Element::Uint16, 32)];
    let mut points = Points::new(&payload, [0, 16, 32], ranges, 4, (5, 5), 1);
    while !points.step(1).unwrap() {}
    let rgba = points.into_rgba();
    let ink: Vec<(usize, u8)> =
        rgba.chunks(4).enumerate().filter(|(_, pixel)| pixel[3] > 0).map(|(at, pixel)| (at, pixel[3])).collect();
    // In the rows 1 to 3, because y spans half of what x does.
    assert_eq!(ink, [(9, 255), (12, 156), (15, FAINTEST)]);
}

#[test]
fn points_in_one_place_are_in_the_middle() {
    let payload = payload(&[0; 10]);
    let one = |element: Element| Range::of(element, &[0; 4][..element.size()]);
    let ranges = [one(Element::Float32), one(Element::Float32), one(Element::Uint16)];
    let mut points = Points::new(&payload, [0, 4, 8], ranges, 1, (9, 5), 1);
    assert!(points.step(10).unwrap());
    let at = points.into_rgba().chunks(4).position(|pixel| pixel[3] > 0);
    assert_eq!(at, Some(2 * 9 + 4));
}

#[test]
fn a_picture_fits_its_room() {
    let room = Room { width: 480.0, height: 360.0, density: 1.0 };
    let fit = |width, height| room.fit(width, height);
    assert_eq!(fit(1536, 1920), Fit { shown: (288, 360), pixels: (288, 360) });
    assert_eq!(fit(1920, 1536), Fit { shown: (450, 360), pixels: (450, 360) });
    assert_eq!(fit(4, 3), Fit { shown: (480, 360), pixels: (4, 3) });
    assert_eq!(fit(7, 7), Fit { shown: (357, 357), pixels: (7, 7) });
    assert_eq!(fit(1_000_000, 1), Fit { shown: (480, 60), pixels: (480, 1) });
    assert_eq!(fit(3, 10_000), Fit { shown: (45, 360), pixels: (3, 360) });
    assert_eq!(Room { density: 2.0, ..room }.fit(1920, 1536), Fit { shown: (450, 360), pixels: (900, 720) });
    assert_eq!(room.plot(0.5), Fit { shown: (480, 180), pixels: (480, 180) });
    let span = |value: f32| Range::of(Element::Float32, &[0f32.to_le_bytes(), value.to_le_bytes()].concat());
    assert_eq!(room.field(&span(2.0), &span(1.0)).shown, (480, 240));
    assert_eq!(room.field(&span(2.0), &span(0.0)).shown, (480, 60));
    assert_eq!(room.field(&span(0.0), &span(0.0)).shown, (360, 360));
}

#[test]
fn an_owner_that_is_gone_is_an_error() {
    // Bytes that are not there stand for an owner that was detached.
    let mut scan = Scan::of_run(&payload(&[1, 2, 3]), Element::Uint8, 0, 4, 1);
    assert!(matches!(scan.step(10), Err(MessageError::Truncated { .. })));
}
