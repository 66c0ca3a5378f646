//! One axis with an interval for each page, readable from the back of a classroom.
//!
//! The drawing fills its place: its rows are as high as the place allows, and its letters go with
//! them. A page is told from others without colour, by its place and its shape. A filled circle is a
//! verdict, a hollow one cannot be told, and a square is the same.

use super::{
    beside::{Beside, Dot, Group, Quantity},
    words::{group_words, quantity_name},
};
use crate::{
    measure::{Verdict, verdict::MARGIN},
    present::{
        cost::{
            plot::{Log, Plot, circle, tick_time, tick_times},
            reading,
        },
        format::{fit, text_width},
        layout::scale,
    },
    run::Scenario,
};

/// The least height of a row, in pixels: names beside it are still letters then.
const LEAST: f64 = 14.0;

/// The most: higher ones hold no more.
const MOST: f64 = 30.0;

/// A place that is less wide has the heads of groups above their pages, not beside them.
const WIDE: f64 = 640.0;

/// Beyond so many times 1, a class is far from it.
const FAR: f64 = 4.0;

/// A drawing, and the size of its letters in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// The drawing. It is higher than its place where rows would become too low.
    pub plot: Plot,
    /// The size of its letters.
    pub letters: f64,
}

/// How many rows high a group is, and how many of them its head takes above its pages.
fn rows_of(group: &Group, wide: bool) -> (f64, f64) {
    let (head, least) = if wide { (0.2, 2.6) } else { (2.4, 0.0) };
    ((group.dots.len() as f64 + head + 0.2).max(least), head)
}

/// Draws the results in a place of this width and height. Without `names`, pages have numbers in the
/// order of the drawing, which tell nothing of a person.
#[must_use]
pub fn drawing(scenario: Scenario, all: &Beside, names: bool, width: f64, height: f64) -> Sheet {
    let (drawn, is_cut) = sheet(scenario, all, names, width, height, width < WIDE);
    if is_cut { sheet(scenario, all, names, width, height, true).0 } else { drawn }
}

