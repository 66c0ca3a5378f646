//! Builds the same payload repeatedly, to time it.

use std::time::Duration;

use js_sys::{Array, ArrayBuffer};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{
    app::{InWords, Problem},
    browser::{clock, error::message_of},
    engine::files::bytes_of,
    ledger::Ledger,
    number::bytes,
    payload::{BuildError, Receipt, ZBytes},
    run::Variant,
    segment::{Input, Mode, Segment, Source},
};

#[wasm_bindgen(module = "/src/engine/measuring/parts.js")]
extern "C" {
    #[wasm_bindgen(js_name = copyFresh, catch)]
    fn copy_fresh(parts: &Array, length: f64) -> Result<ArrayBuffer, JsValue>;
}

/// How many untimed runs precede the timed ones, unless they take too long; see [`timed`].
const REFILLS: u32 = 24;
const REFILL: Duration = Duration::from_millis(15);

/// Returns how long `runs` runs take. Some untimed runs precede them, because the caches have lost
/// the payload: the page, other variants and other programs ran meanwhile.
///
/// One run does not fill a cache again. A payload that needs most of a cache first displaces parts
/// of itself. One measurement had a cache of 32 MiB, and a copy of 11.25 MiB, which needs twice
/// that room. After 10 ms of other work, the copy took twice as long. It was at full speed only
/// after twelve to sixteen copies.
pub(crate) fn timed(runs: u32, mut run: impl FnMut() -> Result<(), Problem>) -> Result<Duration, Problem> {
    let begun = clock::now();
    for _ in 0..REFILLS {
        run()?;
        if clock::now().saturating_sub(begun) >= REFILL {
            break;
        }
    }
    let begun = clock::now();
    for _ in 0..runs {
        run()?;
    }
    Ok(clock::now().saturating_sub(begun))
}

/// How long [`timed`] runs untimed, when one run takes `each`.
pub(crate) fn untimed(each: Duration) -> Duration {
    each.saturating_mul(REFILLS).min(REFILL.max(each))
}

/// One payload, which the rig builds in every way.
pub(crate) struct Rig {
    /// The arrays, listed to be copied and to be borrowed.
    copy: Vec<Source>,
    borrow: Vec<Source>,
    /// The arrays that pass from payload to payload. A buffer can be moved once, so each build by
    /// move takes the arrays of the build before.
    moved: Moved,
    /// The payload with which every other one is compared.
    reference: ZBytes,
    /// The reference's segments, as JavaScript sees them.
    parts: Option<Array>,
}

/// Where the arrays are that a build moves.
enum Moved {
    Listed(Vec<Source>),
    /// The payload of the build before, and how that took each segment.
    Built(ZBytes, Vec<Mode>),
    Nowhere,
}

impl Rig {
    /// Makes a rig. `copy` and `borrow` list the same arrays. `moved` lists other arrays with the
    /// same bytes, or `None` when the caller wants no moves.
    ///
    /// # Errors
    /// A [`Problem`] when the arrays cannot be borrowed.
    pub(crate) fn new(copy: Vec<Source>, borrow: Vec<Source>, moved: Option<Vec<Source>>) -> Result<Self, Problem> {
        let reference = ZBytes::from_segments(borrow.iter().cloned()).map_err(|error| cannot_build(&error))?;
        let moved = moved.map_or(Moved::Nowhere, Moved::Listed);
        Ok(Self { copy, borrow, moved, reference, parts: None })
    }

    pub(crate) fn len(&self) -> usize {
        self.reference.len()
    }

    pub(crate) fn segments(&self) -> usize {
        self.reference.segments().len()
    }

    /// Builds the payload once. A build may be refused, as by an array that cannot be moved.
    ///
    /// # Errors
    /// A [`Problem`] when there is nothing to move.
    fn build(&mut self, mode: Mode) -> Result<Result<(ZBytes, Receipt), BuildError>, Problem> {
        Ok(match mode {
            Mode::Copy => ZBytes::build(self.copy.iter().cloned()),
            Mode::Borrow => ZBytes::build(self.borrow.iter().cloned()),
            Mode::Move => match std::mem::replace(&mut self.moved, Moved::Nowhere) {
                Moved::Listed(sources) => ZBytes::build(sources),
                Moved::Built(payload, modes) => {
                    ZBytes::build(payload.into_segments().into_iter().zip(modes).map(again))
                }
                Moved::Nowhere => return Err(not_there()),
            },
        })
    }

    /// Builds once by `variant` and compares every byte of the result, so that the lab never
    /// measures a variant that does not work. Returns how many bytes the build copied, or why the
    /// engine refused to move.
    ///
    /// # Errors
    /// A [`Problem`] when the payload cannot be built, or differs from the reference.
    pub(crate) fn try_out(&mut self, variant: Variant) -> Result<Result<u64, String>, Problem> {
        let (payload, receipt) = match mode_of(variant) {
            Some(mode) => match self.build(mode)? {
                Ok(built) => built,
                Err(error) if mode == Mode::Move => return Ok(Err(error.in_words())),
                Err(error) => return Err(cannot_build(&error)),
            },
            None => (self.fresh()?, Receipt::default()),
        };
        same(&payload, &self.reference)?;
        let copied = if variant == Variant::CopyFresh { payload.len() as u64 } else { receipt.ledger.total() };
        if variant == Variant::Move {
            self.moved = Moved::Built(payload, receipt.modes);
        }
        Ok(Ok(copied))
    }

    /// Returns how long `runs` runs take. Each payload is dropped before the next build, so copies
    /// reuse warm memory, unless the variant asks for fresh memory.
    pub(crate) fn time(&mut self, variant: Variant, runs: u32) -> Result<Duration, Problem> {
        match mode_of(variant) {
            Some(mode) => timed(runs, || self.run(mode)),
            None => self.time_fresh(runs),
        }
    }

