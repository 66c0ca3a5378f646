//! Records, rows, filters and files of frames that were made as the client makes them.

use std::{collections::BTreeSet, time::Duration};

use zbytes_session::testing;

use super::*;
use crate::{
    app::{Action, Effect, Event, PutId, Row, Selection, State},
    client::{
        CongestionControl, KeyExpr, Priority, Reliability, ZenohId,
        capture::{self, Frame, Place},
    },
    payload::ZBytes,
    segment::{Element, Segment},
    wire::{Begun, Content, Kind, Lane, Outgoing, Qos, Summary, dissect, summarize},
};

const LANE: Lane = Lane { priority: Priority::Data, reliability: Reliability::Reliable };
const QOS: Qos = Qos { priority: Priority::Data, congestion_control: CongestionControl::Block, express: false };

/// A session that is recorded.
#[derive(Default)]
struct Session {
    frames: Vec<Frame>,
    messages: u64,
    sn: u32,
}

impl Session {
    fn frame(&mut self, way: Way, bytes: Vec<u8>, begun: Option<Begun>, place: Option<Place>, ops: Vec<PutId>) {
        let number = self.frames.len() as u64;
        let summary = summarize(&bytes, begun.as_ref());
        let bytes = ZBytes::of_held(vec![Segment::from(bytes)]);
        let at = Duration::from_millis(1000 + number);
        self.frames.push(Frame { number, at, way, bytes, summary, place, begun, ops });
    }

    fn keep_alive(&mut self) {
        self.frame(Way::In, testing::keep_alive(), None, None, Vec::new());
    }

    fn greet(&mut self) {
        self.frame(Way::Out, testing::init_syn(ZenohId::new([7; 16]).unwrap()), None, None, Vec::new());
    }

    /// All batches of a put, `between` called before each but the first.
    fn put(&mut self, way: Way, key: &str, payload: &[u8], op: PutId, mut between: impl FnMut(&mut Self, usize)) {
        let payload = ZBytes::of_held(vec![Segment::from(payload.to_vec())]);
        let key = KeyExpr::new(key).unwrap();
        let mut message: Outgoing = testing::push(&key, QOS, &Content::new(payload));
        self.messages += 1;
        let (mut index, mut begun) = (0, Begun::default());
        while !message.is_done() {
            if index > 0 {
                between(self, index);
            }
            let mut batch = vec![0; 1000];
            let len = message.gather(&mut batch, LANE, self.sn, true).unwrap().len;
            batch.truncate(len);
            self.sn += 1;
            let fragment = index > 0 || !message.is_done();
            let place = fragment.then_some(Place { message: self.messages, index });
            let ops = if way == Way::Out { vec![op] } else { Vec::new() };
            self.frame(way, batch, fragment.then(|| begun.clone()), place, ops);
            let summary = &self.frames.last().unwrap().summary;
            begun.offset += summary.part;
            if index == 0 {
                begun.bodies.clone_from(&summary.bodies);
            }
            index += 1;
        }
    }

    fn taken(&self, after: Option<u64>) -> Taken {
        let skip = after.map_or(0, |after| after as usize + 1);
        let taken = capture::Taken {
            frames: self.frames.iter().skip(skip).cloned().collect(),
            oldest: 0,
            recorded: self.frames.len() as u64,
            copied: 5,
        };
        Taken::from(&taken)
    }
}

fn bytes(entry: &Entry, session: &Session) -> Vec<u8> {
    let mut bytes = Vec::new();
    let frame = &session.frames[entry.frame.number as usize];
    frame.bytes.for_each_window(&mut [], &mut crate::ledger::Ledger::new(), |part| bytes.extend(part)).unwrap();
    bytes
}

fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
}

/// Two rows: a head of three segments of ten bytes, and an array.
fn made() -> Vec<Row> {
    vec![Row { repeat: 3, ..Row::array(4, "head", Element::Uint8, 10) }, Row::array(9, "tensor", Element::Uint8, 4970)]
}

