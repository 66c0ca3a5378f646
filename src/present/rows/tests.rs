use crate::present::{rows::*, texts::review};
use crate::{
    client::{
        Content, Priority, Qos, Reliability,
        capture::{Frame, Taken},
    },
    payload::ZBytes,
    wire::{Lane, dissect, summarize},
};
use zbytes_session::testing;

#[test]
fn times_are_milliseconds_until_they_are_long() {
    assert_eq!(time(Duration::ZERO), "0.00");
    assert_eq!(time(Duration::from_micros(3_656)), "3.66");
    assert_eq!(time(Duration::from_millis(61_234)), "61,234.00");
    assert_eq!(time(Duration::from_millis(1_234_560)), "1,234.6 s");
    assert_eq!(numbers(Some(18_204_412), Some(18_204_007)), "…412 to …007");
}

#[test]
fn the_lines_that_are_drawn_are_those_in_view_and_a_few_more() {
    assert_eq!(window(0.0, 200.0, 20.0, 1000), 0..17);
    assert_eq!(window(2000.0, 200.0, 20.0, 1000), 94..117);
    assert_eq!(window(2e9, 200.0, 20.0, 1000), 994..1000);
    assert_eq!(window(-5.0, f64::INFINITY, 20.0, 3), 0..3);
    assert!(window(0.0, 1e9, 20.0, 100_000).len() < 500);
    assert_eq!(window(0.0, 100.0, 20.0, 0), 0..0);
    assert_eq!(scrolled_to(5, 0.0, 200.0, 20.0), None);
    assert_eq!(scrolled_to(10, 0.0, 200.0, 20.0), Some(20.0));
    assert_eq!(scrolled_to(3, 100.0, 200.0, 20.0), Some(60.0));
}

#[test]
fn what_is_in_view_stays_there_when_lines_go_in_front_of_it() {
    let old: Vec<u64> = (100..200).collect();
    // Half of line 30, frame 130, is scrolled out. The new lines lack 20 at the front, and have 20
    // more at the end.
    let new: Vec<u64> = (120..220).collect();
    assert_eq!(anchored(610.0, 20.0, &old, &new), 210.0);
    assert_eq!(anchored(610.0, 20.0, &old, &old), 610.0);
    // The line in view was removed: the first of the remaining lines is at the top.
    assert_eq!(anchored(110.0, 20.0, &old, &new), 10.0);
    assert_eq!(anchored(0.0, 20.0, &old, &new), 0.0);
    // The view shows other lines. The lines inside an open fold are not in ascending order.
    assert_eq!(anchored(200.0, 20.0, &old, &[50, 105, 115, 112, 190]), 40.0);
    assert_eq!(anchored(200.0, 20.0, &old, &[102, 104, 110, 103, 190]), 40.0);
    assert_eq!(anchored(200.0, 20.0, &[], &old), 200.0);
    assert_eq!(anchored(200.0, 20.0, &old, &[]), 0.0);
}

#[test]
fn fields_are_a_tree_of_which_groups_close() {
    // A frame with two puts under the key a.
    let put = [0x3d, 0, 1, b'a', 0x01, 2, 0xAA, 0xBB];
    let batch: Vec<u8> = [0x25, 5].into_iter().chain(put).chain(put).collect();
    let spans = dissect(&batch, None).spans;
    let nodes = tree(&spans);
    assert_eq!(nodes.len(), spans.len());
    for (at, (node, span)) in nodes.iter().zip(&spans).enumerate() {
        assert!(node.end > at && (1..=node.of).contains(&node.place));
        assert_eq!(node.parent.map(|parent| spans[parent].depth + 1), (span.depth > 0).then_some(span.depth));
        assert!(spans[at + 1..node.end].iter().all(|inner| inner.depth > span.depth));
        if let Some(parent) = node.parent {
            let same = nodes.iter().filter(|other| other.parent == Some(parent)).count();
            assert!(node.of == same && nodes[parent].end >= node.end);
        }
    }
    assert_eq!((nodes[0].end, nodes[0].of), (spans.len(), 1));
    assert_eq!(seen(&nodes, &BTreeSet::new()).len(), spans.len());
    assert_eq!(seen(&nodes, &BTreeSet::from([0])), [0]);
    // A closed group hides its parts and nothing else.
    let group = (1..spans.len()).find(|at| spans[*at].shape == Shape::Group).unwrap();
    let some = seen(&nodes, &BTreeSet::from([group]));
    assert_eq!(some.len(), spans.len() - (nodes[group].end - group - 1));
    assert!(closed_first(&spans).is_empty());
    let many: Vec<u8> = [0x25, 5].into_iter().chain((0..40).flat_map(|_| put)).collect();
    let spans = dissect(&many, None).spans;
    let nodes = tree(&spans);
    let first = seen(&nodes, &closed_first(&spans));
    assert!(first.len() < 50 && spans.len() > 200, "{} of {}", first.len(), spans.len());
    assert!(tree(&[]).is_empty());
}

