//! Key expressions, with errors in words. What they can do is zenoh's own: `intersects`, `includes`
//! and more are methods of [`OwnedKeyExpr`].
//!
//! Where one of the two comes from a peer, the client asks [`intersects`] and [`includes`] of this
//! module. They say the same. Those of zenoh go one call deeper with each chunk behind a `**`, and
//! try all ways to share the chunks out among several of them. A key of 64 KiB can so end a program
//! or keep it busy for hours.

use zenoh_keyexpr::{OwnedKeyExpr, keyexpr};

use super::error::CommandError;

fn refused(text: &str, error: &dyn std::fmt::Display) -> CommandError {
    let error = error.to_string();
    // zenoh begins with the text once more, which may have anything in it, and ends with the place
    // in its own source.
    let quoted = format!("{text}`: ");
    let reason = error.split_once(&quoted).map_or(error.as_str(), |(_, reason)| reason);
    let reason = reason.rsplit_once(" at ").map_or(reason, |(reason, _)| reason);
    CommandError::KeyExpression { text: text.to_owned(), reason: reason.to_owned() }
}

/// A key expression out of what a person typed.
///
/// # Errors
/// [`CommandError::KeyExpression`] with zenoh's own reason, also when another way to write it is
/// the canonical one.
pub fn key_expression(text: &str) -> Result<OwnedKeyExpr, CommandError> {
    OwnedKeyExpr::new(text).map_err(|error| refused(text, &error))
}

/// As [`key_expression`], and brought into the canonical form first: `a/**/*` becomes `a/*/**`.
///
/// # Errors
/// [`CommandError::KeyExpression`] with zenoh's own reason.
pub fn canonical(text: &str) -> Result<OwnedKeyExpr, CommandError> {
    OwnedKeyExpr::autocanonize(text.to_owned()).map_err(|error| refused(text, &error))
}

/// `first`, a slash and `second`, in canonical form.
///
/// # Errors
/// [`CommandError::KeyExpression`] with zenoh's own reason.
pub fn join(first: &OwnedKeyExpr, second: &str) -> Result<OwnedKeyExpr, CommandError> {
    first.join(second).map_err(|error| refused(&format!("{first}/{second}"), &error))
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
pub(super) fn intersects(left: &keyexpr, right: &keyexpr) -> bool {
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
pub(super) fn includes(left: &keyexpr, right: &keyexpr) -> bool {
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
        let long = |text: &str| key_expression(&format!("{pad}/{text}")).unwrap();
        for (left, right, included) in [
            ("**/z", "a/b/c/z", true),
            ("**/b/**", "a/b/c", true),
            ("a/**", "a", true),
            ("**/z", "a/b/c/y", false),
            ("a/*/z", "a/b/c/z", false),
        ] {
            assert_eq!(includes(&long(left), &long(right)), included, "{left} {right}");
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
            let [left, right] = [left, right].map(|text| key_expression(text).unwrap());
            assert_eq!(left.includes(&right), includes, "{left} {right}");
            assert_eq!((left.intersects(&right), right.intersects(&left)), (intersects, intersects), "{left} {right}");
        }
    }

    #[test]
    fn joining_and_the_canonical_form() {
        let lab = key_expression("lab").unwrap();
        assert_eq!(join(&lab, "a/*").unwrap().as_str(), "lab/a/*");
        assert_eq!(join(&key_expression("lab/**").unwrap(), "**").unwrap().as_str(), "lab/**");
        assert!(join(&lab, "a//b").unwrap_err().to_string().contains("lab/a//b"));
        for (text, form) in [("a/**/**", "a/**"), ("a/**/*", "a/*/**"), ("a/$*", "a/*"), ("a/b", "a/b")] {
            assert_eq!(canonical(text).unwrap().as_str(), form);
            assert_eq!(key_expression(text).is_ok(), text == form);
        }
        assert!(canonical("a//b").is_err());
    }

    /// Key expressions out of few chunks, so that many of them meet.
    fn any_key() -> impl Strategy<Value = OwnedKeyExpr> {
        let chunk =
            prop::sample::select(vec!["a", "b", "ab", "aba", "*", "**", "a$*", "$*b", "a$*b$*a", "$*a$*", "@a", "@b"]);
        prop::collection::vec(chunk, 1..7)
            .prop_filter_map("a key expression", |chunks| canonical(&chunks.join("/")).ok())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(20_000)))]

        #[test]
        fn property_long_keys_are_matched_as_zenoh_matches_short_ones(left in any_key(), right in any_key()) {
            // Long enough not to be left to zenoh, by a chunk that changes nothing.
            let pad = format!("{}/", "x".repeat(300));
            let long = |key: &OwnedKeyExpr| key_expression(&format!("{pad}{key}")).unwrap();
            let (wide, narrow) = (long(&left), long(&right));
            prop_assert!(!is_short(&wide, &narrow));
            prop_assert_eq!(intersects(&wide, &narrow), left.intersects(&right), "{} {}", left, right);
            prop_assert_eq!(includes(&wide, &narrow), left.includes(&right), "{} {}", left, right);
        }
    }
}
