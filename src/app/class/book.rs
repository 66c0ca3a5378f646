//! The teacher's book: who is in the class, and what arrives of whom. The engine keeps it, because
//! it sees every sample; the page gets a [`Wall`] of it now and then.
//!
//! Time is a parameter. What comes in is from outside: the book is bounded, and what it does not
//! understand it counts.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    name::is_name,
    says::{MAX_STUDENTS, StudentSays, TeacherSays},
};
use crate::{app::session::Glimpse, outside::Outside};

/// A page whose token lives is asleep when it has said nothing for so long.
pub const SILENT: Duration = Duration::from_secs(6);

/// A rate is over so many whole seconds at most.
const RATE: u64 = 4;

/// The shortest time between two results of one page that are read.
const RESULT_EVERY: Duration = Duration::from_secs(1);

/// Whether a page is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Presence {
    /// Data arrive under its name, and no page has joined by that.
    #[default]
    Unknown,
    /// It is there.
    Here,
    /// Its browser hides it, for so many seconds.
    Hidden(u64),
    /// It has said nothing for so many seconds. A phone that sleeps does so.
    Silent(u64),
    /// Its session has ended, so many seconds ago.
    Gone(u64),
}

/// What the wall shows of one student.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Tile {
    /// The name, as in the keys.
    pub name: Outside,
    /// Whether the page is there.
    pub presence: Presence,
    /// What the page said last, as JSON; nothing before it has said anything.
    pub says: String,
    /// Samples that have arrived.
    pub count: u64,
    /// Samples in a second, lately.
    pub hz: f64,
    /// Payload bytes in a second, lately.
    pub bytes_per_second: f64,
    /// How many puts of the page were compared with what has arrived.
    pub compared: u64,
    /// How many of these have not arrived.
    pub missing: u64,
    /// Payload bytes of the newest sample.
    pub len: usize,
    /// What the bytes of the newest sample are.
    pub glimpse: Glimpse,
}

/// Everything that the wall shows.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Wall {
    /// The students, in the order of their names.
    pub tiles: Vec<Tile>,
    /// Texts that were not understood.
    pub not_understood: u64,
    /// Samples of students for whom the book has no room.
    pub beyond: u64,
    /// Whether another page teaches this class too.
    pub other_teacher: bool,
}

#[derive(Clone, Debug, Default)]
struct Student {
    tile: Tile,
    /// Whether its token lives; `None` before one was told.
    alive: Option<bool>,
    /// When that changed, or when data came first.
    since: Duration,
    /// When it last said something.
    heard: Duration,
    /// Since when its page is hidden.
    hidden: Option<Duration>,
    /// Whose the texts are, and how many puts and samples there were at the first of them.
    base: Option<(String, u64, u64)>,
    /// When a result of it was read last.
    result: Option<Duration>,
    /// Seconds, with samples and bytes in each.
    seconds: VecDeque<(u64, u64, u64)>,
}

impl Student {
    fn presence(&self, now: Duration) -> Presence {
        let for_seconds = |since: Duration| now.saturating_sub(since).as_secs();
        match (self.alive, self.hidden) {
            (Some(false), _) => Presence::Gone(for_seconds(self.since)),
            (None, _) if self.tile.says.is_empty() => Presence::Unknown,
            (_, Some(since)) => Presence::Hidden(for_seconds(since)),
            _ if now.saturating_sub(self.heard) > SILENT => Presence::Silent(for_seconds(self.heard)),
            _ => Presence::Here,
        }
    }

    /// Whether it is gone: its token is, or it has none and puts nothing any more.
    fn is_gone(&self, now: Duration) -> bool {
        self.alive.map_or_else(|| now.saturating_sub(self.heard) > SILENT, |alive| !alive)
    }

    /// Samples and bytes in a second, over the whole seconds that have passed.
    fn rates(&self, now: u64) -> (f64, f64) {
        let Some((first, ..)) = self.seconds.front() else { return (0.0, 0.0) };
        // The first second is not whole, and this one is not over.
        let whole = now.saturating_sub(first + 1).min(RATE);
        let from = now.saturating_sub(whole);
        let counted = self.seconds.iter().filter(|(second, ..)| (from..now).contains(second));
        let (count, bytes) = counted.fold((0, 0), |(count, bytes), one| (count + one.1, bytes + one.2));
        if whole == 0 { (0.0, 0.0) } else { (count as f64 / whole as f64, bytes as f64 / whole as f64) }
    }
}

