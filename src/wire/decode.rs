//! A received batch, message by message.

use zenoh_codec::{RCodec, Zenoh080, Zenoh080Reliability};
use zenoh_protocol::{
    common::imsg,
    core::{Priority, Reliability, WireExpr},
    network::{self, DeclareBody, NetworkBody, NetworkMessage},
    transport::{self, FragmentHeader, FrameHeader, InitAck, OpenAck, TransportBody, TransportMessage},
    zenoh::PushBody,
};

use super::{
    WireError,
    reader::{HeaderReader, resolve},
};
use crate::{ledger::Ledger, payload::ZBytes};

/// One transport message.
#[derive(Debug)]
pub enum Transport {
    /// The router answers our InitSyn.
    InitAck(InitAck),
    /// The router answers our OpenSyn.
    OpenAck(OpenAck),
    /// The router is alive.
    KeepAlive,
    /// The router ends the session for a reason (`zenoh_protocol::transport::close::reason`).
    Close {
        /// The reason.
        reason: u8,
    },
    /// Messages of a lane follow: read them with [`BatchReader::message`].
    Frame {
        /// The lane's reliability.
        reliability: Reliability,
        /// The lane's priority.
        priority: Priority,
        /// The sequence number.
        sn: u32,
    },
    /// A part of a message; the rest of the batch.
    Fragment {
        /// The lane's reliability.
        reliability: Reliability,
        /// The lane's priority.
        priority: Priority,
        /// The sequence number.
        sn: u32,
        /// Whether further parts follow.
        more: bool,
        /// Whether it is marked as the first part.
        first: bool,
        /// Whether the sender has given the message up.
        dropped: bool,
        /// The part, where the browser put it.
        part: ZBytes,
    },
    /// A message that a client has no use for.
    Other,
}

/// One network message.
#[derive(Debug)]
pub enum Message {
    /// A put. Its payload refers to the received batches; nothing was copied.
    Put {
        /// The key, perhaps by a number that the router declared.
        key: WireExpr<'static>,
        /// The payload.
        payload: ZBytes,
    },
    /// A delete.
    Delete {
        /// The key, perhaps by a number that the router declared.
        key: WireExpr<'static>,
    },
    /// The router declares or undeclares something.
    Declare(DeclareBody),
    /// A message that a client has no use for.
    Other,
}

/// Reads one batch, or one message put together from fragments.
pub struct BatchReader<'a> {
    reader: HeaderReader<'a>,
}

impl<'a> BatchReader<'a> {
    /// Reads `source`. Windows of headers that are copied out of the JavaScript heap are
    /// noted in `ledger` as metadata; headers in linear memory are read in place.
    pub fn new(source: &'a ZBytes, ledger: &'a mut Ledger) -> Self {
        Self { reader: HeaderReader::new(source, ledger) }
    }

    /// The next transport message, or `None` at the end of the batch.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are none.
    pub fn transport(&mut self) -> Result<Option<Transport>, WireError> {
        let Some(header) = self.reader.peek() else {
            return if self.reader.at_end() { Ok(None) } else { Err(self.error("a transport message")) };
        };
        let codec = Zenoh080::new();
        match imsg::mid(header) {
            transport::id::FRAME => {
                let frame: Result<FrameHeader, _> = codec.read(&mut self.reader);
                let frame = frame.map_err(|_| self.error("a frame"))?;
                Ok(Some(Transport::Frame {
                    reliability: frame.reliability,
                    priority: frame.ext_qos.priority(),
                    sn: frame.sn,
                }))
            }
            transport::id::FRAGMENT => {
                let fragment: Result<FragmentHeader, _> = codec.read(&mut self.reader);
                let fragment = fragment.map_err(|_| self.error("a fragment"))?;
                Ok(Some(Transport::Fragment {
                    reliability: fragment.reliability,
                    priority: fragment.ext_qos.priority(),
                    sn: fragment.sn,
                    more: fragment.more,
                    first: fragment.ext_first.is_some(),
                    dropped: fragment.ext_drop.is_some(),
                    part: self.reader.rest(),
                }))
            }
            _ => {
                let message: Result<TransportMessage, _> = codec.read(&mut self.reader);
                Ok(Some(match message.map_err(|_| self.error("a transport message"))?.body {
                    TransportBody::InitAck(ack) => Transport::InitAck(ack),
                    TransportBody::OpenAck(ack) => Transport::OpenAck(ack),
                    TransportBody::KeepAlive(_) => Transport::KeepAlive,
                    TransportBody::Close(close) => Transport::Close { reason: close.reason },
                    _ => Transport::Other,
                }))
            }
        }
    }

    /// The next network message of the frame that was just read, or `None` when it has no more.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are none.
    pub fn message(&mut self, reliability: Reliability) -> Result<Option<Message>, WireError> {
        match self.reader.peek() {
            // Network and transport messages have different numbers, so a frame ends where the numbers say so.
            Some(header) if imsg::mid(header) >= network::id::INTEREST => {}
            Some(_) => return Ok(None),
            None if self.reader.at_end() => return Ok(None),
            None => return Err(self.error("a network message")),
        }
        let message: Result<NetworkMessage, _> = Zenoh080Reliability::new(reliability).read(&mut self.reader);
        let message = message.map_err(|_| self.error("a network message"))?;
        Ok(Some(match message.body {
            NetworkBody::Push(push) => match push.payload {
                PushBody::Put(put) => {
                    let payload =
                        resolve(&put.payload, self.reader.source()).ok_or_else(|| self.error("a put's payload"))?;
                    Message::Put { key: push.wire_expr, payload }
                }
                PushBody::Del(_) => Message::Delete { key: push.wire_expr },
            },
            NetworkBody::Declare(declare) => Message::Declare(declare.body),
            _ => Message::Other,
        }))
    }

    fn error(&self, what: &'static str) -> WireError {
        WireError { what, at: self.reader.position(), len: self.reader.source().len() }
    }
}
