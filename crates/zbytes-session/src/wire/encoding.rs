//! What a payload is, as a name and a schema: `text/plain;utf-8`.
//!
//! On the wire an encoding is a number and a schema. The numbers and their names are those of zenoh
//! 1.10, see [`ENCODING_NAMES`]. What has no number has [`Encoding::CUSTOM`] and the whole text as
//! its schema, as there.

use std::{fmt, str::FromStr};

use zenoh_protocol::core::Encoding as WireEncoding;

/// What a payload is. The default is `zenoh/bytes`.
///
/// A text becomes an encoding by [`str::parse`]. An encoding of a peer may have a number without a
/// name, and a schema that is not a text; `unknown(999);…` stands for the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoding(WireEncoding);

/// The schema of an encoding is longer than the wire format allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schema of the encoding has {len} B, and the wire format holds at most {}", Encoding::MAX_SCHEMA)]
#[non_exhaustive]
pub struct SchemaTooLong {
    /// Its length, in bytes.
    pub len: usize,
}

impl Encoding {
    /// The number of an encoding that has none: its schema is the whole text.
    pub const CUSTOM: u16 = u16::MAX;

    /// `text/plain`, without a schema.
    pub const TEXT_PLAIN: Self = Self(WireEncoding { id: 4, schema: None });

    /// The longest schema that can be sent, in bytes.
    pub const MAX_SCHEMA: usize = u8::MAX as usize;

    /// `zenoh/bytes`, without a schema.
    #[must_use]
    pub const fn empty() -> Self {
        Self(WireEncoding::empty())
    }

    /// The encoding with this number and schema.
    ///
    /// # Errors
    /// [`SchemaTooLong`].
    pub fn new(id: u16, schema: Option<Vec<u8>>) -> Result<Self, SchemaTooLong> {
        match &schema {
            Some(schema) if schema.len() > Self::MAX_SCHEMA => Err(SchemaTooLong { len: schema.len() }),
            _ => Ok(Self(WireEncoding { id, schema: schema.map(Into::into) })),
        }
    }

    /// The number: the index of the name in [`ENCODING_NAMES`], or [`Encoding::CUSTOM`].
    #[must_use]
    pub const fn id(&self) -> u16 {
        self.0.id
    }

    /// The bytes of the schema, if it has one.
    #[must_use]
    pub fn schema(&self) -> Option<&[u8]> {
        self.0.schema.as_deref()
    }

    pub(crate) const fn of_wire(found: WireEncoding) -> Self {
        Self(found)
    }

    pub(crate) const fn as_wire(&self) -> &WireEncoding {
        &self.0
    }
}

impl FromStr for Encoding {
    type Err = SchemaTooLong;

    fn from_str(text: &str) -> Result<Self, SchemaTooLong> {
        let (name, schema) = text.split_once(';').unwrap_or((text, ""));
        let known = ENCODING_NAMES.iter().position(|known| *known == name);
        let (id, schema) = match known {
            // There are 53 names.
            Some(id) => (id as u16, schema),
            None if text.is_empty() => (0, ""),
            None => (Self::CUSTOM, text),
        };
        Self::new(id, (!schema.is_empty()).then(|| schema.to_owned().into_bytes()))
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.schema().map(String::from_utf8_lossy);
        match (ENCODING_NAMES.get(usize::from(self.id())), schema) {
            (None, Some(schema)) if self.id() == Self::CUSTOM => f.write_str(&schema),
            (Some(name), Some(schema)) => write!(f, "{name};{schema}"),
            (Some(name), None) => f.write_str(name),
            (None, Some(schema)) => write!(f, "unknown({});{schema}", self.id()),
            (None, None) => write!(f, "unknown({})", self.id()),
        }
    }
}

/// zenoh 1.10 gives these encodings a number, which is the index in this list
/// (`zenoh::bytes::Encoding`).
pub const ENCODING_NAMES: [&str; 53] = [
    "zenoh/bytes",
    "zenoh/string",
    "zenoh/serialized",
    "application/octet-stream",
    "text/plain",
    "application/json",
    "text/json",
    "application/cdr",
    "application/cbor",
    "application/yaml",
    "text/yaml",
    "text/json5",
    "application/python-serialized-object",
    "application/protobuf",
    "application/java-serialized-object",
    "application/openmetrics-text",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/bmp",
    "image/webp",
    "application/xml",
    "application/x-www-form-urlencoded",
    "text/html",
    "text/xml",
    "text/css",
    "text/javascript",
    "text/markdown",
    "text/csv",
    "application/sql",
    "application/coap-payload",
    "application/json-patch+json",
    "application/json-seq",
    "application/jsonpath",
    "application/jwt",
    "application/mp4",
    "application/soap+xml",
    "application/yang",
    "audio/aac",
    "audio/flac",
    "audio/mp4",
    "audio/ogg",
    "audio/vorbis",
    "video/h261",
    "video/h263",
    "video/h264",
    "video/h265",
    "video/h266",
    "video/mp4",
    "video/ogg",
    "video/raw",
    "video/vp8",
    "video/vp9",
];

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
            let found: Encoding = text.parse().unwrap();
            assert_eq!(found.to_string(), text, "{found:?}");
        }
        assert_eq!("zenoh/bytes".parse(), Ok(Encoding::empty()));
        assert_eq!("".parse(), Ok(Encoding::empty()));
        assert_eq!("text/plain".parse(), Ok(Encoding::TEXT_PLAIN));
        assert_eq!(Encoding::new(999, Some(vec![0xff])).unwrap().to_string(), "unknown(999);\u{FFFD}");
        assert_eq!(format!("text/plain;{}", "x".repeat(256)).parse::<Encoding>(), Err(SchemaTooLong { len: 256 }));
        assert!(format!("text/plain;{}", "x".repeat(255)).parse::<Encoding>().is_ok());
    }
}
