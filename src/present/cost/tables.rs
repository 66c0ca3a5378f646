//! Results as tables of text. They hold the same figures as the plots, for the page and for the
//! exports. The module has no web types.

use crate::measure::{Interval, Summary, stats};
use crate::present::{
    cost::reading::{self, KNOWN, Reading},
    format::{self, TimeUnit},
};
use crate::run::{Run, Scenario, Stage, Variant};

/// Holds a table of text. The first cell of each row is its head. All other cells are numbers,
/// unless the column is in `words`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Table {
    /// Its `id` in the page.
    pub id: &'static str,
    /// Its caption.
    pub title: String,
    /// Heads of the columns. The first one heads the column of row heads.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// Columns that hold words.
    pub words: &'static [usize],
    /// A note below the table.
    pub note: String,
}

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Returns the rows of times: the variants of a run that is not a sweep, then whole puts.
#[must_use]
pub fn timed<'a>(run: &Run, reading: &'a Reading) -> Vec<(String, &'a Summary)> {
    if run.scenario.is_sweep() {
        return Vec::new();
    }
    let built = reading.places.iter().map(|place| (reading::name(place.variant).to_owned(), &place.summary));
    let puts = reading.puts.iter().map(|(variant, summary)| (format!("put, {}", reading::name(*variant)), summary));
    built.chain(puts).collect()
}

/// Returns lower end, median and upper end, in the unit of the median.
#[must_use]
pub fn ends(median: &Interval) -> [String; 3] {
    let unit = TimeUnit::of(median.estimate);
    [unit.show(median.lower), unit.show(median.estimate), format!("{} {}", unit.show(median.upper), unit.sign())]
}

/// Returns the times in full, with the columns that the interval table omits.
#[must_use]
pub fn times(run: &Run, reading: &Reading) -> Table {
    let row = |(name, summary): (String, &Summary)| {
        let [lower, median, upper] = ends(&summary.median);
        let unit = TimeUnit::of(summary.median.estimate);
        let in_unit = |ns: f64| unit.show(ns);
        vec![
            name,
            lower,
            median,
            upper,
            format!("{} to {}", in_unit(summary.q1), in_unit(summary.q3)),
            in_unit(summary.mad),
            format::count(summary.n),
            format::count(summary.outliers),
        ]
    };
    Table {
        id: "cost-times-full",
        title: "Times in full".to_owned(),
        columns: columns(&["Time", "lower", "median", "upper", "quartiles", "MAD", "n", "outliers"]),
        rows: timed(run, reading).into_iter().map(row).collect(),
        words: &[],
        note: String::new(),
    }
}

/// Returns the copied bytes by the ledger, as a table and as counts. For a payload, they are the
/// bytes of building and gathering; for other runs, those of each variant.
#[must_use]
pub fn bytes(run: &Run, reading: &Reading) -> (Table, Vec<[u64; 2]>) {
    let payload = run.scenario == Scenario::Payload;
    let mut counts = Vec::new();
    let mut rows = Vec::new();
    for place in reading.places.iter().filter(|place| place.variant != Variant::CopyFresh) {
        // Every put gathers its payload, built in any way. When the run had puts, the ledger says
        // the same.
        let gathered = reading.part(place.variant, Stage::Gather).map_or(place.bytes, |part| part.copied);
        let gathered = if payload { gathered } else { 0 };
        let mut row = vec![reading::long_name(place.variant).to_owned()];
        if payload {
            row.push(format::thousands(place.copied));
            row.push(format::thousands(gathered));
        }
        row.push(format::thousands(place.copied + gathered));
        rows.push(row);
        counts.push([place.copied, gathered]);
    }
    let heads: &[&str] =
        if payload { &["Bytes copied", "build", "gather", "in all"] } else { &["Bytes copied", "in one run"] };
    (
        Table {
            id: "cost-bytes",
            title: "Bytes copied".to_owned(),
            columns: columns(heads),
            rows,
            words: &[],
            note: String::new(),
        },
        counts,
    )
}

