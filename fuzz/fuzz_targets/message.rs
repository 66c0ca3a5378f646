//! Feeds any bytes, cut anywhere, to the reader of Cap'n Proto messages. It must not panic, must
//! stay inside of the message, and must copy at most the message's length. The arrays must be those
//! that `capnp` itself reads. Some new inputs are valid messages.
//!
//! The first byte of an input says into how many pieces the rest is cut.
#![no_main]

use capnp::{message::ReaderOptions, serialize};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use zbytes_lab::{
    ledger::Ledger,
    measure::mix,
    message::{
        PixelFormat, Received, Schema, Spec,
        lab_capnp::{camera_frame, point_cloud, tensor},
        picture::{Painting, Points, Scan, View},
    },
    payload::ZBytes,
    segment::{Element, Source},
};

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

/// The arrays as `capnp` reads them; `None` if it rejects the message.
fn by_capnp(bytes: &[u8], schema: Schema) -> Option<Vec<Vec<u8>>> {
    let reader = serialize::read_message(bytes, ReaderOptions::new()).ok()?;
    let floats = |list: capnp::primitive_list::Reader<f32>| -> Vec<u8> {
        list.iter().flat_map(|value| value.to_bits().to_le_bytes()).collect()
    };
    Some(match schema {
        Schema::Tensor => vec![reader.get_root::<tensor::Reader>().ok()?.get_data().ok()?.to_vec()],
        Schema::CameraFrame => vec![reader.get_root::<camera_frame::Reader>().ok()?.get_data().ok()?.to_vec()],
        Schema::PointCloud => {
            let root = reader.get_root::<point_cloud::Reader>().ok()?;
            let intensity = root.get_intensity().ok()?.iter().flat_map(u16::to_le_bytes).collect();
            vec![floats(root.get_x().ok()?), floats(root.get_y().ok()?), floats(root.get_z().ok()?), intensity]
        }
    })
}

fn show(payload: &ZBytes, spec: &Spec, arrays: &[std::ops::Range<usize>]) {
    let start = arrays.first().map_or(0, |range| range.start);
    match spec.view() {
        View::Nothing | View::Number(_) => {}
        View::Line(element, count) => {
            let mut scan = Scan::of_run(payload, element, start, count, 7);
            while !scan.step(1 << 12).unwrap() {}
            assert_eq!(scan.range().count, count as u64);
        }
        View::Raster(raster) => {
            let mut scan = Scan::of_raster(payload, &raster, start);
            while !scan.step(1 << 12).unwrap() {}
            let pixels = (raster.width.min(9), raster.height.min(9));
            let mut painting = Painting::new(payload, raster, start, raster.slices - 1, scan.range(), pixels);
            while !painting.step(1 << 12).unwrap() {}
        }
        View::Points(count) => {
            let scan = |at: usize, element: Element| {
                let mut scan = Scan::of_run(payload, element, arrays[at].start, count, 1);
                while !scan.step(1 << 12).unwrap() {}
                scan.range()
            };
            let ranges = [scan(0, Element::Float32), scan(1, Element::Float32), scan(3, Element::Uint16)];
            let starts = [arrays[0].start, arrays[1].start, arrays[3].start];
            let mut points = Points::new(payload, starts, ranges, count, (9, 9), 1);
            while !points.step(1 << 12).unwrap() {}
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((pieces, bytes)) = data.split_first() else { return };
    let step = bytes.len() / (1 + usize::from(*pieces)) + 1;
    let sources = bytes.chunks(step).map(|piece| Source::moved(piece.to_vec()));
    let payload = ZBytes::from_segments(sources).unwrap();
    let Ok(received) = Received::open(&payload) else { return };
    assert!(received.end() <= payload.len());
    for schema in Schema::ALL {
        if let Ok(content) = received.read(schema) {
            let arrays: Vec<_> =
                content.arrays.iter().map(|range| flat(&payload.slice(range.clone()).unwrap())).collect();
            if let Some(theirs) = by_capnp(bytes, schema) {
                assert!(theirs == arrays, "capnp reads other arrays of a {}", schema.name());
            }
            show(&payload, &content.spec, &content.arrays);
            let _ = content.spec.to_string();
        }
        if let Ok(structure) = received.structure(Some(schema)) {
            let mut at = 0;
            for span in &structure.spans {
                assert!(span.bytes.start >= at && span.bytes.end <= received.end());
                at = span.bytes.end;
            }
        }
    }
    let _ = (received.read_any(), received.structure(None));
    assert!(received.ledger().total() <= payload.len() as u64, "more was copied than there is");
    if let Ok(next) = Received::open_at(&payload, received.end()) {
        let _ = next.read_any();
    }
});

/// A valid message, chosen by a seed.
fn honest(seed: u64) -> Vec<u8> {
    let draw = |at: u64, end: u64| mix(seed.wrapping_add(at)) % end;
    let text = || "a text that is longer than a word".chars().take(draw(1, 30) as usize).collect();
    let spec = match draw(0, 3) {
        0 => Spec::Tensor {
            name: text(),
            element: Element::ALL[draw(2, Element::ALL.len() as u64) as usize],
            shape: (0..draw(3, 4)).map(|at| draw(10 + at, 5) as u32).collect(),
            timestamp: -1,
        },
        1 => {
            let format = PixelFormat::ALL[draw(2, 4) as usize];
            let (width, height) = (draw(3, 6) as u32, draw(4, 6) as u32);
            let step = (width + draw(5, 2) as u32) * format.pixel() as u32;
            Spec::CameraFrame { frame_id: text(), sequence: 1, timestamp: 2, width, height, step, format }
        }
        _ => Spec::PointCloud { frame_id: text(), timestamp: 3, points: draw(2, 9) as u32 },
    };
    let arrays = spec.arrays().into_iter().enumerate();
    let sources = arrays.map(|(index, array)| {
        let bytes = (0..array.bytes()).map(|at| mix(seed ^ (at + 1000 * index) as u64) as u8);
        Source::moved(bytes.collect::<Vec<u8>>())
    });
    let message = if draw(6, 2) == 0 { spec.adopted(sources) } else { spec.filled(sources) };
    flat(&message.unwrap().into_payload().unwrap())
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 64 != 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let message = honest(u64::from(seed));
    if message.len() + 1 > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[0] = (seed >> 8) as u8;
    data[1..=message.len()].copy_from_slice(&message);
    message.len() + 1
});
