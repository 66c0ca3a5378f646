//! Samples in numbers, as the page says and draws them, and as a file.

use std::time::Duration;

use crate::{
    app::session::{Group, STEPS, Sender},
    present::{
        cost::{export::field, reading::civil},
        format,
    },
};

/// Width and height of the drawing of a line, in pixels: two for each step.
pub const LINE: (usize, usize) = (2 * STEPS, 18);

/// Draws the steps of a line as the path of an SVG, each step a bar. The largest is as high as the
/// drawing, and none that has a sample is lower than a pixel.
#[must_use]
pub fn path(steps: &[u32]) -> String {
    let most = steps.iter().copied().max().unwrap_or_default().max(1);
    let bars = steps.iter().enumerate().filter(|(_, step)| **step > 0);
    bars.map(|(at, step)| {
        let height = (LINE.1 as f64 * f64::from(*step) / f64::from(most)).max(1.0);
        format!("M{} {}v{:.1}", 2 * at + 1, LINE.1, -height)
    })
    .collect()
}

/// Describes a line: `300 in the last minute, at most 5 in a second`.
#[must_use]
pub fn line_words(steps: &[u32]) -> String {
    let all: u64 = steps.iter().map(|step| u64::from(*step)).sum();
    let most = steps.iter().copied().max().unwrap_or_default();
    format!("{} in the last minute, at most {} in a second", format::thousands(all), format::thousands(most.into()))
}

/// How often samples come: `5.0/s`.
#[must_use]
pub fn rate(group: &Group, now: Duration) -> String {
    group.rate(now).map_or_else(|| "–/s".to_owned(), |rate| format!("{rate:.1}/s"))
}

/// How long ago something was, in whole seconds: `3 s ago`. The page is not told the time beyond that
/// of a line, and the words for what is older stay true.
#[must_use]
pub fn age(newest: Duration, now: Duration) -> String {
    match now.saturating_sub(newest).as_secs() {
        0 => "now".to_owned(),
        seconds if seconds < STEPS as u64 => format!("{seconds} s ago"),
        _ => "more than a minute ago".to_owned(),
    }
}

/// Names a group, never to be shown.
#[must_use]
pub fn name(group: &Group) -> String {
    format!("{} {:?}", group.key.raw(), group.from)
}

/// Who sent samples, if they say so.
#[must_use]
pub fn sender(from: &Sender) -> Option<String> {
    match from {
        Sender::Page => Some("from this page".to_owned()),
        Sender::Program(id) => Some(format!("from {}", format::cut(id, 9))),
        Sender::Unsaid => None,
    }
}

/// The name of the file.
#[must_use]
pub fn file_name(now: Duration) -> String {
    let (year, month, day, hour, minute, second) = civil(now.as_secs() * 1000);
    format!("zbytes-lab-{year:04}-{month:02}-{day:02}-{hour:02}{minute:02}{second:02}-samples.csv")
}

/// Writes a line for each group and second of the last minute, as in RFC 4180.
#[must_use]
pub fn csv(groups: &[Group], now: Duration) -> String {
    let mut text = String::from("second,key,sender,samples\r\n");
    for group in groups {
        let key = field(group.key.raw());
        let from = match &group.from {
            Sender::Page => "this page",
            Sender::Program(id) => id,
            Sender::Unsaid => "",
        };
        let begin = (now.as_secs() + 1).saturating_sub(STEPS as u64);
        for (second, step) in (begin..).zip(group.line.at(now.as_secs())) {
            let (year, month, day, hour, minute, second) = civil(second * 1000);
            text.push_str(&format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z,{key},{from},{step}\r\n"
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::session::Groups;

    const NOW: Duration = Duration::from_millis(1_764_444_256_250);

    fn groups() -> Groups {
        let mut groups = Groups::default();
        for back in [0, 1, 1, 59, 60, 3_600] {
            groups.count("1/imu", &Sender::Unsaid, NOW.saturating_sub(Duration::from_secs(3_600 - back)));
        }
        let program = Sender::Program("a1b2c3d4e5f60718".to_owned());
        for back in [59, 2, 1, 1] {
            groups.count("=SUM(1,\"2\")", &program, NOW.saturating_sub(Duration::from_secs(back)));
        }
        groups
    }

    #[test]
    fn the_file_has_every_second_of_the_last_minute() {
        let groups = groups();
        let text = csv(groups.all(), NOW);
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 1 + 2 * STEPS);
        assert_eq!(lines[0], "second,key,sender,samples");
        assert_eq!(lines[1], "2025-11-29T19:23:17Z,1/imu,,0");
        assert_eq!(lines[60], "2025-11-29T19:24:16Z,1/imu,,1");
        let key = "\"'=SUM(1,\"\"2\"\")\",a1b2c3d4e5f60718";
        let of_key = |at: usize| lines[61 + at].split_once(',').unwrap().1.to_owned();
        assert_eq!([0, 1, 57, 58, 59].map(of_key), [1, 0, 1, 2, 0].map(|count| format!("{key},{count}")));
        assert_eq!(file_name(NOW), "zbytes-lab-2025-11-29-192416-samples.csv");
    }

    #[test]
    fn a_line_is_drawn_to_its_own_scale() {
        let mut steps = vec![0; STEPS];
        (steps[0], steps[1], steps[59]) = (4, 2, 1_000);
        assert_eq!(path(&steps), "M1 18v-1.0M3 18v-1.0M119 18v-18.0");
        assert_eq!(path(&[0; STEPS]), "");
        assert_eq!(line_words(&steps), "1,006 in the last minute, at most 1,000 in a second");
    }

    #[test]
    fn ages_and_rates_are_in_words() {
        let groups = groups();
        let of = |group: usize, later: u64| {
            let now = NOW + Duration::from_secs(later);
            let group = &groups.all()[group];
            format!("{} {}", rate(group, now), age(group.newest, now))
        };
        let words = [of(1, 0), of(1, 1), of(1, 58), of(1, 59), of(1, 7_200)];
        let old = "0.0/s more than a minute ago";
        assert_eq!(words, ["0.3/s 1 s ago", "0.3/s 2 s ago", "0.0/s 59 s ago", old, old]);
        assert_eq!(of(0, 0), "0.0/s now");
        assert_eq!(sender(&groups.all()[1].from).unwrap(), "from a1b2c3d4…");
    }
}
