//! A received batch, message by message.

use zenoh_buffers::ZBuf;
use zenoh_codec::{RCodec, Zenoh080, Zenoh080Reliability};
use zenoh_protocol::{
    common::imsg,
    core::{Encoding, EntityGlobalIdProto, Priority, Reliability, WireExpr},
    network::{self, DeclareBody, NetworkBody, NetworkMessage, ext::QoSType},
    transport::{self, FragmentHeader, FrameHeader, InitAck, OpenAck, TransportBody, TransportMessage},
    zenoh::{
        PushBody, RequestBody, ResponseBody,
        ext::{AttachmentType, SourceInfoType},
    },
};

use super::{
    Content, Qos, Question, Source, WireError,
    reader::{HeaderReader, Needs, resolve, stood_for},
};
use crate::wire::MAX_MESSAGE;
use zbytes::{ledger::Ledger, payload::ZBytes};

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

/// One network message. Payloads, bodies and attachments refer to the received batches; nothing was
/// copied.
#[derive(Debug)]
pub enum Message {
    /// A put or a delete.
    Push {
        /// The key, perhaps by a number that the router declared.
        key: WireExpr<'static>,
        /// How it was treated on its way.
        qos: Qos,
        /// What it carries.
        content: Content,
    },
    /// A query for a queryable of ours.
    Request {
        /// Names it in the answers.
        id: u32,
        /// The key expression, perhaps by a number that the router declared.
        key: WireExpr<'static>,
        /// How it was treated on its way.
        qos: Qos,
        /// What it asks.
        question: Question,
    },
    /// An answer to a query of ours.
    Reply {
        /// The query.
        id: u32,
        /// The key, perhaps by a number that the router declared.
        key: WireExpr<'static>,
        /// How it was treated on its way.
        qos: Qos,
        /// Who answers.
        replier: Option<EntityGlobalIdProto>,
        /// The answer.
        content: Content,
    },
    /// An error as an answer to a query of ours.
    ReplyErr {
        /// The query.
        id: u32,
        /// Who answers.
        replier: Option<EntityGlobalIdProto>,
        /// The error, in whatever form the queryable gives it.
        payload: ZBytes,
        /// What the payload is.
        encoding: Encoding,
    },
    /// There are no more answers to a query of ours.
    Final {
        /// The query.
        id: u32,
    },
    /// The router declares or undeclares something.
    Declare {
        /// The interest that it answers, if any.
        interest: Option<u32>,
        /// What.
        body: DeclareBody,
    },
    /// A message that a client has no use for, or one with more than
    /// [`MAX_HEADER`](super::MAX_HEADER) bytes of texts and fields.
    Other,
}

/// What stands before the payload of a put, or of an answer that is one.
#[derive(Debug)]
pub(crate) struct Head {
    /// The query that it answers, if it does.
    pub(crate) answers: Option<u32>,
    pub(crate) key: WireExpr<'static>,
    /// Its length, in bytes.
    pub(crate) len: usize,
    /// Length of the payload that follows, in bytes, as the head says.
    pub(crate) payload: usize,
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

