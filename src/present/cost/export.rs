//! Writes a run as files for other people: CSV for a spreadsheet, Markdown for a report. JSON is
//! [`Run::to_json`], SVG is [`crate::present::cost::plot`]. The module has no web types.

use crate::present::{
    cost::{
        reading::{self, Reading},
        tables::{self, Table},
    },
    format::text_width,
};
use crate::run::{Run, Variant};

/// Returns the name of a file for a run: `zbytes-lab-2026-11-22-142233-payload.csv`.
#[must_use]
pub fn file_name(run: &Run, ending: &str) -> String {
    named(run.id, reading::scenario_key(run.scenario), ending)
}

/// The name of a file of what began at `id`.
pub(crate) fn named(id: u64, what: &str, ending: &str) -> String {
    let (year, month, day, hour, minute, second) = reading::civil(id);
    format!("zbytes-lab-{year:04}-{month:02}-{day:02}-{hour:02}{minute:02}{second:02}-{what}.{ending}")
}

/// Writes a field as in RFC 4180: in quotes when it holds a comma, a quote or an end of line. A program for
/// tables would take a text that begins like a formula for one, so an apostrophe stands before it.
pub(crate) fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    let text = format!("{guard}{text}");
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Writes one line for each sample. Lines end as in RFC 4180.
#[must_use]
pub fn csv(run: &Run) -> String {
    let mut text = String::from("scenario,subject,what,bytes,segments,copied,runs,index,at_ms,ns\r\n");
    let begin = format!("{},{}", reading::scenario_key(run.scenario), field(&run.subject));
    let mut lines = |what: &str, counts: &str, samples: &[f64], at: &[f64]| {
        for (index, ns) in samples.iter().enumerate() {
            let at = at.get(index).map(f64::to_string).unwrap_or_default();
            text.push_str(&format!("{begin},{what},{counts},{index},{at},{ns}\r\n"));
        }
    };
    for series in &run.series {
        let counts = format!("{},{},{},{}", series.bytes, series.segments, series.copied, series.runs);
        lines(reading::key(series.variant), &counts, &series.samples, &series.at);
    }
    let (bytes, segments) = run.of(Variant::Copy).next().map_or((0, 0), |series| (series.bytes, series.segments));
    for puts in &run.puts {
        let bytes = puts.bytes.unwrap_or(bytes);
        for stage in &puts.stages {
            let what = format!("put {}: {}", reading::key(puts.variant), reading::stage_words(stage.stage).0);
            lines(&what, &format!("{bytes},{segments},{},1", stage.copied), &stage.samples, &puts.at);
        }
    }
    text
}

fn markdown_table(table: &Table) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let marks: Vec<String> = (0..table.columns.len())
        .map(|at| if at == 0 || table.words.contains(&at) { "---".to_owned() } else { "---:".to_owned() })
        .collect();
    let rows: String = table.rows.iter().map(|row| line(row)).collect();
    let note = if table.note.is_empty() { String::new() } else { format!("\n{}\n", table.note) };
    format!("## {}\n\n{}{}{rows}{note}\n", table.title, line(&table.columns), line(&marks))
}

/// Writes the whole result in Markdown: the text that a screen reader reads aloud, tables,
/// conditions, and all warnings about the result.
#[must_use]
pub fn markdown(run: &Run, reading: &Reading) -> String {
    let mut text = format!("# {}: {}\n\n", run.subject, reading::scenario_name(run.scenario));
    text.push_str(&format!("{}\n\n", reading::when(run.id)));
    for words in [reading::advice(run, reading), reading::headline(reading), reading::sentence(run, reading)]
        .into_iter()
        .flatten()
    {
        text.push_str(&format!("{words}\n\n"));
    }
    if let Some(words) = reading::partial_words(run) {
        text.push_str(&format!("**{}.**\n\n", crate::app::sentence(&words)));
    }
    for table in tables::all(run, reading) {
        text.push_str(&markdown_table(&table));
    }
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(&format!("## {title}\n\n- {}\n\n", lines.join("\n- ")));
        }
    };
    if !run.puts.is_empty() {
        let known = reading::KNOWN.iter().map(|known| format!("{} [{}]({})", known.what, known.source, known.address));
        list("Copies that are not ours: known, not measured here", known.collect());
    }
    list("What casts doubt on it", reading.warnings.iter().map(ToString::to_string).collect());
    list("Conditions", reading::conditions(run));
    text.push_str("Every sample is in the JSON and CSV exports of this run.\n");
    text
}

