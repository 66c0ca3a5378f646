//! Results side by side: what is compared, groups, medians and verdicts.

use std::rc::Rc;

use crate::{
    app::{
        Shown,
        class::{
            Device,
            experiment::{Arrived, Collected, Member},
        },
    },
    measure::{Interval, Verdict, stats},
    present::cost::reading::Reading,
    run::Variant,
};

/// What the axis shows of each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// How many times longer the first took than the second.
    Ratio {
        /// The one that is compared with.
        first: Variant,
        /// The one that the verdict is on.
        second: Variant,
        /// In a sweep, at how many bytes or segments.
        x: Option<u64>,
    },
    /// The time of one run of this variant.
    Time(Variant),
}

impl Quantity {
    /// What a run says of it: the estimate with its interval, and the verdict of a ratio.
    fn of(self, reading: &Reading) -> Option<(Interval, Option<Verdict>)> {
        match self {
            Self::Ratio { first, second, x } => {
                let is_it = |one: &&crate::present::cost::reading::Comparison| {
                    (one.first, one.second) == (first, second) && x.is_none_or(|x| x == one.x)
                };
                reading.compared.iter().find(is_it).map(|one| (one.ratio, Some(one.verdict)))
            }
            Self::Time(variant) => reading.first(variant).map(|place| (place.summary.median, None)),
        }
    }
}

/// What each run says, worked out once: the intervals of thirty runs take longer than a drawing.
pub type Readings = Vec<(Shown, Rc<Reading>)>;

/// Reads the runs that have come since.
pub fn read_all(readings: &mut Readings, collected: &Collected) {
    let runs = || collected.members.iter().filter_map(|member| Some(&member.result.as_ref()?.run));
    readings.retain(|(read, _)| runs().any(|run| run == read));
    for run in runs() {
        if !readings.iter().any(|(read, _)| read == run) {
            readings.push((run.clone(), Rc::new(Reading::of(&run.0))));
        }
    }
}

/// What can be drawn of these runs: what most of them have comes first. Among those, the pair of the
/// scenario's verdict does.
#[must_use]
pub fn quantities(collected: &Collected, readings: &Readings) -> Vec<Quantity> {
    let sweep = collected.assignment.scenario.is_sweep();
    let mut found: Vec<(usize, Quantity)> = Vec::new();
    let mut add = |quantity| match found.iter_mut().find(|(_, one)| *one == quantity) {
        Some((runs, _)) => *runs += 1,
        None => found.push((1, quantity)),
    };
    for (_, reading) in readings {
        for one in &reading.compared {
            add(Quantity::Ratio { first: one.first, second: one.second, x: sweep.then_some(one.x) });
        }
    }
    for (_, reading) in readings.iter().filter(|_| !sweep) {
        for place in &reading.places {
            add(Quantity::Time(place.variant));
        }
    }
    let most = found.iter().map(|(runs, _)| *runs).max().unwrap_or_default();
    let [first, then] = [true, false].map(|first| found.iter().filter(move |(runs, _)| (*runs == most) == first));
    first.chain(then).map(|(_, quantity)| *quantity).collect()
}

/// One page in the drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    /// Its number.
    pub number: usize,
    /// Its name, as it is shown.
    pub name: String,
    /// The estimate, and the ends of its interval.
    pub value: Interval,
    /// What the interval allows to say; `None` of a time.
    pub verdict: Option<Verdict>,
    /// What casts doubt on the run.
    pub doubts: Vec<String>,
}

/// Pages of one browser engine, device and number of cores.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Which, as in `Chromium, computer, 8 cores`.
    pub title: String,
    /// Its pages, by their estimates.
    pub dots: Vec<Dot>,
    /// The middle one of their estimates.
    pub median: f64,
    key: (usize, Device, u32),
}

impl Group {
    /// How many pages have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.dots.iter().filter(|dot| dot.verdict == Some(verdict)).count()
    }
}

/// All results side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// What is compared.
    pub quantity: Quantity,
    /// The groups, by browser engine, device and cores.
    pub groups: Vec<Group>,
    /// Names of pages whose run says nothing of the quantity.
    pub silent: Vec<String>,
}

impl Beside {
    /// Every page in the drawing.
    pub fn dots(&self) -> impl Iterator<Item = &Dot> {
        self.groups.iter().flat_map(|group| &group.dots)
    }
}

/// The engines of browsers, in the order of groups. The first word is the group's; the others are
/// found in what a run says of its browser.
const ENGINES: [(&str, &[&str]); 4] = [
    ("Chromium", &["Chrome", "Edge"]),
    ("Gecko", &["Firefox", "Gecko"]),
    ("WebKit", &["Safari", "WebKit"]),
    ("another engine", &[""]),
];

/// Which engine a browser has: its place in [`ENGINES`].
fn engine_at(browser: &str) -> usize {
    ENGINES.iter().position(|(_, marks)| marks.iter().any(|mark| browser.contains(mark))).unwrap_or(0)
}

/// The engine of a browser, as groups name it.
pub(super) fn engine(browser: &str) -> &'static str {
    ENGINES.get(engine_at(browser)).map_or("", |engine| engine.0)
}

/// A device in a word.
pub(super) const fn device(device: Device) -> &'static str {
    match device {
        Device::Computer => "computer",
        Device::Phone => "phone",
    }
}

