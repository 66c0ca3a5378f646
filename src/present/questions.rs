//! The six questions of the proposal to take many segments into a payload of zenoh-python, with the
//! answers from the experiments of the Ownership pane.

use crate::app::ownership::Experiment;

/// Pairs a question with its answer.
pub struct ProposalQuestion {
    /// The question, in a few words.
    pub title: &'static str,
    /// The answer, sentence by sentence. Names in curly quotes are those of experiments.
    pub answer: &'static [&'static str],
}

/// Cuts a sentence of an answer into words, and the experiments that it names between them.
pub fn parts(sentence: &str) -> impl Iterator<Item = Result<Experiment, &str>> {
    let named = |name: &str| Experiment::ALL.into_iter().find(|experiment| experiment.name() == name);
    sentence.split(['“', '”']).map(move |part| named(part).ok_or(part))
}

/// Lists the questions in the order of the proposal.
pub const QUESTIONS: [ProposalQuestion; 6] = [
    ProposalQuestion {
        title: "API shape: which names, which default?",
        answer: &[
            "Copy is the default, and the other two are asked for by name, segment by segment: borrow, move.",
            "One switch, copy=False, would not do here, because there are two ways not to copy. “Write after building” shows that a \
             write reaches what was borrowed and cannot reach what was moved.",
            "Python can only borrow, since nothing there takes memory away from its holder. So one switch is enough, and a name such \
             as from_borrowed_segments would say more.",
        ],
    },
    ProposalQuestion {
        title: "Which inputs are accepted without a copy?",
        answer: &[
            "Every typed array, DataView or ArrayBuffer of fixed length can be borrowed, and a whole buffer can be moved. “Take what \
             cannot be taken” shows what is refused: its length may change, another thread may write it, or it belongs to \
             another owner.",
            "Python’s bytes are immutable, so borrowing them is safe; a read-only memoryview is only as safe as what it is a view of.",
            "A JavaScript array can always be written, and no program can lock it, as “Write after building” shows. The counterpart of \
             bytes is the immutable ArrayBuffer, which is still a proposal.",
        ],
    },
    ProposalQuestion {
        title: "Raise, copy, or warn and copy?",
        answer: &[
            "Raise: “Take what cannot be taken” ends in errors that name segment, cause and way out, before anything is copied or \
             detached.",
            "A caller who wants the copy says so beforehand, source by source. The ledger counts those bytes under a reason of their \
             own, which the same experiment checks.",
            "A source that is detached, and a value that has no bytes, is refused in any case.",
        ],
    },
    ProposalQuestion {
        title: "Do retained owners live long enough for asynchronous puts?",
        answer: &[
            "Yes: a payload, its slices, its samples and the puts under way keep the owner alive. “Drop the last reference” counts \
             them down to 0.",
            "That keeps the memory, not what is in it: a write before the put has ended may be sent. “Write after building” shows \
             one in a sample that was delivered already.",
            "In Python the buffer protocol also keeps a bytearray from being resized while it is exported, and cannot detach it.",
            "In JavaScript the source can be taken away at any time, as “Transfer it to a Worker” does. Its next use is then an error, \
             never wrong bytes.",
        ],
    },
    ProposalQuestion {
        title: "How to document it?",
        answer: &[
            "By what happens, what it costs, and what the caller may do afterwards: the table above. It is one file for this page, \
             the guide and the documentation in the code.",
            "Its last column is what people get wrong, and “Write after building” tries each of its rows.",
            "In Python it would have two rows. That of borrow would say that the source must not be written until the put has \
             ended, which bytes guarantee by themselves.",
        ],
    },
    ProposalQuestion {
        title: "Which tests?",
        answer: &[
            "Beside round trips: a write after building, a source detached before each use, memory that grows, and the release of owners. \
             Also every refusal, with the lengths of its sources before and after.",
            "The six experiments are run in a browser by the tests of this page, and each compares what it expected with what it found.",
            "Tests count copies in the ledger, and never look at a clock.",
            "“Drop the last reference” can count holders at once, but not ask for collection. In CPython the last reference frees the \
             object at once, so a test can ask for that too.",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::texts::review;

    #[test]
    fn the_answers_are_those_that_were_reviewed() {
        let words = |one: &ProposalQuestion| format!("**{}**\n\n{}\n\n", one.title, one.answer.join("\n"));
        review("questions", &QUESTIONS.iter().map(words).collect::<String>());
    }

    #[test]
    fn every_name_in_quotes_leads_to_its_experiment() {
        for sentence in QUESTIONS.iter().flat_map(|question| question.answer) {
            let again: String = parts(sentence)
                .map(|part| part.map_or_else(str::to_owned, |experiment| format!("“{}”", experiment.name())))
                .collect();
            assert_eq!(again, *sentence);
        }
    }

    #[test]
    fn every_answer_is_short_and_names_experiments_that_there_are() {
        for ProposalQuestion { title, answer } in &QUESTIONS {
            assert!((2..=4).contains(&answer.len()), "{title}");
            let text = answer.concat();
            let named: Vec<&str> =
                text.split('“').skip(1).map(|rest| rest.split('”').next().unwrap_or_default()).collect();
            assert!(!named.is_empty(), "{title} names no experiment");
            for name in named {
                assert!(Experiment::ALL.iter().any(|experiment| experiment.name() == name), "{name}");
            }
        }
    }
}
