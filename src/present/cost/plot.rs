//! Makes plots as lists of marks, from a run and a width in pixels. The page shows them, or writes
//! each as an SVG of its own.
//!
//! Readers distinguish variants without colour: by lines, shapes of marks and labels. Ink is
//! copying, so copy is solid, fresh memory thin, borrow dotted, move dash-dotted. The module has no
//! web types, so native tests cover it.

use crate::measure::{
    Interval, Summary,
    stats::{self, Class},
};
use crate::present::{
    cost::reading::{self, Reading, SeriesSummary},
    format,
    layout::scale,
};
use crate::run::{Run, Scenario, Stage, Variant};

/// Describes one mark. Its class decides its style. Positions are pixels from the upper left
/// corner.
#[derive(Clone, Debug, PartialEq)]
pub enum PlotMark {
    /// A path. Lines and clouds of dots are paths too.
    Path {
        /// Its class in the style sheet.
        class: &'static str,
        /// Its commands, as in the `d` attribute of SVG.
        d: String,
    },
    /// A rectangle.
    Rect {
        /// Its class in the style sheet.
        class: &'static str,
        /// Left edge, in pixels.
        x: f64,
        /// Upper edge, in pixels.
        y: f64,
        /// Width, in pixels.
        width: f64,
        /// Height, in pixels.
        height: f64,
    },
    /// A text.
    Text {
        /// Its class in the style sheet.
        class: &'static str,
        /// `start`, `middle` or `end`.
        anchor: &'static str,
        /// The position of the anchor, in pixels.
        x: f64,
        /// The base line, in pixels.
        y: f64,
        /// The text.
        words: String,
    },
}

/// Holds a plot as a list of marks. It has no style of its own.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Plot {
    /// Width, in pixels.
    pub width: f64,
    /// Height, in pixels.
    pub height: f64,
    /// The title, which also is the alternative text.
    pub title: String,
    /// The marks, from the lowest to the uppermost.
    pub marks: Vec<PlotMark>,
}

/// The styles of an SVG of its own: those of the page, on light paper.
const STYLE: &str = "text{font:400 12px 'Plex Sans',system-ui,sans-serif;fill:#16191d}\
    .p-tick,.p-note{font-size:11px;fill:#484d55}.p-strong{font-weight:600}\
    .p-paper{fill:#fbfaf7}.p-ink,.p-fill-ink,.p-mark-ink{fill:#16191d}.p-hatch{fill:url(#legend-hatch);stroke:#16191d}\
    .p-rest{fill:#fbfaf7;stroke:#16191d}.p-more{fill:none;stroke:#8c887e;stroke-dasharray:5 4}\
    .p-well{fill:#f1efe9}.p-band{fill:#dedad0}.p-grid{fill:none;stroke:#dedad0}.p-axis{fill:none;stroke:#484d55}\
    .p-lead{fill:none;stroke:#8c887e;stroke-dasharray:2 3}\
    .p-model{fill:none;stroke:#dedad0;stroke-width:8;stroke-linejoin:round}\
    .p-dots{fill:none;stroke:#8c887e;stroke-width:2;stroke-linecap:round}\
    .p-solid,.p-thin,.p-dotted,.p-dashdot{fill:none;stroke:#16191d;stroke-width:2;stroke-linejoin:round}.p-thin{stroke-width:1}\
    .p-dotted{stroke-dasharray:1 4;stroke-linecap:round;stroke-width:2.5}.p-dashdot{stroke-dasharray:9 3 2 3;stroke-width:1.6}\
    .p-area-dotted{fill:#fbfaf7;stroke:#16191d;stroke-width:2;stroke-dasharray:1 3.5;stroke-linecap:round}\
    .p-area-thin{fill:#fbfaf7;stroke:#16191d}.p-area-dashdot{fill:#fbfaf7;stroke:#16191d;stroke-width:1.6;stroke-dasharray:9 3 2 3}\
    .p-area-hatch{fill:url(#legend-hatch);stroke:#16191d}\
    .p-interval{fill:none;stroke:#16191d;stroke-width:5}.p-mark{fill:#fbfaf7;stroke:#16191d;stroke-width:1.6}\
    .p-median{fill:none;stroke:#8c887e;stroke-width:3}.p-out{fill:none;stroke:#484d55;stroke-width:1.2}\
    .p-halo{paint-order:stroke;stroke:#fbfaf7;stroke-width:4px;stroke-linejoin:round}";

