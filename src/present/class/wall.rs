//! The teacher's wall in words, and the geometry of a tile. A tile says who it is, whether the page is
//! there, at which step, and what arrives of it.

use crate::{
    app::{
        class::{Presence, Seat, Teaching},
        lesson,
        session::What,
    },
    outside::shown,
    present::format,
    segment::Mode,
};

/// The width of a payload's strip, in units of its drawing.
pub const STRIP: f64 = 100.0;

/// The least width of a piece in it: the smallest piece is seen too.
const LEAST: f64 = 3.0;

/// A sender has most of all bytes above this share.
const MOST: f64 = 0.5;

/// The most characters of what data are.
const DATA: usize = 44;

/// Whether a page is there: a word for styles and tests, and one for people.
#[must_use]
pub fn presence(presence: Presence) -> (&'static str, String) {
    let (word, seconds, words) = match presence {
        Presence::Here => return ("here", "here".to_owned()),
        Presence::Unknown => return ("unknown", "has not joined".to_owned()),
        Presence::Hidden(seconds) => ("asleep", seconds, "hidden for"),
        Presence::Silent(seconds) => ("asleep", seconds, "asleep for"),
        Presence::Gone(seconds) => ("gone", seconds, "gone for"),
    };
    (word, format!("{words} {}", time(seconds)))
}

fn time(seconds: u64) -> String {
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

/// The step that a link names: `pieces, step 3`.
#[must_use]
pub fn step(link: Option<&str>) -> Option<String> {
    let (source, step) = lesson::read_link(link?)?.ok()?;
    Some(format!("{}, step {}", source.shown(), step + 1))
}

/// Bytes in a second: `60.0 kB/s`.
#[must_use]
pub fn speed(bytes_per_second: f64) -> String {
    let (value, unit) = match bytes_per_second {
        bytes if bytes >= 1e6 => (bytes / 1e6, "MB/s"),
        bytes if bytes >= 1e3 => (bytes / 1e3, "kB/s"),
        bytes => return format!("{bytes:.0} B/s"),
    };
    if value < 100.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// A piece in the strip of a payload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// From the left.
    pub x: f64,
    /// How wide.
    pub width: f64,
    /// How the payload takes it.
    pub mode: Mode,
}

/// The strip of a payload: each piece as wide as its share of the bytes, and never too thin to be seen.
#[must_use]
pub fn strip(payload: &[(u64, Mode)]) -> Vec<Piece> {
    let total: f64 = payload.iter().map(|(bytes, _)| *bytes as f64).sum();
    let free = (STRIP - LEAST * payload.len() as f64).max(0.0);
    let mut x = 0.0;
    let piece = |(bytes, mode): &(u64, Mode)| {
        let share = if total > 0.0 { *bytes as f64 / total } else { 0.0 };
        let piece = Piece { x, width: LEAST + share * free, mode: *mode };
        x += piece.width;
        piece
    };
    payload.iter().map(piece).collect()
}

/// A tile in words and numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// The name.
    pub name: String,
    /// Whether the page is there, as a word for styles and tests.
    pub state: &'static str,
    /// The same for people, or that most bytes come from it; and the step of a lesson.
    pub place: String,
    /// What the newest sample is.
    pub data: String,
    /// How many samples have come, how often they come, and how many bytes.
    pub rate: String,
    /// What is missing of what the page has put; nothing where it cannot be told.
    pub missing: String,
    /// The share of all bytes of a second, from 0 to 1.
    pub share: f64,
    /// Whether that is most of all bytes, with others who send too.
    pub most: bool,
    /// The strip of the payload.
    pub strip: Vec<Piece>,
}

/// The tiles of a class.
#[must_use]
pub fn tiles(teaching: &Teaching) -> Vec<Tile> {
    let all: f64 = teaching.seats.iter().map(|seat| seat.tile.bytes_per_second).sum();
    let senders = teaching.seats.iter().filter(|seat| seat.tile.bytes_per_second > 0.0).count();
    teaching.seats.iter().map(|seat| tile(seat, all, senders)).collect()
}

