//! Payload bytes as texts, short enough to be shown in a line.

use std::io::Read;

use super::samples::Attachment;
use crate::payload::ZBytes;

/// How many bytes of an attachment, or of an error, the page shows.
const SHOWN: usize = 80;

impl Attachment {
    /// Facts about an attachment, with its first bytes.
    #[must_use]
    pub fn of(attachment: &ZBytes) -> Self {
        Self { len: attachment.len(), text: first_of(attachment).into() }
    }
}

/// A text as a payload.
#[must_use]
pub fn text_bytes(text: &str) -> ZBytes {
    ZBytes::of_held(vec![text.to_owned().into_bytes().into()])
}

/// The whole of a text of at most `most` bytes; `None` for a longer payload, or one that is not a text.
#[must_use]
pub fn whole_text(payload: &ZBytes, most: usize) -> Option<String> {
    if payload.len() > most {
        return None;
    }
    // A text between pages of the lab is metadata, as a head is.
    let mut bytes = vec![0; payload.len()];
    payload.reader().read_exact(&mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}

/// The first bytes of `payload` as a text, or in hexadecimal where they are not a text.
#[must_use]
pub fn first_of(payload: &ZBytes) -> String {
    let len = payload.len().min(SHOWN);
    let mut first = vec![0; len];
    // These bytes are only for display, so they do not count as a copy. A payload that cannot be
    // read, such as a detached array, has nothing to show.
    if payload.reader().read_exact(&mut first).is_err() {
        return "not readable any more".to_owned();
    }
    let text = match std::str::from_utf8(&first) {
        Ok(text) => Some(text),
        // The last character is cut in the middle.
        Err(error) if len < payload.len() && len - error.valid_up_to() < 4 => {
            first.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok())
        }
        Err(_) => None,
    };
    // A text of several lines is a text. The page marks invisible characters where it shows the
    // text.
    let controls = |c: char| c.is_control() && !c.is_whitespace();
    let text = text.filter(|text| !text.chars().any(controls));
    let mut shown = match text {
        Some(text) => text.to_owned(),
        None => first.iter().take(SHOWN / 4).map(|byte| format!("{byte:02x} ")).collect(),
    };
    if len < payload.len() || (text.is_none() && len > SHOWN / 4) {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: impl Into<Vec<u8>>) -> String {
        first_of(&ZBytes::of_held(vec![bytes.into().into()]))
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(shown("a line\n\tand another: ü"), "a line\n\tand another: ü");
        assert_eq!(shown(""), "");
        assert_eq!(shown("x".repeat(80)), "x".repeat(80));
        assert_eq!(shown("x".repeat(81)), format!("{}…", "x".repeat(80)));
        // The 80th byte is in the middle of a character of three.
        assert_eq!(shown(format!("{}€uro", "x".repeat(78))), format!("{}…", "x".repeat(78)));
    }

    #[test]
    fn bytes_that_are_not_a_text_are_shown_in_hexadecimal() {
        assert_eq!(shown([0xff, 0x00]), "ff 00 ");
        assert_eq!(shown("a control \u{1}").split(' ').next(), Some("61"));
        assert_eq!(shown([0xff; 20]), "ff ".repeat(20));
        assert_eq!(shown([0xff; 21]), format!("{}…", "ff ".repeat(20)));
        assert_eq!(shown([1; 20]), "01 ".repeat(20));
        assert_eq!(shown([1; 21]), format!("{}…", "01 ".repeat(20)));
    }

    #[test]
    fn an_attachment_tells_its_whole_length() {
        let attachment = Attachment::of(&text_bytes(&"x".repeat(300)));
        assert_eq!((attachment.len, attachment.text.raw().chars().count()), (300, 81));
    }
}