/// Returns the plot as an SVG of its own, with `foot` as lines of text below it.
#[must_use]
pub fn standalone(plot: &Plot, foot: &[String]) -> String {
    const PAD: f64 = 16.0;
    let (width, height) = (plot.width + 2.0 * PAD, plot.height + 2.0 * PAD + 28.0 + 15.0 * foot.len() as f64);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\"><title>{}</title><style>{STYLE}</style>\
         <defs><pattern id=\"legend-hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
         <path d=\"M-1 1L1 -1M0 6L6 0M5 7L7 5\" fill=\"none\" stroke=\"#484d55\"/></pattern></defs>\
         <rect class=\"p-paper\" width=\"100%\" height=\"100%\"/>\
         <text class=\"p-strong\" x=\"{PAD}\" y=\"26\">{0}</text><g transform=\"translate({PAD} 40)\">",
        escaped(&plot.title)
    );
    for mark in &plot.marks {
        text.push_str(&match mark {
            PlotMark::Path { class, d } => format!("<path class=\"{class}\" d=\"{d}\"/>"),
            PlotMark::Rect { class, x, y, width, height } => format!(
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
            ),
            PlotMark::Text { class, anchor, x, y, words } => format!(
                "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
                escaped(words)
            ),
        });
    }
    text.push_str("</g>");
    for (at, line) in foot.iter().enumerate() {
        let y = plot.height + 62.0 + 15.0 * at as f64;
        text.push_str(&format!("<text class=\"p-note\" x=\"{PAD}\" y=\"{y:.1}\">{}</text>", escaped(line)));
    }
    text.push_str("</svg>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Adds one point to a line.
fn to(d: &mut String, x: f64, y: f64) {
    d.push(if d.is_empty() { 'M' } else { 'L' });
    d.push_str(&format!("{x:.1} {y:.1}"));
}

/// Maps positive values to pixels on a logarithmic axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Log {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Log {
    /// Makes an axis from the pixel `start` to `end`. It holds every one of `values`, with some
    /// room at both ends.
    #[must_use]
    pub fn of(mut values: impl Iterator<Item = f64>, start: f64, end: f64) -> Self {
        Self::of_all(&mut values, start, end)
    }

    /// The same once for every kind of iterator.
    fn of_all(values: &mut dyn Iterator<Item = f64>, start: f64, end: f64) -> Self {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite() && *value > 0.0) {
            (least, most) = (least.min(value.log10()), most.max(value.log10()));
        }
        if least > most {
            (least, most) = (0.0, 1.0);
        }
        let room = ((most - least) * 0.04).max(0.03);
        Self { from: least - room, to: most + room, start, end }
    }

    /// Returns the pixel of `value`. A value that is not positive is drawn at the beginning.
    #[must_use]
    pub fn at(&self, value: f64) -> f64 {
        let within = if value > 0.0 { (value.log10() - self.from) / (self.to - self.from) } else { 0.0 };
        self.start + scale::inside(within, 0.0, 1.0) * (self.end - self.start)
    }

    /// Returns at most `most` round values on the axis: powers of ten, or steps within them where
    /// the axis is short.
    #[must_use]
    pub fn ticks(&self, most: usize) -> Vec<f64> {
        const STEPS: [&[f64]; 4] = [
            &[1.0],
            &[1.0, 2.0, 5.0],
            &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
            &[1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
        ];
        let mut ticks = Vec::new();
        for steps in STEPS {
            ticks = (self.from.floor() as i32..=self.to.floor() as i32)
                .flat_map(|power| steps.iter().map(move |step| step * 10f64.powi(power)))
                .filter(|value| (self.from..=self.to).contains(&value.log10()))
                .collect();
            if ticks.len() >= 3 {
                break;
            }
        }
        thinned(ticks, most)
    }

    /// Returns at most `most` powers of two on the axis.
    #[must_use]
    pub fn binary_ticks(&self, most: usize) -> Vec<f64> {
        let power = |log10: f64| log10 / 2f64.log10();
        let ticks = power(self.from).ceil() as i32..=power(self.to).floor() as i32;
        thinned(ticks.map(|at| 2f64.powi(at)).collect(), most)
    }
}

