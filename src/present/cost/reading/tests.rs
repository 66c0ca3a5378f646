//! What runs say, in words.

use std::time::Duration;

use super::{
    advice::advice,
    comparison::{Comparison, Crossing, Reading},
    conditions::{brief, civil, conditions, partial_words, progress_words, when},
    names::{key, question, scenario_key, scenario_name},
    sentences::{emphasis, headline, sentence, understanding},
};
use crate::{
    measure::{Interval, Verdict, course::Progress},
    present::{cost::fixture, texts::review},
    run::{Run, Scenario, Series, Variant},
};

fn reading(compared: Vec<Comparison>, arrived: Option<Comparison>) -> Reading {
    Reading {
        places: Vec::new(),
        puts: Vec::new(),
        parts: Vec::new(),
        share: None,
        sizes: Vec::new(),
        compared,
        arrived,
        models: Vec::new(),
        crossings: Vec::new(),
        warnings: Vec::new(),
    }
}

fn against(first: Variant, second: Variant, x: u64, (lower, estimate, upper): (f64, f64, f64)) -> Comparison {
    let ratio = Interval { lower, estimate, upper };
    Comparison { first, second, x, ratio, verdict: Verdict::of(&ratio) }
}

fn borrow(ratio: (f64, f64, f64)) -> Comparison {
    against(Variant::Copy, Variant::Borrow, 0, ratio)
}

#[test]
fn every_verdict_has_its_sentence() {
    let run = fixture::alone();
    let say = |main, arrived: Option<Comparison>| sentence(&run, &reading(vec![main], arrived)).unwrap();
    let moved = |ratio| against(Variant::Copy, Variant::Move, 0, ratio);
    let far = borrow((3190.0, 3640.0, 4110.0));
    let sentences = [
        say(far, Some(borrow((0.97, 1.0, 1.08)))),
        say(borrow((0.5, 0.6, 0.8)), None),
        say(borrow((0.98, 1.0, 1.02)), Some(borrow((1.2, 1.3, 1.4)))),
        say(borrow((0.9, 1.0, 1.2)), None),
        sentence(&run, &reading(vec![far, moved((0.5, 0.6, 0.8))], None)).unwrap(),
    ];
    review("cost-verdicts", &sentences.join("\n"));
}

#[test]
fn move_is_mentioned_when_it_is_another_story() {
    let run = fixture::alone();
    let moved = |ratio| against(Variant::Copy, Variant::Move, 0, ratio);
    let far = borrow((3190.0, 3640.0, 4110.0));
    let mentions = |other| sentence(&run, &reading(vec![far, other], None)).unwrap().contains("Move");
    assert!(!mentions(moved((400.0, 420.0, 440.0))) && mentions(moved((0.5, 0.6, 0.8))));
}

#[test]
fn a_sweep_says_where_it_turns() {
    let run = fixture::run(Scenario::Sizes);
    let [far, near] = [(1 << 28, (9000.0, 9500.0, 9900.0)), (1024, (0.4, 0.5, 0.6))]
        .map(|(x, ratio)| against(Variant::Copy, Variant::Borrow, x, ratio));
    let mut said = reading(vec![far, near], None);
    let whole = sentence(&run, &said).unwrap();
    let at = Interval { lower: 1700.0, estimate: 2048.0, upper: 2400.0 };
    said.crossings.push(Crossing { below: Variant::Copy, above: Variant::Borrow, at });
    review("cost-sweeps", &format!("{whole}\n{}\n", sentence(&run, &said).unwrap()));
}

#[test]
fn moving_that_takes_longer_for_longer_arrays_is_explained() {
    let says = |factor: f64| {
        let mut run = fixture::run(Scenario::Sizes);
        let most = run.series.iter().map(|series| series.bytes).max().unwrap();
        let moved = |series: &&mut Series| series.variant == Variant::Move && series.bytes == most;
        let longest = run.series.iter_mut().find(moved).unwrap();
        longest.samples.iter_mut().for_each(|sample| *sample *= factor);
        let words = understanding(&run, &Reading::of(&run));
        words.iter().any(|words| words.starts_with("**Move copies no byte, and took longer"))
    };
    assert!(!says(1.0) && !says(2.0) && says(20.0));
}

