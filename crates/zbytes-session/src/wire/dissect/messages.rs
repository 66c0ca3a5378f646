//! The walk through each kind of message, transport messages first.

use zbytes::number::{bytes, thousands};
use zenoh_protocol::{
    common::{iext, imsg},
    network::{self, declare, request},
    transport, zenoh as data,
};

use super::{
    field::{self, *},
    span::{Begun, Carried, Carries, Shape},
    summary::Kind,
    walk::{Known, Of, Stop, Walk, Walked},
    words::*,
};
use crate::wire::{Lane, Priority, Reliability};

/// The key is written out: every message with a key uses the same bit for that.
const N: u8 = network::push::flag::N;
const MORE: &str = "extensions follow";
const NAMED: &[(u8, &str)] = &[(N, "key"), (network::push::flag::M, "numbers of the sender"), (Z, MORE)];
const INTEREST_OPTIONS: &[(u8, &str)] = &[
    (1, "key expressions"),
    (1 << 1, "subscribers"),
    (1 << 2, "queryables"),
    (1 << 3, "tokens"),
    (1 << 4, "of one key expression"),
    (1 << 5, "key"),
    (1 << 6, "numbers of the sender"),
    (1 << 7, "aggregated"),
];

// Extensions with the same id in every message.
const LANE: Known = (transport::frame::ext::QoS::ID, EXT_LANE, Of::Number(lane_text));
const QOS: Known = (network::push::ext::QoS::ID, EXT_QOS, Of::Number(qos_text));
const TIMESTAMP: Known = (network::push::ext::Timestamp::ID, EXT_TIMESTAMP, Of::Timestamp);
const NODE: Known = (network::push::ext::NodeId::ID, EXT_NODE, Of::Number(plain));
const STACK: Known = (network::push::ext::TsStack::ID, EXT_STACK, Of::Header);