/// Keeps every `n`-th of `ticks`, so that at most `most` remain.
fn thinned(ticks: Vec<f64>, most: usize) -> Vec<f64> {
    let every = ticks.len().div_ceil(most.max(1)).max(1);
    // The value 1 always stays.
    let one = ticks.iter().position(|tick| (tick - 1.0).abs() < 1e-9).unwrap_or(0);
    ticks.into_iter().skip(one % every).step_by(every).collect()
}

/// Writes a time on an axis, without superfluous digits: `10 ns`, `1 µs`.
#[must_use]
pub fn tick_time(ns: f64) -> String {
    let unit = format::TimeUnit::of(ns);
    let text = unit.show(ns);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {}", unit.sign())
}

/// A factor on an axis: `0.9 ×`, `2 ×`.
pub(crate) fn tick_times(factor: f64) -> String {
    let text = format::significant(factor);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} ×")
}

impl Plot {
    pub(crate) fn path(&mut self, class: &'static str, d: String) {
        if !d.is_empty() {
            self.marks.push(PlotMark::Path { class, d });
        }
    }

    pub(crate) fn line(&mut self, class: &'static str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.path(class, format!("M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}"));
    }

    pub(crate) fn rect(&mut self, class: &'static str, (x, width): (f64, f64), (y, height): (f64, f64)) {
        self.marks.push(PlotMark::Rect { class, x, y, width, height });
    }

    pub(crate) fn text(&mut self, class: &'static str, anchor: &'static str, x: f64, y: f64, words: impl Into<String>) {
        self.marks.push(PlotMark::Text { class, anchor, x, y, words: words.into() });
    }
}

/// Returns the bar at the head: one whole put by stage, with ink for the lab's copies. Returns
/// `None` when no put by copy was measured.
#[must_use]
pub fn put_bar(reading: &Reading, width: f64) -> Option<Plot> {
    let time = |stage| reading.part(Variant::Copy, stage).map_or(0.0, |part| part.summary.median.estimate.max(0.0));
    let [build, gather, send, arrive] = [Stage::Build, Stage::Gather, Stage::Send, Stage::Arrive].map(time);
    let total = build + gather + send + arrive;
    if total <= 0.0 {
        return None;
    }
    let fresh = reading.fresh().unwrap_or(0.0);
    let px = width / (total + fresh);
    const TOP: f64 = 16.0;
    const HIGH: f64 = 14.0;
    let mut plot = Plot { width, height: 46.0, title: "One whole put by copy, by stage".to_owned(), marks: Vec::new() };
    let mut x = 0.0_f64;
    let mut edges = [0.0; 5];
    for (at, (ns, class)) in
        [(build, "p-ink"), (gather, "p-ink"), (send, "p-hatch"), (arrive, "p-rest")].into_iter().enumerate()
    {
        // A gap of a pixel separates two neighbours of the same ink. A piece thinner than a pixel
        // still keeps its place.
        let drawn = (ns * px - 1.0).max(0.8);
        if ns > 0.0 {
            // Outlines are on half pixels, so that they are one pixel thin.
            let inset = if class == "p-ink" { 0.0 } else { 0.5 };
            let left = x.min(width - drawn);
            plot.rect(class, (left + inset, (drawn - 2.0 * inset).max(0.8)), (TOP + inset, HIGH - 2.0 * inset));
        }
        x += ns * px;
        edges[at + 1] = x;
    }
    if fresh > 0.0 {
        plot.rect("p-more", (x + 1.5, (width - x - 2.0).max(1.0)), (TOP + 0.5, HIGH - 1.0));
    }
    let unit = format::TimeUnit::of(total);
    // Two digits, as in the sentence above the bar: the same copy must not seem to be two.
    let [b, g, s, a, f] = [build, gather, send, arrive, fresh].map(|ns| unit.about(ns));
    plot.text(
        "p-note",
        "start",
        0.0,
        11.0,
        format!("our copies, {}: build {b}; gather {g}, by every mode", unit.sign()),
    );
    // Below the bar, each text is under its own piece, in the longest form that fits.
    let long = [
        format!("send {s}, copies inside the browser"),
        format!("browser, router, subscriber {a}"),
        format!("+ {f} if memory is fresh"),
    ];
    let short = [format!("send {s}"), format!("arrive {a}"), format!("+ {f} if fresh")];
    let room = |forms: &[String; 3]| forms.iter().map(|form| format::text_width(form, 11.0) + 14.0).sum::<f64>();
    let mid = [short[0].clone(), long[1].clone(), short[2].clone()];
    let forms = if room(&long) <= width {
        long
    } else if room(&mid) <= width {
        mid
    } else {
        short
    };
    let [wide_s, wide_a, wide_f] = [0, 1, 2].map(|at: usize| format::text_width(&forms[at], 11.0));
    let fresh_left = if fresh > 0.0 { edges[4].min(width - wide_f) } else { width + 14.0 };
    let arrive_right = edges[4].min(fresh_left - 14.0);
    let send_left = edges[2].min(arrive_right - wide_a - 14.0 - wide_s).max(0.0);
    let [words_s, words_a, words_f] = forms;
    plot.text("p-note", "start", send_left, 43.0, words_s);
    plot.text("p-note", "end", arrive_right.max(send_left + wide_s + 14.0 + wide_a), 43.0, words_a);
    if fresh > 0.0 {
        plot.text("p-note", "end", width.max(fresh_left + wide_f), 43.0, words_f);
    }
    Some(plot)
}