#[test]
fn every_scenario_has_a_sentence_and_an_explanation() {
    // What several scenarios say stands once in the text that is reviewed.
    let (mut told, mut explained) = (String::new(), Vec::new());
    for scenario in Scenario::ALL {
        let run = fixture::run(scenario);
        let reading = Reading::of(&run);
        let words = sentence(&run, &reading).unwrap();
        assert!(words.ends_with('.') && words.matches("**").count().is_multiple_of(2), "{words}");
        let paragraphs = understanding(&run, &reading);
        assert!(paragraphs.len() >= 3);
        assert!(paragraphs.iter().all(|words| words.matches("**").count().is_multiple_of(2)), "{paragraphs:?}");
        assert!(!brief(&run).is_empty() && !conditions(&run).is_empty());
        let (asks, how) = question(scenario);
        let headline = headline(&reading).unwrap_or_else(|| "no put".to_owned());
        let (brief, conditions) = (brief(&run), conditions(&run).join("; "));
        told += &[scenario_name(scenario), asks, how, &headline, &words, &brief, &conditions, "\n"].join("\n");
        explained.extend(paragraphs);
    }
    review("cost-scenarios", &told);
    explained.extend(understanding(&fixture::partial(), &Reading::of(&fixture::partial())));
    let once: Vec<&str> = (0..)
        .zip(&explained)
        .filter(|(at, one)| !explained[..*at].contains(one))
        .map(|(_, one)| one.as_str())
        .collect();
    review("cost-understanding", &once.join("\n\n"));
    let mut nothing = fixture::alone();
    nothing.series.clear();
    assert_eq!(sentence(&nothing, &Reading::of(&nothing)), None);
    assert_eq!(brief(&nothing), "no sample");
}

#[test]
fn the_headline_is_the_share_of_a_put() {
    let run = fixture::run(Scenario::Payload);
    let words = headline(&Reading::of(&run)).unwrap();
    assert!(
        words.starts_with("Copying to build is **1.8 %** of a put by copy (1.") && words.ends_with(" ms."),
        "{words}"
    );
    let alone = fixture::alone();
    assert_eq!(headline(&Reading::of(&alone)), None);
    // A build that the clock did not see.
    let mut blind = run.clone();
    blind.puts[0].stages[1].samples.iter_mut().for_each(|ns| *ns = 0.0);
    assert!(headline(&Reading::of(&blind)).unwrap().starts_with("Copying to build is **too short for this clock**"));
}

#[test]
fn advice_says_what_to_do_in_fifteen_words_in_each_situation() {
    let whole = fixture::run(Scenario::Payload);
    let told = |change: &dyn Fn(&mut Run, &mut Reading)| {
        let (mut run, mut reading) = (whole.clone(), Reading::of(&whole));
        change(&mut run, &mut reading);
        let words = advice(&run, &reading).unwrap();
        assert!(words.split_whitespace().count() <= 15, "{words}");
        assert!(words.ends_with('.') && words.matches("**").count() == 2, "{words}");
        words
    };
    let share = |lower: f64, estimate: f64, upper: f64| {
        told(&|_, reading| reading.share = Some(Interval { lower, estimate, upper }))
    };
    let alone = |verdict: Verdict| {
        told(&|_, reading| {
            reading.puts.clear();
            reading.compared[0].verdict = verdict;
        })
    };
    let all = [
        told(&|_, _| {}),
        share(0.001, 0.003, 0.015),
        share(0.30, 0.38, 0.45),
        share(0.06, 0.10, 0.19),
        share(0.01, 0.10, 0.40),
        told(&|_, reading| reading.share = None),
        alone(Verdict::Faster),
        alone(Verdict::Same),
        alone(Verdict::Slower),
        alone(Verdict::CannotTell),
    ];
    review("cost-advice", &all.join("\n"));
    // What is compared in other scenarios is not how to take these rows.
    let puts = [Scenario::Payload, Scenario::OwnSizes];
    for scenario in Scenario::ALL.into_iter().filter(|scenario| !puts.contains(scenario)) {
        let run = fixture::run(scenario);
        assert_eq!(advice(&run, &Reading::of(&run)), None);
    }
}

