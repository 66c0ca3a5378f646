//! What is counted of the frames of one sender: how many came, were shown and are missing, how
//! often they come, and how old they are.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::{head::Head, robot::Plane};
use crate::{message::picture::Room, outside::Outside};

/// Over how long rate and ages are measured.
const OVER: Duration = Duration::from_secs(2);

/// The most frames that are looked at for that.
const MOST: usize = 512;

/// What the page wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The stream, or the one that was heard of last.
    pub stream: Option<u32>,
    /// Of which stream the page got the last picture, and how many frames of it had come then. A
    /// picture is made when there are more, or of another stream.
    pub after: Option<(u32, u64)>,
    /// What to see of it.
    pub plane: Plane,
    /// The room for the picture.
    pub room: Room,
}

/// What the engine tells of a stream. The pixels of a picture come along, if there is a new one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The stream.
    pub stream: u32,
    /// Every stream that is known, with the key of its frames.
    pub streams: Vec<(u32, Outside)>,
    /// The number of the last frame, and how many came, were shown and are missing.
    pub counts: [u64; 4],
    /// What the last frame is.
    pub frame: String,
    /// How frames arrive, in words.
    pub words: String,
    /// Why the last frame has no picture, if it has none.
    pub problem: String,
    /// Pixels in a row of the picture.
    pub columns: usize,
    /// Its size in the page.
    pub shown: (usize, usize),
    /// Bytes that were copied to make pictures so far.
    pub looked: u64,
}

/// The frames of one stream.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    last: Option<Head>,
    received: u64,
    shown: u64,
    /// How many frames had come when the last picture was made.
    shown_at: u64,
    missed: u64,
    /// The last numbers that were missed: they may come late.
    missing: Vec<u64>,
    /// When each of the last ones came, since 1970, and how old it was then, in microseconds.
    lately: VecDeque<(Duration, i64)>,
    bytes: usize,
}

/// What is counted, as of a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Figures {
    /// Frames that came.
    pub received: u64,
    /// Of these, those of which the page got a picture.
    pub shown: u64,
    /// Numbers that did not come.
    pub missed: u64,
    /// Frames in each second, lately.
    pub hz: f64,
    /// How old half of the frames were when they came, at most, in milliseconds.
    pub age: f64,
    /// The same of 99 of 100.
    pub oldest: f64,
    /// How long ago the last one came.
    pub silent: Duration,
    /// Bytes of the last one.
    pub bytes: usize,
}

impl Stream {
    /// A frame of `bytes` bytes came `now`, since 1970.
    pub fn came(&mut self, head: Head, bytes: usize, now: Duration) {
        let last = self.last.map_or(head.sequence, |last| last.sequence);
        let between = head.sequence.saturating_sub(last).saturating_sub(1);
        self.missed = self.missed.saturating_add(between);
        for number in head.sequence.saturating_sub(between.min(MOST as u64))..head.sequence {
            if self.missing.len() == MOST {
                self.missing.remove(0);
            }
            self.missing.push(number);
        }
        // One far below is of a sender that began anew.
        let is_late = (1..MOST as u64).contains(&last.saturating_sub(head.sequence));
        if is_late && let Some(at) = self.missing.iter().position(|number| *number == head.sequence) {
            self.missing.remove(at);
            self.missed = self.missed.saturating_sub(1);
        }
        self.received += 1;
        self.bytes = bytes;
        let age = (now.as_micros() as i64).saturating_sub((head.time / 1_000) as i64);
        self.lately.push_back((now, age));
        if self.lately.len() > MOST {
            self.lately.pop_front();
        }
        if !is_late {
            self.last = Some(head);
        }
    }

    /// The page gets a picture of the last frame.
    pub fn show(&mut self) {
        // It may be shown once more, in another way.
        self.shown += u64::from(std::mem::replace(&mut self.shown_at, self.received) != self.received);
    }

