//! Reading a received batch, message by message.

use std::ops::Range;

use zenoh_buffers::ZBuf;
use zenoh_codec::{RCodec, Zenoh080, Zenoh080Reliability};
use zenoh_protocol::{
    common::imsg,
    core::{EntityGlobalIdProto, Timestamp as WireTimestamp, WireExpr},
    network::{self, DeclareBody, Interest, NetworkBody, NetworkMessage, ext::QoSType},
    transport::{
        self, FragmentHeader, FrameHeader, InitAck, InitSyn, OpenAck, OpenSyn, TransportBody, TransportMessage,
    },
    zenoh::{
        PushBody, RequestBody, ResponseBody,
        ext::{AttachmentType, SourceInfoType},
    },
};

use super::{
    CongestionControl, ConsolidationMode, Content, Encoding, EntityGlobalId, Priority, Qos, QueryTarget, Question,
    Reliability, SampleKind, SourceInfo, Timestamp, WireError,
    reader::{HeaderReader, Needs, resolve, stood_for},
};
use crate::wire::MAX_MESSAGE;
use zbytes::{ledger::Ledger, payload::ZBytes};

/// Holds one transport message, or the header of a frame.
#[derive(Debug)]
pub enum Transport {
    /// A client begins a session.
    InitSyn(InitSyn),
    /// A client goes on with the router's cookie.
    OpenSyn(OpenSyn),
    /// The router answers the client's InitSyn.
    InitAck(InitAck),
    /// The router answers the client's OpenSyn.
    OpenAck(OpenAck),
    /// The router keeps a silent session alive.
    KeepAlive,
    /// The router ends the session for a reason (`zenoh_protocol::transport::close::reason`).
    Close {
        /// The reason, as a code of zenoh.
        reason: u8,
    },
    /// The header of a frame. Messages of its lane follow: read them with [`BatchReader::message`].
    Frame {
        /// The lane's reliability.
        reliability: Reliability,
        /// The lane's priority.
        priority: Priority,
        /// The sequence number, within the lane.
        sn: u32,
    },
    /// A part of a message; it fills the rest of the batch.
    Fragment {
        /// The lane's reliability.
        reliability: Reliability,
        /// The lane's priority.
        priority: Priority,
        /// The sequence number, within the lane.
        sn: u32,
        /// Whether further parts follow.
        more: bool,
        /// Whether the sender marked it as the first part.
        first: bool,
        /// Whether the sender cancelled the message.
        dropped: bool,
        /// The part, where the browser put it; not copied.
        part: ZBytes,
    },
    /// A message that neither end uses.
    Other,
}

/// Holds one network message. Payloads, bodies and attachments refer to the received batches,
/// without a copy.
#[derive(Debug)]
pub enum Message {
    /// A put or a delete.
    Push {
        /// The key, or a number that the router declared for it.
        key: WireExpr<'static>,
        /// How zenoh treated it on its way.
        qos: Qos,
        /// Its payload and the fields around it.
        content: Content,
    },
    /// A query for a queryable of this client.
    Request {
        /// The id that the answers repeat.
        id: u32,
        /// The key expression, or a number that the router declared for it.
        key: WireExpr<'static>,
        /// How zenoh treated it on its way.
        qos: Qos,
        /// The content of the query.
        question: Question,
    },
    /// An answer to a query of this client.
    Reply {
        /// The id of the query.
        id: u32,
        /// The key, or a number that the router declared for it.
        key: WireExpr<'static>,
        /// How zenoh treated it on its way.
        qos: Qos,
        /// The queryable that answers.
        replier: Option<EntityGlobalId>,
        /// The answer: a put or a delete.
        content: Content,
    },
    /// An error that answers a query of this client.
    ReplyErr {
        /// The id of the query.
        id: u32,
        /// The queryable that answers.
        replier: Option<EntityGlobalId>,
        /// The error, in any form that the queryable chose.
        payload: ZBytes,
        /// The format of the payload.
        encoding: Encoding,
    },
    /// The end of the answers to a query of this client.
    Final {
        /// The id of the query.
        id: u32,
    },
    /// A declaration of the router, or the end of one.
    Declare {
        /// The interest that it answers, if any.
        interest: Option<u32>,
        /// What the router declares or undeclares.
        body: DeclareBody,
    },
    /// A client asks for declarations, or ends asking.
    Interest(Interest),
    /// A message that neither end uses, or one with more than
    /// [`MAX_HEADER`](super::MAX_HEADER) bytes of texts and fields.
    Other,
}

