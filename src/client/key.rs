//! Key expressions, with errors in words. What they can do is zenoh's own: `intersects`, `includes` and more are methods
//! of [`OwnedKeyExpr`].

use zenoh_keyexpr::OwnedKeyExpr;

use super::CommandError;

fn refused(text: &str, error: &dyn std::fmt::Display) -> CommandError {
    let error = error.to_string();
    // zenoh begins with the text once more, which may have anything in it, and ends with the place in its own source.
    let quoted = format!("{text}`: ");
    let reason = error.split_once(&quoted).map_or(error.as_str(), |(_, reason)| reason);
    let reason = reason.rsplit_once(" at ").map_or(reason, |(reason, _)| reason);
    CommandError::KeyExpression { text: text.to_owned(), reason: reason.to_owned() }
}

/// A key expression out of what a person typed.
///
/// # Errors
/// [`CommandError::KeyExpression`] with zenoh's own reason, also when another way to write it is the canonical one.
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
