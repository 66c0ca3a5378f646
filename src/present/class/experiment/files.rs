//! An experiment of a class as files: everything that came, and who has no result and why.
//!
//! JSON holds every raw sample, as `schema/class-1.schema.json` describes. CSV has a line for each
//! sample. Without names, nothing in a file says whose a result is: the pages stand in an order that
//! comes from the results, and have new numbers.

use serde::Serialize;

use super::{
    beside::{device, engine},
    words::missing,
};
use crate::{
    app::class::experiment::{Collected, Member, Where},
    present::cost::{
        export::{self, field},
        reading,
    },
    run::{Run, Scenario},
};

/// The name of the format, with its version.
pub const FORMAT: &str = "zbytes-lab/class/1";

/// One page in a file.
#[derive(Serialize)]
struct Page<'a> {
    number: usize,
    name: Option<String>,
    late: bool,
    state: &'static str,
    /// Why it has no result.
    why: Option<String>,
    engine: Option<&'static str>,
    device: Option<&'static str>,
    run: Option<&'a Run>,
}

#[derive(Serialize)]
struct NotTaken {
    name: Option<String>,
    why: String,
}

#[derive(Serialize)]
struct File<'a> {
    format: &'static str,
    id: u64,
    scenario: Scenario,
    subject: &'a str,
    named: bool,
    pages: Vec<Page<'a>>,
    refused: Vec<NotTaken>,
    refused_more: u64,
    other: u64,
    crowded: u64,
}

const fn state(place: &Where) -> &'static str {
    match place {
        Where::Here => "here",
        Where::Asked => "asked",
        Where::Waiting => "waiting",
        Where::Measuring(_) => "measuring",
        Where::OnItsWay => "on-its-way",
        Where::Failed(_) => "failed",
        Where::Gone(_) => "gone",
    }
}

/// Every page, by its number or, without names, in an order that tells nothing of it.
fn pages(collected: &Collected, named: bool) -> Vec<Page<'_>> {
    let reasons = missing(collected, &[], &|_| None, true);
    let mut reasons = reasons.into_iter().map(|(_, why)| why);
    let mut all: Vec<(u64, Page<'_>)> = Vec::new();
    for member in &collected.members {
        let Member { number, name, late, result, .. } = member;
        let place = member.place();
        let run = result.as_ref().map(|result| &*result.run.0);
        let page = Page {
            number: *number,
            name: named.then(|| name.shown()),
            late: *late,
            state: state(&place),
            // They are in the order of the members who have no result.
            why: if place == Where::Here { None } else { reasons.next() },
            engine: run.map(|run| engine(&run.conditions.browser)),
            device: result.as_ref().map(|result| device(result.device)),
            run,
        };
        let sample = run.and_then(|run| run.series.first()?.samples.first().copied()).unwrap_or(f64::MAX);
        let key = if named { *number as u64 } else { sample.to_bits() };
        let at = all.partition_point(|one| one.0 <= key);
        all.insert(at, (key, page));
    }
    all.into_iter().zip(1..).map(|((_, page), number)| Page { number, ..page }).collect()
}

/// Everything as JSON, as `schema/class-1.schema.json` describes.
#[must_use]
pub fn json(collected: &Collected, named: bool) -> String {
    let Collected { assignment, subject, refused, refused_more, other, crowded, .. } = collected;
    // A reason may name a page.
    let refused = refused.iter().filter(|_| named);
    let refused: Vec<NotTaken> =
        refused.map(|one| NotTaken { name: Some(one.name.shown()), why: one.why.clone() }).collect();
    let file = File {
        format: FORMAT,
        id: assignment.n,
        scenario: assignment.scenario,
        subject,
        named,
        pages: pages(collected, named),
        refused_more: refused_more + (collected.refused.len() - refused.len()) as u64,
        refused,
        other: *other,
        crowded: *crowded,
    };
    // Every run was checked when it came, so nothing in it can fail to be written.
    serde_json::to_string(&file).unwrap_or_default()
}

