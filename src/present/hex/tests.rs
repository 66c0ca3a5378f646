//! Lines, offsets, values and texts of bytes, and what is sought.

use half::f16;
use proptest::prelude::*;

use super::{
    lines::{Bar, Lines, alignment, column, digits, offset},
    marks::{batch_at, difference_words, has_segments_of, looked_words, planned},
    sought::Sought,
    style::Style,
    value::{ByteOrder, Value, binary, character, first_character, read_short, text, value, words},
};
use crate::{
    app::{Action, Preset, State, bytes::Holding},
    ledger::Ledger,
    payload::{Addressed, Difference, Windows, ZBytes},
    present::format,
    segment::{Element, Source},
};

#[test]
fn lines_at_their_borders() {
    let lines = |len| Lines { len, width: 16 };
    let counts = [0, 1, 15, 16, 17, 1 << 30].map(|len| lines(len).count());
    assert_eq!(counts, [1, 1, 1, 1, 2, 1 << 26]);
    assert_eq!(
        [lines(0).bytes(0), lines(17).bytes(0), lines(17).bytes(1), lines(17).bytes(2)],
        [0..0, 0..16, 16..17, 17..17]
    );
    let all = lines(1 << 30);
    assert_eq!(all.bytes(all.count() - 1), (1 << 30) - 16..1 << 30);
    assert_eq!((all.of((1 << 30) - 1), all.last_top(30)), ((1 << 26) - 1, (1 << 26) - 30));
    assert_eq!(Lines { len: 1 << 30, width: 8 }.count(), 1 << 27);
}

#[test]
fn keys_move_the_cursor_and_stop_at_both_ends() {
    let moved = |len, key, cursor| Lines { len, width: 16 }.moved(key, false, cursor, 10).unwrap();
    for len in [1, 15, 16, 17, 1 << 30] {
        let last = len - 1;
        assert_eq!((moved(len, "ArrowLeft", 0), moved(len, "ArrowRight", last)), (0, last));
        assert_eq!((moved(len, "PageUp", 0), moved(len, "PageDown", last)), (0, last));
        assert_eq!((moved(len, "ArrowUp", 0), moved(len, "ArrowDown", last)), (0, last));
        let lines = Lines { len, width: 16 };
        assert_eq!((lines.moved("Home", true, last, 1), lines.moved("End", true, 0, 1)), (Some(0), Some(last)));
    }
    // The last line is short: down from above its end goes to its end.
    assert_eq!((moved(18, "ArrowDown", 1), moved(18, "ArrowDown", 9), moved(18, "ArrowDown", 17)), (17, 17, 17));
    assert_eq!(
        (moved(18, "ArrowUp", 17), moved(18, "Home", 17), moved(18, "End", 16), moved(18, "End", 3)),
        (1, 16, 17, 15)
    );
    assert_eq!((moved(1000, "PageDown", 5), moved(1000, "PageUp", 500)), (165, 340));
    assert_eq!(Lines { len: 0, width: 16 }.moved("End", false, 0, 10), Some(0));
    assert_eq!(Lines { len: 0, width: 16 }.moved("ArrowDown", false, 0, 10), Some(0));
    assert_eq!(Lines { len: 9, width: 16 }.moved("x", false, 0, 10), None);
}

#[test]
fn a_view_follows_the_cursor_no_further_than_it_must() {
    let lines = Lines { len: 1600, width: 16 };
    assert_eq!((lines.showing(0, 50, 10), lines.showing(1599, 0, 10), lines.showing(160, 5, 10)), (0, 90, 5));
    assert_eq!((lines.showing(160, 0, 10), lines.showing(160, 11, 10)), (1, 10));
    assert_eq!((lines.around(800, 0, 9), lines.around(16, 0, 9), lines.around(1599, 0, 9)), (47, 0, 91));
    assert_eq!(lines.showing(0, 0, 0), 0);
}

