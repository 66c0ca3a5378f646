//! What became of a put, in words.

use crate::{
    app::{Put, PutReport, Session, State, pause},
    present::format,
};

/// What left by a put, behind the number of its batches.
#[must_use]
pub fn what_left(report: &PutReport) -> String {
    format!(
        " {} after {}{}; {} copied to build, {} gathered.",
        if report.answered { "handled by the router" } else { "left the browser" },
        format::took(report.took.time),
        pause::within(&report.took),
        format::bytes(report.built as usize),
        format::bytes(report.gathered as usize),
    )
}

/// What became of the last put and of what it needs, in one line. For where the Router pane is not
/// in view.
#[must_use]
pub fn put_line(state: &State) -> String {
    if let Session::Failed(problem) = &state.session {
        return format!("Not connected. {}", problem.title);
    }
    match &state.put {
        Put::None if state.session == Session::Connecting => "Connecting …".to_owned(),
        Put::None => String::new(),
        Put::UnderWay { handed, total, .. } => {
            format!("{} of {} have left the browser.", format::count(*handed), format::bytes(*total))
        }
        Put::Done(report) if report.deleted => "Deleted.".to_owned(),
        Put::Done(report) => {
            let back = match state.received {
                0 => String::new(),
                received => format!(" {} arrived.", format::plural(received as usize, "sample")),
            };
            format!("{}{}{back}", format::batches(report.batches), what_left(report))
        }
        Put::Failed(problem) => format!("{} {}", problem.title, problem.detail),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{app::Problem, client::pause::Took};

    fn line(change: impl FnOnce(&mut State)) -> String {
        let mut state = State::default();
        change(&mut state);
        put_line(&state)
    }

    #[test]
    fn line_of_a_put_says_what_goes_on_and_how_it_ended() {
        let took = Took { time: Duration::from_millis(84), ..Took::default() };
        let report = PutReport {
            bytes: 9,
            deleted: false,
            batches: 181,
            built: 512,
            gathered: 11_805_184,
            took,
            answered: false,
        };
        assert_eq!(line(|_| {}), "");
        assert_eq!(line(|state| state.session = Session::Connecting), "Connecting …");
        assert_eq!(
            line(|state| state.session = Session::Failed(Problem::new("Nothing listens there.", "Start one."))),
            "Not connected. Nothing listens there."
        );
        let under_way = Put::UnderWay { id: 1, handed: 65_535, total: 11_805_184 };
        assert_eq!(line(|state| state.put = under_way), "65,535 of 11,805,184 B have left the browser.");
        let done = "181 batches left the browser after 84 ms; 512 B copied to build, 11,805,184 B gathered.";
        assert_eq!(line(|state| state.put = Put::Done(report)), done);
        let arrived = |state: &mut State| (state.put, state.received) = (Put::Done(report), 1);
        assert_eq!(line(arrived), format!("{done} 1 sample arrived."));
        assert_eq!(line(|state| state.put = Put::Failed(Problem::new("No key.", "Type one."))), "No key. Type one.");
    }
}