/// A line for each sample, and one for each page without a result. Lines end as in RFC 4180.
#[must_use]
pub fn csv(collected: &Collected, named: bool) -> String {
    let mut text = String::new();
    for page in pages(collected, named) {
        let name = page.name.as_deref().unwrap_or_default();
        let conditions = page.run.map(|run| &run.conditions);
        let begin = format!(
            "{},{},{},{},{},{},{},{},{}",
            page.number,
            field(name),
            page.late,
            page.state,
            field(page.why.as_deref().unwrap_or_default()),
            page.engine.unwrap_or_default(),
            page.device.unwrap_or_default(),
            conditions.map_or_else(String::new, |conditions| conditions.cores.to_string()),
            field(conditions.map_or("", |conditions| conditions.browser.as_str())),
        );
        match page.run {
            // The texts of a run that came have no line breaks: they are shown by their names.
            Some(run) => {
                for line in export::csv(run).lines().skip(1) {
                    text.push_str(&format!("{begin},{line}\r\n"));
                }
            }
            None => text.push_str(&format!("{begin},,,,,,,,,,\r\n")),
        }
    }
    format!("{HEAD}{text}")
}

/// The heads of the columns: those of a page, then those of a run's own CSV.
const HEAD: &str = "page,name,late,state,why,engine,device,cores,browser,scenario,subject,what,bytes,segments,copied,\
                    runs,index,at_ms,ns\r\n";