    fn run(&mut self, mode: Mode) -> Result<(), Problem> {
        let (payload, receipt) = self.build(mode)?.map_err(|error| cannot_build(&error))?;
        // The length is used, so that the compiler cannot drop a build as unused.
        std::hint::black_box(payload.len());
        if mode == Mode::Move {
            self.moved = Moved::Built(payload, receipt.modes);
        }
        Ok(())
    }

    fn time_fresh(&mut self, runs: u32) -> Result<Duration, Problem> {
        let parts = self.seen_parts()?;
        let begun = clock::now();
        for _ in 0..runs {
            std::hint::black_box(self.copied_fresh(&parts)?.byte_length());
        }
        Ok(clock::now().saturating_sub(begun))
    }

    fn fresh(&mut self) -> Result<ZBytes, Problem> {
        let parts = self.seen_parts()?;
        let segment = Segment::received(self.copied_fresh(&parts)?);
        ZBytes::from_segments([Source::borrow(segment)]).map_err(|error| cannot_build(&error))
    }

    fn copied_fresh(&self, parts: &Array) -> Result<ArrayBuffer, Problem> {
        copy_fresh(parts, self.len() as f64).map_err(|error| no_memory(&error, self.len()))
    }

    /// Views of the reference's bytes for JavaScript. Each sample needs new views when some bytes
    /// are in wasm memory, which may have grown.
    fn seen_parts(&mut self) -> Result<Array, Problem> {
        let linear = self.reference.segments().iter().any(|segment| segment.as_linear().is_some());
        match &self.parts {
            Some(parts) if !linear => Ok(parts.clone()),
            _ => Ok(self.parts.insert(views(&self.reference)?).clone()),
        }
    }

    /// The payload to which every payload of the rig must be equal.
    pub(crate) fn reference(&self) -> &ZBytes {
        &self.reference
    }
}

/// Every segment as a `Uint8Array`. JavaScript must read the views at once: a view of wasm memory
/// is valid only until that memory grows.
///
/// # Errors
/// A [`Problem`] when an owner was detached: the others alone would be copied in less time.
pub(crate) fn views(payload: &ZBytes) -> Result<Array, Problem> {
    let view = |(index, segment): (usize, &Segment)| {
        segment.view().map_err(|error| cannot_build(&BuildError::Segment { index, error }))
    };
    payload.segments().iter().enumerate().map(view).collect()
}

/// How a rig builds `variant`; `None` is a copy into fresh memory. Every variant is named, because
/// bytes are equal in any way: no check would find one that was taken for another.
fn mode_of(variant: Variant) -> Option<Mode> {
    match variant {
        Variant::Copy | Variant::CopyJs | Variant::CopyWasm => Some(Mode::Copy),
        Variant::Borrow | Variant::BorrowJs | Variant::BorrowWasm => Some(Mode::Borrow),
        Variant::Move => Some(Mode::Move),
        Variant::CopyFresh => None,
        // Other services run these.
        Variant::Clone
        | Variant::Transfer
        | Variant::Blob
        | Variant::Gather
        | Variant::Segments
        | Variant::Filled
        | Variant::Adopted => None,
    }
}

/// A segment of a payload that was built by move, as the source of the next payload, taken as it
/// was then: one that was copied instead is copied again.
fn again((segment, mode): (Segment, Mode)) -> Source {
    match segment.into_array_buffer() {
        Ok(buffer) => Source::moved(Input::array(buffer.into())),
        Err(segment) => Source::new(segment, mode),
    }
}

/// A new array of `len` bytes, with a value of its own in each page of 4096 bytes.
///
/// # Errors
/// A [`Problem`] when the browser has no memory for it.
pub(crate) fn array(len: usize) -> Result<JsValue, Problem> {
    const PAGE: usize = 4096;
    let bytes = bytes_of(&(len as f64).into()).map_err(|error| no_memory(&error, len))?;
    for (page, start) in (0..len).step_by(PAGE).enumerate() {
        bytes.fill(page as u8 ^ (page >> 8) as u8, start as u32, (start + PAGE).min(len) as u32);
    }
    Ok(bytes.into())
}

/// `array` as a source.
pub(crate) fn source(array: &JsValue, mode: Mode) -> Source {
    Source::new(Input::array(array.clone()), mode)
}

/// Checks that both payloads have the same bytes.
///
/// # Errors
/// A [`Problem`] when they differ, or one of them cannot be read.
pub(crate) fn same(payload: &ZBytes, reference: &ZBytes) -> Result<(), Problem> {
    // The ledger is thrown away: the bytes read for the comparison belong to no measured variant.
    let equal = payload.eq_bytes(reference, &mut Ledger::new()).map_err(|error| cannot_build(&error))?;
    if equal {
        return Ok(());
    }
    Err(Problem::new(
        "A measured variant gave other bytes.",
        "So nothing was measured: its time would mean nothing. This is a defect of the lab; please report it.",
    ))
}

/// The problem of a run that asks for what its rig does not have. Its time would mean nothing.
pub(crate) fn not_there() -> Problem {
    Problem::new(
        "A measured variant is not there.",
        "So nothing was measured: its time would mean nothing. This is a defect of the lab; please report it.",
    )
}

pub(crate) fn cannot_build(error: &BuildError) -> Problem {
    Problem::new("The payload cannot be built.", format!("{}.", error.in_words()))
}

pub(crate) fn no_memory(error: &JsValue, len: usize) -> Problem {
    Problem::new(
        "The browser has no memory for the measurement.",
        format!("It could not make an array of {} ({}). Measure a shorter payload.", bytes(len), message_of(error)),
    )
}