fn recorded() -> (Record, Session) {
    let mut session = Session::default();
    session.greet();
    session.put(Way::Out, "lab/tensor", &payload(5000), 3, |session, index| {
        if index == 3 {
            session.keep_alive();
        }
    });
    session.put(Way::Out, "lab/small", &payload(8), 4, |_, _| ());
    session.put(Way::In, "other/large", &payload(5000), 0, |_, _| ());
    let mut record = Record::default();
    record.note((3, 3), made());
    assert_eq!(record.take(session.taken(record.after())), Took::Something);
    (record, session)
}

fn rows(record: &Record, filter: &Filter, selected: Option<Selection>) -> Rows {
    Rows::of(record, filter, selected, &BTreeSet::new())
}

fn titles(record: &Record, rows: &Rows) -> Vec<String> {
    let of = |line: &Line| {
        let entry = &record.entries()[rows.first_of(*line).unwrap()];
        let fold = matches!(line, Line::Fold(_)).then_some("fold of ").unwrap_or_default();
        format!("{fold}{}", words::title(record, entry))
    };
    rows.lines.iter().map(of).collect()
}

#[test]
fn equal_fragments_are_one_row_although_something_comes_between() {
    let (record, _) = recorded();
    let all = Filter { kinds: Kinds::All, ..Filter::default() };
    let folded = rows(&record, &all, None);
    let expected = [
        "InitSyn",
        "Fragment 1 of 6: Put lab/tensor",
        "fold of Fragment 2 of 6",
        "KeepAlive",
        "Fragment 6 of 6",
        "Put lab/small",
        "Fragment 1 of 6: Put other/large",
        "fold of Fragment 2 of 6",
        "Fragment 6 of 6",
    ];
    assert_eq!(titles(&record, &folded), expected);
    assert_eq!(folded.shown, record.entries().len());
    assert_eq!(folded.folds[0].members.len(), 4);
    // Unfolded, each has its row, and choosing one of them when it is folded again finds the fold.
    let message = folded.folds[0].message;
    let open = Rows::of(&record, &all, None, &BTreeSet::from([message]));
    assert_eq!(open.lines.len(), folded.lines.len() + 4);
    let third = open.picked(&record, 4).unwrap();
    assert!(matches!(third, Picked::Frame(3)), "{third:?}");
    assert_eq!((open.line_of(&record, third), folded.line_of(&record, third)), (Some(4), Some(2)));
    assert_eq!(folded.line_of(&record, Picked::Fold(message)), Some(2));
    let known = record.message(message).unwrap();
    assert_eq!((&*known.name, known.count, known.seen, known.ops.as_slice()), ("Put", Some(6), 6, [3].as_slice()));
}

#[test]
fn filters_show_what_they_say() {
    let (record, _) = recorded();
    let shown = |filter: Filter, selected| rows(&record, &filter, selected).shown;
    let all = record.entries().len();
    assert_eq!(shown(Filter::default(), None), all - 1, "a sign of life is hidden");
    assert_eq!(shown(Filter { kinds: Kinds::One(Kind::KeepAlive), ..Filter::default() }, None), 1);
    assert_eq!(shown(Filter { way: Some(Way::In), ..Filter::default() }, None), 6);
    // Later fragments have no key of their own; they have their message's.
    assert_eq!(shown(Filter { text: "tensor".to_owned(), ..Filter::default() }, None), 6);
    assert_eq!(shown(Filter { text: "lab/".to_owned(), ..Filter::default() }, None), 7);
    assert_eq!(shown(Filter { only: Some(Only::Put(4)), ..Filter::default() }, None), 1);
    assert_eq!(shown(Filter { only: Some(Only::Put(3)), ..Filter::default() }, None), 6);
    let message = record.entries()[1].message().unwrap();
    assert_eq!(shown(Filter { only: Some(Only::Message(message)), ..Filter::default() }, None), 6);
    // The head is in the first fragment only, and the array in all of them.
    let segment = Filter { segment: true, ..Filter::default() };
    assert_eq!(shown(segment.clone(), Some(Selection { row: 4, index: 1 })), 1);
    assert_eq!(shown(segment.clone(), Some(Selection { row: 9, index: 0 })), 6);
    assert_eq!((shown(segment.clone(), Some(Selection { row: 1, index: 0 })), shown(segment, None)), (0, 0));
}

