//! Sound in a WAV file: RIFF with samples of PCM or floating point.
//!
//! <https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html>: `RIFF`, a length, `WAVE`,
//! then chunks, each with a name of four bytes and a length. `fmt ` stands before `data`.

use super::{bytes_at, short};
use crate::{number::thousands, segment::Element};

/// The length of a chunk whose program did not know it yet.
const UNKNOWN: u32 = u32::MAX;

/// What a WAV file says of its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wav {
    /// Channels, which take turns.
    pub channels: u16,
    /// Samples of one channel in a second.
    pub rate: u32,
    /// Bits of a sample in the file.
    pub bits: u16,
    /// The type of the samples: of 24 bits, each becomes an `Int32`.
    pub element: Element,
    /// Samples of all channels.
    pub length: u64,
    /// Where the first sample is in the file.
    pub start: usize,
}

/// Whether a file begins as a WAV file.
#[must_use]
pub fn is(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE")
}

/// Reads what a WAV file of `len` bytes says. `head` is its beginning.
///
/// # Errors
/// In words: why its samples cannot be a typed array.
pub fn read(head: &[u8], len: u64) -> Result<Wav, String> {
    let mut format = None;
    let mut at = 12usize;
    while let (Some(name), Some(size)) = (bytes_at::<4>(head, at), bytes_at(head, at + 4).map(u32::from_le_bytes)) {
        let start = at + 8;
        match &name {
            b"fmt " => format = Some(sample(head.get(start..).unwrap_or_default())?),
            b"data" => {
                let (channels, rate, bits, element) = format.ok_or("Its samples stand before their format.")?;
                let (there, frame) = (len.saturating_sub(start as u64), u64::from(channels) * u64::from(bits / 8));
                // A program that writes into a pipe cannot come back to say the length.
                let bytes = if size == UNKNOWN { there - there % frame } else { size.into() };
                if bytes > there {
                    return Err(short(bytes, there));
                }
                if bytes % frame != 0 {
                    return Err(format!(
                        "Its samples are {} B, which are not whole frames of {frame} B.",
                        thousands(bytes)
                    ));
                }
                return Ok(Wav { channels, rate, bits, element, length: bytes / u64::from(bits / 8), start });
            }
            _ => {}
        }
        // A chunk of odd length has one more byte.
        let next = usize::try_from(size).ok().and_then(|size| start.checked_add(size)?.checked_add(size % 2));
        at = next.unwrap_or(usize::MAX - 8);
    }
    Err("Its samples are missing, or stand too far behind its beginning.".to_owned())
}

/// Channels, rate, bits and type of the samples, of a chunk that says them.
fn sample(chunk: &[u8]) -> Result<(u16, u32, u16, Element), String> {
    let number = |at| bytes_at(chunk, at).map(u16::from_le_bytes);
    let (Some(mut tag), Some(channels), Some(bits)) = (number(0), number(2), number(14)) else {
        return Err("Its format is cut off.".to_owned());
    };
    // The extensible format says the tag at the beginning of an identifier.
    if tag == 0xFFFE {
        tag = number(24).unwrap_or_default();
    }
    let element = match (tag, bits) {
        (1, 8) => Element::Uint8,
        (1, 16) => Element::Int16,
        (1, 24 | 32) => Element::Int32,
        (3, 32) => Element::Float32,
        (3, 64) => Element::Float64,
        (1 | 3, _) => {
            return Err(format!(
                "It has samples of {bits} bits; the page reads PCM of 8, 16, 24 and 32 bits, and floating point."
            ));
        }
        _ => return Err(format!("Its samples are compressed (format {tag}); the page reads PCM and floating point.")),
    };
    if channels == 0 {
        return Err("It says that it has no channel.".to_owned());
    }
    let rate = bytes_at(chunk, 4).map_or(0, u32::from_le_bytes);
    Ok((channels, rate, bits, element))
}

impl Wav {
    /// What it is, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let channels = match self.channels {
            1 => "1 channel".to_owned(),
            channels => format!("{channels} channels in turn"),
        };
        let widened = if self.bits == 24 { " Each sample becomes 32 bits, of the same value." } else { "" };
        let kind = if matches!(self.element, Element::Float32 | Element::Float64) { "floating point" } else { "PCM" };
        format!("WAV, {channels}, {} Hz, {kind} of {} bits.{widened}", thousands(self.rate.into()), self.bits)
    }
}