proptest! {
    #[test]
    fn property_scrolling_is_monotone_and_reaches_both_ends(
        len in prop_oneof![0usize..5000, (1usize << 30) - 40..=1 << 30],
        visible in 1usize..80,
        track in 1.0f64..2000.0,
        places in prop::collection::vec(0.0f64..1.0, 2..20),
    ) {
        let lines = Lines { len, width: 16 };
        let bar = Bar { last_top: lines.last_top(visible), visible, track };
        prop_assert!(bar.thumb() > 0.0 && bar.thumb() <= track);
        prop_assert_eq!(bar.y_of(0), 0.0);
        prop_assert!((bar.y_of(bar.last_top) + bar.thumb() - track).abs() < 1e-6 || bar.last_top == 0);
        prop_assert_eq!(bar.top_of(-5.0), 0);
        if bar.thumb() < track {
            prop_assert_eq!(bar.top_of(bar.track), bar.last_top);
            prop_assert_eq!(bar.top_of(bar.y_of(bar.last_top)), bar.last_top);
        }
        let mut places = places;
        places.sort_by(f64::total_cmp);
        let tops: Vec<usize> = places.iter().map(|at| bar.top_of(at * track)).collect();
        prop_assert!(tops.is_sorted());
        let ys: Vec<f64> = tops.iter().map(|top| bar.y_of(*top)).collect();
        prop_assert!(ys.is_sorted());
        // A line comes back as exactly as the pixels allow.
        for top in tops {
            if bar.last_top > 0 && bar.thumb() < track {
                prop_assert!(bar.top_of(bar.y_of(top)).abs_diff(top) <= 1);
            }
        }
    }

    #[test]
    fn property_a_number_that_is_typed_is_the_one_that_is_shown(bytes: [u8; 8], at in 0usize..12, big: bool) {
        let element = Element::ALL[at];
        let order = if big { ByteOrder::Big } else { ByteOrder::Little };
        let found = value(&bytes, element, order).unwrap();
        let shown = words(found, element);
        if !matches!(found, Value::Float(float, _) if float.is_nan()) {
            let read = Sought::Number(element).bytes(&shown, order).unwrap();
            prop_assert_eq!(&read[..], &bytes[..element.size()], "{} {}", element.name(), shown);
        }
    }
}

#[test]
fn every_type_in_both_orders() {
    let bytes = [0xfe, 0xff, 0xff, 0x3f, 0x00, 0x00, 0xf0, 0xbf];
    let shown = |element, order| words(value(&bytes, element, order).unwrap(), element);
    let little = [
        "-2",
        "254",
        "254",
        "-2",
        "65,534",
        "1,073,741,822",
        "1,073,741,822",
        "NaN (0xFFFE)",
        "1.9999998",
        &f64::from_le_bytes(bytes).to_string(),
        &words(Value::Whole(i64::from_le_bytes(bytes).into()), Element::BigInt64),
        &format::thousands(u64::from_le_bytes(bytes)),
    ];
    assert_eq!(Element::ALL.map(|element| shown(element, ByteOrder::Little)), little);
    let big = [
        "-2",
        "254",
        "254",
        "-257",
        "65,279",
        "-16,777,409",
        "4,278,189,887",
        "NaN (0xFEFF)",
        "-1.7013923e38",
        &format!("{:e}", f64::from_be_bytes(bytes)),
        &words(Value::Whole(i64::from_be_bytes(bytes).into()), Element::BigInt64),
        &format::thousands(u64::from_be_bytes(bytes)),
    ];
    assert_eq!(Element::ALL.map(|element| shown(element, ByteOrder::Big)), big);
    assert_eq!(value(&bytes[..7], Element::Float64, ByteOrder::Little), None);
    assert_eq!(value(&[], Element::Int8, ByteOrder::Little), None);
}

