//! What to do after a run, in one breath.

use super::comparison::Reading;
use crate::{
    measure::Verdict,
    present::format::{self, TimeUnit},
    run::{Run, Scenario},
};

/// Below this share of a put, copying is not what costs the time.
const SMALL: f64 = 0.05;

/// From this share of a put on, borrowing is worth its rules.
const LARGE: f64 = 0.2;

/// What to do about copying, in at most fifteen words; `None` when nothing was compared.
///
/// With whole puts it goes by the share of copying in a put, and not by how much faster a build alone
/// is: what a person waits for is the put.
#[must_use]
pub fn advice(run: &Run, reading: &Reading) -> Option<String> {
    // The other scenarios compare something else than the ways to take these rows.
    if !matches!(run.scenario, Scenario::Payload | Scenario::OwnSizes) || run.unsent.is_some() {
        return None;
    }
    let Some(put) = reading.put() else { return alone(reading) };
    let total = put.median.estimate;
    let Some(share) = reading.share.filter(|share| share.estimate > 0.0) else {
        return Some("Copying is **not your bottleneck** here: it is too short for this clock.".to_owned());
    };
    let percent = format::percent(share.estimate);
    Some(if share.upper < SMALL {
        let unit = TimeUnit::of(total);
        let (part, whole) = (unit.about(share.estimate * total), unit.show(total));
        format!("Copying is **not your bottleneck** here: {part} of {whole} {}.", unit.sign())
    } else if share.lower >= LARGE {
        format!("**Borrow it**: copying is {percent} of a put.")
    } else if share.lower < SMALL && share.upper >= LARGE {
        "**Measure again**, with less beside it: this run cannot tell what copying costs.".to_owned()
    } else {
        format!("**Borrow it if you can**: copying is {percent} of a put.")
    })
}

/// Without a router only building is known.
fn alone(reading: &Reading) -> Option<String> {
    let main = reading.main()?;
    Some(match main.verdict {
        Verdict::Faster => {
            let times = format::significant(main.ratio.estimate);
            format!("Borrowing builds {times} times faster. **Connect**, to see what a put gains.")
        }
        Verdict::Same | Verdict::Slower => {
            "**Copy it**: borrowing gains nothing here, and copying is safest.".to_owned()
        }
        Verdict::CannotTell => "**Measure again**, with less beside it: this run cannot tell.".to_owned(),
    })
}