/// The style of a variant's area in a plot of densities, and of its line in a sweep.
const fn looks(variant: Variant) -> (&'static str, &'static str) {
    match variant {
        Variant::Copy | Variant::Clone | Variant::CopyWasm | Variant::Gather => ("p-fill-ink", "p-solid"),
        Variant::Filled => ("p-area-thin", "p-solid"),
        Variant::CopyFresh => ("p-area-thin", "p-thin"),
        Variant::Borrow | Variant::BorrowWasm => ("p-area-dotted", "p-dotted"),
        Variant::Move | Variant::Transfer | Variant::BorrowJs | Variant::Adopted => ("p-area-dashdot", "p-dashdot"),
        Variant::CopyJs | Variant::Blob | Variant::Segments => ("p-area-hatch", "p-thin"),
    }
}

/// Returns the densities on one axis of time: one row for each variant and each kind of whole put.
#[must_use]
pub fn densities(run: &Run, reading: &Reading, width: f64) -> Option<Plot> {
    if run.scenario.is_sweep() {
        return None;
    }
    let mut rows: Vec<(&'static str, String, Vec<f64>, &Summary)> = Vec::new();
    for place in &reading.places {
        let samples = run.series.get(place.index).map(|series| series.samples.clone()).unwrap_or_default();
        rows.push((looks(place.variant).0, reading::name(place.variant).to_owned(), samples, &place.summary));
    }
    for (variant, summary) in &reading.puts {
        let totals = run.puts.iter().find(|puts| puts.variant == *variant).map(|puts| puts.totals());
        let name = format!("put, {}", reading::name(*variant));
        rows.push((looks(*variant).0, name, totals.unwrap_or_default(), summary));
    }
    if rows.is_empty() {
        return None;
    }
    // Over many decades every hill would be as thin as a needle. Each is then drawn around a
    // median, and the table has that median. Rows that are close together share one median, so that
    // the reader can compare them.
    let medians = rows.iter().map(|row| row.3.median.estimate).filter(|ns| *ns > 0.0);
    let (least, most) = medians.fold((f64::INFINITY, 0.0_f64), |(a, b), ns| (a.min(ns), b.max(ns)));
    let around = most > 12.0 * least;
    let mut references: Vec<f64> = Vec::new();
    for (_, _, _, summary) in &rows {
        let own = summary.median.estimate;
        let near = references.last().copied().filter(|last| (last / 1.6..=last * 1.6).contains(&own));
        references.push(if around && own > 0.0 { near.unwrap_or(own) } else { 1.0 });
    }
    for (row, reference) in rows.iter_mut().zip(&references) {
        row.2.iter_mut().for_each(|ns| *ns /= reference);
    }
    const ROW: f64 = 34.0;
    // A row that shares the median of the row above says so: its own median is another one.
    let note = |at: usize| {
        let shared = at > 0 && references.get(at - 1) == references.get(at);
        let reference = references.get(at).copied().unwrap_or(1.0);
        format!("1 × = {}{}", format::time(reference), if shared { ", as above" } else { "" })
    };
    let notes = (0..rows.len()).filter(|_| around).map(|at| format::text_width(&note(at), 11.0)).fold(0.0, f64::max);
    let names = rows.iter().map(|row| format::text_width(&row.1, 12.0)).fold(notes, f64::max) + 14.0;
    // An interval may reach farther than the samples.
    let ends = rows.iter().zip(&references).flat_map(|(row, reference)| {
        let median = &row.3.median;
        [median.lower / reference, median.upper / reference]
    });
    let values = rows.iter().flat_map(|row| row.2.iter().copied()).chain(ends);
    let axis = Log::of(values, names, (width - 8.0).max(names + 60.0));
    let bottom = ROW * rows.len() as f64 + 2.0;
    let mut plot =
        Plot { width, height: bottom + 34.0, title: "Samples of one run, by variant".to_owned(), marks: Vec::new() };
    let room = ((axis.end - axis.start) / 46.0) as usize;
    let words = |tick: f64| if around { tick_times(tick) } else { tick_time(tick) };
    for tick in axis.ticks(room.max(2)) {
        plot.line("p-grid", (axis.at(tick), 0.0), (axis.at(tick), bottom));
        plot.text("p-tick", "middle", axis.at(tick), bottom + 14.0, words(tick));
    }
    let title = if around { "time of one run around a median, logarithmic" } else { "time of one run, logarithmic" };
    plot.text("p-tick", "end", axis.end, bottom + 30.0, title);
    for (at, ((class, name, samples, summary), reference)) in rows.iter().zip(&references).enumerate() {
        let base = ROW * at as f64 + 24.0;
        plot.text("", "start", 0.0, base - 7.0, name.clone());
        if around {
            plot.text("p-tick", "start", 0.0, base + 6.0, note(at));
        }
        hill(&mut plot, class, &axis, samples, base);
        plot.line("p-axis", (axis.start, base), (axis.end, base));
        let median = &summary.median;
        let (from, to) = (axis.at(median.lower / reference), axis.at(median.upper / reference));
        let x = axis.at(median.estimate / reference);
        plot.line("p-interval", (from.min(x - 0.5), base + 0.5), (to.max(x + 0.5), base + 0.5));
        plot.path("p-mark", circle(x, base + 0.5, 3.4));
        plot.path("p-out", outliers(&axis, samples, base + 6.0));
    }
    Some(plot)
}

/// Draws the density of samples as a hill on its base line. Each hill has its own height.
fn hill(plot: &mut Plot, class: &'static str, axis: &Log, samples: &[f64], base: f64) {
    const POINTS: usize = 140;
    const HIGH: f64 = 21.0;
    let logs: Vec<f64> = samples.iter().filter(|ns| **ns > 0.0).map(|ns| ns.log10()).collect();
    let (least, most) = logs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
    if least > most {
        return;
    }
    // Most samples are close together and a few far off, so the points are dense near the samples.
    let mut sorted = logs.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, high) = (stats::quantile(&sorted, 0.02), stats::quantile(&sorted, 0.98));
    let room = ((high - low) * 0.5).max((axis.to - axis.from) * 0.01);
    let even = |from: f64, to: f64, points: usize| {
        (0..points).map(move |at| from + (to - from) * at as f64 / (points - 1) as f64)
    };
    let mut places: Vec<f64> = even(low - room, high + room, POINTS).chain(even(axis.from, axis.to, 40)).collect();
    places.sort_unstable_by(f64::total_cmp);
    let densities = stats::density(&logs, &places);
    let top = densities.iter().copied().filter(|density| density.is_finite()).fold(0.0, f64::max);
    if top <= 0.0 {
        return;
    }
    let mut d = String::new();
    let mut hill = String::new();
    let mut last = 0.0;
    // Draws the hills only: the plain between them is the base line. One extra point ends the last
    // hill.
    let heights = densities.iter().map(|density| if density.is_finite() { density / top * HIGH } else { 0.0 });
    for (place, high) in places.iter().copied().zip(heights).chain([(axis.to, 0.0)]) {
        let x = axis.at(10f64.powf(place));
        if high >= 0.6 && (axis.from..=axis.to).contains(&place) {
            if hill.is_empty() {
                to(&mut hill, x, base);
            }
            to(&mut hill, x, base - high);
            last = x;
        } else if !hill.is_empty() {
            to(&mut hill, last, base);
            d.push_str(&hill);
            d.push('Z');
            hill.clear();
        }
    }
    plot.path(class, d);
}

