//! The teacher's side of an experiment: who was asked, what came, and what did not.

use std::rc::Rc;

use super::told::Told;
use crate::{
    app::{
        Shown,
        class::says::{Assignment, Device, ExperimentSaid, ExperimentState, MAX_STUDENTS},
    },
    outside::{LINE, Outside, sentences},
    run::{Scenario, Series},
};

/// The most refused results that are kept in words; of the others only their number is.
pub const MAX_REFUSED: usize = 16;

/// What is counted once for each page, however often the page tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Odd {
    /// A result of another experiment.
    Other(u64),
    /// A result that was not taken, beyond those whose words are kept.
    Refused,
    /// No place.
    Crowded,
}

/// So many are counted, of all kinds together.
const MAX_ODD: usize = 4 * MAX_STUDENTS;

/// A result that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrived {
    /// What the page runs on.
    pub device: Device,
    /// What it measured.
    pub run: Shown,
}

/// Where a page is in the experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// Its result is here.
    Here,
    /// It was asked, and has not said anything yet.
    Asked,
    /// It measures something else first.
    Waiting,
    /// It measures: so many per cent are done.
    Measuring(u8),
    /// It has measured, and its result is on its way.
    OnItsWay,
    /// It has no result, and says why.
    Failed(String),
    /// It is gone, and its result is not here. What it did when it was heard last.
    Gone(Option<ExperimentState>),
}

/// A page that was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// From 1, in the order in which the pages were asked.
    pub number: usize,
    /// Its name, as in its key.
    pub name: Outside,
    /// Whether it joined when the others were asked already.
    pub late: bool,
    /// Its result.
    pub result: Option<Arrived>,
    /// What it said last.
    said: Option<ExperimentSaid>,
    pub(super) gone: bool,
}

impl Member {
    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Where {
        let doing = self.said.as_ref().map(|said| said.state);
        if self.result.is_some() {
            return Where::Here;
        }
        match (doing, &self.said) {
            // What has failed stays so: the page said why before it went.
            (Some(ExperimentState::Failed), Some(said)) => Where::Failed(said.why.clone()),
            _ if self.gone => Where::Gone(doing),
            // The cast bounds what is not a part.
            (Some(ExperimentState::Measuring), Some(said)) => Where::Measuring((said.part * 100.0).round() as u8),
            (Some(ExperimentState::Done), _) => Where::OnItsWay,
            (Some(ExperimentState::Waiting), _) => Where::Waiting,
            _ => Where::Asked,
        }
    }
}

/// A result that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Who told it, as in the key.
    pub name: Outside,
    /// What was wrong with it.
    pub why: String,
}

/// An experiment, with all that came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    /// What was asked.
    pub assignment: Assignment,
    /// What is measured, in words.
    pub subject: String,
    /// Whether pages are still to begin. Results count afterwards too.
    pub open: bool,
    /// Every page that was asked, in that order.
    pub members: Vec<Member>,
    /// Results of another experiment.
    pub other: u64,
    /// Results that were not taken; the first ones.
    pub refused: Vec<Refused>,
    /// How many more were not taken.
    pub refused_more: u64,
    /// Pages that found no place.
    pub crowded: u64,
    /// What was counted already, and of which page.
    odd: Vec<(String, Odd)>,
    /// The length of every payload, where each variant builds the same one.
    pub(super) bytes: Option<u64>,
}

impl Collected {
    /// An experiment that no page was asked for yet.
    pub(super) const fn empty(assignment: Assignment, subject: String, bytes: Option<u64>) -> Self {
        Self {
            assignment,
            subject,
            open: true,
            members: Vec::new(),
            other: 0,
            refused: Vec::new(),
            refused_more: 0,
            crowded: 0,
            odd: Vec::new(),
            bytes,
        }
    }

    /// Counts what a page tells every two seconds, once. Returns 1 the first time.
    fn once(&mut self, name: &str, odd: Odd) -> u64 {
        let is_new = self.odd.len() < MAX_ODD && !self.odd.iter().any(|(of, one)| of == name && *one == odd);
        if is_new {
            self.odd.push((name.to_owned(), odd));
        }
        u64::from(is_new)
    }