/// Returns the stages of a whole put, by each variant that was put, with bytes. The last column
/// counts the known copies of other programs. Returns `None` when no put was measured.
#[must_use]
pub fn stages(reading: &Reading) -> Option<Table> {
    const ALL: [Stage; 6] = [Stage::Produce, Stage::Build, Stage::Gather, Stage::Send, Stage::Arrive, Stage::Read];
    if reading.parts.is_empty() {
        return None;
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for stage in ALL {
        let known = KNOWN.iter().filter(|known| known.stage == stage).count();
        let others = if known == 0 { "none known".to_owned() } else { format!("{known} known, below") };
        for (variant, _) in &reading.puts {
            let [time, copied] = match reading.part(*variant, stage) {
                Some(part) => [reading::time_between(&part.summary.median), format::requested(part.copied)],
                None => ["not measured".to_owned(), String::new()],
            };
            let name = reading::stage_words(stage).0.to_owned();
            rows.push(vec![name, reading::name(*variant).to_owned(), time, copied, others.clone()]);
        }
    }
    for (variant, summary) in &reading.puts {
        let of_put = reading.parts.iter().filter(|part| part.variant == *variant && part.stage.is_of_put());
        let copied = format::requested(of_put.map(|part| part.copied).sum());
        let time = reading::time_between(&summary.median);
        rows.push(vec!["whole put".to_owned(), reading::name(*variant).to_owned(), time, copied, String::new()]);
    }
    Some(Table {
        id: "cost-stages",
        title: "A whole put by stage: median and 95 % interval".to_owned(),
        words: &[1, 4],
        note: ALL.map(reading::stage_words).map(|(name, words)| format!("**{name}:** {words}.")).join(" "),
        columns: columns(&["Stage", "by", "time", "copied by us", "copied by others"]),
        rows,
    })
}

/// Returns the places of a sweep: one row for each size or count, one column for each variant.
#[must_use]
pub fn sweep(run: &Run, reading: &Reading) -> Option<Table> {
    if !run.scenario.is_sweep() {
        return None;
    }
    if run.scenario == Scenario::OwnSizes {
        return shares(reading);
    }
    let variants = reading::variants(run);
    let mut xs: Vec<u64> = run.series.iter().map(|series| reading::x_of(run.scenario, series)).collect();
    xs.sort_unstable();
    xs.dedup();
    let counts = run.scenario == Scenario::Counts;
    let mut heads = columns(&[if counts { "Segments" } else { "Total size" }]);
    heads.extend(variants.iter().map(|variant| reading::name(*variant).to_owned()));
    let cell = |x: u64, variant: Variant| {
        let at = |place: &&reading::SeriesSummary| {
            place.variant == variant && x == if counts { place.segments } else { place.bytes }
        };
        let found = reading.places.iter().find(at);
        found.map_or_else(|| "not measured".to_owned(), |place| reading::time_between(&place.summary.median))
    };
    let rows = xs.into_iter().map(|x| {
        let head = if counts { format::thousands(x) } else { format::requested_size(x) };
        std::iter::once(head).chain(variants.iter().map(|variant| cell(x, *variant))).collect()
    });
    Some(Table {
        id: "cost-sweep",
        title: "The sweep: median and 95 % interval".to_owned(),
        rows: rows.collect(),
        columns: heads,
        words: &[],
        note: String::new(),
    })
}

/// Whole puts over size: one row for each size, the share of copying, and the puts.
fn shares(reading: &Reading) -> Option<Table> {
    let own = reading.sizes.first()?;
    let row = |size: &reading::Sized| {
        let yours = if size.bytes == own.bytes { ", yours" } else { "" };
        let share = size.share.map_or_else(|| "not measured".to_owned(), |share| reading::share_between(&share));
        let puts = size.puts.iter().map(|(_, summary)| reading::time_between(&summary.median));
        [format!("{}{yours}", format::requested_size(size.bytes)), share].into_iter().chain(puts).collect()
    };
    let mut heads = columns(&["Total size", "copying"]);
    heads.extend(own.puts.iter().map(|(variant, _)| format!("put, {}", reading::name(*variant))));
    // A run that was stopped may have fewer ways at its last size.
    let rows = reading.by_size().map(row).filter(|row: &Vec<String>| row.len() == heads.len()).collect();
    Some(Table {
        id: "cost-sweep",
        title: "Whole puts over size: share of copying and median, with 95 % intervals".to_owned(),
        rows,
        columns: heads,
        words: &[],
        note: String::new(),
    })
}

/// Writes a cost for each byte or segment, which may be smaller than the last digit that other
/// numbers show.
fn each(cost: &Interval) -> String {
    if cost.lower <= 0.0 || cost.upper < 0.0001 {
        return "too little to be seen".to_owned();
    }
    let digits = |ns: f64| if ns >= 0.0995 { format::significant(ns) } else { format!("{ns:.4}") };
    format!("{} ({} to {})", digits(cost.estimate), digits(cost.lower), digits(cost.upper))
}

/// Returns the cost models of a sweep.
#[must_use]
pub fn models(run: &Run, reading: &Reading) -> Option<Table> {
    if reading.models.is_empty() {
        return None;
    }
    let unit = if run.scenario == Scenario::Counts { "ns per segment" } else { "ns per byte" };
    let x = |x: f64| reading::x_words(run.scenario, x.round().max(0.0) as u64);
    let rows = reading.models.iter().map(|(variant, model)| {
        vec![
            reading::name(*variant).to_owned(),
            reading::time_between(&model.fixed),
            each(&model.each),
            format!("{} to {}", x(model.from), x(model.to)),
        ]
    });
    Some(Table {
        id: "cost-models",
        title: "Cost model: fixed cost plus so much for each".to_owned(),
        columns: columns(&["Model", "fixed", unit, "holds over"]),
        rows: rows.collect(),
        words: &[],
        note: String::new(),
    })
}

/// The figures that the proposal published for its rows. It measured them in CPython on another
/// machine, for a 1920x1536 int32 tensor: <https://github.com/eclipse-zenoh/zenoh-python/pull/732>.
const PUBLISHED: [(&str, &str); 6] = [
    ("segments from the message", "elsewhere about 5 ms, copied"),
    ("payload by copy", "elsewhere 4.1 ms"),
    ("payload without a copy", "elsewhere 0.007 ms"),
    ("segments, and payload by copy", "elsewhere about 9 ms"),
    ("segments, and payload without", "elsewhere about 5 ms"),
    ("that copy in the sum with it", "elsewhere roughly 45 %"),
];

/// Returns the proposal's rows beside its published figures, and the whole way from the array.
/// Returns `None` for other scenarios.
#[must_use]
pub fn proposal(run: &Run, reading: &Reading) -> Option<Table> {
    if run.scenario != Scenario::Message {
        return None;
    }
    let samples = |variant| run.of(variant).next().map(|series| series.samples.as_slice()).unwrap_or_default();
    let [segments, copy, borrow] = [Variant::Segments, Variant::Copy, Variant::Borrow].map(samples);
    // Samples with the same number were taken in the same round.
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a + b).collect::<Vec<f64>>();
    let (with, without) = (sum(segments, copy), sum(segments, borrow));
    let time = |samples: &[f64]| match Summary::of(samples) {
        Some(summary) => ends(&summary.median),
        None => [String::new(), "not measured".to_owned(), String::new()],
    };
    let share = stats::ratio(copy.get(..with.len()).unwrap_or_default(), &with).map_or_else(
        || [String::new(), "not measured".to_owned(), String::new()],
        // A part is at most the whole, even when the clock was too coarse for both.
        |share| [share.lower, share.estimate, share.upper].map(|end| format::percent(end.min(1.0))),
    );
    let here = [time(segments), time(copy), time(borrow), time(&with), time(&without), share];
    let mut rows: Vec<Vec<String>> = PUBLISHED
        .into_iter()
        .zip(here)
        .map(|((name, published), [lower, median, upper])| {
            vec![name.to_owned(), lower, median, upper, published.to_owned()]
        })
        .collect();
    for (name, variant) in
        [("array to payload, filled", Variant::Filled), ("array to payload, adopted", Variant::Adopted)]
    {
        let summary = reading.first(variant).map(|place| &place.summary);
        let [lower, median, upper] = summary.map_or_else(|| time(&[]), |summary| ends(&summary.median));
        rows.push(vec![name.to_owned(), lower, median, upper, "not published".to_owned()]);
    }
    Some(Table {
        id: "cost-proposal",
        title: "The proposal's rows; what it published is from another machine".to_owned(),
        columns: columns(&["Step", "lower", "median", "upper", "published: another machine, CPython, 1920x1536 int32"]),
        rows,
        words: &[4],
        note: "**Here** the segments are references to the builder's memory and to the array; to_segments() of the proposal copied \
               them. The last two rows begin one step earlier, at the array: **filled** copies it into the message, **adopted** \
               makes it a segment of the message. Sums are made round by round."
            .to_owned(),
    })
}