/// The head of a put, or of an answer that is a put: everything before the payload.
#[derive(Debug)]
pub struct Head {
    /// The query that it answers; `None` for a put.
    pub answers: Option<u32>,
    /// The key, or a number that was declared for it.
    pub key: WireExpr<'static>,
    /// Length of the head, in bytes.
    pub len: usize,
    /// Length of the payload that follows, in bytes, as the head claims.
    pub payload: usize,
}

/// Reads one batch, or one message that was put together from fragments.
#[derive(Debug)]
pub struct BatchReader<'a> {
    reader: HeaderReader<'a>,
}

impl<'a> BatchReader<'a> {
    /// Begins to read `source`. It copies headers in the JavaScript heap through a small window,
    /// and `ledger` records these bytes as metadata. It reads headers in linear memory in place.
    #[must_use]
    pub fn new(source: &'a ZBytes, ledger: &'a mut Ledger) -> Self {
        Self { reader: HeaderReader::new(source, ledger) }
    }

    /// The same, for [`BatchReader::into_places`].
    pub(crate) fn noting(source: &'a ZBytes, ledger: &'a mut Ledger) -> Self {
        let mut this = Self::new(source, ledger);
        this.reader.note_places();
        this
    }

    /// Where the bodies lie of the messages that were read: payloads, attachments and the like.
    pub(crate) fn into_places(self) -> Vec<Range<usize>> {
        self.reader.into_places()
    }