/// The book of a class.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// In the order of their names.
    students: Vec<Student>,
    not_understood: u64,
    beyond: u64,
    /// When another teacher's page has said something.
    other: Option<Duration>,
}

impl Book {
    /// The student of this name, if the book has room or can make some: with a student who is gone.
    fn student(&mut self, name: &str, now: Duration) -> Option<&mut Student> {
        let find = |students: &[Student]| students.binary_search_by(|one| one.tile.name.raw().cmp(name));
        if find(&self.students).is_err() {
            if self.students.len() >= MAX_STUDENTS {
                let gone = self.students.iter().position(|one| one.is_gone(now));
                gone.map(|at| self.students.remove(at));
            }
            if self.students.len() >= MAX_STUDENTS || !is_name(name) {
                self.beyond += 1;
                return None;
            }
            let at = find(&self.students).unwrap_or_else(|at| at);
            let tile = Tile { name: name.into(), ..Tile::default() };
            self.students.insert(at, Student { tile, since: now, heard: now, ..Student::default() });
        }
        find(&self.students).ok().and_then(|at| self.students.get_mut(at))
    }

    /// The token of a student has come or gone.
    pub fn token(&mut self, name: &str, alive: bool, now: Duration) {
        let Some(student) = self.student(name, now) else { return };
        if student.alive != Some(alive) {
            (student.alive, student.since) = (Some(alive), now);
        }
        if alive {
            student.heard = now;
        }
    }

    /// A student's page says this.
    pub fn says(&mut self, name: &str, text: &str, now: Duration) {
        let says = match StudentSays::read(text, name) {
            Ok(says) => says,
            Err(_) => {
                self.not_understood += 1;
                return;
            }
        };
        let Some(student) = self.student(name, now) else { return };
        student.heard = now;
        student.hidden = says.hidden.then(|| student.hidden.unwrap_or(now));
        let count = student.tile.count;
        let is_same = student.base.as_ref().is_some_and(|(zid, puts, _)| *zid == says.zid && *puts <= says.puts);
        if !is_same {
            student.base = Some((says.zid.clone(), says.puts, count));
        }
        if let Some((_, puts, samples)) = &student.base {
            // The text came in the same lane: what had left before it has arrived before it.
            student.tile.compared = says.puts - puts;
            student.tile.missing = student.tile.compared.saturating_sub(count - samples);
        }
        text.clone_into(&mut student.tile.says);
    }

    /// A teacher's page says this; `own` is the id of the page of this book.
    pub fn teacher_says(&mut self, text: &str, class: &str, own: &str, now: Duration) {
        match TeacherSays::read(text, class) {
            Ok(says) if says.zid == own => {}
            Ok(_) => self.other = Some(now),
            Err(_) => self.not_understood += 1,
        }
    }

    /// Data of a student have arrived.
    pub fn data(&mut self, name: &str, len: usize, glimpse: impl FnOnce() -> Glimpse, now: Duration) {
        let Some(student) = self.student(name, now) else { return };
        let second = now.as_secs();
        student.heard = now;
        student.tile.count += 1;
        student.tile.len = len;
        match student.seconds.back_mut().filter(|(last, ..)| *last >= second) {
            Some((_, count, bytes)) => (*count, *bytes) = (*count + 1, *bytes + len as u64),
            None => {
                student.seconds.push_back((second, 1, len as u64));
                student.tile.glimpse = glimpse();
            }
        }
        while student.seconds.len() > RATE as usize + 2 {
            student.seconds.pop_front();
        }
    }

    /// Whether a result of this student is read: at most one in a second, because reading takes long. A
    /// page tells its result again.
    pub fn admits_result(&mut self, name: &str, now: Duration) -> bool {
        let Some(student) = self.student(name, now) else { return false };
        let admits = student.result.is_none_or(|before| now.saturating_sub(before) >= RESULT_EVERY);
        if admits {
            student.result = Some(now);
        }
        admits
    }

    /// Forgets the students who are gone.
    pub fn forget_gone(&mut self, now: Duration) {
        self.students.retain(|student| !student.is_gone(now));
    }

