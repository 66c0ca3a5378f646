//! What came of an experiment of a class, in words; who has no result, and why.

use super::beside::{Beside, Group, Quantity};
use crate::{
    app::class::{
        ExperimentState,
        experiment::{Collected, Taking, Where},
    },
    measure::Verdict,
    outside::Outside,
    present::{
        cost::{
            reading::{self, full_stop},
            tables::Table,
        },
        format::{self, plural},
    },
    run::Scenario,
};

/// What the axis shows: `copy against borrow: times longer`.
#[must_use]
pub fn quantity_name(scenario: Scenario, quantity: Quantity) -> String {
    match quantity {
        Quantity::Ratio { first, second, x } => {
            let at = x.map_or_else(String::new, |x| format!(", at {}", reading::x_words(scenario, x)));
            format!("Times longer that {} takes than {}{at}", reading::name(first), reading::name(second))
        }
        Quantity::Time(variant) => format!("Time of one build: {}", reading::name(variant)),
    }
}

/// A value of the axis.
fn value(quantity: Quantity, value: f64) -> String {
    match quantity {
        Quantity::Ratio { .. } => format!("{} ×", format::significant(value)),
        Quantity::Time(_) => format::time(value),
    }
}

/// The verdicts in the order in which they are told, each as `of n pages`.
const VERDICTS: [(Verdict, &str); 4] = [
    (Verdict::Faster, "faster"),
    (Verdict::Slower, "slower"),
    (Verdict::Same, "the same"),
    (Verdict::CannotTell, "cannot be told"),
];

