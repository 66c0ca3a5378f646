//! Classes as they might be, for tests.

use super::{Readings, read_all};
use crate::{
    app::class::{
        Assignment, Device,
        experiment::{Collected, Told},
    },
    measure::mix,
    present::cost::fixture,
    run::{Scenario, Variant},
};

/// Browsers, devices and cores, and how much slower each is than the first.
const KINDS: [(&str, Device, u32, f64); 5] = [
    ("Chrome 156", Device::Computer, 8, 1.0),
    ("Chrome 155", Device::Phone, 8, 3.1),
    ("Safari 19", Device::Phone, 6, 1.6),
    ("Firefox 140", Device::Computer, 8, 1.3),
    ("Edge 156", Device::Computer, 4, 1.2),
];

/// A class of so many pages, with a result of each.
pub(crate) fn of(scenario: Scenario, pages: u64) -> Collected {
    let names: Vec<String> = (1..=pages).map(|at| format!("student-{at}")).collect();
    let link = scenario.is_about_rows().then(|| "#s=AA".to_owned());
    let assignment = Assignment { n: 1_795_357_353_000, scenario, link };
    let mut all = Collected::begin(assignment, "Framed tensor".to_owned(), None, names.iter().map(String::as_str));
    for (at, name) in (0_u64..).zip(&names) {
        let (browser, device, cores, slower) = KINDS[(mix(at) % 5) as usize];
        let mut run = fixture::run(scenario);
        run.puts.clear();
        run.id += at;
        (run.conditions.browser, run.conditions.cores) = (browser.to_owned(), cores);
        for series in &mut run.series {
            let own = slower * (0.8 + (mix(at + 99 * series.variant as u64) % 100) as f64 / 250.0);
            series.samples.iter_mut().for_each(|ns| *ns *= own);
        }
        // In a few pages copying hardly differs from borrowing: equal, too few rounds to tell, slower.
        let unlike = [(3, 1.0, 60), (14, 1.0, 12), (25, 0.8, 60)].into_iter().find(|unlike| unlike.0 == at);
        if let (Some((_, times, rounds)), Scenario::Payload) = (unlike, scenario) {
            for (at, series) in (0..).zip(&mut run.series) {
                let ns = if series.variant == Variant::Borrow { 300.0 } else { 300.0 * times };
                series.samples = fixture::noise(at, ns, rounds);
                series.at.truncate(rounds);
            }
        }
        assert!(all.come(name, Ok(Told::new(name, "5e1f", all.assignment.n, device, run))));
    }
    all
}

/// A class that measured what copying a payload costs.
pub(crate) fn class(pages: u64) -> Collected {
    of(Scenario::Payload, pages)
}

/// The same, read.
pub(crate) fn read(collected: Collected) -> (Collected, Readings) {
    let mut readings = Readings::new();
    read_all(&mut readings, &collected);
    (collected, readings)
}