#[test]
fn share_over_sizes_grows_falls_or_cannot_be_told() {
    let run = fixture::run(Scenario::OwnSizes);
    let whole = Reading::of(&run);
    let bytes: Vec<u64> = whole.sizes.iter().map(|size| size.bytes).collect();
    let own = 11_805_184;
    assert_eq!(bytes, [own, own / 2, own * 2, own / 4, own * 4]);
    // The headline, the bar and the advice are those of the payload itself.
    assert_eq!((whole.share, whole.puts.len(), whole.parts.len()), (whole.sizes[0].share, 3, 18));
    assert_eq!(advice(&run, &whole).unwrap(), advice(&fixture::run(Scenario::Payload), &whole).unwrap());
    let said = |near: f64, far: f64| {
        let mut reading = whole.clone();
        for (size, share) in [(3, near), (4, far)] {
            let interval = Interval { lower: share * 0.9, estimate: share, upper: share * 1.1 };
            reading.sizes[size].share = Some(interval);
        }
        sentence(&run, &reading).unwrap()
    };
    let mut alone = whole.clone();
    alone.sizes.truncate(1);
    let all = [said(0.01, 0.02), said(0.02, 0.01), said(0.02, 0.021), sentence(&run, &alone).unwrap()];
    review("cost-own-sizes", &all.join("\n"));
    let mut partial = run.clone();
    partial.partial = true;
    assert_eq!(partial_words(&partial).unwrap(), "partial: stopped after all 180 samples, in the whole puts");
    partial.puts[14].at.pop();
    assert_eq!(partial_words(&partial).unwrap(), "partial: stopped after 179 of 180 samples");
}

#[test]
fn a_partial_run_says_so() {
    let run = fixture::partial();
    assert_eq!(partial_words(&run).unwrap(), "partial: stopped after 33 of 180 samples");
    assert!(sentence(&run, &Reading::of(&run)).unwrap().starts_with("So far: "));
    let because = understanding(&run, &Reading::of(&run));
    assert!(because.iter().any(|words| words.starts_with("**Move was not measured.**")));
    assert_eq!(partial_words(&fixture::alone()), None);
}

#[test]
fn progress_is_told_with_what_is_left() {
    let progress = |done, total, left| progress_words(&Progress { done, total, left });
    assert!(progress(0, 0, None).starts_with("Getting ready"));
    assert_eq!(progress(63, 180, Some(Duration::from_millis(2100))), "63 of 180 samples, about 2 s left");
    assert_eq!(progress(179, 180, Some(Duration::from_millis(20))), "179 of 180 samples, less than 1 s left");
}

#[test]
fn times_are_told_by_the_calendar() {
    assert_eq!(civil(0), (1970, 1, 1, 0, 0, 0));
    assert_eq!(civil(951_782_400_000), (2000, 2, 29, 0, 0, 0));
    assert_eq!(civil(951_868_799_999), (2000, 2, 29, 23, 59, 59));
    assert_eq!(civil(1_795_357_353_000), (2026, 11, 22, 14, 22, 33));
    assert_eq!(when(4_102_444_800_000), "2100-01-01 00:00:00 UTC");
    assert_eq!(civil(4_107_542_400_000 - 1000), (2100, 2, 28, 23, 59, 59));
}

#[test]
fn words_of_the_exports_are_those_of_the_json() {
    for scenario in Scenario::ALL {
        assert_eq!(serde_json::to_string(&scenario).unwrap(), format!("\"{}\"", scenario_key(scenario)));
    }
    for variant in Variant::ALL {
        assert_eq!(serde_json::to_string(&variant).unwrap(), format!("\"{}\"", key(variant)));
    }
}

#[test]
fn emphasis_is_split_off() {
    assert_eq!(emphasis("a **b** c").collect::<Vec<_>>(), [(false, "a "), (true, "b"), (false, " c")]);
    assert_eq!(emphasis("**b**").collect::<Vec<_>>(), [(true, "b")]);
}
