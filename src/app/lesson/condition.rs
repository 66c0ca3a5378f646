//! Comparisons of facts: `put.copied = 2 * payload.bytes and session = open`.

use super::fact::{Fact, Unit};
use crate::{given::expression::evaluate, outside::shown};

/// The most comparisons of one condition.
const MAX_TESTS: usize = 6;

/// What a fact has come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A number: bytes, a count, a share from 0 to 1, or times.
    Number(f64),
    /// One of the fact's words.
    Word(&'static str),
}

/// How a fact is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// `=`
    Equal,
    /// `!=`
    Other,
    /// `<`
    Less,
    /// `>`
    More,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `known`: the lab has a value, whichever.
    Known,
}

/// The signs, the longer ones first.
const SIGNS: [(&str, Is); 6] =
    [("!=", Is::Other), ("<=", Is::AtMost), (">=", Is::AtLeast), ("=", Is::Equal), ("<", Is::Less), (">", Is::More)];

/// What a fact is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Than {
    /// A value.
    Value(Value),
    /// So many times another fact.
    Fact(f64, Fact),
}

/// One comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// What is compared.
    pub fact: Fact,
    /// How.
    pub is: Is,
    /// With what.
    pub than: Than,
}

impl Test {
    fn read(text: &str) -> Result<Self, String> {
        if let Some(name) = text.trim().strip_suffix(" known") {
            return Ok(Self { fact: fact(name.trim())?, is: Is::Known, than: Than::Value(Value::Number(0.0)) });
        }
        let (at, sign, is) = SIGNS
            .iter()
            .filter_map(|(sign, is)| Some((text.find(sign)?, *sign, *is)))
            .min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()))
            .ok_or_else(|| format!("“{}” compares nothing: expected FACT = VALUE, or FACT known", shown(text)))?;
        let (left, right) = (text[..at].trim(), text[at + sign.len()..].trim());
        let fact = fact(left)?;
        let than = than(fact.unit(), right)?;
        if matches!(fact.unit(), Unit::Word(_)) && !matches!(is, Is::Equal | Is::Other) {
            return Err(format!("{} is a word: compare it by = or !=", fact.name()));
        }
        Ok(Self { fact, is, than })
    }

    /// Whether it holds, by what facts have come to. A fact without a value makes nothing hold.
    #[must_use]
    pub fn holds(&self, look: &dyn Fn(Fact) -> Option<Value>) -> bool {
        let Some(found) = look(self.fact) else { return false };
        if self.is == Is::Known {
            return true;
        }
        let than = match self.than {
            Than::Value(value) => value,
            Than::Fact(times, fact) => match look(fact) {
                Some(Value::Number(number)) => Value::Number(times * number),
                _ => return false,
            },
        };
        match (found, than) {
            (Value::Word(found), Value::Word(than)) => (found == than) == (self.is == Is::Equal),
            (Value::Number(found), Value::Number(than)) => match self.is {
                Is::Equal => found == than,
                Is::Other => found != than,
                Is::Less => found < than,
                Is::More => found > than,
                Is::AtMost => found <= than,
                Is::AtLeast => found >= than,
                Is::Known => true,
            },
            _ => false,
        }
    }
}

fn fact(name: &str) -> Result<Fact, String> {
    Fact::of(name).ok_or_else(|| {
        let near = Fact::ALL.iter().map(|fact| fact.name()).find(|known| {
            let first = name.split('.').next().unwrap_or_default();
            !first.is_empty() && known.starts_with(first)
        });
        let near = near.map_or_else(String::new, |near| format!(", for example {near}"));
        format!("the lab knows no “{}”: expected a fact of docs/lessons.md{near}", shown(name))
    })
}

fn than(unit: Unit, text: &str) -> Result<Than, String> {
    if let Unit::Word(words) = unit {
        let found = words.iter().find(|word| **word == text);
        return found
            .map(|word| Than::Value(Value::Word(word)))
            .ok_or_else(|| format!("“{}” is not one of: {}", shown(text), words.join(", ")));
    }
    let (times, rest) = text.split_once('*').unwrap_or(("1", text));
    if let Some(other) = Fact::of(rest.trim()) {
        if other.unit() != unit {
            return Err(format!("{} is counted otherwise, so it cannot be compared", other.name()));
        }
        let times = number(times)?;
        return Ok(Than::Fact(times, other));
    }
    let (text, scale) = match (unit, text.strip_suffix('%')) {
        (Unit::Share, Some(text)) => (text, 0.01),
        (Unit::Share, None) => return Err(format!("“{}” is not a share: expected one as in 5 %", shown(text))),
        _ => (text, 1.0),
    };
    // A person writes 12,192 as the page does.
    number(&text.replace(',', "")).map(|number| Than::Value(Value::Number(number * scale)))
}