    /// Begins: asks every page that is there. `bytes` is the length of the payload, for a scenario of
    /// which every series has it.
    #[must_use]
    pub fn begin<'a>(
        assignment: Assignment,
        subject: String,
        bytes: Option<u64>,
        present: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut this = Self::empty(assignment, subject, bytes);
        for name in present {
            this.add(name, false);
        }
        this
    }

    /// The place of a page, which gets one if it has none; `None` when all are taken.
    pub(super) fn add(&mut self, name: &str, late: bool) -> Option<&mut Member> {
        let at = match self.members.iter().position(|member| member.name.raw() == name) {
            Some(at) => at,
            None if self.members.len() >= MAX_STUDENTS => {
                self.crowded += self.once(name, Odd::Crowded);
                return None;
            }
            None => {
                let number = self.members.len() + 1;
                self.members.push(Member { number, name: name.into(), late, result: None, said: None, gone: false });
                number - 1
            }
        };
        self.members.get_mut(at)
    }

    /// A page is there, and says where it is. Who joins while the experiment is open takes part.
    pub fn hear(&mut self, name: &str, said: Option<&ExperimentSaid>) {
        if !self.open && !self.members.iter().any(|member| member.name.raw() == name) {
            return;
        }
        let n = self.assignment.n;
        let Some(member) = self.add(name, true) else { return };
        member.gone = false;
        member.said = said
            .filter(|said| said.n == n)
            .map(|said| ExperimentSaid { why: sentences(&said.why, 2 * LINE), ..said.clone() });
    }

    /// A page is gone.
    pub fn gone(&mut self, name: &str) {
        if let Some(member) = self.members.iter_mut().find(|member| member.name.raw() == name) {
            member.gone = true;
        }
    }

    /// A result came on the key of this name. Says whether it is a new one.
    pub fn come(&mut self, name: &str, told: Result<Told, String>) -> bool {
        let told = match told {
            Ok(told) if told.n != self.assignment.n => {
                self.other += self.once(name, Odd::Other(told.n));
                return false;
            }
            Ok(told) => told,
            Err(why) => return self.refuse(name, why),
        };
        if told.name != name {
            let why = format!("it says that it is of {}", crate::outside::shown(&told.name));
            return self.refuse(name, why);
        }
        if let Err(why) = self.fits(told.run.scenario, &told.run.series) {
            return self.refuse(name, why);
        }
        let Some(member) = self.add(name, true) else { return false };
        // Pages tell a result until they know that it is here.
        if member.result.is_some() {
            return false;
        }
        member.result = Some(Arrived { device: told.device, run: Shown(Rc::new(told.run)) });
        true
    }

    /// Whether a run measured what was asked. Another payload has another cost: the two do not belong
    /// on one axis.
    fn fits(&self, scenario: Scenario, series: &[Series]) -> Result<(), String> {
        if scenario != self.assignment.scenario {
            return Err("it measured another scenario than was asked".to_owned());
        }
        let other = |bytes: u64| series.iter().find(|series| series.bytes != bytes);
        match self.bytes.and_then(|bytes| Some((bytes, other(bytes)?))) {
            Some((bytes, series)) => {
                Err(format!("it measured a payload of {} B, and {bytes} B were asked for", series.bytes))
            }
            None => Ok(()),
        }
    }

    fn refuse(&mut self, name: &str, why: String) -> bool {
        let refused = Refused { name: name.into(), why };
        // It may be told every two seconds.
        if !self.refused.contains(&refused) {
            if self.refused.len() < MAX_REFUSED {
                self.refused.push(refused);
            } else {
                self.refused_more += self.once(name, Odd::Refused);
            }
        }
        false
    }

    /// The names whose results are here.
    pub fn have(&self) -> impl Iterator<Item = &str> {
        self.members.iter().filter(|member| member.result.is_some()).map(|member| member.name.raw())
    }

    /// How many results are here.
    #[must_use]
    pub fn arrived(&self) -> usize {
        self.have().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fixture;

    const BYTES: u64 = 11_805_184;

    fn begun(names: &[&str]) -> Collected {
        let assignment = Assignment { n: 9, scenario: Scenario::Payload, link: None };
        Collected::begin(assignment, "three arrays".to_owned(), Some(BYTES), names.iter().copied())
    }

    fn told(name: &str) -> Told {
        Told::new(name, "5e1f", 9, Device::Computer, fixture::alone())
    }

    fn said(state: ExperimentState, part: f64) -> ExperimentSaid {
        ExperimentSaid { n: 9, state, part, why: "no memory".to_owned() }
    }

    fn places(collected: &Collected) -> Vec<Where> {
        collected.members.iter().map(Member::place).collect()
    }

    #[test]
    fn who_was_asked_has_a_number_and_a_place() {
        let mut all = begun(&["ada", "bob", "cy", "dot", "eve"]);
        assert_eq!(places(&all), vec![Where::Asked; 5]);
        all.hear("ada", Some(&said(ExperimentState::Waiting, 0.0)));
        all.hear("bob", Some(&said(ExperimentState::Measuring, 0.4)));
        all.hear("cy", Some(&said(ExperimentState::Failed, 0.0)));
        all.hear("dot", Some(&said(ExperimentState::Done, 1.0)));
        // It has not heard of the experiment yet: it tells of the one before.
        all.hear("eve", Some(&ExperimentSaid { n: 8, ..said(ExperimentState::Done, 1.0) }));
        let expected = [
            Where::Waiting,
            Where::Measuring(40),
            Where::Failed("no memory".to_owned()),
            Where::OnItsWay,
            Where::Asked,
        ];
        assert_eq!(places(&all), expected);
        assert_eq!(all.members.iter().map(|member| member.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_result_is_taken_once() {
        let mut all = begun(&["ada"]);
        assert!(all.come("ada", Ok(told("ada"))));
        assert!(!all.come("ada", Ok(told("ada"))));
        assert_eq!((places(&all), all.have().collect::<Vec<_>>()), (vec![Where::Here], vec!["ada"]));
        // What is here stays, whatever the page does afterwards.
        all.hear("ada", Some(&said(ExperimentState::Measuring, 0.03)));
        all.gone("ada");
        assert_eq!(places(&all), [Where::Here]);
    }

    #[test]
    fn who_comes_late_appears() {
        let mut all = begun(&["ada"]);
        all.hear("bob", None);
        assert!(all.come("cy", Ok(told("cy"))));
        let late: Vec<_> = all.members.iter().map(|member| (member.name.raw(), member.late, member.place())).collect();
        assert_eq!(late, [("ada", false, Where::Asked), ("bob", true, Where::Asked), ("cy", true, Where::Here)]);
        // After its end, results count, and new pages do not.
        all.open = false;
        all.hear("dot", None);
        assert!(all.come("bob", Ok(told("bob"))));
        assert_eq!((all.members.len(), all.arrived()), (3, 2));
    }

    #[test]
    fn who_is_gone_says_what_it_did() {
        let mut all = begun(&["ada", "bob", "cy"]);
        all.hear("ada", Some(&said(ExperimentState::Measuring, 0.7)));
        all.hear("bob", Some(&said(ExperimentState::Failed, 0.0)));
        for name in ["ada", "bob", "cy", "zed"] {
            all.gone(name);
        }
        let expected =
            [Where::Gone(Some(ExperimentState::Measuring)), Where::Failed("no memory".to_owned()), Where::Gone(None)];
        assert_eq!(places(&all), expected);
        // It is back, for instance after the router came back.
        all.hear("ada", Some(&said(ExperimentState::Measuring, 0.8)));
        assert_eq!(places(&all)[0], Where::Measuring(80));
        // Its result may come although its page is gone.
        all.gone("ada");
        assert!(all.come("ada", Ok(told("ada"))));
        assert_eq!(places(&all)[0], Where::Here);
    }

    #[test]
    fn what_does_not_belong_here_is_counted_and_told() {
        let mut all = begun(&["ada"]);
        let mut before = told("ada");
        before.n = 8;
        assert!(!all.come("ada", Ok(before)));
        assert_eq!(all.other, 1);
        let mut short = told("ada");
        short.run.series[1].bytes = 64;
        let mut places = told("ada");
        places.run = fixture::run(Scenario::Places);
        let wrong = [Err("it is not a text".to_owned()), Ok(told("bob")), Ok(places), Ok(short)];
        for told in wrong {
            // Told again and again, it counts once.
            assert!(!all.come("ada", told.clone()) && !all.come("ada", told));
        }
        let why: Vec<&str> = all.refused.iter().map(|refused| refused.why.as_str()).collect();
        let expected = [
            "it is not a text",
            "it says that it is of bob",
            "it measured another scenario than was asked",
            "it measured a payload of 64 B, and 11805184 B were asked for",
        ];
        assert_eq!(why, expected);
        assert_eq!((all.arrived(), all.refused_more), (0, 0));
        for at in 0..20 {
            all.come(&format!("s{at}"), Err("it is not a text".to_owned()));
        }
        assert_eq!((all.refused.len(), all.refused_more), (MAX_REFUSED, 8));
        // Pages tell a result until it is here: each counts once.
        for _ in 0..3 {
            all.come("s19", Err("it is not a text".to_owned()));
            for n in [7, 8] {
                all.come("ada", Ok(Told::new("ada", "5e1f", n, Device::Computer, fixture::alone())));
            }
        }
        assert_eq!((all.refused_more, all.other), (8, 2));
    }

    #[test]
    fn a_page_beyond_the_most_is_counted() {
        let names: Vec<String> = (0..70).map(|at| format!("s{at}")).collect();
        let mut all = begun(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((all.members.len(), all.crowded), (64, 6));
        all.hear("s69", None);
        assert_eq!(all.crowded, 6);
        assert!(!all.come("s69", Ok(told("s69"))));
        assert!(all.come("s63", Ok(told("s63"))));
    }
}
