//! When and where a run was made, and how far one is.

use super::{
    comparison::pairs,
    names::{name, x_of},
};
use crate::{
    measure::stats,
    present::format,
    run::{Run, Thread, Variant},
};

/// Under which conditions was measured, one short text for each.
#[must_use]
pub fn conditions(run: &Run) -> Vec<String> {
    let at = &run.conditions;
    let counts = run.series.iter().map(|series| series.samples.len());
    let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
    let n = if least == most {
        format::count(most)
    } else {
        format!("{} to {}", format::count(least), format::count(most))
    };
    let mut words = vec![
        format!(
            "n = {n} each, in turns{}, seed {}; 95 % intervals",
            if run.of(Variant::CopyFresh).next().is_some() { " (fresh memory after the others)" } else { "" },
            at.seed
        ),
        format!(
            "clock step {}, {}",
            format::time(at.clock_step),
            if at.isolated { "isolated" } else { "not isolated" }
        ),
        // What the browser says: some say a number of their own, whatever the machine has.
        format!("{}, says {} core{}", at.browser, at.cores, if at.cores == 1 { "" } else { "s" }),
        if at.thread == Thread::Worker { "in a Worker" } else { "on the page's thread" }.to_owned(),
        if at.optimised { "optimised build" } else { "UNOPTIMISED build" }.to_owned(),
        format!("lab {}, zenoh {}", at.lab, at.zenoh),
    ];
    if let Some(puts) = run.puts.first() {
        let router = at.router.as_deref().unwrap_or("a router");
        words.insert(1, format!("{} puts each through {router}", format::count(puts.at.len())));
    }
    if at.hidden {
        words.push("the page was hidden".to_owned());
    }
    words
}

/// What is shown while it measures: `63 of 180 samples, about 2 s left`.
#[must_use]
pub fn progress_words(progress: &crate::measure::course::Progress) -> String {
    if progress.total == 0 {
        return "Getting ready: finding out how fine this browser's clock is.".to_owned();
    }
    let samples =
        format!("{} of {} samples", format::thousands(progress.done.into()), format::thousands(progress.total.into()));
    match progress.left {
        Some(left) if left.as_secs_f64() >= 0.95 => format!("{samples}, about {:.0} s left", left.as_secs_f64()),
        Some(_) => format!("{samples}, less than 1 s left"),
        None => samples,
    }
}

/// How far a run came that was stopped: `stopped after 34 of 240 samples`.
#[must_use]
pub fn partial_words(run: &Run) -> Option<String> {
    let planned = run.series.len() as u64 * u64::from(run.conditions.rounds);
    let taken = run.series.iter().map(|series| series.samples.len() as u64).sum::<u64>();
    run.partial.then(|| {
        if taken >= planned {
            return format!("partial: stopped after all {} samples, in the whole puts", format::thousands(taken));
        }
        format!("partial: stopped after {} of {} samples", format::thousands(taken), format::thousands(planned))
    })
}

/// When a run began: year, month, day, hour, minute and second, in UTC.
#[must_use]
pub fn civil(id: u64) -> (u64, u64, u64, u64, u64, u64) {
    let seconds = id / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since the first of March of the year 0, in eras of 400 years: after Howard Hinnant's
    // "days from civil".
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    (year, month, of_year - (153 * march + 2) / 5 + 1, rest / 3600, rest / 60 % 60, rest % 60)
}

/// When a run began, as in `2026-11-22 14:22:33 UTC`.
#[must_use]
pub fn when(id: u64) -> String {
    let (year, month, day, hour, minute, second) = civil(id);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The result of a run in a few words, for a list of runs.
#[must_use]
pub fn brief(run: &Run) -> String {
    // Not the whole reading: a list of forty runs would work out intervals that it does not show.
    let Some((first, second)) = pairs(run.scenario).first() else { return String::new() };
    let last = |variant| {
        let series = run.of(variant).max_by_key(|series| x_of(run.scenario, series))?;
        let mut samples = series.samples.clone();
        samples.sort_unstable_by(f64::total_cmp);
        (!samples.is_empty()).then(|| stats::quantile(&samples, 0.5))
    };
    match last(*first).zip(last(*second)) {
        Some((a, b)) => format!("{} {}, {} {}", name(*first), format::time(a), name(*second), format::time(b)),
        None => "no sample".to_owned(),
    }
}