fn tile(Seat { tile, says }: &Seat, all: f64, senders: usize) -> Tile {
    let (state, presence) = presence(tile.presence);
    let data = match (tile.count, tile.glimpse.parts.first()) {
        (0, _) => "no data yet".to_owned(),
        (_, Some((What::Bytes, _)) | None) => format!("{}, bytes", format::size(tile.len)),
        (_, Some((what, words))) => {
            format!("{}, {} {}", format::size(tile.len), what.name(), words.shown_at_most(DATA))
        }
    };
    let share = if all > 0.0 { tile.bytes_per_second / all } else { 0.0 };
    let most = share > MOST && senders > 1;
    let step = step(says.as_ref().and_then(|says| says.step.as_deref()));
    let place = if most { "most of all bytes" } else { &presence };
    Tile {
        name: tile.name.shown(),
        state,
        place: format!("{place}, {}", step.as_deref().unwrap_or("no lesson")),
        data,
        rate: format!("{} at {:.1}/s, {}", format::count(tile.count as usize), tile.hz, speed(tile.bytes_per_second)),
        missing: match (tile.missing, tile.compared) {
            (_, 0) => String::new(),
            (0, of) => format!("none of {} missing", format::count(of as usize)),
            (missing, of) => {
                format!("{} of {} missing", format::count(missing as usize), format::count(of as usize))
            }
        },
        share,
        most,
        strip: says.as_ref().map(|says| strip(&says.payload)).unwrap_or_default(),
    }
}

/// Who is there, in one line.
#[must_use]
pub fn people(teaching: &Teaching, step: Option<&str>) -> String {
    let states: Vec<_> = teaching.seats.iter().map(|seat| presence(seat.tile.presence).0).collect();
    let count = |word: &str| states.iter().filter(|state| **state == word).count();
    let mut words = vec![format!("{} here", count("here"))];
    for (word, said) in [("asleep", "asleep"), ("gone", "gone"), ("unknown", "not joined")] {
        let many = count(word);
        if many > 0 {
            words.push(format!("{many} {said}"));
        }
    }
    if let Some(step) = step {
        let is_there = |seat: &&Seat| {
            let is_at = seat.says.as_ref().is_some_and(|says| says.step.as_deref() == Some(step));
            is_at && !matches!(seat.tile.presence, Presence::Gone(_))
        };
        words.push(format!("{} at your step", teaching.seats.iter().filter(is_there).count()));
    }
    words.join(", ")
}

/// What is not as it should be, in sentences.
#[must_use]
pub fn doubts(teaching: &Teaching) -> Vec<String> {
    let mut said = Vec::new();
    if teaching.other_teacher {
        said.push(
            "Another page teaches this class too, and students hear both. End the class in one of them.".to_owned(),
        );
    }
    if teaching.not_understood > 0 {
        said.push(format!(
            "This page did not understand {} of the class: they are of another version of the lab, or not of a page.",
            format::plural(teaching.not_understood as usize, "text")
        ));
    }
    if teaching.beyond > 0 {
        said.push(format!(
            "The wall has {} tiles, and no room for {} of other names.",
            crate::app::class::MAX_STUDENTS,
            format::plural(teaching.beyond as usize, "message")
        ));
    }
    said
}