#[test]
fn short_numbers_are_read_as_rust_reads_them() {
    for half in (0..=u16::MAX).map(f16::from_bits).filter(|half| half.is_finite()) {
        for decimals in 0..6 {
            let text = format!("{:.decimals$e}", half.to_f64());
            assert_eq!(read_short(&text), text.parse().ok(), "{text}");
        }
    }
}

#[test]
fn floating_point_at_its_edges() {
    let half =
        |bits: u16| words(value(&bits.to_le_bytes(), Element::Float16, ByteOrder::Little).unwrap(), Element::Float16);
    assert_eq!([half(0x3c00), half(0x2e66), half(0x7bff), half(0x0001)], ["1", "0.1", "65500", "0.00000006"]);
    assert_eq!(
        [half(0x7c00), half(0xfc00), half(0x8000), half(0x7e01)],
        ["Infinity", "-Infinity", "-0", "NaN (0x7E01)"]
    );
    let single =
        |bits: u32| words(value(&bits.to_be_bytes(), Element::Float32, ByteOrder::Big).unwrap(), Element::Float32);
    assert_eq!([single(0x3dcc_cccd), single(0x7f7f_ffff), single(1)], ["0.1", "3.4028235e38", "1e-45"]);
    let double =
        |bits: u64| words(value(&bits.to_le_bytes(), Element::Float64, ByteOrder::Little).unwrap(), Element::Float64);
    assert_eq!([double(0x3fb9_9999_9999_999a), double(1)], ["0.1", "5e-324"]);
    assert_eq!(double(0x7ff8_0000_0000_0001), "NaN (0x7FF8000000000001)");
    let ends = [i64::MIN, i64::MAX]
        .map(|end| words(value(&end.to_le_bytes(), Element::BigInt64, ByteOrder::Little).unwrap(), Element::BigInt64));
    assert_eq!(ends, ["-9,223,372,036,854,775,808", "9,223,372,036,854,775,807"]);
}

#[test]
fn offsets_are_decimal_hexadecimal_or_from_the_cursor() {
    let typed = |text| offset(text, 100, 1 << 30);
    for (text, expected) in [
        ("8192", 8192),
        ("8,192", 8192),
        ("0x2000", 0x2000),
        ("0xb4 0010", 0xb4_0010),
        ("+0x10", 116),
        ("-100", 0),
        (" 0X1f ", 31),
    ] {
        assert_eq!(typed(text), Ok(expected), "{text}");
    }
    assert_eq!(typed("1073741823"), Ok((1 << 30) - 1));
    for (text, words) in [
        ("1073741824", "Beyond the end: the last byte is at 1,073,741,823, 0x3FFF FFFF."),
        ("99999999999999999999999", "Beyond the end"),
        ("-101", "Before the beginning."),
        ("", "Nothing is entered."),
        ("0x", "Nothing is entered."),
        ("2f", "“f” is not a digit. A hexadecimal offset begins with 0x."),
        ("12 x", "“x” is not a digit. Expected"),
    ] {
        let error = typed(text).unwrap_err();
        assert!(error.starts_with(words), "{text}: {error}");
    }
    assert_eq!(offset("0", 0, 0).unwrap_err(), "The payload has no byte to go to.");
}