    /// Length of all of it, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.reader.source().len()
    }

    /// The next transport message, or `None` at the end of the batch.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are none.
    pub fn transport(&mut self) -> Result<Option<Transport>, WireError> {
        let Some(header) = self.reader.peek() else {
            return if self.reader.at_end() { Ok(None) } else { Err(self.error("a transport message")) };
        };
        self.reader.need(Needs::Places);
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
            // Network and transport messages have different numbers, so a frame ends where the
            // numbers say so.
            Some(header) if imsg::mid(header) >= network::id::INTEREST => {}
            Some(_) => return Ok(None),
            None if self.reader.at_end() => return Ok(None),
            None => return Err(self.error("a network message")),
        }
        let header = self.reader.peek().map(imsg::mid);
        self.reader.need(match header {
            Some(network::id::DECLARE) => Needs::Bytes,
            _ => Needs::Places,
        });
        let message: Result<NetworkMessage, _> = Zenoh080Reliability::new(reliability).read(&mut self.reader);
        match message {
            Ok(message) => self.understood(message.body).map(Some),
            Err(_) if self.reader.is_spent() => {
                // Only one that was put together out of fragments can be so long, and it is alone.
                self.reader.rest();
                Ok(Some(Message::Other))
            }
            Err(_) => Err(self.error("a network message")),
        }
    }

    /// The head of a put or of an answer of which only the first part is here. `None` of other
    /// messages, and if not all of the head is here.
    pub(crate) fn head(&mut self) -> Option<Head> {
        self.reader.need(Needs::Head);
        let message: NetworkMessage = Zenoh080Reliability::new(Reliability::Reliable).read(&mut self.reader).ok()?;
        let (answers, key, body) = match message.body {
            NetworkBody::Push(push) => (None, push.wire_expr, push.payload),
            NetworkBody::Response(response) => match response.payload {
                ResponseBody::Reply(reply) => (Some(response.rid), response.wire_expr, reply.payload),
                ResponseBody::Err(_) => return None,
            },
            _ => return None,
        };
        let PushBody::Put(put) = body else { return None };
        let payload = stood_for(&put.payload);
        let len = self.reader.position().checked_sub(payload)?;
        (payload <= MAX_MESSAGE).then_some(Head { answers, key, len, payload })
    }

    fn understood(&self, body: NetworkBody) -> Result<Message, WireError> {
        Ok(match body {
            NetworkBody::Push(push) => {
                Message::Push { key: push.wire_expr, qos: qos(push.ext_qos), content: self.content(push.payload)? }
            }
            NetworkBody::Request(request) => {
                let RequestBody::Query(query) = request.payload;
                let (body, encoding) = match query.ext_body {
                    Some(body) => (Some(self.place(&body.payload, "the body of a query")?), body.encoding),
                    None => (None, Encoding::empty()),
                };
                Message::Request {
                    id: request.id,
                    key: request.wire_expr,
                    qos: qos(request.ext_qos),
                    question: Question {
                        parameters: query.parameters,
                        body,
                        encoding,
                        attachment: self.attachment(query.ext_attachment)?,
                        target: request.ext_target,
                        consolidation: query.consolidation,
                        timeout: request.ext_timeout,
                    },
                }
            }
            NetworkBody::Response(response) => {
                let replier = response.ext_respid.map(|id| EntityGlobalIdProto { zid: id.zid, eid: id.eid });
                match response.payload {
                    ResponseBody::Reply(reply) => Message::Reply {
                        id: response.rid,
                        key: response.wire_expr,
                        qos: qos(response.ext_qos),
                        replier,
                        content: self.content(reply.payload)?,
                    },
                    ResponseBody::Err(error) => Message::ReplyErr {
                        id: response.rid,
                        replier,
                        payload: self.place(&error.payload, "the payload of an error")?,
                        encoding: error.encoding,
                    },
                }
            }
            NetworkBody::ResponseFinal(last) => Message::Final { id: last.rid },
            NetworkBody::Declare(declare) => Message::Declare { interest: declare.interest_id, body: declare.body },
            _ => Message::Other,
        })
    }

    fn content(&self, body: PushBody) -> Result<Content, WireError> {
        Ok(match body {
            PushBody::Put(put) => Content {
                deleted: false,
                payload: self.place(&put.payload, "a put's payload")?,
                encoding: put.encoding,
                attachment: self.attachment(put.ext_attachment)?,
                timestamp: put.timestamp,
                source: put.ext_sinfo.map(source),
            },
            PushBody::Del(del) => Content {
                attachment: self.attachment(del.ext_attachment)?,
                timestamp: del.timestamp,
                source: del.ext_sinfo.map(source),
                ..Content::delete()
            },
        })
    }

    fn attachment<const ID: u8>(&self, found: Option<AttachmentType<ID>>) -> Result<Option<ZBytes>, WireError> {
        found.map(|found| self.place(&found.buffer, "an attachment")).transpose()
    }

    /// The bytes that `decoded` stands for, where they are.
    fn place(&self, decoded: &ZBuf, what: &'static str) -> Result<ZBytes, WireError> {
        resolve(decoded, self.reader.source()).ok_or_else(|| self.error(what))
    }

    fn error(&self, what: &'static str) -> WireError {
        WireError { what, at: self.reader.position(), len: self.reader.source().len() }
    }
}

fn qos<const ID: u8>(found: QoSType<ID>) -> Qos {
    Qos { priority: found.get_priority(), congestion: found.get_congestion_control(), express: found.is_express() }
}

fn source<const ID: u8>(found: SourceInfoType<ID>) -> Source {
    Source { id: found.id, sn: found.sn }
}