/// Writes samples of 24 bits as 32 bits, of the same value.
pub fn widen(samples: &[u8], into: &mut Vec<u8>) {
    let (samples, _) = samples.as_chunks::<3>();
    // Shifted down from the top, the sign goes along.
    into.extend(
        samples
            .iter()
            .flat_map(|[low, middle, high]| (i32::from_le_bytes([0, *low, *middle, *high]) >> 8).to_le_bytes()),
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut chunk = [name.as_bytes(), &(bytes.len() as u32).to_le_bytes(), bytes].concat();
        chunk.resize(chunk.len() + bytes.len() % 2, 0);
        chunk
    }

    fn file(tag: u16, channels: u16, bits: u16, data: usize) -> Vec<u8> {
        let frame = channels * bits / 8;
        let format = [
            &tag.to_le_bytes()[..],
            &channels.to_le_bytes(),
            &48_000u32.to_le_bytes(),
            &(48_000 * u32::from(frame)).to_le_bytes(),
            &frame.to_le_bytes(),
            &bits.to_le_bytes(),
        ];
        let chunks = [chunk("fmt ", &format.concat()), chunk("LIST", b"odd"), chunk("data", &vec![1; data])].concat();
        [&b"RIFF"[..], &(chunks.len() as u32 + 4).to_le_bytes(), b"WAVE", &chunks].concat()
    }

    fn told(tag: u16, channels: u16, bits: u16, data: usize) -> Result<Wav, String> {
        let file = file(tag, channels, bits, data);
        assert!(is(&file));
        read(&file, file.len() as u64)
    }

    #[test]
    fn samples_of_every_width_are_read() {
        for (tag, bits, element) in [
            (1, 8, Element::Uint8),
            (1, 16, Element::Int16),
            (1, 24, Element::Int32),
            (1, 32, Element::Int32),
            (3, 32, Element::Float32),
            (3, 64, Element::Float64),
        ] {
            let wav = told(tag, 2, bits, 48).unwrap();
            assert_eq!((wav.element, wav.channels, wav.rate), (element, 2, 48_000));
            assert_eq!((wav.length, wav.start), (384 / u64::from(bits), 56));
        }
        assert_eq!(told(1, 2, 16, 8).unwrap().words(), "WAV, 2 channels in turn, 48,000 Hz, PCM of 16 bits.");
    }

    #[test]
    fn samples_of_24_bits_keep_their_value() {
        let mut wide = Vec::new();
        widen(&[0xFF, 0xFF, 0xFF, 0, 0, 0x80, 0xFF, 0xFF, 0x7F, 9], &mut wide);
        let numbers: Vec<i32> = wide.as_chunks::<4>().0.iter().copied().map(i32::from_le_bytes).collect();
        assert_eq!(numbers, [-1, -(1 << 23), (1 << 23) - 1]);
    }

    #[test]
    fn a_length_that_is_not_said_is_that_of_the_file() {
        let mut file = file(1, 2, 16, 10);
        let at = file.len() - 14;
        file[at..at + 4].copy_from_slice(&UNKNOWN.to_le_bytes());
        assert_eq!(read(&file, file.len() as u64).unwrap().length, 4);
    }

    #[test]
    fn damaged_and_lying_files_are_refused_in_words() {
        let whole = file(1, 2, 16, 40);
        let cut = read(&whole, whole.len() as u64 - 9).unwrap_err();
        assert!(cut.contains("promises 40 B of values, and 31 B are there"), "{cut}");
        assert!(read(&whole[..40], 40).unwrap_err().contains("missing"));
        assert!(read(&whole[..30], 30).unwrap_err().contains("format is cut off"));
        assert!(told(1, 2, 16, 6).unwrap_err().contains("not whole frames of 4 B"));
        assert!(told(2, 1, 4, 6).unwrap_err().contains("compressed (format 2)"));
        assert!(told(1, 1, 12, 6).unwrap_err().contains("samples of 12 bits"));
        assert!(told(1, 0, 16, 6).unwrap_err().contains("no channel"));
    }

    proptest! {
        #[test]
        fn property_damaged_wav_is_read_or_refused(at in 0usize..64, byte: u8, cut in 0usize..80, len in 0u64..200) {
            let mut file = file(1, 2, 24, 24);
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
            file.truncate(file.len().saturating_sub(cut));
            if let Ok(wav) = read(&file, len) {
                prop_assert!(wav.start as u64 + wav.length * u64::from(wav.bits / 8) <= len);
            }
        }
    }
}