/// Compares two runs of one scenario, variant by variant. Returns `None` when they measured
/// different things.
#[must_use]
pub fn comparison(run: &Run, reading: &Reading, other: &Run, theirs: &Reading) -> Option<Table> {
    if run.scenario != other.scenario {
        return None;
    }
    let sweep = run.scenario.is_sweep();
    let x =
        |place: &reading::SeriesSummary| if run.scenario == Scenario::Counts { place.segments } else { place.bytes };
    let row = |name: String, mine: &Summary, their: Option<&Summary>| {
        let ratio = their.filter(|their| their.median.estimate > 0.0);
        vec![
            name,
            reading::time_between(&mine.median),
            their.map_or_else(|| "not measured".to_owned(), |their| reading::time_between(&their.median)),
            ratio.map_or_else(String::new, |their| format::significant(mine.median.estimate / their.median.estimate)),
        ]
    };
    let mut rows: Vec<Vec<String>> = reading
        .places
        .iter()
        .map(|place| {
            let same =
                |their: &&reading::SeriesSummary| their.variant == place.variant && (!sweep || x(their) == x(place));
            let their = theirs.places.iter().find(same);
            let name = reading::name(place.variant);
            let name =
                if sweep { format!("{name}, {}", reading::x_words(run.scenario, x(place))) } else { name.to_owned() };
            row(name, &place.summary, their.map(|their| &their.summary))
        })
        .collect();
    for size in &reading.sizes {
        let same = theirs.sizes.iter().find(|their| !sweep || their.bytes == size.bytes);
        rows.extend(size.puts.iter().map(|(variant, summary)| {
            let their = same.and_then(|same| same.puts.iter().find(|(their, _)| their == variant));
            let at = if sweep { format!(", {}", format::requested_size(size.bytes)) } else { String::new() };
            row(format!("put, {}{at}", reading::name(*variant)), summary, their.map(|(_, summary)| summary))
        }));
    }
    Some(Table {
        id: "cost-comparison",
        title: "Two runs: medians with 95 % intervals".to_owned(),
        columns: columns(&["Time", "this run", "the other", "ratio"]),
        rows,
        words: &[],
        note: String::new(),
    })
}