/// A record with one frame of `count` small puts under twenty keys.
fn of_many_puts(count: usize) -> (Record, Vec<u8>) {
    let lane = Lane { priority: Priority::Data, reliability: Reliability::Reliable };
    let (mut batch, mut len) = (vec![0; 65_535], 0);
    for at in 0..count {
        let key = crate::client::KeyExpr::new(&format!("lab/{}", at % 20)).unwrap();
        let content = Content::new(ZBytes::of_held(vec![vec![1, 2, 3].into()]));
        let mut message = testing::push(&key, Qos::DEFAULT, &content);
        len = match at {
            0 => message.gather(&mut batch, lane, 1, true).unwrap().len,
            _ => message.append(&mut batch, len).unwrap().unwrap().len,
        };
    }
    batch.truncate(len);
    let frame = Frame {
        number: 0,
        at: Duration::ZERO,
        way: Way::In,
        bytes: ZBytes::of_held(vec![batch.clone().into()]),
        summary: summarize(&batch, None),
        place: None,
        begun: None,
        ops: Vec::new(),
    };
    let mut record = Record::default();
    record.take(crate::app::wire::Taken::from(&Taken { frames: vec![frame], oldest: 0, recorded: 1, copied: 0 }));
    (record, batch)
}

#[test]
fn a_strip_says_what_it_leaves_out() {
    let (record, batch) = of_many_puts(600);
    let strip = strip(&record, &[0], 96.0, None, None);
    assert_eq!((strip.runs.len(), strip.left_out), (RUNS, 600 - RUNS));
    let (x, width) = strip.rest.unwrap();
    let last = strip.runs.last().unwrap();
    assert!(x >= last.x && (x + width - 96.0).abs() < 2.0, "from the last run to the end: {x} {width}");
    assert!(strip.words().ends_with("; and 596 more"), "{}", strip.words());
    // A strip that draws every run omits none.
    let (few, _) = of_many_puts(RUNS);
    let all = crate::present::rows::strip(&few, &[0], 96.0, None, None);
    assert_eq!((all.runs.len(), all.left_out, all.rest), (RUNS, 0, None));
    assert!(all.words().ends_with("; and 60 more"));
    // The frame in view has all of them.
    let carried = dissect(&batch, None).carried();
    assert_eq!(record.parts_of(&record.entries()[0], &carried).len(), 600);
}

#[test]
fn a_text_that_was_not_searched_for_everywhere_is_said() {
    let (record, _) = of_many_puts(40);
    let words = |text: &str| {
        let filter = Filter { text: text.to_owned(), ..Filter::default() };
        shown_words(&Rows::of(&record, &filter, None, &BTreeSet::new()), &record.kept(), &filter)
    };
    assert_eq!(words("lab/1"), "all 1 frame");
    assert_eq!(words("lab/19"), "0 of 1 frame, KeepAlive hidden; 1 frame with too many keys to search");
    let (few, _) = of_many_puts(8);
    let filter = Filter { text: "lab/19".to_owned(), ..Filter::default() };
    assert_eq!(Rows::of(&few, &filter, None, &BTreeSet::new()).unsearched, 0);
}

#[test]
fn wire_says_what_is_kept_and_what_it_costs() {
    let kept = Kept { frames: 183, bytes: 11_869_000, recorded: 183, ..Kept::default() };
    let recorded = Kept { recorded: 900, missed: 3, copied: 11_800_000, ..kept.clone() };
    let all = [
        NO_FRAMES.to_owned(),
        record_words(Bounds::DEFAULT),
        last_words(&kept),
        too_long_words(),
        kept_words(&recorded, Bounds::DEFAULT),
    ];
    review("wire", &all.join("\n\n"));
}