/// A group in a line: `median 3.2 ×; 5 faster, 1 cannot be told`.
#[must_use]
pub fn group_words(group: &Group, quantity: Quantity) -> String {
    let mut words = format!("median {}", value(quantity, group.median));
    let counts: Vec<String> = VERDICTS
        .iter()
        .map(|(verdict, word)| (group.count(*verdict), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if counts.is_empty() {
        words.push_str(&format!("; {}", plural(group.dots.len(), "page")));
    } else {
        words.push_str(&format!("; {}", counts.join(", ")));
    }
    words
}

/// What the results say together; `None` without any. It counts verdicts, and makes none of its own.
#[must_use]
pub fn headline(all: &Beside) -> Option<String> {
    let n = all.dots().count();
    let estimates = all.dots().map(|dot| dot.value.estimate);
    let (least, most) = estimates.fold((f64::INFINITY, 0.0_f64), |(a, b), one| (a.min(one), b.max(one)));
    if n == 0 {
        return None;
    }
    let Quantity::Ratio { first, second, .. } = all.quantity else {
        let (least, most) = (value(all.quantity, least), value(all.quantity, most));
        return Some(match n {
            1 => format!("The median of the one page is **{least}**."),
            _ => format!("The medians of {} go from **{least}** to **{most}**.", plural(n, "page")),
        });
    };
    let (first, second) = (reading::name(first), reading::name(second));
    let of = |wanted: Verdict| all.dots().filter(|dot| dot.verdict == Some(wanted)).count();
    let mut parts = Vec::new();
    for (verdict, words) in [
        (Verdict::Faster, format!("{second} is faster than {first}")),
        (Verdict::Slower, format!("{second} is slower than {first}")),
        (Verdict::Same, "they are the same".to_owned()),
        (Verdict::CannotTell, "it cannot be told".to_owned()),
    ] {
        let count = of(verdict);
        if count > 0 && parts.is_empty() {
            parts.push(format!("In **{count} of {}** {words}", plural(n, "page")));
        } else if count > 0 {
            parts.push(format!("in {count} {words}"));
        }
    }
    Some(format!("{}.", parts.join("; ")))
}

/// How far the class is: `Results here: 24 of 30. Of the others: 5 measuring, 1 gone.`
#[must_use]
pub fn standing(collected: &Collected) -> String {
    let places: Vec<Where> = collected.members.iter().map(|member| member.place()).collect();
    let count = |is: fn(&Where) -> bool| places.iter().filter(|place| is(place)).count();
    let mut words = format!("Results here: {} of {}.", collected.arrived(), places.len());
    let others: [(usize, &str); 6] = [
        (count(|place| matches!(place, Where::Measuring(_))), "measuring"),
        (count(|place| matches!(place, Where::OnItsWay)), "on the way"),
        (count(|place| matches!(place, Where::Waiting)), "waiting"),
        (count(|place| matches!(place, Where::Asked)), "not heard of yet"),
        (count(|place| matches!(place, Where::Failed(_))), "failed"),
        (count(|place| matches!(place, Where::Gone(_))), "gone"),
    ];
    let others: Vec<String> =
        others.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if !others.is_empty() {
        words.push_str(&format!(" Of the others: {}.", others.join(", ")));
    }
    words
}

/// What a student's page says of its part; `None` when nothing is asked.
#[must_use]
pub fn student_words(taking: &Taking) -> Option<String> {
    let said = taking.standing()?;
    Some(match said.state {
        ExperimentState::Waiting => {
            "The class measures. This page begins when it has ended its own measurement.".to_owned()
        }
        ExperimentState::Measuring => {
            format!("The class measures: {:.0} % are done here. Keep the page in view.", said.part * 100.0)
        }
        ExperimentState::Done if taking.has_arrived() => "Measured. The teacher’s page has the result.".to_owned(),
        ExperimentState::Done => "Measured. The result is on its way to the teacher’s page.".to_owned(),
        ExperimentState::Failed => format!("Not measured for the class. {}", full_stop(&said.why)),
    })
}

/// Why a page has no result; `None` when it has one. `asleep` says for how many seconds its page has
/// slept.
fn why(place: &Where, open: bool, asleep: Option<u64>) -> Option<String> {
    let sleeps = asleep.map_or_else(String::new, |seconds| format!(" The page has slept for {seconds} s."));
    let ended = if open { "" } else { " The teacher ended the experiment before that." };
    Some(match place {
        Where::Here => return None,
        Where::Asked => format!("The page was asked, and has not answered.{sleeps}{ended}"),
        Where::Waiting => format!("The page measures something else first.{sleeps}{ended}"),
        Where::Measuring(part) => format!("The page measures: {part} % are done.{sleeps}{ended}"),
        Where::OnItsWay => format!("The page has measured. Its result is on the way.{sleeps}"),
        Where::Failed(why) if why.is_empty() => "The page has no result, and did not say why.".to_owned(),
        Where::Failed(why) => full_stop(why),
        Where::Gone(None) => "The page left before its result was here.".to_owned(),
        Where::Gone(Some(ExperimentState::Waiting)) => "The page left before it measured.".to_owned(),
        Where::Gone(Some(ExperimentState::Done)) => {
            "The page left when it had measured, and its result did not come.".to_owned()
        }
        Where::Gone(Some(_)) => "The page left while it measured.".to_owned(),
    })
}

/// Who has no result, and why; and what came that does not belong here. `asleep` says of a name for
/// how many seconds its page has slept.
///
/// Without `names`, results that were not taken are only counted.
#[must_use]
pub fn missing(
    collected: &Collected,
    silent: &[String],
    asleep: &dyn Fn(&Outside) -> Option<u64>,
    names: bool,
) -> Vec<(Option<String>, String)> {
    let mut lines: Vec<(Option<String>, String)> = Vec::new();
    for member in &collected.members {
        let why = why(&member.place(), collected.open, asleep(&member.name));
        lines.extend(why.map(|why| (Some(member.name.shown()), why)));
    }
    let no_value =
        silent.iter().map(|name| (Some(name.clone()), "The run of the page does not say anything of this.".to_owned()));
    lines.extend(no_value);
    // The reason may be another page's name.
    let refused = collected.refused.iter().filter(|_| names);
    lines.extend(
        refused.map(|one| (Some(one.name.shown()), format!("The page told a result that was not taken: {}.", one.why))),
    );
    let counted = [
        (collected.refused_more, "More results that were not taken"),
        (if names { 0 } else { collected.refused.len() as u64 }, "Results that were not taken"),
        (collected.other, "Results of another experiment"),
        (collected.crowded, "Pages that found no place in the experiment"),
    ];
    lines.extend(
        counted
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| (None, format!("{words}: {}.", format::thousands(*count)))),
    );
    lines
}

/// The figures of the drawing as a table. Without `names`, pages have the numbers of the drawing.
#[must_use]
pub fn table(scenario: Scenario, all: &Beside, names: bool) -> Table {
    let mut rows = Vec::new();
    let mut at = 0;
    for group in &all.groups {
        for dot in &group.dots {
            at += 1;
            let verdict = VERDICTS.iter().find(|(verdict, _)| dot.verdict == Some(*verdict));
            rows.push(vec![
                if names { dot.name.clone() } else { at.to_string() },
                value(all.quantity, dot.value.lower),
                value(all.quantity, dot.value.estimate),
                if dot.value.upper.is_finite() { value(all.quantity, dot.value.upper) } else { "no limit".to_owned() },
                verdict.map_or("", |(_, word)| word).to_owned(),
                group.title.clone(),
                dot.doubts.join(" "),
            ]);
        }
    }
    let columns = ["Page", "lower", "estimate", "upper", "verdict", "group", "doubts"].map(str::to_owned);
    Table {
        id: "class-results",
        title: format!("{}: estimate and 95 % interval of each page", quantity_name(scenario, all.quantity)),
        columns: columns.into(),
        rows,
        words: &[4, 5, 6],
        note: "Each interval and each verdict is of one page, by the rules of the Cost pane. The line of a group is \
               the middle one of its estimates. It has no interval and no verdict: pages differ in machine, browser \
               and hour, and are not pooled. Several pages of one machine share its processors."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::class::{Assignment, ExperimentSaid, experiment::Told},
        measure::Interval,
        present::{
            class::experiment::{
                beside::{beside, quantities},
                fixture::{self, read},
            },
            cost,
            texts::review,
        },
        run::Variant,
    };

    #[test]
    fn experiment_of_a_class_says_what_came_of_it() {
        let mut text = String::new();
        for (scenario, pages) in [(Scenario::Payload, 30), (Scenario::Sizes, 2), (Scenario::Places, 1)] {
            let (collected, readings) = read(fixture::of(scenario, pages));
            for quantity in quantities(&collected, &readings) {
                let all = beside(&collected, &readings, quantity);
                text.push_str(&format!("## {}\n{}\n", quantity_name(scenario, quantity), headline(&all).unwrap()));
                for group in &all.groups {
                    text.push_str(&format!("- {}: {}\n", group.title, group_words(group, quantity)));
                }
            }
        }
        let (collected, readings) = read(fixture::class(2));
        let all = beside(&collected, &readings, quantities(&collected, &readings)[0]);
        text.push_str(&format!("\n{:#?}\n", table(Scenario::Payload, &all, false)));
        review("class_experiment", &text);
    }

    #[test]
    fn every_page_without_a_result_has_a_reason() {
        let names = ["ada", "bob", "cy", "dot", "eve", "fay", "gus", "hal", "ida", "jo"];
        let assignment = Assignment { n: 9, scenario: Scenario::Payload, link: None };
        let mut all = Collected::begin(assignment, String::new(), None, names);
        let said = |state, part, why: &str| ExperimentSaid { n: 9, state, part, why: why.to_owned() };
        all.hear("bob", Some(&said(ExperimentState::Waiting, 0.0, "")));
        all.hear("cy", Some(&said(ExperimentState::Measuring, 0.4, "")));
        all.hear("dot", Some(&said(ExperimentState::Done, 1.0, "")));
        all.hear("eve", Some(&said(ExperimentState::Failed, 0.0, "No memory. Take fewer rows.")));
        all.hear("fay", Some(&said(ExperimentState::Failed, 0.0, "")));
        all.hear("hal", Some(&said(ExperimentState::Measuring, 0.9, "")));
        all.hear("ida", Some(&said(ExperimentState::Done, 1.0, "")));
        for name in ["gus", "hal", "ida"] {
            all.gone(name);
        }
        let told = |n| Ok(Told::new("jo", "5e1f", n, Default::default(), cost::fixture::alone()));
        assert!(all.come("jo", told(9)) && !all.come("jo", told(8)));
        all.come("mallory", Err("it is not a text".to_owned()));
        let asleep = |name: &Outside| (*name == Outside::from("ada")).then_some(12);
        let lines = |all: &Collected| -> String {
            let line = |(name, why): &(Option<String>, String)| format!("{}: {why}\n", name.as_deref().unwrap_or("-"));
            missing(all, &["jo".to_owned()], &asleep, true).iter().map(line).collect()
        };
        let mut text = format!("{}\n{}", standing(&all), lines(&all));
        all.open = false;
        text.push_str(&format!("\nended\n{}", lines(&all)));
        review("class_experiment_missing", &text);
        // The reason why a result was not taken may be a name.
        let hidden = missing(&all, &[], &asleep, false);
        assert!(hidden.iter().all(|(name, _)| name.as_deref() != Some("mallory")));
        assert!(hidden.contains(&(None, "Results that were not taken: 1.".to_owned())), "{hidden:?}");
    }

    #[test]
    fn table_has_every_page_and_its_end_without_a_limit() {
        let (collected, readings) = read(fixture::class(30));
        let mut all = beside(&collected, &readings, quantities(&collected, &readings)[0]);
        let estimate = all.groups[0].dots[0].value.estimate;
        all.groups[0].dots[0].value = Interval { lower: 0.0, estimate, upper: f64::INFINITY };
        let table = table(Scenario::Payload, &all, true);
        assert_eq!(table.rows.len(), 30);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
        assert_eq!(table.rows[0][3], "no limit");
    }

    #[test]
    fn headline_of_times_tells_how_far_they_go() {
        let (collected, readings) = read(fixture::class(30));
        let all = beside(&collected, &readings, Quantity::Time(Variant::Borrow));
        let words = headline(&all).unwrap();
        assert!(words.starts_with("The medians of 30 pages go from **") && words.contains(" ns** to **"), "{words}");
        assert_eq!(headline(&Beside { groups: Vec::new(), ..all }), None);
    }
}
