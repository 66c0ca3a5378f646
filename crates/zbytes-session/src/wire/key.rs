//! Key expressions.
//!
//! What they mean is zenoh's own. zenoh's functions go one call deeper with each chunk behind a
//! `**`, and try all ways to share the chunks out among several of them. A key of 64 KiB from a
//! peer can so end a program or keep it busy for hours. So [`KeyExpr::intersects`] and
//! [`KeyExpr::includes`] leave only short ones to zenoh. They say the same.

use std::{fmt, ops::Deref, str::FromStr};

use zbytes_text::shown;
use zenoh_keyexpr::{OwnedKeyExpr, keyexpr};

/// A key expression, in canonical form: `lab/tensor`, `lab/*` or `lab/**`. A clone shares the text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyExpr(OwnedKeyExpr);

/// The text is not a key expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{}” is not a key expression: {}", shown(text), shown(reason))]
#[non_exhaustive]
pub struct KeyExprError {
    /// The text.
    pub text: String,
    /// Why, in zenoh's own words.
    pub reason: String,
}

impl KeyExprError {
    fn new(text: &str, error: &dyn fmt::Display) -> Self {
        let error = error.to_string();
        // zenoh begins with the text once more, which may have anything in it, and ends with the
        // place in its own source.
        let quoted = format!("{text}`: ");
        let reason = error.split_once(&quoted).map_or(error.as_str(), |(_, reason)| reason);
        let reason = reason.rsplit_once(" at ").map_or(reason, |(reason, _)| reason);
        Self { text: text.to_owned(), reason: reason.to_owned() }
    }
}

impl KeyExpr {
    /// The longest key expression that can be sent, in bytes.
    pub const MAX_LEN: usize = u16::MAX as usize;

    /// The key expression that `text` is.
    ///
    /// # Errors
    /// [`KeyExprError`], also when another way to write it is the canonical one, and when it is
    /// longer than [`KeyExpr::MAX_LEN`].
    pub fn new(text: &str) -> Result<Self, KeyExprError> {
        Self::within(text, OwnedKeyExpr::new(text).map_err(|error| KeyExprError::new(text, &error))?)
    }

    /// As [`KeyExpr::new`], and brought into the canonical form first: `a/**/*` becomes `a/*/**`.
    ///
    /// # Errors
    /// [`KeyExprError`].
    pub fn autocanonize(text: &str) -> Result<Self, KeyExprError> {
        let canonical = OwnedKeyExpr::autocanonize(text.to_owned());
        Self::within(text, canonical.map_err(|error| KeyExprError::new(text, &error))?)
    }

    /// This one, a slash and `other`, in canonical form.
    ///
    /// # Errors
    /// [`KeyExprError`].
    pub fn join(&self, other: &str) -> Result<Self, KeyExprError> {
        Self::autocanonize(&format!("{self}/{other}"))
    }

    fn within(text: &str, found: OwnedKeyExpr) -> Result<Self, KeyExprError> {
        let len = found.len();
        if len > Self::MAX_LEN {
            let reason = format!("it has {len} bytes, and zenoh's wire format holds at most {}", Self::MAX_LEN);
            return Err(KeyExprError { text: text.to_owned(), reason });
        }
        Ok(Self(found))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether a key can be meant by both. The time grows with the product of their lengths.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        intersects(&self.0, &other.0)
    }

    /// Whether every key that `other` means is meant by this one too. The time grows with the
    /// product of their lengths.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        includes(&self.0, &other.0)
    }
}

impl Deref for KeyExpr {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for KeyExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for KeyExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq<str> for KeyExpr {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for KeyExpr {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl FromStr for KeyExpr {
    type Err = KeyExprError;