/// Returns every table of a run, for the exports.
#[must_use]
pub fn all(run: &Run, reading: &Reading) -> Vec<Table> {
    let tables = [
        proposal(run, reading),
        stages(reading).filter(|_| !run.scenario.is_sweep()),
        (!run.scenario.is_sweep()).then(|| bytes(run, reading).0),
        (!run.scenario.is_sweep()).then(|| times(run, reading)),
        sweep(run, reading),
        models(run, reading),
    ];
    tables.into_iter().flatten().filter(|table| !table.rows.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::cost::fixture;

    #[test]
    fn every_row_has_a_cell_for_every_column() {
        for scenario in Scenario::ALL {
            let run = fixture::run(scenario);
            let reading = Reading::of(&run);
            let tables = all(&run, &reading);
            assert!(!tables.is_empty(), "{scenario:?}");
            for table in tables {
                assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{table:?}");
                assert!(table.words.iter().all(|at| *at < table.columns.len()), "{table:?}");
            }
        }
    }

    #[test]
    fn the_proposals_rows_stand_beside_what_it_published() {
        let run = fixture::run(Scenario::Message);
        let reading = Reading::of(&run);
        let pairs: Vec<_> = reading.compared.iter().map(|one| (one.first, one.second)).collect();
        assert_eq!(pairs, [(Variant::Filled, Variant::Adopted), (Variant::Copy, Variant::Borrow)]);
        let words = reading::sentence(&run, &reading).unwrap();
        assert!(
            words.starts_with("From the array to a payload, adopting it is **")
                && words.contains("than filling the message")
        );
        let table = proposal(&run, &reading).unwrap();
        let heads: Vec<_> = table.rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(heads[..6], PUBLISHED.map(|(name, _)| name));
        assert!(heads[6..].iter().all(|head| head.starts_with("array to payload")));
        // Segments and the copy of them: the sum consists of both.
        let median = |at: usize| table.rows[at][2].parse::<f64>().unwrap();
        assert_eq!(table.rows[3][3].split(' ').nth(1), table.rows[1][3].split(' ').nth(1), "{table:#?}");
        assert!(median(3) >= median(1), "{table:#?}");
        assert!(proposal(&fixture::run(Scenario::Payload), &Reading::of(&run)).is_none());
        // A run that was stopped early reports that, and does not show an empty table.
        let mut partial = run.clone();
        partial.series.iter_mut().for_each(|series| (series.samples, series.at) = Default::default());
        let table = proposal(&partial, &Reading::of(&partial)).unwrap();
        assert!(table.rows.iter().all(|row| row[2] == "not measured"), "{table:#?}");
    }

    #[test]
    fn bytes_are_counted_for_building_and_gathering() {
        let run = fixture::run(Scenario::Payload);
        let (table, counts) = bytes(&run, &Reading::of(&run));
        assert_eq!(table.rows[0], ["all copy", "11,805,184", "11,805,184", "23,610,368"]);
        assert_eq!(table.rows[1], ["all borrow", "0", "11,805,184", "11,805,184"]);
        assert_eq!(counts, [[11_805_184, 11_805_184], [0, 11_805_184], [0, 11_805_184]]);
        // Without a router, the run gathered nothing. The table still has the bytes that a put
        // would gather.
        let alone = fixture::alone();
        assert_eq!(bytes(&alone, &Reading::of(&alone)).0, table);
    }

    #[test]
    fn a_put_has_every_stage_and_its_sum() {
        let run = fixture::run(Scenario::Payload);
        let table = stages(&Reading::of(&run)).unwrap();
        // Six stages and their sum, in three ways.
        assert_eq!(table.rows.len(), 21);
        let of = |row: usize, cells: [usize; 3]| cells.map(|cell| table.rows[row][cell].as_str());
        assert_eq!(of(18, [0, 1, 3]), ["whole put", "copy", "23,610,368 B"]);
        assert_eq!(of(19, [0, 1, 3]), ["whole put", "borrow", "11,805,184 B"]);
        assert_eq!(of(20, [0, 1, 3]), ["whole put", "move", "11,805,184 B"]);
        assert_eq!(of(9, [0, 1, 4]), ["send", "copy", "2 known, below"]);
        assert_eq!(of(10, [0, 1, 4]), ["send", "borrow", "2 known, below"]);
        // Runs kept before the lab had puts by move, and runs of rows that cannot be moved.
        let mut two = run.clone();
        two.puts.pop();
        let two = stages(&Reading::of(&Run::from_json(&two.to_json()).unwrap())).unwrap();
        assert_eq!((two.columns, two.rows.len()), (table.columns.clone(), 14));
        assert_eq!(two.rows[7][..4], table.rows[10][..4]);
        let alone = fixture::alone();
        assert_eq!(stages(&Reading::of(&alone)), None);
    }

    #[test]
    fn a_sweep_has_a_row_for_every_place() {
        let run = fixture::run(Scenario::Sizes);
        let table = sweep(&run, &Reading::of(&run)).unwrap();
        assert_eq!(table.columns, ["Total size", "copy", "copy, fresh", "borrow", "move"]);
        assert_eq!(
            (table.rows.len(), table.rows[0][0].as_str(), table.rows[9][2].as_str()),
            (10, "1 KiB", "not measured")
        );
    }

    #[test]
    fn own_sizes_have_a_row_each_and_the_payload_is_marked() {
        let run = fixture::run(Scenario::OwnSizes);
        let reading = Reading::of(&run);
        let table = sweep(&run, &reading).unwrap();
        assert_eq!(table.columns, ["Total size", "copying", "put, copy", "put, borrow", "put, move"]);
        let heads: Vec<_> = table.rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(heads, ["2.81 MiB", "5.63 MiB", "11.26 MiB, yours", "22.52 MiB", "45.03 MiB"]);
        assert!(table.rows.iter().all(|row| row[1].contains(" % (")), "{table:?}");
        // Two runs are compared size by size.
        let table = comparison(&run, &reading, &run, &reading).unwrap();
        assert_eq!((table.rows.len(), table.rows[14][0].as_str()), (15, "put, move, 45.03 MiB"));
        assert!(table.rows.iter().all(|row| row[3] == "1.00"));
        // Without the small ones, the others still find their partners.
        let mut fewer = run.clone();
        fewer.puts.retain(|puts| puts.bytes != Some(11_805_184));
        let table = comparison(&run, &reading, &fewer, &Reading::of(&fewer)).unwrap();
        assert_eq!(table.rows.iter().filter(|row| row[2] == "not measured").count(), 3);
    }

    #[test]
    fn runs_of_one_scenario_can_be_compared() {
        let (run, alone) = (fixture::run(Scenario::Payload), fixture::alone());
        let table = comparison(&run, &Reading::of(&run), &alone, &Reading::of(&alone)).unwrap();
        assert_eq!(table.rows.len(), 7);
        assert_eq!((table.rows[0][3].as_str(), table.rows[6][2].as_str()), ("1.00", "not measured"));
        let sizes = fixture::run(Scenario::Sizes);
        assert_eq!(comparison(&run, &Reading::of(&run), &sizes, &Reading::of(&sizes)), None);
    }

    #[test]
    fn costs_too_small_to_show_are_said_in_words() {
        let cost = |lower, estimate, upper| each(&Interval { lower, estimate, upper });
        assert_eq!(cost(-0.1, 0.0, 0.1), "too little to be seen");
        assert_eq!(cost(0.0748, 0.0763, 0.0779), "0.0763 (0.0748 to 0.0779)");
        assert_eq!(cost(88.0, 90.0, 92.5), "90.0 (88.0 to 92.5)");
    }
}
