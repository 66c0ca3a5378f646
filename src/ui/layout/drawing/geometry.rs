//! Where the bands are, and how much room a piece needs.

use crate::{
    app::{Piece, Plan},
    ledger::Place,
    message::PartKind,
    present::layout::scale::Room,
};

/// A piece is at least so wide, in pixels, on a desk and on a phone.
const LEAST_WIDE: f64 = 96.0;

/// See [`LEAST_WIDE`].
const LEAST_NARROW: f64 = 74.0;

/// The padding behind an array is as wide as its mark, and joined to the array.
pub(super) const LEAST_PADDING: f64 = 20.0;

/// What the axis needs to know of the pieces.
pub(crate) fn rooms(plan: &Plan, narrow: bool) -> Vec<Room> {
    let least = if narrow { LEAST_NARROW } else { LEAST_WIDE };
    let room = |piece: &Piece| {
        let joined = is_padding(piece);
        Room { bytes: piece.bytes(), least: if joined { LEAST_PADDING } else { least }, joined }
    };
    plan.pieces.iter().map(room).collect()
}

pub(super) fn is_padding(piece: &Piece) -> bool {
    piece.part.is_some_and(|part| part.kind == PartKind::Padding)
}

/// Upper edge and height of a band, in pixels.
pub(super) type Band = (f64, f64);

/// Where everything is, from top to bottom, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Geometry {
    /// Whether the bands' names stand inside of the drawing, above each band, instead of at its
    /// left.
    pub(super) named_inside: bool,
    pub(super) strip: Band,
    pub(super) densities: f64,
    pub(super) offsets: f64,
    pub(super) axis: f64,
    pub(super) heap: Band,
    pub(super) wasm: Band,
    /// Where arrays are copied into messages; of no height if none is.
    pub(super) fill: Band,
    /// What builders of messages have made, in wasm memory too. Its height is 0 without a message.
    pub(super) message: Band,
    pub(super) link: f64,
    pub(super) ring: f64,
    pub(super) payload: Band,
    pub(super) build: Band,
    pub(super) block: Band,
    pub(super) gather: Band,
    pub(super) batches: Band,
    pub(super) numbers: f64,
    /// What came back to the page, in place of the numbers of batches; of no height unless an
    /// experiment is shown.
    pub(super) sample: Band,
    /// Height of the whole.
    pub(crate) height: f64,
    pub(super) names: [f64; 4],
}

/// On a desk.
const WIDE: Geometry = Geometry {
    named_inside: false,
    strip: (5.0, 10.0),
    densities: 31.0,
    offsets: 44.0,
    axis: 51.0,
    heap: (63.0, 23.0),
    wasm: (90.0, 23.0),
    fill: (113.0, 0.0),
    message: (113.0, 0.0),
    link: 131.0,
    ring: 142.0,
    payload: (146.0, 40.0),
    build: (187.0, 18.0),
    block: (205.0, 21.0),
    gather: (226.0, 25.0),
    batches: (251.0, 29.0),
    numbers: 295.0,
    sample: (302.0, 0.0),
    height: 302.0,
    names: [0.0; 4],
};

/// On a phone.
const NARROW: Geometry = Geometry {
    named_inside: true,
    strip: (5.0, 14.0),
    densities: 31.0,
    offsets: 44.0,
    axis: 51.0,
    heap: (80.0, 24.0),
    wasm: (109.0, 24.0),
    fill: (133.0, 0.0),
    message: (133.0, 0.0),
    link: 166.0,
    ring: 176.0,
    payload: (180.0, 40.0),
    build: (245.0, 18.0),
    block: (263.0, 20.0),
    gather: (307.0, 20.0),
    batches: (327.0, 26.0),
    numbers: 368.0,
    sample: (375.0, 0.0),
    height: 375.0,
    names: [73.0, 150.0, 239.0, 301.0],
};

/// By how much everything below the memory is lower, for a message and for one that is filled. The
/// ledger's styles say the same.
const DOWN: f64 = 27.0;

/// See [`DOWN`].
const DOWN_FILLED: f64 = 41.0;

/// The geometry for a page that is narrow or not.
pub(crate) fn geometry(narrow: bool, plan: &Plan) -> Geometry {
    let base = if narrow { NARROW } else { WIDE };
    if !plan.pieces.iter().any(is_built) {
        return base;
    }
    let filled = has_filling(plan);
    let down = if filled { DOWN_FILLED } else { DOWN };
    let low = |(top, height): Band| (top + down, height);
    let [memory, payload, block, batches] = base.names;
    let height = base.wasm.1;
    Geometry {
        fill: (end(base.wasm), if filled { down - height } else { 0.0 }),
        message: (end(base.wasm) + down - height, height),
        link: base.link + down,
        ring: base.ring + down,
        payload: low(base.payload),
        build: low(base.build),
        block: low(base.block),
        gather: low(base.gather),
        batches: low(base.batches),
        numbers: base.numbers + down,
        height: base.height + down,
        names: [memory, payload + down, block + down, batches + down],
        ..base
    }
}

/// Whether the builder of a message has made it.
fn is_built(piece: &Piece) -> bool {
    piece.part.is_some_and(|part| part.kind != PartKind::Adopted)
}

/// Whether an array is copied into a message.
pub(crate) fn has_filling(plan: &Plan) -> bool {
    plan.pieces.iter().any(|piece| piece.part.is_some_and(|part| part.filled_from.is_some()))
}

/// What the styles of the ledger have to know: how far down everything is.
pub(crate) fn down_class(plan: &Plan) -> Option<&'static str> {
    match (plan.pieces.iter().any(is_built), has_filling(plan)) {
        (_, true) => Some("with-filling"),
        (true, false) => Some("with-message"),
        (false, false) => None,
    }
}

impl Geometry {
    /// The same with the band of the sample, if `wanted`.
    pub(crate) fn with_sample(self, wanted: bool) -> Self {
        if !wanted {
            return self;
        }
        // A phone has the band's name above it.
        let begin = end(self.batches) + if self.named_inside { 20.0 } else { 6.0 };
        Self { sample: (begin, 27.0), height: begin + 30.0, ..self }
    }

    /// The lower end of the strip in true scale with its fan: what lies above is the minimap.
    pub(crate) fn minimap_end(&self) -> f64 {
        // A finger needs more room, and the figures below do nothing.
        if self.named_inside { self.axis - 8.0 } else { self.strip.0 + self.strip.1 + 7.0 }
    }

    pub(super) fn memory(&self, place: Place) -> Band {
        match place {
            Place::JsHeap => self.heap,
            Place::Linear => self.wasm,
        }
    }

    /// Where a piece is before a payload takes it.
    pub(super) fn home(&self, piece: &Piece) -> Band {
        if is_built(piece) { self.message } else { self.memory(piece.source) }
    }
}

pub(super) fn end(band: Band) -> f64 {
    band.0 + band.1
}

/// The baseline of one line of text in the middle of a band.
pub(super) fn middle(band: Band) -> f64 {
    band.0 + band.1 / 2.0 + 4.2
}
