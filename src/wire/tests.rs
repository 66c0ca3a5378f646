//! Byte-exact vectors, written out by hand from zenoh's message definitions.

use zenoh_keyexpr::keyexpr;
use zenoh_protocol::core::{CongestionControl, Priority, Reliability};

use super::*;
use crate::{ledger::Ledger, payload::ZBytes, segment::Segment};

const LANE: Lane = Lane { priority: Priority::Data, reliability: Reliability::Reliable };

fn held(segments: &[&[u8]]) -> ZBytes {
    ZBytes::of_held(segments.iter().map(|bytes| Segment::from(bytes.to_vec())).collect())
}

#[test]
fn a_put_in_one_frame_byte_by_byte() {
    let head = encode::put_head(keyexpr::new("a/b").unwrap(), CongestionControl::Drop, Priority::DEFAULT, 3).unwrap();
    let mut message = Outgoing::new(head, held(&[&[0xAA], &[0xBB, 0xCC]]));
    let mut batch = [0; 64];
    let gathered = message.gather(&mut batch, LANE, 5, true).unwrap();
    #[rustfmt::skip]
    let expected = [
        0x25, 5,                        // FRAME, reliable; sequence number
        0x7d, 0, 3, b'a', b'/', b'b',   // PUSH with a suffix, mapping sender; scope 0; length and text of the suffix
        0x01, 3,                        // PUT; payload length
        0xAA, 0xBB, 0xCC,
    ];
    assert_eq!(batch[..gathered.len], expected);
    assert_eq!(gathered.payload, 3);
    assert!(message.is_done());
}

#[test]
fn a_message_in_fragments_byte_by_byte() {
    let long = [8; 25];
    let mut message = Outgoing::new(vec![1, 2, 3], held(&[&[4, 5], &[], &long]));
    // The smallest batch in which the codec is willing to write a header.
    let mut batch = [0; 16];
    let mut batches = Vec::new();
    let mut sn = 7;
    while !message.is_done() {
        let gathered = message.gather(&mut batch, LANE, sn, true).unwrap();
        batches.push(batch[..gathered.len].to_vec());
        sn += 1;
    }
    #[rustfmt::skip]
    let expected: Vec<Vec<u8>> = vec![
        vec![0xe6, 7, 0x02, 1, 2, 3, 4, 5, 8, 8, 8, 8, 8, 8, 8, 8],     // FRAGMENT, reliable, more, extensions; sn; first
        vec![0x66, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8],        // FRAGMENT, reliable, more; sn
        vec![0x26, 9, 8, 8, 8],                                         // FRAGMENT, reliable; sn
    ];
    assert_eq!(batches, expected);
    assert_eq!(message.batches(), 3);
    assert_eq!(message.ledger().total(), 27);
}

#[test]
fn a_put_is_read_the_same_from_one_byte_segments() {
    let head =
        encode::put_head(keyexpr::new("lab/x").unwrap(), CongestionControl::Block, Priority::DEFAULT, 2).unwrap();
    let bytes: Vec<u8> = head.into_iter().chain([9, 8]).collect();
    let one_by_one = ZBytes::of_held(bytes.iter().map(|byte| Segment::from(vec![*byte])).collect());
    for source in [held(&[&bytes]), one_by_one] {
        let mut ledger = Ledger::new();
        let mut reader = BatchReader::new(&source, &mut ledger);
        let Some(Message::Put { key, payload }) = reader.message(Reliability::Reliable).unwrap() else {
            panic!("no put")
        };
        assert_eq!(key.suffix, "lab/x");
        assert_eq!(payload.to_bytes(&mut Ledger::new()).unwrap().as_slice(), [9, 8]);
        assert!(reader.message(Reliability::Reliable).unwrap().is_none());
    }
}

#[test]
fn errors_say_what_was_expected_and_where() {
    // A frame whose message is cut after the length of its key.
    let source = held(&[&[0x25, 5, 0x7d, 0, 200, b'a']]);
    let mut ledger = Ledger::new();
    let mut reader = BatchReader::new(&source, &mut ledger);
    assert!(matches!(reader.transport(), Ok(Some(Transport::Frame { sn: 5, .. }))));
    let error = reader.message(Reliability::Reliable).unwrap_err();
    assert_eq!((error.what, error.len), ("a network message", 6));
    assert!(error.to_string().contains("of 6"));
}

#[test]
fn a_length_beyond_the_message_allocates_nothing() {
    // A put that claims 4 GiB of payload, and one whose key claims 2^60 bytes.
    for bytes in [
        vec![0x7d, 0, 1, b'a', 0x01, 0xff, 0xff, 0xff, 0xff, 0x0f],
        vec![0x7d, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, b'a'],
    ] {
        let source = held(&[&bytes]);
        let mut ledger = Ledger::new();
        assert!(BatchReader::new(&source, &mut ledger).message(Reliability::Reliable).is_err());
    }
}
