//! What was taken of typed values, in words.

use crate::{
    given::values::{Form, Values},
    present::format,
    segment::Element,
};

/// What was taken: `3 numbers, 24 B`.
#[must_use]
pub fn took(values: &Values, element: Element) -> String {
    let (len, count) = (values.bytes.len(), values.bytes.len() / element.size());
    let bytes = format::bytes(len);
    match values.form {
        Form::Numbers => format!("Taken: {} of {}, {bytes}.", format::plural(count, "number"), element.name()),
        Form::Hex | Form::Base64 => {
            let name = if values.form == Form::Hex { "hex" } else { "base64" };
            format!("Taken: {bytes} of {name}, {} × {}.", element.name(), format::count(count))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_told_with_count_and_type() {
        let of = |form, len: usize| took(&Values { form, bytes: vec![0; len] }, Element::Float32);
        assert_eq!(of(Form::Numbers, 4), "Taken: 1 number of Float32, 4 B.");
        assert_eq!(of(Form::Numbers, 12_000), "Taken: 3,000 numbers of Float32, 12,000 B.");
        assert_eq!(of(Form::Hex, 8), "Taken: 8 B of hex, Float32 × 2.");
        assert_eq!(of(Form::Base64, 8), "Taken: 8 B of base64, Float32 × 2.");
    }
}
