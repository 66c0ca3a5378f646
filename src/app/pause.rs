//! What a page says about the time in which it stood still.

use crate::{
    client::pause::{Pause, Took},
    number::seconds,
};

/// The last time that the page stood still while there was a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoodStill {
    /// Local time of day at which it ran again.
    pub time: String,
    /// How long it was, all in all, since the session had last been known to live.
    pub pause: Pause,
    /// Whether the session has outlived it.
    pub outlived: bool,
}

/// How the page stood still, in sentences; nothing if it did not.
#[must_use]
pub fn words(pause: Pause) -> Option<String> {
    let Pause { still, ahead } = pause;
    let stood = format!(
        "This page stood still for {}: it was frozen, its engine was busy, or the computer slept.",
        seconds(still)
    );
    let went = format!("went ahead by {}: the computer slept, or its clock was set.", seconds(ahead));
    match (still.is_zero(), ahead.is_zero()) {
        (true, true) => None,
        (false, true) => Some(stood),
        (true, false) => Some(format!("The clock of this computer {went}")),
        (false, false) => Some(format!("{stood} Besides, the clock of this computer {went}")),
    }
}

/// What is to be added to the time that something took; nothing if the page did not stand still
/// meanwhile.
#[must_use]
pub fn within(took: &Took) -> String {
    let Pause { still, ahead } = took.pause;
    let stood = (!still.is_zero()).then(|| format!("this page stood still for {} of that", seconds(still)));
    let went = (!ahead.is_zero())
        .then(|| format!("the computer slept besides, or its clock was set: it went ahead by {}", seconds(ahead)));
    match stood.into_iter().chain(went).collect::<Vec<_>>().join("; ") {
        words if words.is_empty() => words,
        words => format!(" ({words})"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn pause(still: u64, ahead: u64) -> Pause {
        Pause { still: Duration::from_secs(still), ahead: Duration::from_secs(ahead) }
    }

    #[test]
    fn a_page_says_how_long_its_clocks_know_it_stood_still() {
        assert_eq!(words(pause(0, 0)), None);
        let stood = "This page stood still for 41 s: it was frozen, its engine was busy, or the computer slept.";
        assert_eq!(words(pause(41, 0)).as_deref(), Some(stood));
        let slept = "The clock of this computer went ahead by 120 s: the computer slept, or its clock was set.";
        assert_eq!(words(pause(0, 120)).as_deref(), Some(slept));
        let both = words(pause(4, 120)).unwrap();
        assert!(
            both.starts_with("This page stood still for 4.0 s: ") && both.contains(" Besides, the clock "),
            "{both}"
        );
    }

    #[test]
    fn what_took_long_because_the_page_stood_still_says_so() {
        let took = |pause| Took { time: Duration::from_secs(50), pause };
        assert_eq!(within(&took(pause(0, 0))), "");
        assert_eq!(within(&took(pause(40, 0))), " (this page stood still for 40 s of that)");
        let slept = within(&took(pause(0, 120)));
        assert_eq!(slept, " (the computer slept besides, or its clock was set: it went ahead by 120 s)");
        assert!(within(&took(pause(40, 120))).contains("of that; the computer"));
    }
}