/// Lays out the results side by side.
#[must_use]
pub fn beside(collected: &Collected, readings: &Readings, quantity: Quantity) -> Beside {
    let mut all = Beside { quantity, groups: Vec::new(), silent: Vec::new() };
    for Member { number, name, result, .. } in &collected.members {
        let Some(Arrived { device, run }) = result else { continue };
        let Some((_, reading)) = readings.iter().find(|(read, _)| read == run) else { continue };
        let name = name.shown();
        let Some((value, verdict)) = quantity.of(reading) else {
            all.silent.push(name);
            continue;
        };
        let conditions = &run.0.conditions;
        let key = (engine_at(&conditions.browser), *device, conditions.cores);
        let doubts = reading.warnings.iter().map(ToString::to_string).collect();
        let dot = Dot { number: *number, name, value, verdict, doubts };
        let at = all.groups.partition_point(|group| group.key < key);
        if all.groups.get(at).is_none_or(|group| group.key != key) {
            all.groups.insert(at, Group { title: title(key), dots: Vec::new(), median: 0.0, key });
        }
        if let Some(group) = all.groups.get_mut(at) {
            let at = group.dots.partition_point(|one| one.value.estimate <= value.estimate);
            group.dots.insert(at, dot);
        }
    }
    for group in &mut all.groups {
        let estimates: Vec<f64> = group.dots.iter().map(|dot| dot.value.estimate).collect();
        group.median = stats::quantile(&estimates, 0.5);
    }
    all
}

fn title((at, on, cores): (usize, Device, u32)) -> String {
    let engine = ENGINES.get(at).map_or("", |engine| engine.0);
    format!("{engine}, {}, {cores} core{}", device(on), if cores == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        present::class::experiment::fixture::{self, read},
        run::Scenario,
    };

    #[test]
    fn pages_are_grouped_by_engine_device_and_cores() {
        let (collected, readings) = read(fixture::class(30));
        let quantity = quantities(&collected, &readings)[0];
        let all = beside(&collected, &readings, quantity);
        let titles: Vec<&str> = all.groups.iter().map(|group| group.title.as_str()).collect();
        let expected = [
            "Chromium, computer, 4 cores",
            "Chromium, computer, 8 cores",
            "Chromium, phone, 8 cores",
            "Gecko, computer, 8 cores",
            "WebKit, phone, 6 cores",
        ];
        assert_eq!(titles, expected);
        assert_eq!(all.dots().count(), 30);
        for group in &all.groups {
            let estimates: Vec<f64> = group.dots.iter().map(|dot| dot.value.estimate).collect();
            assert!(estimates.is_sorted(), "{estimates:?}");
            assert!(estimates[0] <= group.median && group.median <= estimates[estimates.len() - 1]);
            let verdicts = [Verdict::Faster, Verdict::Slower, Verdict::Same, Verdict::CannotTell];
            assert_eq!(verdicts.map(|verdict| group.count(verdict)).iter().sum::<usize>(), estimates.len());
        }
        assert_eq!(all.groups[0].median, {
            let dots = &all.groups[0].dots;
            let middle = dots.len() / 2;
            if dots.len() % 2 == 1 {
                dots[middle].value.estimate
            } else {
                (dots[middle - 1].value.estimate + dots[middle].value.estimate) / 2.0
            }
        });
    }

    #[test]
    fn verdict_of_a_page_is_the_one_of_cost() {
        for scenario in Scenario::ALL.into_iter().filter(|scenario| *scenario != Scenario::OwnSizes) {
            let (collected, readings) = read(fixture::of(scenario, 3));
            let main = readings[0].1.main().unwrap();
            let all = beside(&collected, &readings, quantities(&collected, &readings)[0]);
            let dot = all.dots().find(|dot| dot.number == 1).unwrap();
            assert_eq!((dot.value, dot.verdict), (main.ratio, Some(main.verdict)), "{scenario:?}");
        }
    }

    #[test]
    fn quantity_that_a_run_does_not_have_is_told() {
        let (collected, readings) = read(fixture::class(3));
        let all = beside(&collected, &readings, Quantity::Time(Variant::Blob));
        assert_eq!((all.groups.len(), all.silent.len()), (0, 3));
        // Ratios of a sweep are of one place each: the far end comes first.
        let (collected, readings) = read(fixture::of(Scenario::Sizes, 2));
        let found = quantities(&collected, &readings);
        let xs: Vec<_> = found.iter().map(|one| if let Quantity::Ratio { x, .. } = one { *x } else { None }).collect();
        assert_eq!(xs, [Some(1 << 28), Some(1 << 10), Some(1 << 28), Some(1 << 10)]);
    }

    #[test]
    fn every_browser_has_an_engine() {
        let browsers = [
            ("Chrome 156", "Chromium"),
            ("Edge 150", "Chromium"),
            ("Firefox 140", "Gecko"),
            ("a browser with Gecko", "Gecko"),
            ("Safari 19", "WebKit"),
            ("a browser with WebKit", "WebKit"),
            ("unknown browser", "another engine"),
            ("", "another engine"),
        ];
        for (browser, expected) in browsers {
            assert_eq!(engine(browser), expected, "{browser}");
        }
    }

    #[test]
    fn runs_are_read_once() {
        let (mut collected, mut readings) = read(fixture::class(4));
        let before: Vec<Rc<Reading>> = readings.iter().map(|(_, reading)| reading.clone()).collect();
        read_all(&mut readings, &collected);
        assert!(readings.iter().zip(&before).all(|((_, now), before)| Rc::ptr_eq(now, before)));
        collected.members.truncate(1);
        read_all(&mut readings, &collected);
        assert_eq!(readings.len(), 1);
    }
}