    /// Length of the batch or message, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.reader.source().len()
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.reader.at_end()
    }

    /// What was not read yet; not copied. A reader of it goes on where this one stopped.
    #[must_use]
    pub fn rest(&mut self) -> ZBytes {
        self.reader.rest()
    }

    /// Reads the next transport message; `None` at the end of the batch.
    ///
    /// # Errors
    /// [`WireError`] when the next bytes are not a transport message.
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
                    reliability: Reliability::of_wire(frame.reliability),
                    priority: Priority::of_wire(frame.ext_qos.priority()),
                    sn: frame.sn,
                }))
            }
            transport::id::FRAGMENT => {
                let fragment: Result<FragmentHeader, _> = codec.read(&mut self.reader);
                let fragment = fragment.map_err(|_| self.error("a fragment"))?;
                Ok(Some(Transport::Fragment {
                    reliability: Reliability::of_wire(fragment.reliability),
                    priority: Priority::of_wire(fragment.ext_qos.priority()),
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
                    TransportBody::InitSyn(syn) => Transport::InitSyn(syn),
                    TransportBody::OpenSyn(syn) => Transport::OpenSyn(syn),
                    TransportBody::InitAck(ack) => Transport::InitAck(ack),
                    TransportBody::OpenAck(ack) => Transport::OpenAck(ack),
                    TransportBody::KeepAlive(_) => Transport::KeepAlive,
                    TransportBody::Close(close) => Transport::Close { reason: close.reason },
                    _ => Transport::Other,
                }))
            }
        }
    }

    /// Reads the next network message of the current frame; `None` at the end of the frame.
    ///
    /// # Errors
    /// [`WireError`] when the next bytes are not a network message.
    pub fn message(&mut self, reliability: Reliability) -> Result<Option<Message>, WireError> {
        match self.reader.peek() {
            // Network and transport messages have different numbers. So the first transport message
            // ends the frame.
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
        let message: Result<NetworkMessage, _> = Zenoh080Reliability::new(reliability.to_wire()).read(&mut self.reader);
        match message {
            Ok(message) => self.understood(message.body).map(Some),
            Err(_) if self.reader.is_spent() => {
                // Only a message that was put together from fragments can be so long, and it fills
                // the whole source.
                self.reader.rest();
                Ok(Some(Message::Other))
            }
            Err(_) => Err(self.error("a network message")),
        }
    }

    /// The head of a put or of an answer whose first part alone has arrived. `None` for other
    /// messages, and when a part of the head is missing.
    pub fn head(&mut self) -> Option<Head> {
        self.reader.need(Needs::Head);
        let message: NetworkMessage =
            Zenoh080Reliability::new(Reliability::Reliable.to_wire()).read(&mut self.reader).ok()?;
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
                    Some(body) => {
                        (Some(self.place(&body.payload, "the body of a query")?), Encoding::of_wire(body.encoding))
                    }
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
                        target: QueryTarget::of_wire(request.ext_target),
                        consolidation: ConsolidationMode::of_wire(query.consolidation),
                        timeout: request.ext_timeout,
                        source_info: query.ext_sinfo.map(source_info),
                    },
                }
            }
            NetworkBody::Response(response) => {
                let replier = response
                    .ext_respid
                    .map(|id| EntityGlobalId::of_wire(EntityGlobalIdProto { zid: id.zid, eid: id.eid }));
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
                        encoding: Encoding::of_wire(error.encoding),
                    },
                }
            }
            NetworkBody::ResponseFinal(last) => Message::Final { id: last.rid },
            NetworkBody::Declare(declare) => Message::Declare { interest: declare.interest_id, body: declare.body },
            NetworkBody::Interest(interest) => Message::Interest(interest),
            _ => Message::Other,
        })
    }

    fn content(&self, body: PushBody) -> Result<Content, WireError> {
        Ok(match body {
            PushBody::Put(put) => Content {
                kind: SampleKind::Put {
                    payload: self.place(&put.payload, "a put's payload")?,
                    encoding: Encoding::of_wire(put.encoding),
                },
                attachment: self.attachment(put.ext_attachment)?,
                timestamp: self.timestamp(put.timestamp)?,
                source_info: put.ext_sinfo.map(source_info),
            },
            PushBody::Del(del) => Content {
                kind: SampleKind::Delete,
                attachment: self.attachment(del.ext_attachment)?,
                timestamp: self.timestamp(del.timestamp)?,
                source_info: del.ext_sinfo.map(source_info),
            },
        })
    }

    fn timestamp(&self, found: Option<WireTimestamp>) -> Result<Option<Timestamp>, WireError> {
        found.map(|found| Timestamp::of_wire(&found).ok_or_else(|| self.error("the id of a clock"))).transpose()
    }

    fn attachment<const ID: u8>(&self, found: Option<AttachmentType<ID>>) -> Result<Option<ZBytes>, WireError> {
        found.map(|found| self.place(&found.buffer, "an attachment")).transpose()
    }

    /// The bytes that `decoded` is a placeholder for, where they are.
    fn place(&self, decoded: &ZBuf, what: &'static str) -> Result<ZBytes, WireError> {
        resolve(decoded, self.reader.source()).ok_or_else(|| self.error(what))
    }

    fn error(&self, what: &'static str) -> WireError {
        WireError { what: what.into(), at: self.reader.position(), len: self.reader.source().len() }
    }
}

fn qos<const ID: u8>(found: QoSType<ID>) -> Qos {
    Qos {
        priority: Priority::of_wire(found.get_priority()),
        congestion_control: CongestionControl::of_wire(found.get_congestion_control()),
        express: found.is_express(),
    }
}

fn source_info<const ID: u8>(found: SourceInfoType<ID>) -> SourceInfo {
    SourceInfo { source_id: EntityGlobalId::of_wire(found.id), source_sn: found.sn }
}
