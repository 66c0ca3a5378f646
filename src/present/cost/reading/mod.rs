//! What a run says, in words: worked out once for each run, and used by the pane and by the exports
//! alike.
//!
//! Sentences carry their emphasis as `**`, as Markdown does. No web types, so it is tested
//! natively.
//!
//! | File | What is in it |
//! |---|---|
//! | `advice` | what to do, in one breath |
//! | `comparison` | the numbers: places, comparisons of variants, where lines cross |
//! | `names` | what variants, scenarios and stages are called |
//! | `sentences` | the verdict, and what to understand by it |
//! | `conditions` | when and where a run was made |

mod advice;
mod comparison;
mod conditions;
mod names;
mod sentences;

pub use self::{
    advice::advice,
    comparison::{Comparison, Crossing, Reading, SeriesSummary, Sized, StageSummary, variants},
    conditions::{brief, civil, conditions, partial_words, progress_words, when},
    names::{key, long_name, name, question, scenario_key, scenario_name, stage_words, x_about, x_of, x_words},
    sentences::{
        KNOWN, Known, between, emphasis, full_stop, headline, sentence, share_between, time_between, understanding,
        verdict_key,
    },
};

#[cfg(test)]
mod tests;