/// Draws outliers under a base line: a tick outside of the inner fences, a cross outside of the
/// outer ones.
fn outliers(axis: &Log, samples: &[f64], y: f64) -> String {
    let mut d = String::new();
    for (ns, class) in samples.iter().zip(stats::classes(samples)) {
        let x = axis.at(*ns);
        match class {
            Class::Inside => {}
            Class::Below | Class::Above => d.push_str(&format!("M{x:.1} {:.1}v5", y - 2.5)),
            Class::FarBelow | Class::FarAbove => {
                d.push_str(&format!("M{:.1} {:.1}l4.4 4.4m0 -4.4l-4.4 4.4", x - 2.2, y - 2.2));
            }
        }
    }
    d
}

/// The outline of a circle.
pub(crate) fn circle(x: f64, y: f64, r: f64) -> String {
    format!("M{:.1} {y:.1}a{r} {r} 0 1 0 {wide} 0a{r} {r} 0 1 0 -{wide} 0Z", x - r, wide = 2.0 * r)
}

/// The shape that marks the medians of a variant, and whether it is filled.
fn shape(variant: Variant, x: f64, y: f64) -> (&'static str, String) {
    match variant {
        Variant::Copy => ("p-mark-ink", circle(x, y, 3.0)),
        Variant::CopyFresh => ("p-mark", circle(x, y, 2.6)),
        Variant::Borrow => ("p-mark", format!("M{:.1} {:.1}h6v6h-6Z", x - 3.0, y - 3.0)),
        _ => ("p-mark-ink", format!("M{x:.1} {:.1}l3.8 6.6h-7.6Z", y - 4.2)),
    }
}

