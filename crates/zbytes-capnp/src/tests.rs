//! Messages made in three ways, read back by `capnp` itself and by our own reading, over payloads
//! cut in many ways; and what is not a message.

mod looks;
mod made;
mod refused;
mod structure;

use capnp::{message::ReaderOptions, serialize};
use proptest::prelude::*;

use super::{
    lab_capnp::{camera_frame, point_cloud, tensor},
    *,
};
use zbytes::{
    ledger::{Entry, Ledger, Place, Reason, Stage},
    payload::ZBytes,
    segment::{Element, Mode, Segment, Source},
};

/// The bytes of array `index` of `spec`: never all alike, so that an exchange shows.
fn bytes_of(spec: &Spec, index: usize) -> Vec<u8> {
    let len = spec.arrays()[index].bytes();
    (0..len).map(|at| (at * 31 + at / 256 * 7 + index * 101 + 1) as u8).collect()
}

fn sources(spec: &Spec, mode: Mode) -> Vec<Source> {
    (0..spec.arrays().len()).map(|index| Source::new(bytes_of(spec, index), mode)).collect()
}

fn make(spec: &Spec, way: Way, mode: Mode) -> Message {
    match way {
        Way::Filled => spec.filled(sources(spec, mode)),
        Way::InPlace => spec.in_place(|index, into| {
            into.copy_from_slice(&bytes_of(spec, index));
            Ok(())
        }),
        Way::Adopted => spec.adopted(sources(spec, mode)),
    }
    .unwrap()
}

fn payload(spec: &Spec, way: Way) -> ZBytes {
    make(spec, way, Mode::Move).into_payload().unwrap()
}

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

/// The same bytes in pieces of `step`, as they might arrive.
fn cut(bytes: &[u8], step: usize) -> ZBytes {
    ZBytes::from_segments(bytes.chunks(step).map(|piece| Source::moved(piece.to_vec()))).unwrap()
}

fn a_tensor(element: Element, shape: &[u32]) -> Spec {
    Spec::Tensor { name: "tensor".to_owned(), element, shape: shape.to_vec(), timestamp: -5 }
}

fn a_frame(format: PixelFormat, width: u32, height: u32, step: u32) -> Spec {
    let (frame_id, sequence, timestamp) = ("front".to_owned(), 7, 1 << 60);
    Spec::CameraFrame { frame_id, sequence, timestamp, width, height, step, format }
}

fn a_cloud(points: u32) -> Spec {
    Spec::PointCloud { frame_id: "größer".to_owned(), timestamp: 9, points }
}

/// Every schema, element sizes of 1 to 8 B, lengths that are and are not whole words, empty arrays,
/// no dimension at all.
fn specs() -> Vec<Spec> {
    let mut specs = vec![
        a_frame(PixelFormat::Rgba8, 16, 4, 64),
        a_frame(PixelFormat::Rgb8, 5, 3, 17),
        a_frame(PixelFormat::Mono16, 3, 3, 6),
        a_frame(PixelFormat::Mono8, 0, 0, 0),
        a_cloud(0),
        a_cloud(1),
        a_cloud(1001),
    ];
    for element in Element::ALL {
        for shape in [&[][..], &[0], &[1], &[3, 5], &[4, 16], &[1001], &[2, 0, 7]] {
            specs.push(a_tensor(element, shape));
        }
    }
    specs
}

/// A message of these words in one segment.
fn of_words(words: &[u64]) -> ZBytes {
    let table = (words.len() as u64) << 32;
    let bytes: Vec<u8> = std::iter::once(&table).chain(words).flat_map(|word| word.to_le_bytes()).collect();
    ZBytes::from_segments([Source::moved(bytes)]).unwrap()
}