/// The same, with the title of the axis beside its ticks or, with `own_line`, below them. And whether the title is cut.
fn sheet(scenario: Scenario, all: &Beside, names: bool, width: f64, height: f64, own_line: bool) -> (Sheet, bool) {
    let wide = width >= WIDE;
    // Above the rows the two sides of 1, below them ticks and, beside or below these, the axis's title.
    let above = if matches!(all.quantity, Quantity::Ratio { .. }) { 1.2 } else { 0.3 };
    let under = if own_line { 2.6 } else { 1.4 };
    let rows: f64 = all.groups.iter().map(|group| rows_of(group, wide).0).sum();
    let row = scale::inside(height / (rows + above + under), LEAST, MOST);
    let letters = (row * 0.97).min(width / if wide { 54.0 } else { 26.0 });
    let title = format!("{}, one interval for each page", quantity_name(scenario, all.quantity));
    let mut plot = Plot { width, height: row * (rows + above + under), title, marks: Vec::new() };

    let widest =
        |texts: &mut dyn Iterator<Item = String>| texts.map(|text| text_width(&text, letters)).fold(0.0, f64::max);
    let heads = if wide {
        let title = widest(&mut all.groups.iter().map(|group| group.title.clone())) * 1.05;
        title.max(widest(&mut all.groups.iter().map(|group| group_words(group, all.quantity)))).min(width * 0.36)
    } else {
        0.0
    };
    let name = |dot: &Dot, at: usize| {
        let doubt = if dot.doubts.is_empty() { "" } else { " ?" };
        if names { format!("{}{doubt}", dot.name) } else { format!("{at}{doubt}") }
    };
    let most = width * if wide { 0.2 } else { 0.34 };
    let named = widest(&mut all.dots().enumerate().map(|(at, dot)| name(dot, at + 1))).min(most);
    let left = heads + named + letters * if wide { 2.0 } else { 0.8 };
    let right = width - letters * 1.5;
    let ends = all.dots().flat_map(|dot| [dot.value.lower, dot.value.estimate, dot.value.upper]);
    let is_ratio = matches!(all.quantity, Quantity::Ratio { .. });
    let (least, most) = all.dots().fold((f64::INFINITY, 0.0_f64), |(least, most), dot| {
        (least.min(dot.value.estimate), most.max(dot.value.estimate))
    });
    // Where all pages are far from 1, an axis that reaches there would press their intervals flat.
    let one = (is_ratio && least < FAR && most > 1.0 / FAR).then_some(1.0);
    let axis = Log::of(ends.chain(one), left.min(right - 60.0), right);
    let (top, bottom) = (row * above, row * (above + rows));

    if let Quantity::Ratio { first, second, .. } = all.quantity {
        let [first, second] = [first, second].map(|variant| format!("{} is faster", reading::name(variant)));
        // Within this part of 1 the two count as the same.
        let (from, to) = (axis.at(1.0 / (1.0 + MARGIN)), axis.at(1.0 + MARGIN));
        let sides = if one.is_some() {
            plot.rect("p-band", (from, (to - from).max(1.0)), (top, bottom - top));
            [("end", from - 6.0, from - left, first), ("start", to + 6.0, right - to, second)]
        } else if least > 1.0 {
            let words = format!("{second}; 1 × is far to the left");
            [("end", left, 0.0, String::new()), ("start", axis.at(0.0), right - left, words)]
        } else {
            let words = format!("{first}; 1 × is far to the right");
            [("end", right, right - left, words), ("start", right, 0.0, String::new())]
        };
        for (anchor, x, room, words) in sides {
            if text_width(&words, letters) + 6.0 <= room {
                plot.text("p-strong", anchor, x, row * 0.95, words);
            }
        }
    }
    let times = |tick| match all.quantity {
        Quantity::Ratio { .. } => tick_times(tick),
        Quantity::Time(_) => tick_time(tick),
    };
    for tick in axis.ticks(((right - left) / (letters * 5.0)) as usize) {
        let x = axis.at(tick);
        plot.line(if Some(tick) == one { "p-axis" } else { "p-grid" }, (x, top), (x, bottom));
        plot.text("p-tick", "middle", x, bottom + row * 1.05, times(tick));
    }
    let words = format!("{}, logarithmic", quantity_name(scenario, all.quantity));
    let (room, below) = if own_line { (width, 2.2) } else { (left - letters * 3.0, 1.05) };
    let short = quantity_name(scenario, all.quantity);
    let is_cut = text_width(&short, letters) > room;
    let words = if text_width(&words, letters) <= room { words } else { short };
    plot.text("p-tick", "start", 0.0, bottom + row * below, fit(&words, room, letters));

    let (mut y, mut at) = (top, 0);
    for group in &all.groups {
        let (high, head) = rows_of(group, wide);
        plot.line("p-grid", (0.0, y), (width, y));
        let room = if wide { heads } else { width };
        // Above the pages, the band at 1 is behind it.
        let [title, words] = if wide { ["p-strong", "p-tick"] } else { ["p-strong p-halo", "p-tick p-halo"] };
        let lines = [(title, group.title.clone()), (words, group_words(group, all.quantity))];
        for (line, (class, words)) in (1..).zip(lines) {
            plot.text(class, "start", 0.0, y + row * (f64::from(line) * 1.08 - 0.1), fit(&words, room, letters));
        }
        let first = y + row * head;
        // The median of the group, behind its pages.
        let x = axis.at(group.median);
        plot.line("p-median", (x, first - row * 0.1), (x, first + row * (group.dots.len() as f64 + 0.1)));
        for (line, dot) in group.dots.iter().enumerate() {
            at += 1;
            let middle = first + row * (line as f64 + 0.5);
            let words = fit(&name(dot, at), named + 1.0, letters);
            plot.text("", "end", axis.at(0.0) - letters * 0.6, middle + letters * 0.34, words);
            interval(&mut plot, &axis, dot, middle, row);
        }
        y += row * high;
    }
    plot.line("p-axis", (axis.at(0.0), bottom), (right, bottom));
    (Sheet { plot, letters }, is_cut && !own_line)
}