/// Returns a sweep: medians of each variant over size or count, with every sample behind them. Both
/// axes are logarithmic.
fn sweep(run: &Run, reading: &Reading, width: f64) -> Option<Plot> {
    if !run.scenario.is_sweep() || reading.places.is_empty() {
        return None;
    }
    let counts = run.scenario == Scenario::Counts;
    let x_of = |place: &SeriesSummary| if counts { place.segments as f64 } else { place.bytes as f64 };
    let variants = reading::variants(run);
    const TOP: f64 = 20.0;
    let height = scale::inside(width * 0.5, 250.0, 380.0);
    let bottom = height - 38.0;
    let names = variants.iter().map(|variant| format::text_width(reading::name(*variant), 12.0)).fold(0.0, f64::max);
    let across = Log::of(reading.places.iter().map(x_of), 50.0, (width - names - 12.0).max(110.0));
    let up = Log::of(run.series.iter().flat_map(|series| series.samples.iter().copied()), bottom, TOP);
    let over = if counts { "segments" } else { "total size" };
    let mut plot = Plot { width, height, title: format!("Time to build, over {over}"), marks: Vec::new() };

    // Shades the range where the model of copy does not hold.
    if let Some((_, model)) = reading.models.iter().find(|(variant, _)| *variant == Variant::Copy) {
        let high = (TOP, bottom - TOP);
        let (from, to) = (across.at(model.from), across.at(model.to));
        let least = reading.places.iter().map(x_of).fold(f64::INFINITY, f64::min);
        let most = reading.places.iter().map(x_of).fold(0.0, f64::max);
        let mut note = |x: f64, width: f64| {
            plot.rect("p-well", (x, width), high);
            // Above the frame, where it cannot cross a line. The title of the axis ends before it.
            if x + width > 290.0 {
                plot.text("p-note", "end", x + width, 11.0, "shaded: copy fits no line");
            }
        };
        if model.from > least {
            note(across.start, from - across.start);
        }
        if model.to < most {
            note(to, across.end - to);
        }
    }
    for tick in up.ticks(((bottom - TOP) / 26.0) as usize) {
        plot.line("p-grid", (across.start, up.at(tick)), (across.end, up.at(tick)));
        plot.text("p-tick", "end", across.start - 6.0, up.at(tick) + 4.0, tick_time(tick));
    }
    let room = ((across.end - across.start) / 70.0) as usize;
    for tick in if counts { across.ticks(room) } else { across.binary_ticks(room) } {
        plot.line("p-axis", (across.at(tick), bottom), (across.at(tick), bottom + 4.0));
        let words = if counts { format::thousands(tick as u64) } else { format::requested_size(tick as u64) };
        plot.text("p-tick", "middle", across.at(tick), bottom + 17.0, words);
    }
    plot.line("p-axis", (across.start, bottom), (across.end, bottom));
    plot.text("p-tick", "start", 0.0, 11.0, "time to build, logarithmic");
    let title =
        if counts { "segments, one total size, logarithmic" } else { "total size, three segments, logarithmic" };
    plot.text("p-tick", "middle", (across.start + across.end) / 2.0, bottom + 33.0, title);

    for crossing in &reading.crossings {
        let (from, to) = (across.at(crossing.at.lower), across.at(crossing.at.upper));
        plot.rect("p-band", (from, (to - from).max(1.0)), (TOP, bottom - TOP));
    }
    for (_, model) in &reading.models {
        let line = |x: f64| model.fixed.estimate + model.each.estimate * x;
        let mut d = String::new();
        for at in 0..=32 {
            let part = f64::from(at) / 32.0;
            let x = model.from * (model.to / model.from.max(1.0)).powf(part);
            if line(x) > 0.0 {
                to(&mut d, across.at(x), up.at(line(x)));
            }
        }
        plot.path("p-model", d);
    }
    let mut dots = String::new();
    for place in &reading.places {
        let Some(series) = run.series.get(place.index) else { continue };
        for (at, ns) in series.samples.iter().enumerate() {
            // Beside each other: samples of one place would hide each other.
            let aside = (at % 9) as f64 - 4.0;
            dots.push_str(&format!("M{:.1} {:.1}h0", across.at(x_of(place)) + aside, up.at(*ns)));
        }
    }
    plot.path("p-dots", dots);
    let mut ends: Vec<(f64, Variant)> = Vec::new();
    for variant in &variants {
        let places: Vec<&SeriesSummary> = reading.places.iter().filter(|place| place.variant == *variant).collect();
        let mut d = String::new();
        let mut shapes = String::new();
        let mut class = "p-mark";
        for place in &places {
            let (x, y) = (across.at(x_of(place)), up.at(place.summary.median.estimate));
            to(&mut d, x, y);
            let mark = shape(*variant, x, y);
            class = mark.0;
            shapes.push_str(&mark.1);
        }
        plot.path(looks(*variant).1, d);
        plot.path(class, shapes);
        if let Some(last) = places.last() {
            ends.push((up.at(last.summary.median.estimate), *variant));
        }
    }
    labels(&mut plot, ends, across.end + 8.0, bottom);
    crossings(&mut plot, reading, run, &across, bottom);
    Some(plot)
}