#[test]
fn what_is_sought_is_bytes_text_or_a_number() {
    let bytes = |kind: Sought, text| kind.bytes(text, ByteOrder::Big);
    for text in ["de ad", "DEAD", "0xde,0xad", " de\nad "] {
        assert_eq!(bytes(Sought::Hex, text), Ok(vec![0xde, 0xad]), "{text}");
    }
    assert_eq!(bytes(Sought::Text, "né"), Ok("né".as_bytes().to_vec()));
    assert_eq!(bytes(Sought::Number(Element::Uint16), "0x1234"), Ok(vec![0x12, 0x34]));
    assert_eq!(Sought::Number(Element::Uint16).bytes("4,660", ByteOrder::Little), Ok(vec![0x34, 0x12]));
    assert_eq!(bytes(Sought::Number(Element::Int8), "-1"), Ok(vec![0xff]));
    assert_eq!(bytes(Sought::Number(Element::Float32), "1"), Ok(vec![0x3f, 0x80, 0, 0]));
    assert_eq!(bytes(Sought::Number(Element::Float16), "-Infinity"), Ok(vec![0xfc, 0]));
    assert_eq!(bytes(Sought::Number(Element::BigUint64), "18446744073709551615"), Ok(vec![0xff; 8]));
    let error = |kind, text| bytes(kind, text).unwrap_err();
    assert!(error(Sought::Hex, "dea").starts_with("“dea” has half a byte."));
    assert!(error(Sought::Hex, "xy").starts_with("“x” is not a hexadecimal digit."));
    assert!(error(Sought::Hex, " ").starts_with("Nothing is entered."));
    assert!(error(Sought::Text, "").starts_with("Nothing is entered."));
    assert_eq!(error(Sought::Number(Element::Int8), "128"), "128 does not fit: Int8 goes from -128 to 127.");
    assert_eq!(error(Sought::Number(Element::Uint8), "-1"), "-1 does not fit: Uint8 goes from 0 to 255.");
    assert_eq!(error(Sought::Number(Element::Int32), "1.5"), "“1.5” is not a number of Int32.");
}

#[test]
fn bytes_as_source_text() {
    let text = |style: Style, bytes: &[u8], element| style.text(bytes, element, ByteOrder::Little);
    assert_eq!(text(Style::Hex, &[0xde, 0xad, 0], Element::Float64).unwrap(), "de ad 00");
    assert_eq!(text(Style::Hex, &[7; 17], Element::Uint8).unwrap().lines().count(), 2);
    assert_eq!(text(Style::Rust, &[1, 0xff], Element::Uint8).unwrap(), "let values: [u8; 2] = [0x01, 0xff];");
    assert_eq!(text(Style::JavaScript, &[1, 0xff], Element::Int8).unwrap(), "new Int8Array([0x01, -1])");
    assert_eq!(
        text(Style::JavaScript, &[2, 0, 0, 0, 0, 0, 0, 0], Element::BigInt64).unwrap(),
        "new BigInt64Array([2n])"
    );
    let floats: Vec<u8> = [1.0f32, f32::NAN, f32::NEG_INFINITY, 1e30].iter().flat_map(|f| f.to_le_bytes()).collect();
    assert_eq!(
        text(Style::JavaScript, &floats, Element::Float32).unwrap(),
        "new Float32Array([1, NaN, -Infinity, 1e30])"
    );
    assert_eq!(
        text(Style::Rust, &floats, Element::Float32).unwrap(),
        "let values: [f32; 4] = [1.0, f32::from_bits(0x7fc00000), -f32::INFINITY, 1e30];"
    );
    assert!(text(Style::Rust, &[0, 0x3c], Element::Float16).unwrap().ends_with("let values: [u16; 1] = [0x3c00];"));
    assert_eq!(text(Style::Rust, &[1, 2, 3], Element::Int16), None);
    let long = text(Style::Rust, &[5; 33], Element::Uint8).unwrap();
    assert!(long.starts_with("let values: [u8; 33] = [\n    0x05, ") && long.ends_with(",\n];"), "{long}");
    assert_eq!(text(Style::JavaScript, &[], Element::Uint8).unwrap(), "new Uint8Array([])");
}

#[test]
fn a_byte_is_in_the_segment_that_the_plan_says() {
    let mut state = State::default();
    for preset in Preset::ALL {
        state.apply(Action::Preset(preset));
        let plan = state.plan().unwrap();
        for piece in plan.pieces.iter().filter(|piece| piece.bytes() > 0) {
            let (first, last) = (planned(&plan, piece.offset).unwrap(), planned(&plan, piece.end() - 1).unwrap());
            assert_eq!((first.position, first.range), (piece.position, piece.offset..piece.offset + piece.len));
            assert_eq!((last.selection, last.range.end), (Some(piece.selection(piece.count - 1)), piece.end()));
        }
        assert_eq!(planned(&plan, plan.len), None);
        for batch in 1..plan.batches.count {
            let begin = plan.batches.end(batch - 1);
            assert_eq!([begin - 1, begin, begin + 1].map(|at| batch_at(&plan, at)), [None, Some(batch), None]);
        }
        assert_eq!([0, plan.len].map(|at| batch_at(&plan, at)), [None, None]);
    }
}