fn number(text: &str) -> Result<f64, String> {
    let found =
        evaluate(text).map_err(|why| format!("“{}” is not a number: {}", shown(text), why.trim_end_matches('.')))?;
    Ok(found.value)
}

/// Comparisons that hold together.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Condition(pub Vec<Test>);

impl Condition {
    /// Stands for one that could not be read, so that the step is not said to lack it.
    pub(super) fn unread() -> Self {
        Self(vec![Test { fact: Fact::Puts, is: Is::Known, than: Than::Fact(1.0, Fact::Puts) }])
    }

    /// Reads comparisons, with `and` between them.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut tests = Vec::new();
        for test in text.split(" and ") {
            tests.push(Test::read(test)?);
        }
        if tests.len() > MAX_TESTS {
            return Err(format!("it has {} comparisons: expected at most {MAX_TESTS}", tests.len()));
        }
        Ok(Self(tests))
    }

    /// Whether all of them hold.
    #[must_use]
    pub fn holds(&self, look: &dyn Fn(Fact) -> Option<Value>) -> bool {
        self.0.iter().all(|test| test.holds(look))
    }

    /// The facts that it compares, in order.
    pub fn facts(&self) -> impl Iterator<Item = Fact> + '_ {
        self.0.iter().flat_map(|test| {
            let other = match test.than {
                Than::Fact(_, fact) => Some(fact),
                Than::Value(_) => None,
            };
            std::iter::once(test.fact).chain(other)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn look(fact: Fact) -> Option<Value> {
        match fact {
            Fact::PayloadBytes => Some(Value::Number(100.0)),
            Fact::PutCopied => Some(Value::Number(200.0)),
            Fact::Share => Some(Value::Number(0.02)),
            Fact::Session => Some(Value::Word("open")),
            _ => None,
        }
    }

    fn holds(text: &str) -> bool {
        Condition::read(text).unwrap_or_else(|why| panic!("{text}: {why}")).holds(&look)
    }

    #[test]
    fn condition_compares_numbers_words_and_facts() {
        for text in [
            "payload.bytes = 100",
            "payload.bytes = 100 B",
            "payload.bytes < 1 KiB",
            "put.copied = 2 * payload.bytes",
            "put.copied > payload.bytes and session = open",
            "put.copied >= 200 and put.copied <= 200",
            "run.share < 5 %",
            "run.share = 2 %",
            "session != closed",
            "session known and payload.bytes known",
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            "payload.bytes != 100",
            "payload.bytes > 100",
            "put.copied = payload.bytes",
            "session = open and payload.bytes < 100",
            "session != open",
            // The lab does not know them yet, so nothing about them holds.
            "samples = 0",
            "samples != 0",
            "samples known",
            "payload.bytes > put.bytes",
        ] {
            assert!(!holds(text), "{text}");
        }
        assert!(
            Condition::read("payload.bytes = 11,796,480")
                .is_ok_and(|condition| { condition.0[0].than == Than::Value(Value::Number(11_796_480.0)) })
        );
    }

    #[test]
    fn condition_that_means_nothing_is_refused_in_words() {
        for (text, words) in [
            ("", "compares nothing"),
            ("payload.bytes", "compares nothing"),
            ("payload.byte = 1", "for example payload.bytes"),
            ("bytes = 1", "the lab knows no “bytes”"),
            ("payload.bytes = many", "is not a number"),
            ("session = opened", "is not one of: open, closed"),
            ("session > open", "is a word"),
            ("run.share < 0.05", "is not a share"),
            ("put.copied = samples", "is counted otherwise"),
            ("puts = 1 and puts = 1 and puts = 1 and puts = 1 and puts = 1 and puts = 1 and puts = 1", "at most 6"),
        ] {
            let why = Condition::read(text).expect_err(text);
            assert!(why.contains(words), "{text}: {why}");
        }
    }

    proptest! {
        #[test]
        fn property_any_text_is_a_condition_or_refused(text in "[a-z. =<>!*0-9%\\PC]{0,80}") {
            if let Ok(condition) = Condition::read(&text) {
                let _ = condition.holds(&look);
                prop_assert!(condition.facts().count() > 0);
            }
        }
    }
}