    /// How many frames came.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// What is counted, as of `now`.
    pub fn figures(&mut self, now: Duration) -> Figures {
        let silent = self.lately.back().map_or(Duration::ZERO, |(at, _)| now.saturating_sub(*at));
        while self.lately.len() > 2 && self.lately.front().is_some_and(|(at, _)| now.saturating_sub(*at) > OVER) {
            self.lately.pop_front();
        }
        let mut ages: Vec<i64> = self.lately.iter().map(|(_, age)| *age).collect();
        let hz = match (self.lately.front(), self.lately.back()) {
            (Some((first, _)), Some((last, _))) if last > first && silent < OVER => {
                (ages.len() - 1) as f64 / (*last - *first).as_secs_f64()
            }
            _ => 0.0,
        };
        let mut age = |percent: usize| {
            let at = (ages.len() * percent).div_ceil(100).saturating_sub(1);
            if ages.is_empty() { 0.0 } else { *ages.select_nth_unstable(at).1 as f64 / 1e3 }
        };
        Figures {
            received: self.received,
            shown: self.shown,
            missed: self.missed,
            hz,
            age: age(50),
            oldest: age(99),
            silent,
            bytes: self.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(sequence: u64, time: Duration) -> Head {
        Head { sequence, time: time.as_nanos() as u64, ..Head::default() }
    }

    #[test]
    fn rate_ages_and_misses_are_counted() {
        let mut stream = Stream::default();
        assert_eq!(stream.figures(Duration::ZERO), Figures::default());
        let start = Duration::from_secs(1_700_000_000);
        for n in 0..100 {
            // Every tenth number is missing, and each hundredth frame is late.
            let (n, made) = (n + n / 9, start + Duration::from_millis(20 * n));
            let late = if n == 50 { 200 } else { 5 };
            stream.came(head(n, made), 77, made + Duration::from_millis(late));
            stream.show();
            stream.show();
        }
        let figures = stream.figures(start + Duration::from_millis(2_000));
        assert_eq!((figures.received, figures.shown, figures.missed, figures.bytes), (100, 100, 11, 77));
        assert!((figures.hz - 50.0).abs() < 6.0, "{figures:?}");
        assert_eq!((figures.age, figures.oldest), (5.0, 5.0));
        // Nothing comes any more.
        let later = stream.figures(start + Duration::from_secs(10));
        assert_eq!((later.hz, later.received), (0.0, 100));
        assert!(later.silent > Duration::from_secs(8));
    }

    #[test]
    fn clocks_that_differ_give_ages_below_zero_and_no_error() {
        let mut stream = Stream::default();
        stream.came(head(0, Duration::from_secs(9)), 1, Duration::from_secs(5));
        stream.came(head(u64::MAX, Duration::MAX), 1, Duration::from_secs(5));
        stream.came(head(0, Duration::ZERO), 1, Duration::from_secs(5));
        let figures = stream.figures(Duration::from_secs(5));
        assert!(figures.age < 6000.0 && figures.missed == u64::MAX - 1, "{figures:?}");
        stream.came(head(u64::MAX, Duration::ZERO), 1, Duration::from_secs(5));
        assert_eq!(stream.figures(Duration::from_secs(5)).missed, u64::MAX);
    }

    #[test]
    fn frames_that_come_late_are_not_missed() {
        let missed = |numbers: &[u64]| {
            let mut stream = Stream::default();
            for number in numbers {
                stream.came(head(*number, Duration::ZERO), 1, Duration::ZERO);
            }
            stream.figures(Duration::ZERO).missed
        };
        assert_eq!([missed(&[1, 2, 4, 3, 5]), missed(&[1, 4, 2, 3, 5]), missed(&[7, 8])], [0; 3]);
        assert_eq!([missed(&[1, 2, 4, 5]), missed(&[1, 4, 2, 5])], [1; 2]);
        // One that was never missed, because it is before the first, and one that comes twice.
        assert_eq!([missed(&[3, 4, 9, 9, 2]), missed(&[1, 4, 2, 2, 2])], [4, 1]);
        // A sender that begins anew.
        assert_eq!(missed(&[2_000, 0, 1, 3]), 1);
    }
}