#[test]
fn a_payload_has_the_segments_of_the_rows_or_others() {
    let mut state = State::default();
    state.apply(Action::Preset(Preset::ThreeSmall));
    let plan = state.plan().unwrap();
    let has = |lens: &[usize]| has_segments_of(&plan, &Holding::new(lens.iter().map(|len| (*len, false))));
    let lens: Vec<usize> = plan.pieces.iter().map(|piece| piece.len).collect();
    assert!(has(&lens));
    // In another order, one less, one more, and the same bytes as one.
    let turned: Vec<usize> = lens.iter().rev().copied().collect();
    let more: Vec<usize> = lens.iter().copied().chain([1]).collect();
    for other in [&turned[..], &lens[1..], &more, &[plan.len]] {
        assert!(!has(other), "{other:?}");
    }
}

#[test]
fn differences_in_words() {
    let words = |here: &[u8], there: &[u8]| {
        let of = |bytes: &[u8]| Addressed::new(ZBytes::from_segments([Source::moved(bytes.to_vec())]).unwrap());
        let mut difference = Difference::new(here.len(), there.len());
        difference.step([&of(here), &of(there)], 100, &mut Windows::default(), &mut Ledger::new()).unwrap();
        difference_words(&difference)
    };
    assert_eq!(words(&[1, 2], &[1, 2]), "No byte differs of 2 B.");
    assert_eq!(words(&[1, 2, 3], &[1, 3]), "1 of 2 B differs, the first at 0x1; this one goes on for 1 B.");
    assert_eq!(words(&[0, 2], &[1, 3, 4]), "2 of 2 B differ, the first at 0x0; the other goes on for 1 B.");
    assert_eq!(words(&[], &[1]), "The two have no offset in common; the other goes on for 1 B.");
}

#[test]
fn characters_and_offsets_in_their_columns() {
    assert_eq!([0x41, 0x20, 0x7f, 0x0a, 0xe9].map(character), ['A', ' ', '·', '·', '·']);
    assert_eq!(first_character("éa".as_bytes()), "“é”, U+00E9");
    assert_eq!(first_character(&[0x0a]), "U+000A, a control character");
    assert_eq!((first_character(&[0xff]), first_character(&[])), ("no character begins here".into(), "no byte".into()));
    assert_eq!(text("a\né\u{fffd}".as_bytes()), "a·é·");
    assert_eq!((digits(0), digits(1 << 16), digits((1 << 16) + 1), digits(1 << 30)), (4, 4, 5, 8));
    assert_eq!(
        (column(0x2010, 4), column(0xb4_0010, 6), column(1, 8)),
        ("2010".into(), "b4 0010".into(), "0000 0001".into())
    );
    assert_eq!([0, 1, 4, 24, 48].map(alignment), [16, 1, 4, 8, 16]);
    assert_eq!(binary(0xa5), "1010 0101");
}

#[test]
fn what_looking_copied_is_called_what_it_was() {
    assert_eq!(looked_words([320, 0, 0]), "Looking copied 320 B so far: what was in view.");
    assert_eq!(
        looked_words([320, 1 << 20, 8]),
        "Looking copied 1,048,904 B so far: 320 B that were in view, 1,048,576 B to search and compare, 8 B to fill messages."
    );
    assert_eq!(text("a\u{202e}b\n".as_bytes()), "a·b·");
    assert_eq!(first_character("\u{202e}".as_bytes()), "‹right-to-left override›, U+202E");
}