/// Returns the plot of a sweep: the share of copying over size, or times over size.
#[must_use]
pub fn swept(run: &Run, reading: &Reading, width: f64) -> Option<Plot> {
    if run.scenario == Scenario::OwnSizes { shares(reading, width) } else { sweep(run, reading, width) }
}

/// Returns the share of copying in a whole put, over size, with its intervals. The payload's own mark
/// is filled. The upward axis begins at 0.
fn shares(reading: &Reading, width: f64) -> Option<Plot> {
    let own = reading.sizes.first()?.bytes;
    let places: Vec<(u64, Interval)> = reading.by_size().filter_map(|size| Some((size.bytes, size.share?))).collect();
    let most = places.iter().map(|(_, share)| share.upper).fold(0.0, f64::max);
    if most <= 0.0 {
        return None;
    }
    const TOP: f64 = 34.0;
    let height = scale::inside(width * 0.4, 220.0, 320.0);
    let bottom = height - 38.0;
    let across = Log::of(places.iter().map(|(bytes, _)| *bytes as f64), 50.0, (width - 34.0).max(110.0));
    let up = |share: f64| bottom - share / most * (bottom - TOP);
    let title = "Share of copying in a whole put by copy, over size";
    let mut plot = Plot { width, height, title: title.to_owned(), marks: Vec::new() };
    // At most five lines, at round numbers.
    let power = 10f64.powf((most / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|part| part * power).into_iter().find(|step| most / step <= 5.0)?;
    for at in 0..=(most / step) as u32 {
        let share = f64::from(at) * step;
        plot.line(if at == 0 { "p-axis" } else { "p-grid" }, (across.start, up(share)), (across.end, up(share)));
        let words = if at == 0 { "0".to_owned() } else { format::percent(share) };
        plot.text("p-tick", "end", across.start - 6.0, up(share) + 4.0, words);
    }
    plot.text("p-tick", "start", 0.0, 11.0, "copying, part of a put by copy");
    plot.text("p-tick", "middle", (across.start + across.end) / 2.0, bottom + 33.0, "total size, logarithmic");
    let [mut line, mut intervals] = [String::new(), String::new()];
    for (bytes, share) in &places {
        let x = across.at(*bytes as f64);
        to(&mut line, x, up(share.estimate));
        intervals.push_str(&format!("M{x:.1} {:.1}V{:.1}", up(share.lower.max(0.0)), up(share.upper)));
        plot.line("p-axis", (x, bottom), (x, bottom + 4.0));
        plot.text("p-tick", "middle", x, bottom + 17.0, format::requested_size(*bytes));
        if *bytes == own {
            plot.line("p-lead", (x, TOP - 8.0), (x, bottom));
            plot.text("p-strong", "middle", x, TOP - 12.0, "your payload");
        }
    }
    plot.path("p-thin", line);
    plot.path("p-out", intervals);
    for (bytes, share) in &places {
        let class = if *bytes == own { "p-mark-ink" } else { "p-mark" };
        plot.path(class, circle(across.at(*bytes as f64), up(share.estimate), 4.0));
    }
    Some(plot)
}

/// Draws labels at the ends of lines, and separates them where the lines end close together.
fn labels(plot: &mut Plot, mut ends: Vec<(f64, Variant)>, x: f64, bottom: f64) {
    const APART: f64 = 15.0;
    // From top to bottom; a plot has four at most.
    let mut free = f64::NEG_INFINITY;
    let mut placed: Vec<(f64, Variant)> = Vec::new();
    while let Some(next) = (0..ends.len()).min_by(|a, b| ends[*a].0.total_cmp(&ends[*b].0)) {
        let (y, variant) = ends.swap_remove(next);
        free = y.max(free + APART);
        placed.push((free, variant));
    }
    let mut limit = bottom;
    for (y, variant) in placed.into_iter().rev() {
        let y = y.min(limit);
        limit = y - APART;
        plot.text("p-strong", "start", x, y + 4.0, reading::name(variant));
    }
}

/// Writes where lines cross, at the head of the band.
fn crossings(plot: &mut Plot, reading: &Reading, run: &Run, across: &Log, bottom: f64) {
    for (at, crossing) in reading.crossings.iter().enumerate() {
        let x = across.at(crossing.at.estimate);
        let y = 34.0 + 17.0 * at as f64;
        plot.line("p-lead", (x, 20.0), (x, bottom));
        let words = format!(
            "{} and {} cross at {}",
            reading::name(crossing.below),
            reading::name(crossing.above),
            reading::x_about(run.scenario, crossing.at.estimate)
        );
        let wide = format::text_width(&words, 11.0);
        let left = if x + 6.0 + wide <= across.end { x + 6.0 } else { (x - 6.0 - wide).max(2.0) };
        plot.text("p-note p-halo", "start", left, y, words);
    }
}

#[cfg(test)]
mod tests;