/// Returns the lines at the foot of an exported plot: subject, time and conditions. Each is at most
/// `width` pixels wide.
#[must_use]
pub fn foot(run: &Run, width: f64) -> Vec<String> {
    let mut words = vec![run.subject.clone(), reading::when(run.id)];
    words.extend(reading::partial_words(run));
    words.extend(reading::conditions(run));
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if text_width(line, 11.0) + text_width(&word, 11.0) + 12.0 <= width => {
                line.push_str("; ");
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        present::cost::{
            fixture::{self, alone, partial, run, tiny},
            plot,
        },
        run::Scenario,
    };

    #[test]
    fn files_are_named_by_time_and_scenario() {
        assert_eq!(file_name(&fixture::run(Scenario::Payload), "csv"), "zbytes-lab-2026-11-22-142233-payload.csv");
    }

    #[test]
    fn csv_has_a_line_for_each_sample() {
        let mut run = fixture::run(Scenario::Payload);
        run.subject = "one, \"two\"".to_owned();
        let text = csv(&run);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines.len(), 1 + 4 * 60 + 3 * 6 * 24 + 1);
        assert_eq!(lines[0].split(',').count(), 10);
        let begin = "payload,\"one, \"\"two\"\"\",copy,11805184,3,11805184,1,0,0,";
        assert!(lines[1].starts_with(begin), "{}", lines[1]);
        let sample: f64 = lines[1][begin.len()..].parse().unwrap();
        assert_eq!(sample, run.series[0].samples[0]);
        assert!(lines.iter().any(|line| line.contains(",put borrow: arrive,11805184,3,0,1,23,")));
    }

    #[test]
    fn csv_of_own_sizes_has_the_bytes_of_each_put() {
        let run = fixture::run(Scenario::OwnSizes);
        let text = csv(&run);
        assert_eq!(text.lines().count(), 1 + 15 * 6 * 12);
        for puts in run.puts {
            let what = format!(",put {}: build,{},0,", reading::key(puts.variant), puts.bytes.unwrap());
            assert!(text.contains(&what), "{what}");
        }
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a,b"), "\"a,b\"");
        assert_eq!(field("a\nb"), "\"a\nb\"");
        assert_eq!(field("\""), "\"\"\"\"");
        assert_eq!(["=1", "+1", "-1", "@a", "\t1"].map(field), ["'=1", "'+1", "'-1", "'@a", "'\t1"]);
        let run = Run { subject: "=HYPERLINK(\"http://x\")".to_owned(), ..fixture::run(Scenario::Payload) };
        assert!(csv(&run).contains("\r\npayload,\"'=HYPERLINK(\"\"http://x\"\")\","));
    }

    #[test]
    fn markdown_holds_all_that_the_pane_says() {
        let run = fixture::run(Scenario::Payload);
        let reading = Reading::of(&run);
        let text = markdown(&run, &reading);
        for words in [
            "# Framed tensor",
            "Copying to build is **1.8 %**",
            "| --- | ---: |",
            "RFC 6455",
            "## Conditions",
            "Chrome 156",
            "seed 7",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let partial = fixture::partial();
        let text = markdown(&partial, &Reading::of(&partial));
        assert!(text.contains("**Partial: stopped after 33 of 180 samples.**") && !text.contains("RFC 6455"));
    }

    #[test]
    fn conditions_stand_at_the_foot_of_a_plot() {
        let lines = foot(&fixture::run(Scenario::Payload), 400.0);
        assert!(lines.len() > 2 && lines.join("; ").contains("clock step"));
        assert!(lines.iter().all(|line| text_width(line, 11.0) <= 420.0), "{lines:?}");
    }

    /// Writes every run and its exports as files, for a person who opens them in the pane:
    /// `ZBYTES_RUNS=/some/folder cargo test --lib write_the_fixtures`.
    #[test]
    fn write_the_fixtures() {
        let Ok(folder) = std::env::var("ZBYTES_RUNS") else { return };
        let special = [("alone", alone()), ("partial", partial()), ("tiny", tiny())];
        let all = Scenario::ALL.map(|scenario| (reading::scenario_key(scenario), run(scenario)));
        for (name, run) in all.into_iter().chain(special) {
            let said = reading::Reading::of(&run);
            let write = |ending: &str, text: String| std::fs::write(format!("{folder}/{name}.{ending}"), text).unwrap();
            write("json", run.to_json());
            write("csv", csv(&run));
            write("md", markdown(&run, &said));
            let plots =
                [plot::put_bar(&said, 760.0), plot::densities(&run, &said, 760.0), plot::swept(&run, &said, 760.0)];
            for (at, plot) in plots.into_iter().flatten().enumerate() {
                write(&format!("{at}.svg"), plot::standalone(&plot, &foot(&run, 760.0)));
            }
        }
    }
}
