//! The client's values, in the words of `peer.py`.

use serde_json::{Value, json};
use zbytes_lab::client::{Query, Reply, Sample, encoding::text_of};
use zenoh_protocol::core::{CongestionControl, Priority};

use super::{flat, support::python::hex};

/// A priority by zenoh's name.
pub(crate) fn name_of(priority: Priority) -> &'static str {
    match priority {
        Priority::Control => "CONTROL",
        Priority::RealTime => "REAL_TIME",
        Priority::InteractiveHigh => "INTERACTIVE_HIGH",
        Priority::InteractiveLow => "INTERACTIVE_LOW",
        Priority::DataHigh => "DATA_HIGH",
        Priority::Data => "DATA",
        Priority::DataLow => "DATA_LOW",
        Priority::Background => "BACKGROUND",
    }
}

pub(crate) fn congestion_name(congestion: CongestionControl) -> &'static str {
    match congestion {
        CongestionControl::Drop => "DROP",
        CongestionControl::Block => "BLOCK",
        CongestionControl::BlockFirst => "BLOCK_FIRST",
    }
}

/// A sample of ours in the form that the Python client gives to its own.
pub(crate) fn described(sample: &Sample) -> Value {
    json!({
        "key": sample.key,
        "kind": if sample.deleted { "DELETE" } else { "PUT" },
        "payload": hex(&flat(&sample.payload)),
        "encoding": text_of(&sample.encoding),
        "attachment": sample.attachment.as_ref().map(|bytes| hex(&flat(bytes))),
        "timestamp": sample.timestamp.as_ref().map(ToString::to_string),
        "priority": name_of(sample.qos.priority),
        "congestion": congestion_name(sample.qos.congestion),
        "express": sample.qos.express,
        "source": sample.source.map(|source| json!([source.id.zid.to_string(), source.id.eid, source.sn])),
    })
}

/// A query of a peer, in the same form.
pub(crate) fn asked(query: &Query) -> Value {
    json!({
        "key": query.key,
        "parameters": query.parameters,
        "payload": query.payload.as_ref().map(|bytes| hex(&flat(bytes))),
        "encoding": query.payload.as_ref().map(|_| text_of(&query.encoding)),
        "attachment": query.attachment.as_ref().map(|bytes| hex(&flat(bytes))),
    })
}

/// An answer to a get of ours, in the same form.
pub(crate) fn replied(reply: &Reply) -> Value {
    match &reply.result {
        Ok(sample) => json!({ "ok": described(sample) }),
        Err(error) => json!({ "err": { "payload": hex(&flat(&error.payload)), "encoding": text_of(&error.encoding) } }),
    }
}