#[test]
fn frames_with_more_keys_than_are_noted_are_counted_unsearched() {
    let mut session = Session::default();
    for count in [Summary::KEYS + 1, Summary::KEYS, 2 * Summary::KEYS] {
        let (mut batch, mut len) = (vec![0; 1000], 0);
        for at in 0..count {
            let key = format!("lab/{at}");
            let content = Content::new(ZBytes::of_held(vec![vec![1, 2, 3].into()]));
            let mut message = testing::push(&KeyExpr::new(&key).unwrap(), QOS, &content);
            len = match at {
                0 => message.gather(&mut batch, LANE, session.sn, true).unwrap().len,
                _ => message.append(&mut batch, len).unwrap().unwrap().len,
            };
        }
        batch.truncate(len);
        session.sn += 1;
        session.frame(Way::Out, batch, None, None, Vec::new());
    }
    let mut record = Record::default();
    record.take(session.taken(None));
    let of = |text: &str| {
        let found = rows(&record, &Filter { text: text.to_owned(), ..Filter::default() }, None);
        (found.shown, found.unsearched)
    };
    assert_eq!([of("lab/15"), of("lab/0"), of("")], [(0, 2), (3, 0), (3, 0)]);
}

#[test]
fn a_frame_says_how_long_it_came_after_others() {
    let mut session = Session::default();
    session.greet();
    session.keep_alive();
    session.keep_alive();
    session.frames[2].at += Duration::from_millis(40);
    let since = |bounds| {
        let mut record = Record::new(bounds);
        record.take(session.taken(None));
        let of = |entry| [record.since_first(entry), record.since_before(entry)].map(|since| since.as_millis());
        record.entries().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(since(Bounds { frames: 3, bytes: 1000 }), [[0, 0], [1, 1], [42, 41]]);
    // The frame before the oldest that is kept is not there to compare with.
    assert_eq!(since(Bounds { frames: 2, bytes: 1000 }), [[1, 0], [42, 41]]);
}

#[test]
fn parts_are_the_payload_by_segments() {
    let (record, session) = recorded();
    let sent = payload(5000);
    let mut again = vec![0; sent.len()];
    let mut names = Vec::new();
    for entry in record.entries().iter().filter(|entry| entry.frame.ops == [3]) {
        let bytes = bytes(entry, &session);
        for part in record.parts(entry) {
            again[part.range()].clone_from_slice(&bytes[part.start..part.start + part.len]);
            names.push((part.piece().unwrap().name.clone(), part.len));
        }
    }
    assert_eq!(again, sent);
    assert_eq!(names.iter().map(|(_, len)| len).sum::<usize>(), 5000);
    assert_eq!(names[0], ("head".to_owned(), 30));
    assert!(names[1..].iter().all(|(name, _)| name == "tensor"));
    let first = &record.parts(&record.entries()[1])[0];
    assert_eq!(first.of_segment(Selection { row: 4, index: 2 }), Some(20..30));
    assert_eq!(first.of_segment(Selection { row: 9, index: 0 }), None);
    let ends = first.segments().unwrap();
    assert_eq!((ends.0.index, ends.1.index), (0, 2));
    // Of what others have made only the bytes are known.
    let foreign = record.entries().iter().find(|entry| entry.frame.way == Way::In && entry.message().is_some());
    let parts = record.parts(foreign.unwrap());
    assert!(parts.len() == 1 && parts[0].piece().is_none() && parts[0].len > 900);
}

#[test]
fn answers_are_taken_in_once_whatever_they_repeat() {
    let mut session = Session::default();
    session.greet();
    let mut record = Record::default();
    assert_eq!(record.after(), None);
    assert_eq!(record.take(session.taken(None)), Took::Something);
    assert_eq!(record.take(session.taken(record.after())), Took::Nothing);
    let old = record.after();
    session.put(Way::Out, "a", &payload(3000), 1, |_, _| ());
    assert_eq!(record.take(session.taken(record.after())), Took::Something);
    let kept = record.entries().len();
    assert_eq!(kept, session.frames.len());
    // An answer to an earlier question comes late.
    record.take(session.taken(old));
    assert_eq!(record.entries().len(), kept);
    // The session goes on, and a second one begins in it: the client is the same.
    session.greet();
    record.take(session.taken(record.after()));
    assert_eq!((record.entries().back().unwrap().session, record.entries()[0].session), (1, 0));
    // Another client counts from nought: it is asked for everything.
    let mut other = Session::default();
    other.greet();
    other.frames[0].at += Duration::from_secs(9);
    assert_eq!(record.take(other.taken(record.after())), Took::AskAgain);
    assert_eq!(record.after(), None);
    assert_eq!(record.take(other.taken(None)), Took::Something);
    let last = record.entries().back().unwrap();
    assert_eq!((last.session, last.id), (2, session.frames.len() as u64));
    assert_eq!((record.kept().recorded, record.kept().copied), (session.frames.len() as u64 + 1, 10));
    // The session does not record: nothing is new, and nothing is lost.
    assert_eq!(record.take(Taken::default()), Took::Nothing);
    assert_eq!(record.entries().len(), session.frames.len() + 1);
    record.clear();
    assert_eq!((record.kept().frames, record.kept().bytes), (0, 0));
}

#[test]
fn what_is_kept_is_bounded_and_what_was_missed_is_counted() {
    let mut session = Session::default();
    session.put(Way::Out, "a", &payload(20_000), 1, |_, _| ());
    let all = session.frames.len();
    for bounds in [Bounds { frames: 5, bytes: 1 << 20 }, Bounds { frames: 100, bytes: 4500 }] {
        let mut record = Record::new(bounds);
        record.take(session.taken(None));
        let kept = record.kept();
        assert!(kept.frames <= 5 && kept.bytes <= bounds.bytes && kept.recorded == all as u64);
        // What is kept of a message does not forget how many fragments it has.
        let last = record.entries().back().unwrap();
        assert_eq!(words::title(&record, last), format!("Fragment {all} of {all}"));
        assert_eq!(record.position(last.id), Some(kept.frames - 1));
        assert!(record.entry(0).is_none());
        assert!(record.neighbour(last, true).is_none() && record.neighbour(last, false).is_some());
        // The ring of the session has let go of more than was asked for.
        let before = session.frames.len() as u64;
        let mut more = Session { sn: session.sn, messages: session.messages, ..Session::default() };
        more.put(Way::Out, "b", &payload(100), 2, |_, _| ());
        more.frames[0].number = before + 7;
        let taken = capture::Taken { frames: more.frames, oldest: before + 7, recorded: before + 8, copied: 9 };
        assert_eq!(record.take(Taken::from(&taken)), Took::Something);
        assert_eq!((record.kept().missed, record.kept().recorded), (7, before + 8));
        assert_eq!(record.kept().puts, [2, 1]);
    }
}

#[test]
fn puts_of_the_same_rows_are_remembered_as_one() {
    let mut record = Record::default();
    for put in 10..200 {
        record.note((put, put), made());
    }
    let other = vec![Row::array(1, "other", Element::Uint8, 8)];
    for put in 200..220 {
        record.note((put, put), if put % 2 == 0 { other.clone() } else { Vec::new() });
    }
    let mut session = Session::default();
    session.put(Way::Out, "a", &payload(5000), 10, |_, _| ());
    session.put(Way::Out, "a", &payload(5000), 199, |_, _| ());
    session.put(Way::Out, "a", &payload(8), 200, |_, _| ());
    record.take(session.taken(None));
    let name = |at: usize| record.parts(&record.entries()[at])[0].piece().map(|piece| piece.name.clone());
    assert_eq!(
        (name(0).as_deref(), name(6).as_deref(), name(12).as_deref()),
        (Some("head"), Some("head"), Some("other"))
    );
}

#[test]
fn lines_of_json_follow_the_schema_and_have_every_byte() {
    let (record, session) = recorded();
    let schema = serde_json::from_str(include_str!("../../../schema/frames-1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut covered = 0;
    for entry in record.entries() {
        let bytes = bytes(entry, &session);
        let dissection = dissect(&bytes, entry.frame.begun.as_ref());
        let line = export::json_line(entry, &bytes, &dissection, Duration::from_secs(1_700_000_000)).unwrap();
        assert!(line.ends_with("}\n") && line.matches('\n').count() == 1);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {line}");
        assert_eq!(value["length"], bytes.len());
        assert_eq!(value["unix_us"], 1_700_000_001_000_000u64 + 1000 * entry.frame.number);
        covered += value["carried"].as_array().unwrap().iter().map(|one| one["len"].as_u64().unwrap()).sum::<u64>();
    }
    assert_eq!(covered, 5000 + 8 + 5000);
    assert_eq!(record.entries().len(), session.frames.len());
}

#[test]
fn pcapng_is_blocks_of_whole_words() {
    let (record, session) = recorded();
    let mut file = export::pcapng_head();
    for entry in record.entries() {
        let bytes = bytes(entry, &session);
        let (front, behind) =
            export::pcapng_around(entry, bytes.len(), &words::title(&record, entry), Duration::from_secs(1));
        file.extend(front.into_iter().chain(bytes).chain(behind));
    }
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let (mut at, mut blocks) = (0, Vec::new());
    while at < file.len() {
        let (kind, len) = (word(at), word(at + 4) as usize);
        assert!(len % 4 == 0 && len >= 12 && word(at + len - 4) as usize == len, "block {kind} at {at}");
        blocks.push((kind, at));
        at += len;
    }
    assert_eq!(at, file.len());
    assert_eq!((blocks[0].0, blocks[1].0, blocks.len()), (0x0A0D_0D0A, 1, 2 + record.entries().len()));
    assert_eq!(u16::from_le_bytes(file[blocks[1].1 + 8..blocks[1].1 + 10].try_into().unwrap()), export::LINK_TYPE);
    for (entry, (kind, at)) in record.entries().iter().zip(&blocks[2..]) {
        let bytes = bytes(entry, &session);
        assert_eq!((*kind, word(at + 20) as usize), (6, bytes.len()));
        assert_eq!(file[at + 28..at + 28 + bytes.len()], bytes);
        assert_eq!(word(at + 16), 2_000_000 + 1000 * entry.frame.number as u32);
    }
}

#[test]
fn the_state_says_what_is_to_be_done() {
    let mut state = State::default();
    let mut apply = |action: Action| {
        let effects = state.apply(action);
        (effects, state.wire.clone())
    };
    let (effects, wire) = apply(Change::Pause(true).into());
    assert_eq!((effects, wire.paused), (vec![Effect::Wire(Task::Pause(false))], false), "nothing is recorded");
    assert_eq!(apply(Change::Record(true).into()).0, [Effect::Wire(Task::Record(true))]);
    assert!(apply(Change::Pause(true).into()).1.paused);
    let (_, wire) = apply(Change::Follow(7).into());
    assert_eq!((wire.open, wire.filter.only, wire.picked), (true, Some(Only::Put(7)), None));
    assert!(matches!(apply(Change::Save(Format::Pcapng).into()).0[..], [Effect::Wire(Task::Save(Format::Pcapng, ..))]));
    assert!(apply(Change::Save(Format::JsonLines).into()).0.is_empty(), "one at a time");
    assert_eq!(
        apply(Action::Engine(Event::FramesSaved(Ok("done".to_owned()), 0))).1.saving,
        Saving::Done("done".to_owned())
    );
    let (effects, wire) = apply(Change::Clear.into());
    assert_eq!((effects, wire.filter.only), (vec![Effect::Wire(Task::Clear)], None));
    let (_, wire) = apply(Change::Record(false).into());
    assert!(!wire.recording && !wire.paused);
}

#[test]
fn frames_of_the_last_put_take_the_place_of_those_before() {
    let (record, session) = recorded();
    let mut last = Record::apart();
    // A put of more bytes than recording keeps.
    let many = Taken { frames: vec![session.taken(None).frames[1].clone(); 5_000], ..session.taken(None) };
    let large = many.frames.iter().cloned().map(|frame| Head { len: 65_535, ..frame }).collect();
    last.replace(Taken { frames: large, notes: vec![((9, 9), made())], ..Taken::default() });
    assert_eq!((last.kept().frames, last.kept().copied), (5_000, 0));
    let before = (last.entries()[0].id, last.kept().version);
    last.replace(Taken { notes: vec![((3, 3), made())], ..session.taken(None) });
    assert_eq!(last.kept().frames, record.kept().frames);
    let (id, version) = (last.entries()[0].id, last.kept().version);
    assert!(id > before.0 && version > before.1, "a view sees that all is new");
    assert!(record.entry(id).is_none() && version != record.kept().version, "no number is one of the other record");
    let numbers: Vec<u64> = last.entries().iter().map(|entry| last.number(entry.id)).collect();
    assert_eq!(
        numbers,
        (0..numbers.len() as u64).collect::<Vec<_>>(),
        "a person counts from the first one that is kept"
    );
    let put = last.entries().iter().find(|entry| entry.frame.ops == [3]).unwrap();
    assert!(last.parts(put).iter().all(|part| part.piece().is_some()), "segments are those of the rows");
}

#[test]
fn without_recording_the_last_put_is_looked_at() {
    let last = |on: bool| vec![Effect::Wire(Task::Last(on))];
    let kept = |frames: usize, puts: &[PutId]| {
        Action::Browser(crate::app::Report::Frames(Kept { frames, puts: puts.to_vec(), ..Kept::default() }))
    };
    let mut state = State::default();
    assert_eq!(state.apply(Change::Open(true).into()), last(true));
    state.apply(kept(1, &[3]));
    assert_eq!(state.apply(Change::Follow(3).into()), [], "it is there");
    assert_eq!(state.wire.filter.only, Some(Only::Put(3)));
    assert_eq!(state.apply(Change::Follow(4).into()), last(true));
    assert_eq!((state.wire.last, state.wire.filter.only), (true, Some(Only::Put(4))));
    state.apply(Change::Open(false).into());
    // The tab shows them as well, and a put that ends while it is open.
    let tab = |tab| Action::Session(crate::app::session::Change::Tab(tab));
    assert_eq!(state.apply(tab(crate::app::session::Tab::Wire)), last(true));
    let mut other = State::default();
    other.api.tab = crate::app::session::Tab::Wire;
    let problem = crate::app::Problem::new("It failed.", "");
    assert_eq!(other.apply(Action::Engine(Event::PutEnded(1, Err(problem)))), last(true));
    // Recorded frames stay in view until others are wanted.
    assert_eq!(state.apply(Change::Record(true).into()), [Effect::Wire(Task::Record(true))]);
    assert!(!state.wire.last);
    state.apply(kept(5, &[5]));
    assert_eq!(state.apply(Change::Follow(6).into()), [], "its frames are about to come");
    state.apply(Change::Record(false).into());
    assert_eq!((state.apply(Change::Open(true).into()), state.apply(Change::Follow(5).into())), (vec![], vec![]));
    assert_eq!(state.apply(Change::Follow(6).into()), last(true));
    assert_eq!(state.apply(Change::Last(false).into()), last(false));
    assert_eq!((state.wire.last, state.wire.filter.only), (false, None));
}