/// Draws the interval of a page, and its estimate in the shape of its verdict.
fn interval(plot: &mut Plot, axis: &Log, dot: &Dot, y: f64, row: f64) {
    let (from, x, to) = (axis.at(dot.value.lower), axis.at(dot.value.estimate), axis.at(dot.value.upper));
    let thick = row * 0.24;
    plot.rect("p-ink", (from, (to - from).max(1.0)), (y - thick / 2.0, thick));
    let r = row * 0.27;
    match dot.verdict {
        Some(Verdict::Same) => {
            plot.path("p-mark", format!("M{:.1} {:.1}h{d:.1}v{d:.1}h-{d:.1}Z", x - r, y - r, d = 2.0 * r))
        }
        Some(Verdict::CannotTell) => plot.path("p-mark", circle(x, y, r)),
        _ => plot.path("p-mark-ink", circle(x, y, r)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        measure::Interval,
        present::{
            class::experiment::{
                beside::{beside, quantities},
                fixture::{self, read},
            },
            cost::plot::PlotMark,
        },
    };

    fn sheet(pages: u64, names: bool, width: f64, height: f64) -> (Beside, Sheet) {
        let (collected, readings) = read(fixture::class(pages));
        let all = beside(&collected, &readings, quantities(&collected, &readings)[0]);
        let sheet = drawing(Scenario::Payload, &all, names, width, height);
        (all, sheet)
    }

    fn texts(sheet: &Sheet) -> Vec<(f64, f64, f64, String)> {
        let text = |mark: &PlotMark| match mark {
            PlotMark::Text { anchor, x, y, words, .. } => {
                let wide = text_width(words, sheet.letters);
                let left = match *anchor {
                    "start" => *x,
                    "end" => x - wide,
                    _ => x - wide / 2.0,
                };
                Some((left, left + wide, *y, words.clone()))
            }
            _ => None,
        };
        sheet.plot.marks.iter().filter_map(text).collect()
    }

    fn intervals(sheet: &Sheet) -> Vec<(f64, f64, f64)> {
        let rect = |mark: &PlotMark| match mark {
            PlotMark::Rect { class: "p-ink", x, y, width, height } => Some((*x, x + width, y + height / 2.0)),
            _ => None,
        };
        sheet.plot.marks.iter().filter_map(rect).collect()
    }

    #[test]
    fn thirty_pages_fit_a_projector_in_large_letters() {
        // What the view leaves of 1280x720.
        let (all, sheet) = sheet(30, true, 1240.0, 560.0);
        assert!(sheet.plot.height <= 560.0, "{}", sheet.plot.height);
        // 2 % of the height of the projector.
        assert!(sheet.letters >= 14.4, "{}", sheet.letters);
        let drawn = intervals(&sheet);
        assert_eq!(drawn.len(), 30);
        let rows: Vec<f64> = drawn.iter().map(|one| one.2).collect();
        assert!(rows.windows(2).all(|two| two[1] - two[0] > sheet.letters), "{rows:?}");
        let names = texts(&sheet);
        for dot in all.dots() {
            assert!(names.iter().any(|text| text.3.trim_end_matches(" ?") == dot.name), "{} in {names:?}", dot.name);
        }
    }

    #[test]
    fn no_text_lies_over_another_one_or_an_interval() {
        for (pages, width, height) in
            [(30, 1240.0, 560.0), (30, 1880.0, 900.0), (5, 1240.0, 560.0), (30, 358.0, 600.0), (1, 640.0, 300.0)]
        {
            for names in [true, false] {
                let (_, sheet) = sheet(pages, names, width, height);
                let all = texts(&sheet);
                let title = all.iter().filter(|text| text.3.starts_with("Times longer that copy takes than borrow"));
                assert_eq!(title.count(), 1, "the axis's title is whole: {pages} in {width}x{height}");
                for (at, (left, right, y, words)) in all.iter().enumerate() {
                    let place = format!("{words:?} at {left} to {right}, {y}, of {pages} in {width}x{height}");
                    assert!(*left >= -0.1 && *right <= width + 0.1, "{place}");
                    assert!(*y > 0.0 && *y <= sheet.plot.height, "{place}");
                    for (other_left, other_right, other_y, other) in &all[at + 1..] {
                        let apart = (y - other_y).abs() >= sheet.letters * 0.9;
                        assert!(apart || right <= other_left || other_right <= left, "{place} and {other:?}");
                    }
                    for (from, to, middle) in intervals(&sheet) {
                        let apart = middle < y - sheet.letters || middle > *y;
                        assert!(apart || *right <= from || to <= *left, "{place} and an interval");
                    }
                }
            }
        }
    }

    #[test]
    fn verdicts_have_shapes_and_medians_a_line() {
        let (all, sheet) = sheet(30, true, 1240.0, 560.0);
        let paths = |wanted: &str| {
            sheet
                .plot
                .marks
                .iter()
                .filter(|mark| matches!(mark, PlotMark::Path { class, .. } if *class == wanted))
                .count()
        };
        let told = all.dots().filter(|dot| matches!(dot.verdict, Some(Verdict::Faster | Verdict::Slower))).count();
        assert_eq!((paths("p-mark-ink"), paths("p-mark")), (told, 30 - told));
        assert_eq!(told, 28);
        assert_eq!(paths("p-median"), all.groups.len());
    }

    #[test]
    fn axis_reaches_to_one_only_where_pages_are_near() {
        let words = |times: f64| {
            let (collected, readings) = read(fixture::class(3));
            let mut all = beside(&collected, &readings, quantities(&collected, &readings)[0]);
            for dot in all.groups.iter_mut().flat_map(|group| &mut group.dots) {
                let Interval { lower, estimate, upper } = &mut dot.value;
                (*lower, *estimate, *upper) = (0.97 * times, times, 1.03 * times);
            }
            let sheet = drawing(Scenario::Payload, &all, true, 1240.0, 560.0);
            let band = sheet.plot.marks.iter().any(|mark| matches!(mark, PlotMark::Rect { class: "p-band", .. }));
            let sides = texts(&sheet).into_iter().map(|text| text.3).filter(|words| words.contains("is faster"));
            // An interval of 6 % is wider than its dot.
            let (from, to, _) = intervals(&sheet)[0];
            (band, to - from > sheet.letters, sides.collect::<Vec<_>>().join(", "))
        };
        assert_eq!(words(3000.0), (false, true, "borrow is faster; 1 × is far to the left".to_owned()));
        assert_eq!(words(0.001), (false, true, "copy is faster; 1 × is far to the right".to_owned()));
        assert!(words(1.01).0);
    }

    #[test]
    fn drawing_without_names_has_numbers() {
        let (_, sheet) = sheet(30, false, 1240.0, 560.0);
        let words = texts(&sheet);
        assert!(words.iter().all(|text| !text.3.contains("student")), "{words:?}");
        assert!(words.iter().any(|text| text.3.trim_end_matches(" ?") == "30"));
    }

    #[test]
    fn interval_without_an_end_reaches_the_edge() {
        let (collected, readings) = read(fixture::class(3));
        let mut all = beside(&collected, &readings, quantities(&collected, &readings)[0]);
        let value = &mut all.groups[0].dots[0].value;
        (value.lower, value.upper) = (0.0, f64::INFINITY);
        let sheet = drawing(Scenario::Payload, &all, true, 1240.0, 560.0);
        let (from, to, _) = intervals(&sheet)[0];
        assert!(from.is_finite() && to <= 1240.0 && to > from + 400.0, "{from} to {to}");
    }
}
