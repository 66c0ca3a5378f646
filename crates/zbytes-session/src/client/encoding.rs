//! Encodings as texts: `text/plain;utf-8` is a name, a semicolon and a schema.
//!
//! On the wire an encoding is a number and a schema. The numbers and their names are those of zenoh
//! 1.10, see [`ENCODING_NAMES`]. What has no number has [`CUSTOM`] and the whole text as its
//! schema, as there.

use zenoh_protocol::core::Encoding;

use crate::wire::ENCODING_NAMES;

/// The number of an encoding that has none: its schema is the whole text.
pub const CUSTOM: u16 = u16::MAX;

/// The longest schema that can be sent, in bytes.
pub const MAX_SCHEMA: usize = u8::MAX as usize;

/// The encoding that `text` names.
///
/// # Errors
/// The length of the schema, in bytes, when it is longer than [`MAX_SCHEMA`].
pub fn encoding(text: &str) -> Result<Encoding, usize> {
    let (name, schema) = text.split_once(';').unwrap_or((text, ""));
    let known = ENCODING_NAMES.iter().position(|known| *known == name);
    let (id, schema) = match known {
        Some(id) => (id as u16, schema),
        None if text.is_empty() => (0, ""),
        None => (CUSTOM, text),
    };
    if schema.len() > MAX_SCHEMA {
        return Err(schema.len());
    }
    let schema = (!schema.is_empty()).then(|| schema.to_owned().into_bytes().into());
    Ok(Encoding { id, schema })
}

/// `encoding` as a text. What a peer sends may have a number without a name, and a schema that is
/// not a text.
#[must_use]
pub fn text_of(encoding: &Encoding) -> String {
    let schema = encoding.schema.as_ref().map(|schema| String::from_utf8_lossy(schema));
    match (ENCODING_NAMES.get(usize::from(encoding.id)), schema) {
        (None, Some(schema)) if encoding.id == CUSTOM => schema.into_owned(),
        (Some(name), Some(schema)) => format!("{name};{schema}"),
        (Some(name), None) => (*name).to_owned(),
        (None, Some(schema)) => format!("unknown({});{schema}", encoding.id),
        (None, None) => format!("unknown({})", encoding.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_schemas_there_and_back() {
        for text in ENCODING_NAMES.into_iter().chain([
            "text/plain;utf-8",
            "application/json;a;b",
            "lab/tensor",
            "lab/tensor;x",
            "zenoh/bytes;x",
        ]) {
            let found = encoding(text).unwrap();
            assert_eq!(text_of(&found), text, "{found:?}");
        }
        assert_eq!(encoding("zenoh/bytes").unwrap(), Encoding::empty());
        assert_eq!(encoding("").unwrap(), Encoding::empty());
        assert_eq!(text_of(&Encoding { id: 999, schema: Some(vec![0xff].into()) }), "unknown(999);\u{FFFD}");
        assert_eq!(encoding(&format!("text/plain;{}", "x".repeat(256))), Err(256));
        assert!(encoding(&format!("text/plain;{}", "x".repeat(255))).is_ok());
    }
}
