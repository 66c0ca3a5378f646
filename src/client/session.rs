//! Keys: those that the router gives numbers to, and those of our subscribers.

use std::collections::HashMap;

use zenoh_keyexpr::OwnedKeyExpr;
use zenoh_protocol::{
    core::WireExpr,
    network::{DeclareBody, Mapping},
};

use super::{CloseCause, SubscriberId};

/// The longest key expression that is taken from a router, in bytes. Numbers can stand for texts that begin with numbers, so
/// without a bound a few small messages could make one of any length.
const MAX_KEY: usize = u16::MAX as usize;

pub(super) struct Subscriber {
    pub(super) id: SubscriberId,
    pub(super) key: OwnedKeyExpr,
}

/// The text of `wire`: what its number stands for, followed by its suffix. Numbers of ours do not exist: we declare none.
fn text(mappings: &HashMap<u16, String>, wire: &WireExpr<'_>) -> Result<String, CloseCause> {
    let prefix = match (wire.scope, wire.mapping) {
        (0, _) => Some(""),
        (number, Mapping::Sender) => mappings.get(&number).map(String::as_str),
        (_, Mapping::Receiver) => None,
    };
    let prefix = prefix.ok_or_else(|| CloseCause::Key { found: format!("number {}, never declared", wire.scope) })?;
    if prefix.len() + wire.suffix.len() > MAX_KEY {
        return Err(CloseCause::Key { found: format!("a text of {} B", prefix.len() + wire.suffix.len()) });
    }
    let mut text = String::with_capacity(prefix.len() + wire.suffix.len());
    text.push_str(prefix);
    text.push_str(&wire.suffix);
    Ok(text)
}

/// The key expression of `wire`. The codec takes any text, so it is checked here.
pub(super) fn resolve(mappings: &HashMap<u16, String>, wire: &WireExpr<'_>) -> Result<OwnedKeyExpr, CloseCause> {
    let text = text(mappings, wire)?;
    OwnedKeyExpr::new(text.as_str()).map_err(|_| CloseCause::Key { found: shortened(&text) })
}

/// Keeps or forgets a number that the router declares. Other declarations answer interests, of which we have none.
pub(super) fn map(mappings: &mut HashMap<u16, String>, body: DeclareBody, limit: usize) -> Result<(), CloseCause> {
    match body {
        DeclareBody::DeclareKeyExpr(declared) => {
            // This message has no bit for whose number its key begins with: it is the declarer's own.
            let own = WireExpr { mapping: Mapping::Sender, ..declared.wire_expr };
            let text = text(mappings, &own)?;
            if !mappings.contains_key(&declared.id) && mappings.len() >= limit {
                return Err(CloseCause::TooManyKeys { limit });
            }
            // A number may stand for the beginning of keys only, so what it stands for need not be a key expression.
            mappings.insert(declared.id, text);
        }
        DeclareBody::UndeclareKeyExpr(undeclared) => {
            mappings.remove(&undeclared.id);
        }
        _ => {}
    }
    Ok(())
}

/// Enough of a peer's text to recognise it.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