/// The code of the lab in a link, to be read aloud.
#[must_use]
pub fn code(link: &str) -> Option<String> {
    let code = link.split_once("?code=")?.1.split(['#', '&']).next()?;
    (!code.is_empty()).then(|| shown(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{
        class::{StudentSays, Tile as Told},
        session::Glimpse,
    };

    fn seat(name: &str, presence: Presence, bytes_per_second: f64) -> Seat {
        let glimpse = Glimpse { parts: vec![(What::Float32, "0.5, 1 …".into())], more: 0 };
        let tile = Told {
            name: name.into(),
            presence,
            count: 120,
            hz: 5.0,
            bytes_per_second,
            compared: 123,
            missing: 3,
            len: 12_000,
            glimpse,
            ..Told::default()
        };
        let payload = vec![(0, Mode::Copy), (1_000, Mode::Borrow)];
        let says = StudentSays { step: Some("#l=pieces/3".to_owned()), payload, ..StudentSays::default() };
        Seat { tile, says: Some(says) }
    }

    fn with(seats: Vec<Seat>) -> Teaching {
        let mut teaching = Teaching::default();
        teaching.seats = seats;
        teaching
    }

    #[test]
    fn tile_says_who_where_and_what_arrives() {
        let seats = vec![seat("Zoë", Presence::Here, 60_000.0), seat("\u{202e}x", Presence::Silent(130), 0.0)];
        let teaching = with(seats);
        let tiles = tiles(&teaching);
        let Tile { name, place, data, rate, missing, .. } = &tiles[0];
        assert_eq!(
            [name, place, data, rate, missing].map(String::as_str),
            [
                "Zoë",
                "here, pieces, step 3",
                "11.72 KiB, float32 0.5, 1 …",
                "120 at 5.0/s, 60.0 kB/s",
                "3 of 123 missing"
            ]
        );
        assert_eq!((tiles[1].state, &*tiles[1].place), ("asleep", "asleep for 2 min, pieces, step 3"));
        assert!(!tiles[1].name.contains('\u{202e}'), "a name from outside hides nothing: {}", tiles[1].name);
        assert_eq!(people(&teaching, Some("#l=pieces/3")), "1 here, 1 asleep, 2 at your step");
        // A page that has said and sent nothing.
        let silent = Seat { tile: Told { name: "eva".into(), ..Told::default() }, says: None };
        let tile = &super::tiles(&with(vec![silent]))[0];
        assert_eq!((&*tile.data, &*tile.missing, &*tile.place), ("no data yet", "", "has not joined, no lesson"));
    }

    #[test]
    fn sender_of_most_bytes_is_marked_if_others_send_too() {
        let most = |rates: &[f64]| {
            let seats = rates.iter().map(|rate| seat("a", Presence::Here, *rate)).collect();
            let tiles = tiles(&with(seats));
            assert!(tiles.iter().all(|tile| tile.most == tile.place.starts_with("most of all bytes, ")), "{tiles:?}");
            tiles.iter().map(|tile| tile.most).collect::<Vec<_>>()
        };
        assert_eq!(most(&[1e6, 1e3, 1e3]), [true, false, false]);
        assert_eq!(most(&[1e6]), [false], "alone");
        assert_eq!(most(&[1e6, 1e6]), [false, false]);
        assert_eq!(most(&[0.0, 0.0]), [false, false]);
    }

    #[test]
    fn strip_has_each_piece_and_fills_its_width() {
        let pieces = strip(&[(1, Mode::Copy), (11_796_480, Mode::Move), (0, Mode::Borrow)]);
        let last = pieces.last().unwrap();
        assert!((last.x + last.width - STRIP).abs() < 1e-9 && pieces.iter().all(|piece| piece.width >= LEAST));
        assert!(strip(&[]).is_empty());
        let twelve = strip(&[(u64::MAX, Mode::Copy); 12]);
        assert!(twelve.iter().all(|piece| piece.width.is_finite() && piece.x + piece.width <= STRIP + 1e-9));
        assert!(strip(&[(0, Mode::Copy)]).iter().all(|piece| piece.width == LEAST));
    }

    #[test]
    fn speeds_and_times_are_short() {
        let said = [0.0, 999.0, 60_000.0, 250_000.0, 12_345_678.0].map(speed);
        assert_eq!(said, ["0 B/s", "999 B/s", "60.0 kB/s", "250 kB/s", "12.3 MB/s"]);
        assert_eq!(presence(Presence::Gone(119)).1, "gone for 119 s");
        assert_eq!(presence(Presence::Hidden(120)).1, "hidden for 2 min");
    }

    #[test]
    fn what_is_not_as_it_should_be_is_said() {
        assert!(doubts(&Teaching::default()).is_empty());
        let mut odd = Teaching::default();
        (odd.other_teacher, odd.not_understood, odd.beyond) = (true, 2, 1);
        let said = doubts(&odd).join(" ");
        assert!(
            said.contains("Another page teaches") && said.contains("2 texts") && said.contains("1 message"),
            "{said}"
        );
        assert_eq!(code("http://192.0.2.7:8080/?code=K7QF2M#c=abcde").as_deref(), Some("K7QF2M"));
        assert_eq!(code("http://192.0.2.7:8080/#c=abcde"), None);
    }
}
