//! Marks within their plots, intervals, labels and ticks.

use super::*;
use crate::{
    measure::Interval,
    present::cost::{fixture, reading::Crossing},
};

fn plots(width: f64) -> Vec<Plot> {
    let runs = Scenario::ALL.map(fixture::run);
    let special = [fixture::partial(), fixture::tiny()];
    let all = runs.iter().chain(&special).flat_map(|run| {
        let reading = Reading::of(run);
        [put_bar(&reading, width), densities(run, &reading, width), swept(run, &reading, width)]
    });
    all.flatten().collect()
}

/// The numbers of a path.
fn numbers(d: &str) -> Vec<f64> {
    d.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn every_mark_lies_within_its_plot_at_every_width() {
    for width in [240.0, 358.0, 640.0, 1200.0] {
        for plot in plots(width) {
            assert!(!plot.marks.is_empty() && plot.width == width);
            for mark in &plot.marks {
                match mark {
                    PlotMark::Path { d, class } => {
                        assert!(!d.contains("NaN") && !d.contains("inf"), "{class} {d}");
                        assert!(numbers(d).iter().all(|x| *x <= width.max(plot.height) + 1.0), "{width} {class} {d}");
                    }
                    PlotMark::Rect { x, y, width: w, height, class } => {
                        assert!(*w > 0.0 && *height > 0.0, "{width} {class} {x} {w}");
                        assert!(
                            *x >= -0.5 && x + w <= width + 1.5 && y + height <= plot.height,
                            "{width} {class} {x} {w}"
                        );
                    }
                    PlotMark::Text { anchor, x, words, y, .. } => {
                        let wide = format::text_width(words, 12.0);
                        let left = match *anchor {
                            "start" => *x,
                            "end" => x - wide,
                            _ => x - wide / 2.0,
                        };
                        assert!(*y <= plot.height && left >= -30.0, "{width} {words} {left}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_bar_has_every_stage_and_what_fresh_memory_adds() {
    let run = fixture::run(Scenario::Payload);
    let plot = put_bar(&Reading::of(&run), 640.0).unwrap();
    let rects: Vec<(&str, f64)> = plot
        .marks
        .iter()
        .filter_map(|mark| if let PlotMark::Rect { class, width, .. } = mark { Some((*class, *width)) } else { None })
        .collect();
    assert_eq!(rects.iter().map(|rect| rect.0).collect::<Vec<_>>(), ["p-ink", "p-ink", "p-hatch", "p-rest", "p-more"]);
    assert!(rects[0].1 < 14.0 && rects[3].1 > 350.0, "{rects:?}");
    assert_eq!(put_bar(&Reading::of(&fixture::alone()), 640.0), None);
}

#[test]
fn times_far_apart_are_each_drawn_around_their_median() {
    let words = |run: &Run| {
        let plot = densities(run, &Reading::of(run), 300.0).unwrap();
        plot.marks
            .iter()
            .filter(|mark| matches!(mark, PlotMark::Text { words, .. } if words.starts_with("1 × = ")))
            .count()
    };
    assert_eq!(words(&fixture::run(Scenario::Payload)), 7);
    assert_eq!(words(&fixture::tiny()), 0);
}

#[test]
fn an_interval_beyond_the_samples_is_drawn_to_its_end() {
    let run = fixture::run(Scenario::Payload);
    let mut reading = Reading::of(&run);
    reading.puts[0].1.median.lower /= 50.0;
    let plot = densities(&run, &reading, 640.0).unwrap();
    let starts = |class: &str| {
        let of_class = plot.marks.iter().filter_map(|mark| match mark {
            PlotMark::Path { d, class: other } if *other == class => numbers(d).first().copied(),
            _ => None,
        });
        of_class.collect::<Vec<_>>()
    };
    let axis = starts("p-axis")[0];
    let least = starts("p-interval").into_iter().fold(f64::INFINITY, f64::min);
    assert!(least > axis + 5.0, "an interval begins at {least}, the axis at {axis}");
}

#[test]
fn own_payload_is_marked_among_the_sizes() {
    let run = fixture::run(Scenario::OwnSizes);
    let mut reading = Reading::of(&run);
    // In the order in which they were put, and not in that of the axis.
    let drawn = |reading: &Reading| {
        let plot = swept(&run, reading, 640.0).unwrap();
        let paths = |wanted: &str| -> Vec<String> {
            let of_class = plot.marks.iter().filter_map(|mark| match mark {
                PlotMark::Path { class, d } if *class == wanted => Some(d.clone()),
                _ => None,
            });
            of_class.collect()
        };
        (paths("p-mark-ink"), paths("p-mark"), paths("p-thin"), paths("p-out"))
    };
    let (own, others, line, intervals) = drawn(&reading);
    assert_eq!((own.len(), others.len(), line.len()), (1, 4, 1));
    assert_eq!(intervals[0].matches('V').count(), 5);
    let xs: Vec<f64> = numbers(&line[0]).into_iter().step_by(2).collect();
    assert!(xs.windows(2).all(|pair| pair[0] < pair[1]), "{xs:?}");
    assert!((numbers(&own[0])[0] + 4.0 - xs[2]).abs() < 0.2, "{own:?} {xs:?}");
    // A share beyond what can be told reaches from nothing to the whole.
    reading.sizes[1].share = Some(Interval { lower: 0.0, estimate: 0.5, upper: 1.0 });
    assert!(drawn(&reading).3[0].contains('V'));
    reading.sizes.iter_mut().for_each(|size| size.share = None);
    assert_eq!(swept(&run, &reading, 640.0), None);
}

#[test]
fn a_row_that_shares_a_median_says_whose_it_is() {
    let run = fixture::run(Scenario::Payload);
    let plot = densities(&run, &Reading::of(&run), 640.0).unwrap();
    let notes: Vec<&str> = plot
        .marks
        .iter()
        .filter_map(|mark| match mark {
            PlotMark::Text { words, .. } if words.starts_with("1 × = ") => Some(words.as_str()),
            _ => None,
        })
        .collect();
    assert!(!notes[0].contains("as above"), "{notes:?}");
    for pair in notes.windows(2) {
        let median = |note: &str| note.trim_end_matches(", as above").to_owned();
        assert_eq!(pair[1].ends_with(", as above"), median(pair[0]) == median(pair[1]), "{notes:?}");
    }
    assert!(notes.iter().any(|note| note.ends_with(", as above")), "{notes:?}");
}

#[test]
fn labels_at_the_ends_of_lines_do_not_overlap() {
    for scenario in [Scenario::Sizes, Scenario::Counts] {
        let run = fixture::run(scenario);
        let plot = sweep(&run, &Reading::of(&run), 500.0).unwrap();
        let mut places: Vec<f64> = plot
            .marks
            .iter()
            .filter_map(|mark| if let PlotMark::Text { class: "p-strong", y, .. } = mark { Some(*y) } else { None })
            .collect();
        places.sort_by(f64::total_cmp);
        assert_eq!(places.len(), reading::variants(&run).len());
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] > 14.0), "{places:?}");
    }
}

#[test]
fn a_crossing_is_marked_with_its_interval() {
    let run = fixture::run(Scenario::Sizes);
    let mut reading = Reading::of(&run);
    let at = Interval { lower: 15_000.0, estimate: 20_000.0, upper: 26_000.0 };
    reading.crossings = vec![Crossing { below: Variant::Copy, above: Variant::Borrow, at }];
    let plot = sweep(&run, &reading, 640.0).unwrap();
    assert!(
        plot.marks.iter().any(|mark| matches!(mark, PlotMark::Rect { class: "p-band", width, .. } if *width > 5.0))
    );
    let says =
        |mark: &PlotMark| matches!(mark, PlotMark::Text { words, .. } if words == "copy and borrow cross at 19.5 KiB");
    assert!(plot.marks.iter().any(says));
}

#[test]
fn ticks_are_round_and_few() {
    let axis = Log::of([20.0, 6.0e6].into_iter(), 0.0, 300.0);
    assert_eq!(axis.ticks(9), [100.0, 1e3, 1e4, 1e5, 1e6]);
    assert_eq!(axis.ticks(3), [100.0, 1e4, 1e6]);
    let narrow = Log::of([1.1, 1.7].into_iter(), 0.0, 300.0);
    assert!(narrow.ticks(6).len() >= 3);
    assert_eq!(Log::of([1024.0, 8192.0].into_iter(), 0.0, 300.0).binary_ticks(9), [1024.0, 2048.0, 4096.0, 8192.0]);
    // Without values, or with values that the axis cannot show.
    assert!(Log::of(std::iter::empty(), 0.0, 300.0).at(5.0).is_finite());
    assert_eq!(Log::of([0.0, f64::NAN, 10.0].into_iter(), 0.0, 300.0).at(0.0), 0.0);
    assert_eq!([tick_time(10.0), tick_time(1e3), tick_time(2.5e6)], ["10 ns", "1 µs", "2.5 ms"]);
}

#[test]
fn an_exported_plot_stands_alone() {
    let run = fixture::run(Scenario::Payload);
    let plot = put_bar(&Reading::of(&run), 640.0).unwrap();
    let svg = standalone(&plot, &["<script> & \"quotes\"".to_owned(), "n = 60".to_owned()]);
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("<title>One whole put by copy, by stage</title>") && svg.contains("<style>"));
    assert!(svg.contains("&lt;script&gt; &amp; &quot;quotes&quot;") && !svg.contains("<script"));
    assert_eq!(svg.matches("<g").count(), svg.matches("</g>").count());
    // The style knows every class of a mark.
    for plot in plots(640.0) {
        for mark in &plot.marks {
            let (PlotMark::Path { class, .. } | PlotMark::Rect { class, .. } | PlotMark::Text { class, .. }) = mark;
            for class in class.split_whitespace() {
                assert!(STYLE.contains(&format!(".{class}")), "{class}");
            }
        }
    }
}