    /// What the wall shows now.
    #[must_use]
    pub fn wall(&self, now: Duration) -> Wall {
        let tile = |student: &Student| {
            let (hz, bytes_per_second) = student.rates(now.as_secs());
            Tile { presence: student.presence(now), hz, bytes_per_second, ..student.tile.clone() }
        };
        Wall {
            tiles: self.students.iter().map(tile).collect(),
            not_understood: self.not_understood,
            beyond: self.beyond,
            other_teacher: self.other.is_some_and(|at| now.saturating_sub(at) <= SILENT),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::class::{name, says::VERSION};

    fn at(millis: u64) -> Duration {
        Duration::from_millis(1_000_000 + millis)
    }

    fn says(name: &str, zid: &str, puts: u64, hidden: bool) -> String {
        StudentSays { v: VERSION, name: name.to_owned(), zid: zid.to_owned(), puts, hidden, ..StudentSays::default() }
            .text()
    }

    fn presence(book: &Book, name: &str, millis: u64) -> Presence {
        let wall = book.wall(at(millis));
        wall.tiles.iter().find(|tile| tile.name.raw() == name).expect("a tile").presence
    }

    #[test]
    fn results_of_one_page_are_read_one_a_second() {
        let mut book = Book::default();
        assert!(book.admits_result("ana", at(0)) && !book.admits_result("ana", at(900)));
        assert!(book.admits_result("bob", at(900)) && book.admits_result("ana", at(1_000)));
        assert!(!book.admits_result("a/b", at(0)));
    }

    #[test]
    fn page_is_here_hidden_silent_and_gone() {
        let mut book = Book::default();
        book.token("ana", true, at(0));
        book.says("ana", &says("ana", "1", 0, false), at(100));
        assert_eq!(presence(&book, "ana", 2_000), Presence::Here);
        book.says("ana", &says("ana", "1", 0, true), at(3_000));
        book.says("ana", &says("ana", "1", 0, true), at(5_000));
        assert_eq!(presence(&book, "ana", 7_500), Presence::Hidden(4));
        book.says("ana", &says("ana", "1", 0, false), at(8_000));
        assert_eq!(presence(&book, "ana", 14_000), Presence::Here);
        assert_eq!(presence(&book, "ana", 14_500), Presence::Silent(6));
        // Data are a sign of life too.
        book.data("ana", 5, Glimpse::default, at(14_600));
        assert_eq!(presence(&book, "ana", 15_000), Presence::Here);
        book.token("ana", false, at(16_000));
        book.token("ana", false, at(17_000));
        assert_eq!(presence(&book, "ana", 19_000), Presence::Gone(3));
        // It comes back, and stays where it was.
        book.token("ana", true, at(20_000));
        assert_eq!((presence(&book, "ana", 20_000), book.wall(at(20_000)).tiles[0].count), (Presence::Here, 1));
        // A program that only sends has no token.
        book.data("robot", 5, Glimpse::default, at(20_000));
        assert_eq!(presence(&book, "robot", 20_000), Presence::Unknown);
        book.token("ana", false, at(21_000));
        book.forget_gone(at(21_000));
        assert_eq!(book.wall(at(21_000)).tiles.len(), 1);
        // The program is silent too by then.
        book.forget_gone(at(30_000));
        assert_eq!(book.wall(at(30_000)).tiles.len(), 0);
    }

    #[test]
    fn what_has_left_and_not_arrived_is_missing() {
        let mut book = Book::default();
        let missing = |book: &Book| (book.wall(at(0)).tiles[0].missing, book.wall(at(0)).tiles[0].compared);
        // The book began after the first seven puts.
        book.says("ana", &says("ana", "1", 7, false), at(0));
        assert_eq!(missing(&book), (0, 0));
        for _ in 0..3 {
            book.data("ana", 10, Glimpse::default, at(10));
        }
        book.says("ana", &says("ana", "1", 10, false), at(20));
        assert_eq!(missing(&book), (0, 3));
        book.data("ana", 10, Glimpse::default, at(30));
        book.says("ana", &says("ana", "1", 14, false), at(40));
        assert_eq!(missing(&book), (3, 7));
        // More than the page put: another program has this key too.
        for _ in 0..9 {
            book.data("ana", 10, Glimpse::default, at(50));
        }
        book.says("ana", &says("ana", "1", 15, false), at(60));
        assert_eq!(missing(&book), (0, 8));
        // A page that was loaded again counts from its own beginning.
        book.says("ana", &says("ana", "2", 0, false), at(70));
        assert_eq!(missing(&book), (0, 0));
        book.says("ana", &says("ana", "2", 2, false), at(80));
        assert_eq!(missing(&book), (2, 2));
    }

    #[test]
    fn thirty_senders_at_five_hertz_are_steady() {
        let mut book = Book::default();
        for step in 0..50 {
            for sender in 0..30 {
                let name = format!("s{sender:02}");
                book.data(&name, 12_000, Glimpse::default, at(step * 200 + sender));
            }
        }
        let wall = book.wall(at(9_990));
        let names: Vec<&str> = wall.tiles.iter().map(|tile| tile.name.raw()).collect();
        assert!(names.is_sorted() && names.len() == 30);
        for tile in &wall.tiles {
            assert_eq!((tile.hz, tile.bytes_per_second, tile.count), (5.0, 60_000.0, 50));
        }
        // The first second of a sender is not whole, so it says nothing of the rate.
        book.data("late", 12_000, Glimpse::default, at(10_900));
        let late = |millis| book.wall(at(millis)).tiles[0].hz;
        assert_eq!((late(11_100), late(12_100)), (0.0, 0.0));
        // It ends, and the rate with it.
        let wall = book.wall(at(16_000));
        assert!(wall.tiles.iter().skip(1).all(|tile| tile.hz == 0.0 && tile.count == 50));
        // A clock that is set back loses none.
        book.data("s00", 12_000, Glimpse::default, at(5));
        assert_eq!(book.wall(at(16_000)).tiles[1].count, 51);
    }

    #[test]
    fn class_has_a_bound_and_what_is_beyond_is_counted() {
        let mut book = Book::default();
        for one in 0..MAX_STUDENTS + 3 {
            book.token(&format!("s{one:02}"), true, at(0));
        }
        let wall = book.wall(at(0));
        assert_eq!((wall.tiles.len(), wall.beyond), (MAX_STUDENTS, 3));
        // One who is gone makes room.
        book.token("s07", false, at(1));
        book.token("late", true, at(2));
        let wall = book.wall(at(2));
        assert_eq!((wall.tiles.len(), wall.beyond), (MAX_STUDENTS, 3));
        assert!(wall.tiles.iter().any(|tile| tile.name.raw() == "late"));
        // So does a name that no page has, when it is silent.
        let mut book = Book::default();
        for one in 0..MAX_STUDENTS {
            book.data(&format!("p{one:02}"), 1, Glimpse::default, at(0));
        }
        book.token("ana", true, at(100));
        assert_eq!(book.wall(at(100)).beyond, 1);
        book.token("ana", true, at(60_000));
        assert!(book.wall(at(60_000)).tiles.iter().any(|tile| tile.name.raw() == "ana"));
        // Names that no page makes have no tile.
        book.token("a/b", true, at(60_001));
        assert_eq!(book.wall(at(60_001)).beyond, 2);
    }

    #[test]
    fn texts_that_are_not_understood_and_other_teachers_are_told() {
        let mut book = Book::default();
        for text in ["", "{}", "[[[[", &says("eva", "1", 0, false)] {
            book.says("ana", text, at(0));
        }
        assert_eq!((book.wall(at(0)).not_understood, book.wall(at(0)).tiles.len()), (4, 0));
        let says = |zid: &str| {
            let class = name::class_of("1");
            let says = TeacherSays {
                v: VERSION,
                class: class.clone(),
                zid: zid.to_owned(),
                n: 1,
                lesson: None,
                scene: None,
                experiment: None,
                have: Vec::new(),
                stop: false,
            };
            (says.text(), class)
        };
        let (text, class) = says("1");
        book.teacher_says(&text, &class, "1", at(0));
        assert!(!book.wall(at(0)).other_teacher);
        book.teacher_says(&says("2").0, &class, "1", at(0));
        assert!(book.wall(at(100)).other_teacher);
        assert!(!book.wall(at(7_000)).other_teacher, "it has gone");
        book.teacher_says("null", &class, "1", at(0));
        assert_eq!(book.wall(at(0)).not_understood, 5);
    }

    proptest! {
        #[test]
        fn property_book_takes_anything_in_any_order(
            events in prop::collection::vec((0u8..4, 0usize..80, 0u64..20, any::<u32>()), 0..200),
        ) {
            let mut book = Book::default();
            for (what, who, puts, time) in events {
                let (name, now) = (format!("s{who}"), Duration::from_millis(u64::from(time)));
                match what {
                    0 => book.token(&name, puts % 2 == 0, now),
                    1 => book.says(&name, &says(&name, "1", puts, puts % 3 == 0), now),
                    2 => book.data(&name, puts as usize, Glimpse::default, now),
                    _ => book.forget_gone(now),
                }
                let wall = book.wall(now);
                prop_assert!(wall.tiles.len() <= MAX_STUDENTS);
                prop_assert!(wall.tiles.iter().all(|tile| tile.missing <= tile.compared));
            }
        }
    }
}