/// The name of a file: `zbytes-lab-class-2026-11-22-142233-payload.csv`.
#[must_use]
pub fn file_name(collected: &Collected, ending: &str) -> String {
    let key = reading::scenario_key(collected.assignment.scenario);
    export::named(collected.assignment.n, &format!("class-{key}"), ending)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json as value};

    use super::*;
    use crate::{
        app::class::{ExperimentSaid, ExperimentState},
        present::class::experiment::fixture,
    };

    /// A class with pages of every kind.
    fn class() -> Collected {
        let mut all = fixture::class(4);
        let said = |state, why: &str| ExperimentSaid { n: all.assignment.n, state, part: 0.5, why: why.to_owned() };
        let failed = said(ExperimentState::Failed, "=1+1, \"no\" memory");
        let measuring = said(ExperimentState::Measuring, "");
        let done = said(ExperimentState::Done, "");
        let waiting = said(ExperimentState::Waiting, "");
        for (name, said) in [("eve", failed), ("fay", measuring), ("gus", done), ("hal", waiting)] {
            all.hear(name, Some(&said));
        }
        for name in ["ida", "jo"] {
            all.hear(name, None);
        }
        all.gone("ida");
        all.come("bob", Err("it says that it is of student-1".to_owned()));
        (all.other, all.crowded) = (2, 1);
        all
    }

    fn schema() -> jsonschema::Validator {
        let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let schema = read(include_str!("../../../../schema/class-1.schema.json"));
        assert!(jsonschema::meta::is_valid(&schema));
        let run = read(include_str!("../../../../schema/run-1.schema.json"));
        let runs = jsonschema::Registry::new().add("urn:zbytes-lab:run:1", run).unwrap().prepare().unwrap();
        jsonschema::options().with_registry(&runs).build(&schema).unwrap()
    }

    #[test]
    fn file_of_a_class_fits_its_schema() {
        let schema = schema();
        for scenario in Scenario::ALL.into_iter().filter(|scenario| *scenario != Scenario::OwnSizes) {
            for (all, named) in [(class(), true), (class(), false), (fixture::of(scenario, 3), true)] {
                let file: Value = serde_json::from_str(&json(&all, named)).unwrap();
                let errors: Vec<String> = schema.iter_errors(&file).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{errors:?}");
                assert_eq!(file["pages"].as_array().unwrap().len(), all.members.len());
            }
        }
    }

    #[test]
    fn what_is_not_a_file_of_a_class_fits_no_schema() {
        let schema = schema();
        let good: Value = serde_json::from_str(&json(&class(), true)).unwrap();
        assert!(schema.is_valid(&good));
        for (at, to) in [
            ("/format", value!("zbytes-lab/class/2")),
            ("/id", value!(-1)),
            ("/scenario", value!("own-sizes")),
            ("/pages/0/number", value!(0)),
            ("/pages/0/name", value!(7)),
            ("/pages/0/state", value!("lost")),
            ("/pages/0/run", Value::Null),
            ("/pages/0/run/format", value!("zbytes-lab/run/2")),
            ("/pages/0/run/series/0/samples/0", Value::Null),
            ("/pages/4/why", Value::Null),
            ("/pages/0/device", value!("toaster")),
            ("/refused/0/why", Value::Null),
            ("/other", value!("2")),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(at).unwrap_or_else(|| panic!("{at}")) = to;
            assert!(!schema.is_valid(&bad), "{at}");
        }
        for at in ["", "/pages/0", "/refused/0"] {
            let mut bad = good.clone();
            bad.pointer_mut(at).unwrap()["more"] = value!(1);
            assert!(!schema.is_valid(&bad), "{at}");
        }
    }

    #[test]
    fn file_holds_all_raw_samples() {
        let all = class();
        let file: Value = serde_json::from_str(&json(&all, true)).unwrap();
        for (page, member) in file["pages"].as_array().unwrap().iter().zip(&all.members) {
            assert_eq!(page["number"], member.number);
            if let Some(result) = &member.result {
                assert_eq!(Run::from_json(&page["run"].to_string()).unwrap(), *result.run.0);
            }
        }
        let states: Vec<&str> =
            file["pages"].as_array().unwrap().iter().map(|page| page["state"].as_str().unwrap()).collect();
        assert_eq!(states[4..], ["failed", "measuring", "on-its-way", "waiting", "gone", "asked"]);
        let why: Vec<&str> =
            file["pages"].as_array().unwrap()[4..].iter().map(|page| page["why"].as_str().unwrap()).collect();
        assert!(why[0].starts_with("=1+1") && why[1].contains("50 %") && why[4].contains("left"), "{why:?}");
        assert_eq!(file["refused"][0]["why"], "it says that it is of student-1");
    }

    #[test]
    fn file_without_names_names_no_page() {
        let all = class();
        for text in [json(&all, false), csv(&all, false)] {
            for name in all.members.iter().map(|member| member.name.raw()).chain(["bob"]) {
                assert!(!text.contains(&format!("\"{name}")) && !text.contains(&format!(",{name},")), "{name}");
            }
            assert!(!text.contains("student-"), "{text:.300}");
        }
        let file: Value = serde_json::from_str(&json(&all, false)).unwrap();
        assert_eq!((&file["refused"], &file["refused_more"]), (&value!([]), &value!(1)));
        // Numbers of the class would say who is who.
        let ids = |named| -> Vec<u64> {
            let file: Value = serde_json::from_str(&json(&all, named)).unwrap();
            file["pages"].as_array().unwrap().iter().filter_map(|page| page["run"]["id"].as_u64()).collect()
        };
        assert_ne!(ids(true), ids(false));
        assert_eq!(file["pages"][0]["number"], 1);
    }

    #[test]
    fn csv_of_a_class_has_a_line_for_each_sample() {
        let all = class();
        let text = csv(&all, true);
        let lines: Vec<&str> = text.split("\r\n").collect();
        let samples: usize = all
            .members
            .iter()
            .filter_map(|member| member.result.as_ref())
            .flat_map(|result| result.run.0.series.iter().map(|series| series.samples.len()))
            .sum();
        assert_eq!(lines.len(), 1 + samples + 6 + 1);
        // Between quotes, a comma is a part of its field.
        let columns = |line: &str| line.split('"').step_by(2).map(|part| part.matches(',').count()).sum::<usize>() + 1;
        assert!(lines[..lines.len() - 1].iter().all(|line| columns(line) == 19), "{:?}", lines[0]);
        assert!(lines[1].starts_with("1,student-1,false,here,,Chromium,"), "{}", lines[1]);
        // A program for tables must not compute what a page says.
        assert!(text.contains("5,eve,true,failed,\"'=1+1, \"\"no\"\" memory.\","), "{}", lines[samples + 1]);
    }

    #[test]
    fn files_of_a_class_have_names_of_their_own() {
        assert_eq!(file_name(&fixture::class(1), "csv"), "zbytes-lab-2026-11-22-142233-class-payload.csv");
    }
}
