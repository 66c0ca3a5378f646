//! The Router pane: the session with a router, and all that the page does with it.
//!
//! | File | What is in it |
//! |---|---|
//! | `connection` | the session itself: opened, lost, opened again, closed |
//! | `put`, `options`, `rate`, `fence` | one put or delete, its options, many puts, a fence |
//! | `declaration`, `subscription`, `samples` | what is declared, and what has arrived |
//! | `by_itself` | what the page does of that without a press for it |
//! | `groups`, `glimpse` | samples by key and sender in numbers, and what their bytes are |
//! | `get`, `queryable`, [`answers`] | asking, being asked, and the order of the answers |
//! | `liveliness` | tokens |
//! | `ids`, `numbers` | names of puts, samples and declarations, and the numbers of numbered puts |
//! | `tab`, `limits`, `text` | the views of the pane, what they list at most, and bytes as texts |
//! | `api`, `change`, `event` | what joins these: state; changes and tasks; events |

mod again;
pub mod answers;
mod api;
mod by_itself;
mod change;
mod connection;
mod declaration;
mod event;
mod fence;
mod get;
mod glimpse;
mod groups;
mod ids;
mod limits;
mod liveliness;
mod numbers;
mod options;
mod put;
mod queryable;
mod rate;
mod samples;
mod subscription;
mod tab;
mod text;

pub(in crate::app) use self::again::cut_off;
pub use self::{
    api::{Api, HubFigures},
    by_itself::{ByItself, SUB_KEY},
    change::{Change, Task},
    connection::{Loss, Lost, Session},
    declaration::{Declaration, Entity},
    event::Event,
    fence::Fence,
    get::{Asking, ErrorReply, Getting, Question},
    glimpse::{Glimpse, PARTS, WINDOW, What},
    groups::{GROUPS, Group, Groups, Minute, STEPS, Sender},
    ids::{EntityName, PutId, SampleId},
    limits::{LISTED, MAX_HZ, MAX_TIMEOUT_MILLIS},
    liveliness::{Liveliness, Token},
    numbers::Numbers,
    options::{Options, PRIORITIES, priority_name},
    put::{Put, PutReport},
    queryable::{Answered, Answering, Asked},
    rate::{Course, Rate},
    samples::{Attachment, Clock, Hash, KEPT_BYTES, KEPT_SAMPLES, More, Sample, Stamp},
    tab::Tab,
    text::{first_of, text_bytes, whole_text},
};
pub use crate::client::{ConsolidationMode, LinkStats, Priority, QueryId, QueryTarget};

#[cfg(test)]
mod tests;
