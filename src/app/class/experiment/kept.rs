//! An experiment as the teacher's tab keeps it, for a page that is loaded again: a line for what was asked
//! of whom, and one for each result. So those of pages that have left are not lost.

use super::{collected::Collected, told::Told};
use crate::app::class::says::TeacherSays;

/// The line of what was asked begins so. Results are JSON.
const ASKED: char = '=';

/// Before the name of a page that came late. It is in no name.
const LATE: char = '+';

impl Collected {
    /// What was asked of whom: what is measured, how long each payload is, names, and the teacher's text.
    pub(in crate::app::class) fn asked(&self, says: &TeacherSays) -> String {
        let mut text = format!("{ASKED}{}\t{}\t", self.subject, self.bytes.unwrap_or(0));
        for member in &self.members {
            if member.late {
                text.push(LATE);
            }
            text.push_str(member.name.raw());
            text.push(' ');
        }
        text.push('\t');
        text.push_str(&says.text());
        text
    }

    /// The result of a page as it told it.
    pub(in crate::app::class) fn kept(&self, name: &str, zid: &str) -> Option<String> {
        let member = self.members.iter().find(|member| member.name.raw() == name)?;
        let arrived = member.result.as_ref()?;
        Told::new(name, zid, self.assignment.n, arrived.device, (*arrived.run.0).clone()).write().ok()
    }

    /// The experiment of this class that was kept. A page counts as gone until it is heard.
    pub(in crate::app::class) fn again(class: &str, kept: &str) -> Option<Self> {
        let asked = kept.lines().find(|line| line.starts_with(ASKED))?;
        let mut parts = asked.trim_start_matches(ASKED).split('\t');
        let (subject, bytes, names) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let says = TeacherSays::read(parts.next()?, class).ok()?;
        let mut this = Self::empty(says.experiment?, subject.to_owned(), Some(bytes).filter(|bytes| *bytes > 0));
        for name in names.split(' ').filter(|name| !name.is_empty()) {
            if let Some(member) = this.add(name.trim_start_matches(LATE), name.starts_with(LATE)) {
                member.gone = true;
            }
        }
        for line in kept.lines() {
            if let Ok(told) = Told::read(line.as_bytes()) {
                this.come(&told.name.clone(), Ok(told));
            }
        }
        this.open = !says.stop;
        Some(this)
    }
}
