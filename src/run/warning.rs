//! Doubts about a run, in words.

use std::fmt;

use zbytes_measure::{
    clock::STEPS_PER_SAMPLE,
    doubt::{self, Doubt, doubts},
    stats::ENOUGH,
};

use super::measured::{Puts, Run};

/// A reason to doubt a run. Its `Display` is sentences: what was observed, what it means, and what
/// the user can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Warning {
    /// The program was built without optimisation.
    DebugBuild,
    /// The page was hidden during the run.
    PageHidden,
    /// The run was stopped before its end.
    Partial,
    /// The samples themselves show a doubt.
    Samples(Doubt),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Samples(Doubt::CoarseClock { steps }) => write!(
                f,
                "The clock is coarse: the shortest sample lasted {steps:.0} of its steps, where {STEPS_PER_SAMPLE} are wanted. \
                 Small differences are lost in the step. Measure a larger payload; and a page that is not isolated has a coarser clock."
            ),
            Self::Samples(Doubt::Drift { factor }) => write!(
                f,
                "The machine drifted: its last samples took {factor:.2} times as long as its first. The variants took turns, so \
                 their ratio can still be trusted, their times less. Close what else runs, let the machine cool, and measure again."
            ),
            Self::Samples(Doubt::TooFewSamples { n }) => write!(
                f,
                "There are too few samples of at least one variant: {n}. An interval that can be trusted needs {ENOUGH}. \
                 Measure again, and let it come to its end."
            ),
            Self::Samples(Doubt::Autocorrelated { correlation }) => write!(
                f,
                "Samples that follow each other are alike (correlation {correlation:.2}), as if something slow went on beside them. \
                 The intervals are wider for it, and still too narrow if it is more than 0.8. Close what else runs, and measure again."
            ),
            Self::PageHidden => write!(
                f,
                "The page was hidden meanwhile, and a browser may give such a page less of the processor. Measure again and keep it in view."
            ),
            Self::DebugBuild => write!(
                f,
                "The program was built without optimisation, so its times say nothing about a real one. Build it for release."
            ),
            Self::Partial => write!(
                f,
                "The run was stopped before its end and rests on fewer samples than were planned. Measure again to the end."
            ),
            Self::Samples(_) => write!(f, "The samples are in doubt. Measure again."),
        }
    }
}

/// All warnings about `run`, from its conditions and its raw samples: see [`doubts`]. Whole puts
/// have rounds of their own.
#[must_use]
pub fn warnings(run: &Run) -> Vec<Warning> {
    let conditions = &run.conditions;
    let puts: Vec<Vec<f64>> = run.puts.iter().map(Puts::totals).collect();
    let series = run.series.iter().map(|series| doubt::Series { samples: &series.samples, runs: series.runs });
    let puts = puts.iter().map(|samples| doubt::Series { samples, runs: 1 });
    let conditions_say = [
        (!conditions.optimised, Warning::DebugBuild),
        (conditions.hidden, Warning::PageHidden),
        (run.partial, Warning::Partial),
    ];
    let of_samples = doubts(&[series.collect(), puts.collect()], conditions.clock_step);
    let of_conditions = conditions_say.into_iter().filter_map(|(holds, warning)| holds.then_some(warning));
    of_conditions.chain(of_samples.into_iter().map(Warning::Samples)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Conditions, FORMAT, Scenario, Series, Stage, StageSeries, Thread, Variant};

    /// A run of two variants without any warning.
    fn run() -> Run {
        let series = |variant| Series {
            variant,
            bytes: 9,
            segments: 1,
            copied: 0,
            runs: 10,
            samples: (0..60).map(|i| 1000.0 + (zbytes_measure::mix(i) % 100) as f64).collect(),
            at: (0..60).map(f64::from).collect(),
        };
        Run {
            format: FORMAT.into(),
            id: 1,
            scenario: Scenario::Payload,
            subject: "s".into(),
            conditions: Conditions {
                browser: "b".into(),
                cores: 2,
                clock_step: 100.0,
                isolated: true,
                optimised: true,
                thread: Thread::Page,
                hidden: false,
                seed: 3,
                rounds: 60,
                lab: "0".into(),
                zenoh: "1".into(),
                router: None,
            },
            partial: false,
            refused: None,
            unsent: None,
            series: vec![series(Variant::Copy), series(Variant::Borrow)],
            puts: Vec::new(),
            scene: None,
        }
    }

    #[test]
    fn conditions_cast_doubt() {
        assert_eq!(warnings(&run()), []);
        let mut bad = run();
        bad.conditions.hidden = true;
        bad.conditions.optimised = false;
        bad.partial = true;
        assert_eq!(warnings(&bad), [Warning::DebugBuild, Warning::PageHidden, Warning::Partial]);
    }

    #[test]
    fn samples_of_series_and_of_puts_do() {
        let mut few = run();
        few.series[1].samples.truncate(5);
        assert_eq!(warnings(&few), [Warning::Samples(Doubt::TooFewSamples { n: 5 })]);
        let mut few = run();
        let stage = StageSeries { stage: Stage::Build, copied: 0, samples: vec![1e6, 1.1e6] };
        few.puts = vec![Puts { variant: Variant::Copy, bytes: None, at: vec![0.0, 1.0], stages: vec![stage] }];
        assert_eq!(warnings(&few), [Warning::Samples(Doubt::TooFewSamples { n: 2 })]);
        // Ten runs of a thousand nanoseconds are ten steps of this clock.
        let mut coarse = run();
        coarse.conditions.clock_step = 1000.0;
        assert!(matches!(warnings(&coarse)[..], [Warning::Samples(Doubt::CoarseClock { steps })] if steps < 12.0));
    }

    #[test]
    fn every_warning_says_what_to_do() {
        let of_samples = [
            Doubt::CoarseClock { steps: 3.0 },
            Doubt::Drift { factor: 2.0 },
            Doubt::TooFewSamples { n: 1 },
            Doubt::Autocorrelated { correlation: 0.7 },
        ];
        let conditions = [Warning::PageHidden, Warning::DebugBuild, Warning::Partial];
        for warning in of_samples.map(Warning::Samples).into_iter().chain(conditions) {
            let text = warning.to_string();
            assert!(text.ends_with('.') && text.matches(". ").count() + text.matches(", so").count() >= 1, "{text}");
            assert!(!text.contains("  "), "{text}");
            assert_ne!(text, "The samples are in doubt. Measure again.", "{warning:?} has words of its own");
        }
    }
}