impl Walk<'_> {
    // ---- transport messages

    pub(super) fn batch(&mut self, begun: Option<&Begun>) -> Walked<()> {
        let mut first = true;
        while let Some(header) = self.peek() {
            let kind = kind_of(header);
            if std::mem::take(&mut first) {
                self.summary.kind = kind;
            }
            match kind {
                Kind::InitSyn => self.init(INIT_SYN, false)?,
                Kind::InitAck => self.init(INIT_ACK, true)?,
                Kind::OpenSyn => self.opening(OPEN_SYN, false)?,
                Kind::OpenAck => self.opening(OPEN_ACK, true)?,
                Kind::Close => self.closing()?,
                Kind::KeepAlive => {
                    self.enter(KEEP_ALIVE);
                    let header = self.header(&[(Z, MORE)])?;
                    self.extensions(header, &[])?;
                    self.close();
                }
                Kind::Frame => self.frame()?,
                Kind::Fragment => self.fragment(begun)?,
                Kind::Join => {
                    self.enter(JOIN);
                    self.rest(UNKNOWN, Shape::Unknown);
                    self.close();
                }
                Kind::Oam => {
                    self.oam(&[LANE])?;
                }
                Kind::Unknown => return Err(Stop::Unreadable("a transport message")),
            }
        }
        Ok(())
    }

    fn init(&mut self, field: &'static Field, ack: bool) -> Walked<()> {
        use transport::init::{ext, flag};
        self.enter(field);
        let header = self.header(&[(flag::S, "sizes follow"), (Z, MORE)])?;
        let version = self.byte("a version")?;
        self.leaf(VERSION, Shape::Leaf, &|| version.to_string());
        let who = self.byte("a role")?;
        let role = ["router", "peer", "client"].get(usize::from(who & 0b11)).ok_or(Stop::Unreadable("a role"))?;
        let len = u64::from(who >> 4) + 1;
        self.leaf(WHO, Shape::Leaf, &|| format!("{role}, {len} B"));
        self.id_field(ZID, len)?;
        if header & flag::S != 0 {
            let resolution = self.byte("a resolution")?;
            let bits = |at: u8| 8 << (resolution >> at & 0b11);
            self.leaf(RESOLUTION, Shape::Leaf, &|| {
                format!("sequence numbers {} bits, requests {} bits", bits(0), bits(2))
            });
            let size = self.take(2, "a batch size")?;
            let size = size.iter().rev().fold(0, |size, byte| size << 8 | usize::from(*byte));
            self.leaf(BATCH_SIZE, Shape::Leaf, &|| bytes(size));
        }
        if ack {
            let len = self.len_field(COOKIE_LEN, u16::MAX.into())?;
            self.bytes_field(COOKIE, len)?;
        }
        self.extensions(
            header,
            &[
                (ext::QoS::ID, EXT_QOS_INIT, Of::Header),
                (ext::QoSLink::ID, EXT_QOS_LINK, Of::Number(plain)),
                (ext::Auth::ID, EXT_AUTH, Of::Header),
                (ext::MultiLink::ID, EXT_MULTILINK, Of::Header),
                (ext::LowLatency::ID, EXT_LOW_LATENCY, Of::Header),
                (ext::Compression::ID, EXT_COMPRESSION, Of::Header),
                (ext::Patch::ID, EXT_PATCH, Of::Number(plain)),
                (ext::RegionName::ID, EXT_REGION, Of::Header),
            ],
        )?;
        self.close();
        Ok(())
    }

    fn opening(&mut self, field: &'static Field, ack: bool) -> Walked<()> {
        use transport::open::{ext, flag};
        self.enter(field);
        let header = self.header(&[(flag::T, "lease in seconds"), (Z, MORE)])?;
        let lease = self.number("a lease")?;
        let unit = if header & flag::T != 0 { "s" } else { "ms" };
        self.leaf(LEASE, Shape::Leaf, &|| format!("{} {unit}", thousands(lease)));
        self.short_number(INITIAL_SN)?;
        if !ack {
            let len = self.len_field(COOKIE_LEN, u64::MAX)?;
            self.bytes_field(COOKIE, len)?;
        }
        let multilink = if ack { ext::MultiLinkAck::ID } else { ext::MultiLinkSyn::ID };
        self.extensions(
            header,
            &[
                (ext::QoS::ID, EXT_QOS_INIT, Of::Header),
                (ext::Auth::ID, EXT_AUTH, Of::Header),
                (multilink, EXT_MULTILINK, Of::Header),
                (ext::LowLatency::ID, EXT_LOW_LATENCY, Of::Header),
                (ext::Compression::ID, EXT_COMPRESSION, Of::Header),
                (ext::RemoteBound::ID, EXT_BOUND, Of::Number(plain)),
            ],
        )?;
        self.close();
        Ok(())
    }

    fn closing(&mut self) -> Walked<()> {
        self.enter(CLOSE);
        let header = self.header(&[(transport::close::flag::S, "the whole session"), (Z, MORE)])?;
        let reason = self.byte("a reason")?;
        self.leaf(REASON, Shape::Leaf, &|| format!("{reason}: {}", transport::close::reason_to_str(reason)));
        self.extensions(header, &[])?;
        self.close();
        Ok(())
    }

    fn frame(&mut self) -> Walked<()> {
        use transport::frame::flag;
        self.enter(FRAME);
        let header = self.header(&[(flag::R, "reliable"), (Z, MORE)])?;
        let sn = self.short_number(SN)?;
        let priority = self.lane_extensions(header, &[LANE])?;
        self.in_lane(header & flag::R != 0, priority, sn);
        // Network and transport messages have different numbers. So the first transport message
        // ends the frame.
        while self.peek().is_some_and(|header| imsg::mid(header) >= network::id::INTEREST) {
            self.message()?;
        }
        self.close();
        Ok(())
    }

    fn fragment(&mut self, begun: Option<&Begun>) -> Walked<()> {
        use transport::fragment::{ext, flag};
        self.enter(FRAGMENT);
        let header = self.header(&[(flag::R, "reliable"), (flag::M, "more fragments follow"), (Z, MORE)])?;
        let sn = self.short_number(SN)?;
        let priority = self.lane_extensions(
            header,
            &[LANE, (ext::First::ID, EXT_FIRST, Of::Header), (ext::Drop::ID, EXT_DROP, Of::Header)],
        )?;
        self.in_lane(header & flag::R != 0, priority, sn);
        self.summary.more = header & flag::M != 0;
        self.summary.part = self.left();
        let unseen = Begun::default();
        let begun = if self.summary.first { Some(&unseen) } else { begun };
        match begun {
            _ if self.summary.dropped => self.rest(PART, Shape::Unknown),
            Some(begun) if begun.offset == 0 => {
                self.first_of = Some(self.at);
                match self.message() {
                    Ok(()) if self.left() > 0 => return Err(Stop::Unreadable("the end of the message")),
                    Ok(()) => {}
                    Err(Stop::Cut) if self.summary.more => {
                        // The fragment ends in the middle of a field: its bytes become a leaf of
                        // their own.
                        self.rest(PART, Shape::Unknown);
                        while self.open.len() > 1 {
                            self.close();
                        }
                    }
                    Err(stop) => return Err(stop),
                }
            }
            Some(begun) => self.further(begun),
            None => self.rest(PART, Shape::Unknown),
        }
        self.close();
        Ok(())
    }

    /// The spans of a later fragment, from what the earlier ones showed.
    fn further(&mut self, begun: &Begun) {
        let mut position = begun.offset;
        for body in &begun.bodies {
            let skip = body.at.saturating_sub(position).min(self.left());
            if skip > 0 {
                self.at += skip;
                self.leaf(BETWEEN, Shape::Leaf, &|| bytes(skip));
                position += skip;
            }
            let offset = position.saturating_sub(body.at);
            let len = body.len.saturating_sub(offset).min(self.left());
            if len == 0 || position < body.at {
                continue;
            }
            let field = match body.what {
                Carries::Payload => PAYLOAD,
                Carries::Attachment => ATTACHMENT,
                Carries::Body => field::BODY,
            };
            self.carry(field, Carried { what: body.what, start: self.at, len, offset, total: body.len, message: 0 });
            position += len;
        }
        self.rest(PART, Shape::Unknown);
    }

    fn in_lane(&mut self, reliable: bool, priority: Priority, sn: u32) {
        if self.summary.lane.is_none() {
            let reliability = if reliable { Reliability::Reliable } else { Reliability::BestEffort };
            self.summary.lane = Some(Lane { priority, reliability });
            self.summary.sn = Some(sn);
        }
    }

    /// Extensions of a frame or a fragment. Returns the priority, and notes the markers.
    fn lane_extensions(&mut self, header: u8, known: &[Known]) -> Walked<Priority> {
        let mut priority = Priority::DEFAULT;
        let mut more = header & Z != 0;
        while more {
            let (id, value, again) = self.extension(known)?;
            match id {
                transport::frame::ext::QoS::ID => priority = Priority::of_bits(value),
                transport::fragment::ext::First::ID => self.summary.first = true,
                transport::fragment::ext::Drop::ID => self.summary.dropped = true,
                _ => {}
            }
            more = again;
        }
        Ok(priority)
    }

    // ---- network messages

    fn message(&mut self) -> Walked<()> {
        let header = self.peek().ok_or_else(|| self.short("a network message"))?;
        match imsg::mid(header) {
            network::id::PUSH => self.push(),
            network::id::REQUEST => self.request(),
            network::id::RESPONSE => self.response(),
            network::id::RESPONSE_FINAL => self.response_final(),
            network::id::INTEREST => self.interest(),
            network::id::DECLARE => self.declare(),
            network::id::OAM => {
                self.note(OAM.name);
                self.oam(&[QOS, TIMESTAMP])
            }
            _ => Err(Stop::Unreadable("a network message")),
        }
    }

    /// Counts one more message of this name.
    fn note(&mut self, name: &'static str) {
        match self.summary.messages.iter_mut().find(|(one, _)| *one == name) {
            Some((_, count)) => *count += 1,
            None => self.summary.messages.push((name.into(), 1)),
        }
    }

    fn push(&mut self) -> Walked<()> {
        self.enter(PUSH);
        self.callers += 1;
        let header = self.header(NAMED)?;
        let key = self.key(header & N != 0)?;
        self.say(&|| key.clone());
        self.extensions(header, &[QOS, TIMESTAMP, NODE, STACK])?;
        self.put_or_del("")?;
        self.close();
        Ok(())
    }

    /// A put or a delete. In the summary it counts under the name `answer`, unless that is empty.
    fn put_or_del(&mut self, answer: &'static str) -> Walked<()> {
        let header = self.peek().ok_or_else(|| self.short("a put or a delete"))?;
        let deleted = match imsg::mid(header) {
            data::id::PUT => false,
            data::id::DEL => true,
            _ => return Err(Stop::Unreadable("a put or a delete")),
        };
        let field = if deleted { DEL } else { PUT };
        self.note(if answer.is_empty() { field.name } else { answer });
        self.enter(field);
        let flags: &'static [_] = if deleted {
            &[(data::put::flag::T, "timestamp"), (Z, MORE)]
        } else {
            &[(data::put::flag::T, "timestamp"), (data::put::flag::E, "encoding"), (Z, MORE)]
        };
        let header = self.header(flags)?;
        if header & data::put::flag::T != 0 {
            self.timestamp()?;
        }
        if !deleted && header & data::put::flag::E != 0 {
            self.encoding()?;
        }
        let attachment = if deleted { data::del::ext::Attachment::ID } else { data::put::ext::Attachment::ID };
        self.extensions(
            header,
            &[(data::put::ext::SourceInfo::ID, EXT_SOURCE, Of::Source), (attachment, EXT_ATTACHMENT, Of::Attachment)],
        )?;
        if !deleted {
            let len = self.len_field(PAYLOAD_LEN, u32::MAX.into())?;
            self.body(PAYLOAD, Carries::Payload, len)?;
        }
        self.close();
        Ok(())
    }

    fn request(&mut self) -> Walked<()> {
        use request::ext;
        self.enter(REQUEST);
        self.callers += 1;
        let header = self.header(NAMED)?;
        self.request_id()?;
        let key = self.key(header & N != 0)?;
        self.say(&|| key.clone());
        self.extensions(
            header,
            &[
                QOS,
                TIMESTAMP,
                NODE,
                (ext::Target::ID, EXT_TARGET, Of::Number(target_text)),
                (ext::Budget::ID, EXT_BUDGET, Of::Number(plain)),
                (ext::Timeout::ID, EXT_TIMEOUT, Of::Number(millis_text)),
                STACK,
            ],
        )?;
        self.query()?;
        self.close();
        Ok(())
    }

    fn request_id(&mut self) -> Walked<()> {
        let id = self.bounded(u32::MAX.into(), REQUEST_ID.name)?;
        self.leaf(REQUEST_ID, Shape::Leaf, &|| thousands(id));
        Ok(())
    }

    fn query(&mut self) -> Walked<()> {
        use data::query::{ext, flag};
        if self.peek().map(imsg::mid).ok_or_else(|| self.short("a query"))? != data::id::QUERY {
            return Err(Stop::Unreadable("a query"));
        }
        self.note(QUERY.name);
        self.enter(QUERY);
        let header = self.header(&[(flag::C, "consolidation"), (flag::P, "parameters"), (Z, MORE)])?;
        if header & flag::C != 0 {
            self.consolidation()?;
        }
        if header & flag::P != 0 {
            let len = self.len_field(PARAMETERS_LEN, u64::MAX)?;
            self.text_field(PARAMETERS, len)?;
        }
        self.extensions(
            header,
            &[
                (ext::SourceInfo::ID, EXT_SOURCE, Of::Source),
                (ext::QueryBodyType::VID, EXT_BODY, Of::QueryBody),
                (ext::Attachment::ID, EXT_ATTACHMENT, Of::Attachment),
            ],
        )?;
        self.close();
        Ok(())
    }

    fn consolidation(&mut self) -> Walked<()> {
        let mode = self.number(CONSOLIDATION.name)?;
        self.leaf(CONSOLIDATION, Shape::Leaf, &|| word(mode, &["auto", "none", "monotonic", "latest"]));
        Ok(())
    }

    fn response(&mut self) -> Walked<()> {
        use network::response::ext;
        self.enter(RESPONSE);
        self.callers += 1;
        let header = self.header(NAMED)?;
        self.request_id()?;
        let key = self.key(header & N != 0)?;
        self.say(&|| key.clone());
        self.extensions(header, &[QOS, TIMESTAMP, (ext::ResponderId::ID, EXT_RESPONDER, Of::Entity), STACK])?;
        match self.peek().map(imsg::mid).ok_or_else(|| self.short("a reply"))? {
            data::id::REPLY => {
                use data::reply::flag;
                self.enter(REPLY);
                let header = self.header(&[(flag::C, "consolidation"), (Z, MORE)])?;
                if header & flag::C != 0 {
                    self.consolidation()?;
                }
                self.extensions(header, &[])?;
                self.put_or_del(REPLY.name)?;
            }
            data::id::ERR => {
                use data::err::{ext, flag};
                self.note(ERR.name);
                self.enter(ERR);
                let header = self.header(&[(flag::E, "encoding"), (Z, MORE)])?;
                if header & flag::E != 0 {
                    self.encoding()?;
                }
                self.extensions(header, &[(ext::SourceInfo::ID, EXT_SOURCE, Of::Source)])?;
                let len = self.len_field(ERROR_LEN, u32::MAX.into())?;
                self.body(ERROR, Carries::Payload, len)?;
            }
            _ => return Err(Stop::Unreadable("a reply")),
        }
        self.close();
        self.close();
        Ok(())
    }

    fn response_final(&mut self) -> Walked<()> {
        self.note(RESPONSE_FINAL.name);
        self.enter(RESPONSE_FINAL);
        let header = self.header(&[(Z, MORE)])?;
        self.request_id()?;
        self.extensions(header, &[QOS, TIMESTAMP])?;
        self.close();
        Ok(())
    }

    fn interest(&mut self) -> Walked<()> {
        self.note(INTEREST.name);
        self.enter(INTEREST);
        self.callers += 1;
        let header = self.byte("a message")?;
        let mode = header >> imsg::HEADER_BITS & 0b11;
        self.leaf(HEADER, Shape::Leaf, &|| {
            let mode = word(mode.into(), &["no more", "now", "from now on", "now and from now on"]);
            let more = flag_words(header, &[(Z, MORE)]);
            if more.is_empty() { mode } else { format!("{mode}, {more}") }
        });
        self.short_number(INTEREST_ID)?;
        if mode != 0 {
            let options = self.byte(OPTIONS.name)?;
            self.leaf(OPTIONS, Shape::Leaf, &|| flag_words(options, INTEREST_OPTIONS));
            if options & 1 << 4 != 0 {
                let key = self.key(options & 1 << 5 != 0)?;
                self.say(&|| key.clone());
            }
        }
        self.extensions(header, &[QOS, TIMESTAMP, NODE])?;
        self.close();
        Ok(())
    }

    fn declare(&mut self) -> Walked<()> {
        use declare::id;
        self.enter(DECLARE);
        let header = self.header(&[(declare::flag::I, "answers an interest"), (Z, MORE)])?;
        if header & declare::flag::I != 0 {
            self.short_number(INTEREST_ID)?;
        }
        self.extensions(header, &[QOS, TIMESTAMP, NODE])?;
        let body = self.peek().map(imsg::mid).ok_or_else(|| self.short("a declaration"))?;
        let field = match body {
            id::D_KEYEXPR => D_KEYEXPR,
            id::U_KEYEXPR => U_KEYEXPR,
            id::D_SUBSCRIBER => D_SUBSCRIBER,
            id::U_SUBSCRIBER => U_SUBSCRIBER,
            id::D_QUERYABLE => D_QUERYABLE,
            id::U_QUERYABLE => U_QUERYABLE,
            id::D_TOKEN => D_TOKEN,
            id::U_TOKEN => U_TOKEN,
            id::D_FINAL => D_FINAL,
            _ => return Err(Stop::Unreadable("a declaration")),
        };
        self.note(field.name);
        self.say(&|| field.name.to_owned());
        self.enter(field);
        let declares = matches!(body, id::D_KEYEXPR | id::D_SUBSCRIBER | id::D_QUERYABLE | id::D_TOKEN);
        let header = self.header(if declares { NAMED } else { &[(Z, MORE)] })?;
        match body {
            id::D_FINAL => {}
            id::D_KEYEXPR | id::U_KEYEXPR => {
                let number = self.number(KEYEXPR_ID.name)? as u16;
                self.leaf(KEYEXPR_ID, Shape::Leaf, &|| number.to_string());
            }
            _ => {
                self.short_number(DECLARED_ID)?;
            }
        }
        if declares {
            let key = self.key(header & N != 0)?;
            self.say(&|| key.clone());
        }
        let known: &[Known] = match body {
            id::D_QUERYABLE => &[(declare::queryable::ext::QueryableInfo::ID, EXT_INFO, Of::Number(info_text))],
            id::U_SUBSCRIBER | id::U_QUERYABLE | id::U_TOKEN => {
                &[(declare::common::ext::WireExprExt::ID, EXT_WIRE_EXPR, Of::WireExpr)]
            }
            _ => &[],
        };
        self.extensions(header, known)?;
        self.close();
        self.close();
        Ok(())
    }

    fn oam(&mut self, known: &[Known]) -> Walked<()> {
        self.enter(OAM);
        let header = self.header(&[(Z, MORE)])?;
        let id = self.number(OAM_ID.name)? as u16;
        self.leaf(OAM_ID, Shape::Leaf, &|| id.to_string());
        self.extensions(header, known)?;
        match header & iext::ENC_MASK {
            iext::ENC_UNIT => {}
            iext::ENC_Z64 => {
                self.number_field(OAM_VALUE)?;
            }
            iext::ENC_ZBUF => {
                let len = self.len_field(OAM_LEN, u64::MAX)?;
                self.bytes_field(OAM_BODY, len)?;
            }
            _ => return Err(Stop::Unreadable("an OAM body")),
        }
        self.close();
        Ok(())
    }
}

fn kind_of(header: u8) -> Kind {
    use transport::id;
    let ack = header & transport::init::flag::A != 0;
    match (imsg::mid(header), ack) {
        (id::INIT, false) => Kind::InitSyn,
        (id::INIT, true) => Kind::InitAck,
        (id::OPEN, false) => Kind::OpenSyn,
        (id::OPEN, true) => Kind::OpenAck,
        (id::CLOSE, _) => Kind::Close,
        (id::KEEP_ALIVE, _) => Kind::KeepAlive,
        (id::FRAME, _) => Kind::Frame,
        (id::FRAGMENT, _) => Kind::Fragment,
        (id::JOIN, _) => Kind::Join,
        (id::OAM, _) => Kind::Oam,
        _ => Kind::Unknown,
    }
}