    fn from_str(text: &str) -> Result<Self, KeyExprError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for KeyExpr {
    type Error = KeyExprError;

    fn try_from(text: &str) -> Result<Self, KeyExprError> {
        Self::new(text)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for KeyExpr {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for KeyExpr {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Whether the two are short, and have few wildcards, so that zenoh's own functions are quick.
fn is_short(left: &keyexpr, right: &keyexpr) -> bool {
    let count = |wanted| [left, right].into_iter().flat_map(|key| key.bytes()).filter(|byte| *byte == wanted).count();
    left.len() + right.len() <= 256 && count(b'*') <= 4 && count(b'$') <= 2
}

/// The least that the text of a chunk or of a key has to say: a wildcard for any number of things,
/// or one thing.
trait Piece: Copy {
    /// Whether it stands for any number of things.
    fn is_any(self) -> bool;
    /// Whether a wildcard for any number of things may stand for it.
    fn is_covered(self) -> bool;
}

/// A chunk of a key expression.
#[derive(Clone, Copy)]
struct Chunk<'a>(&'a str);

impl Piece for Chunk<'_> {
    fn is_any(self) -> bool {
        self.0 == "**"
    }

    fn is_covered(self) -> bool {
        !self.0.starts_with('@')
    }
}

/// A byte of a chunk, or `$*`, which is `None`.
impl Piece for Option<u8> {
    fn is_any(self) -> bool {
        self.is_none()
    }

    fn is_covered(self) -> bool {
        true
    }
}

/// Whether two rows of pieces can stand for the same things: whether a way leads through the table
/// of all pairs of places in them. It looks at each pair once, and keeps one line of the
/// table.
fn meet<P: Piece>(left: &[P], right: &[P], one: impl Fn(P, P) -> bool) -> bool {
    let mut line = vec![false; right.len() + 1];
    // A place behind the last of `right`, from which only wildcards can follow in `left`.
    let mut here = true;
    let mut reached = vec![false; right.len() + 1];
    for at in 0..=left.len() {
        let first = left.get(at).copied();
        let mut any = false;
        line.fill(false);
        for (next, second) in right.iter().copied().map(Some).chain([None]).enumerate() {
            let from_above = reached.get(next).copied().unwrap_or(false);
            let is_here = from_above || std::mem::take(&mut here);
            if !is_here {
                continue;
            }
            any = true;
            let (down, aside, across) = match (first, second) {
                (None, None) => return true,
                (Some(first), None) => (first.is_any(), false, false),
                (None, Some(second)) => (false, second.is_any(), false),
                (Some(first), Some(second)) => (
                    first.is_any() || second.is_any() && first.is_covered(),
                    second.is_any() || first.is_any() && second.is_covered(),
                    !first.is_any() && !second.is_any() && one(first, second),
                ),
            };
            here = aside;
            if let Some(below) = line.get_mut(next) {
                *below |= down;
            }
            if let Some(below) = line.get_mut(next + 1) {
                *below |= across;
            }
        }
        if !any {
            return false;
        }
        std::mem::swap(&mut line, &mut reached);
    }
    false
}

fn chunks(key: &keyexpr) -> Vec<Chunk<'_>> {
    key.as_str().split('/').map(Chunk).collect()
}

/// The bytes of a chunk, and its wildcards.
fn bytes(chunk: &str) -> Vec<Option<u8>> {
    let parts = chunk.split("$*").map(|part| part.bytes().map(Some).collect());
    parts.collect::<Vec<Vec<_>>>().join(&None)
}

fn chunks_intersect(Chunk(left): Chunk<'_>, Chunk(right): Chunk<'_>) -> bool {
    left == right
        || !left.starts_with('@')
            && !right.starts_with('@')
            && (left == "*"
                || right == "*"
                || (left.contains('$') || right.contains('$'))
                    && meet(&bytes(left), &bytes(right), |left, right| left == right))
}

/// Whether a key can be meant by both. As [`keyexpr::intersects`], in time that grows with the
/// product of their lengths.
fn intersects(left: &keyexpr, right: &keyexpr) -> bool {
    if is_short(left, right) {
        return left.intersects(right);
    }
    let is_one = |key: &keyexpr| !key.contains('*');
    if is_one(left) && is_one(right) {
        return left == right;
    }
    meet(&chunks(left), &chunks(right), chunks_intersect)
}

/// Whether every key that `right` means is meant by `left` too. As [`keyexpr::includes`], in time
/// that grows with the product of their lengths.
fn includes(left: &keyexpr, right: &keyexpr) -> bool {
    if is_short(left, right) {
        return left.includes(right);
    }
    let one = |left: Chunk<'_>, right: Chunk<'_>| match (keyexpr::new(left.0), keyexpr::new(right.0)) {
        (Ok(left), Ok(right)) => left.includes(right),
        _ => false,
    };
    let (left, right) = (chunks(left), chunks(right));
    // Which places in `right` the chunks of `left` so far can have come to: a wildcard takes any
    // number of chunks from there on.
    let mut reached = vec![false; right.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for chunk in left {
        let mut line = vec![false; right.len() + 1];
        let mut here = false;
        for (next, there) in right.iter().map(Some).chain([None]).enumerate() {
            let is_reached = reached.get(next).copied().unwrap_or(false);
            if chunk.is_any() {
                here |= is_reached;
                if let Some(below) = line.get_mut(next) {
                    *below = here;
                }
                here &= there.is_some_and(|there| there.is_covered());
            } else if let Some(there) = there
                && is_reached
                && !there.is_any()
                && one(chunk, *there)
                && let Some(below) = line.get_mut(next + 1)
            {
                *below = true;
            }
        }
        reached = line;
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_for_any_number_of_chunks_reach_on_in_long_keys() {
        let pad = "x".repeat(300);
        let long = |text: &str| KeyExpr::new(&format!("{pad}/{text}")).unwrap();
        for (left, right, included) in [
            ("**/z", "a/b/c/z", true),
            ("**/b/**", "a/b/c", true),
            ("a/**", "a", true),
            ("**/z", "a/b/c/y", false),
            ("a/*/z", "a/b/c/z", false),
        ] {
            assert_eq!(long(left).includes(&long(right)), included, "{left} {right}");
        }
    }

    #[test]
    fn the_algebra_is_zenohs() {
        for (left, right, includes, intersects) in [
            ("lab/tensor", "lab/tensor", true, true),
            ("lab/*", "lab/tensor", true, true),
            ("lab/**", "lab", true, true),
            ("lab/**", "lab/a/b", true, true),
            ("lab/*/x", "lab/y/*", false, true),
            ("lab/tensor", "lab/*", false, true),
            ("lab/a$*", "lab/abc", true, true),
            ("lab/a", "lab/b", false, false),
            // A chunk that begins with @ is met by itself only.
            ("**", "@/router", false, false),
        ] {
            let [left, right] = [left, right].map(|text| KeyExpr::new(text).unwrap());
            assert_eq!(left.includes(&right), includes, "{left} {right}");
            assert_eq!((left.intersects(&right), right.intersects(&left)), (intersects, intersects), "{left} {right}");
        }
    }

    #[test]
    fn a_key_expression_is_at_most_as_long_as_can_be_sent() {
        let longest = "x".repeat(KeyExpr::MAX_LEN);
        assert_eq!(KeyExpr::new(&longest).unwrap().len(), 65_535);
        let error = KeyExpr::new(&format!("{longest}x")).unwrap_err();
        assert!(error.reason.starts_with("it has 65536 bytes"), "{}", error.reason);
        assert!(error.to_string().chars().count() < 600, "{error}");
        assert!(KeyExpr::new("x").unwrap().join(&longest).is_err());
    }

    #[test]
    fn joining_and_the_canonical_form() {
        let lab = KeyExpr::new("lab").unwrap();
        assert_eq!(lab.join("a/*").unwrap().as_str(), "lab/a/*");
        assert_eq!(KeyExpr::new("lab/**").unwrap().join("**").unwrap().as_str(), "lab/**");
        assert!(lab.join("a//b").unwrap_err().to_string().contains("lab/a//b"));
        for (text, form) in [("a/**/**", "a/**"), ("a/**/*", "a/*/**"), ("a/$*", "a/*"), ("a/b", "a/b")] {
            assert_eq!(KeyExpr::autocanonize(text).unwrap().as_str(), form);
            assert_eq!(KeyExpr::new(text).is_ok(), text == form);
        }
        assert!(KeyExpr::autocanonize("a//b").is_err());
    }

    /// Key expressions out of few chunks, so that many of them meet.
    fn any_key() -> impl Strategy<Value = KeyExpr> {
        let chunk =
            prop::sample::select(vec!["a", "b", "ab", "aba", "*", "**", "a$*", "$*b", "a$*b$*a", "$*a$*", "@a", "@b"]);
        prop::collection::vec(chunk, 1..7)
            .prop_filter_map("a key expression", |chunks| KeyExpr::autocanonize(&chunks.join("/")).ok())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(20_000)))]

        #[test]
        fn property_long_keys_are_matched_as_zenoh_matches_short_ones(left in any_key(), right in any_key()) {
            // Long enough not to be left to zenoh, by a chunk that changes nothing.
            let pad = format!("{}/", "x".repeat(300));
            let long = |key: &KeyExpr| KeyExpr::new(&format!("{pad}{key}")).unwrap();
            let (wide, narrow) = (long(&left), long(&right));
            prop_assert!(!is_short(&wide.0, &narrow.0));
            prop_assert_eq!(wide.intersects(&narrow), left.0.intersects(&right.0), "{} {}", left, right);
            prop_assert_eq!(wide.includes(&narrow), left.0.includes(&right.0), "{} {}", left, right);
        }
    }
}
