//! Any operations on a payload, compared with a plain vector after each: the model of
//! `crates/zbytes/tests/payload.rs`, driven by coverage.
#![no_main]

#[path = "../../crates/zbytes/tests/support/model.rs"]
mod model;

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use model::{Operation, Pair, Part, Whence};
use zbytes_lab::{
    ledger::Place,
    segment::{Mode, Source},
};

fn parts(from: &mut Unstructured) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for _ in 0..from.int_in_range(0..=12u8)? {
        let mode = *from.choose(&Mode::ALL)?;
        let len = from.int_in_range(0..=40usize)?;
        let bytes = from.bytes(len.min(from.len()))?.to_vec();
        parts.push(Part { bytes, mode, place: Place::Linear });
    }
    Ok(parts)
}

fn operation(from: &mut Unstructured) -> Result<Operation> {
    fn at(from: &mut Unstructured) -> Result<usize> {
        from.int_in_range(0..=1000usize)
    }
    Ok(match from.int_in_range(0..=7u8)? {
        0 => Operation::Append(parts(from)?),
        1 => Operation::AppendItself,
        2 => Operation::Slice(at(from)?, at(from)?),
        3 => Operation::Split(at(from)?, from.arbitrary()?),
        4 => {
            let mut reads = Vec::new();
            for _ in 0..from.int_in_range(1..=6u8)? {
                let whence = match from.int_in_range(0..=2u8)? {
                    0 => Whence::Start,
                    1 => Whence::Here,
                    _ => Whence::End,
                };
                reads.push((whence, at(from)?, from.int_in_range(0..=50usize)?));
            }
            Operation::Read(reads)
        }
        5 => Operation::Compare(at(from)?, at(from)?),
        6 => Operation::Contiguous,
        _ => Operation::Windows(from.int_in_range(1..=20usize)?),
    })
}

fuzz_target!(|data: &[u8]| {
    let mut from = Unstructured::new(data);
    let source = |part: &Part| Source::new(part.bytes.clone(), part.mode);
    let Ok(parts) = parts(&mut from) else { return };
    let mut pair = Pair::build(&parts, Place::Linear, &source);
    for _ in 0..40 {
        if from.is_empty() {
            break;
        }
        let Ok(operation) = operation(&mut from) else { break };
        pair.apply(&operation);
    }
});
