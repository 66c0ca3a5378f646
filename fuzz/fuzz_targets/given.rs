//! Feeds any bytes to what understands a person's own data: files, typed values, and arithmetic. What
//! is understood is within the file and the bounds, and what is not is said in words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zbytes_lab::{
    given::{
        About, LOOK, Reading,
        about::values,
        csv::{Pick, Scan, delimiter},
        expression, look,
        values::read,
    },
    payload::MAX_LEN,
    segment::Element,
};

/// Reads a number as Rust does.
fn slow(text: &str) -> f64 {
    text.parse().expect("a text of the form of a number")
}

/// The numbers of each column are as many as the table has lines.
fn table(data: &[u8]) -> About {
    let mut scan = Scan::new(delimiter(data));
    data.chunks(7).chain([&[][..]]).for_each(|piece| scan.feed(piece));
    let about = About::of_table("a.csv", data.len(), scan.finish());
    for offer in &about.offers {
        let Reading::Column(column) = offer.reading else { panic!("a table is read by columns") };
        let (mut pick, mut into) = (Pick::new(column, offer.element), Vec::new());
        data.chunks(5).chain([&[][..]]).for_each(|piece| pick.feed(piece, &slow, &mut into));
        assert_eq!(into.len(), offer.bytes());
    }
    about
}

fuzz_target!(|data: &[u8]| {
    let head = data.get(..LOOK).unwrap_or(data);
    let about = look("a.csv", head, data.len()).unwrap_or_else(|| table(data));
    assert!(about.offers.is_empty() || about.problem.is_none());
    assert!(about.offers.iter().all(|offer| offer.bytes() <= MAX_LEN));
    if about.offers.iter().any(|offer| offer.reading == Reading::Values) {
        let (place, _) = values(head, data.len()).expect("values are somewhere");
        assert!(place.start <= place.end && place.end <= data.len());
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    for element in Element::ALL {
        match read(text, element) {
            Ok(values) => assert!(values.bytes.len().is_multiple_of(element.size())),
            Err(error) => assert!(!error.is_empty()),
        }
    }
    let _ = expression::evaluate(text);
});
