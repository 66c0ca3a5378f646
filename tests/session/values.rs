//! The client's values, in the words of `peer.py`.

use serde_json::{Value, json};
use zbytes_lab::client::{CongestionControl, Priority, Query, Reply, Sample};

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
    }
}

/// A sample of ours in the form that the Python client gives to its own.
pub(crate) fn described(sample: &Sample) -> Value {
    json!({
        "key": sample.key_expr.as_str(),
        "kind": if sample.kind.is_delete() { "DELETE" } else { "PUT" },
        "payload": hex(&sample.kind.payload().map(flat).unwrap_or_default()),
        "encoding": sample.kind.encoding().cloned().unwrap_or_default().to_string(),
        "attachment": sample.attachment.as_ref().map(|bytes| hex(&flat(bytes))),
        "timestamp": sample.timestamp.as_ref().map(ToString::to_string),
        "priority": name_of(sample.qos.priority),
        "congestion": congestion_name(sample.qos.congestion_control),
        "express": sample.qos.express,
        "source": sample.source_info.map(|info| json!([info.source_id.zid.to_string(), info.source_id.eid, info.source_sn])),
    })
}

/// A query of a peer, in the same form.
pub(crate) fn asked(query: &Query) -> Value {
    json!({
        "key": query.key_expr.as_str(),
        "parameters": query.parameters,
        "payload": query.payload.as_ref().map(|bytes| hex(&flat(bytes))),
        "encoding": query.payload.as_ref().map(|_| query.encoding.to_string()),
        "attachment": query.attachment.as_ref().map(|bytes| hex(&flat(bytes))),
    })
}

/// An answer to a get of ours, in the same form.
pub(crate) fn replied(reply: &Reply) -> Value {
    match &reply.result {
        Ok(sample) => json!({ "ok": described(sample) }),
        Err(error) => {
            json!({ "err": { "payload": hex(&flat(&error.payload)), "encoding": error.encoding.to_string() } })
        }
    }
}
