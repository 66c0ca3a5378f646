//! The names of everything that a batch can hold. Each has a sentence and its place in
//! zenoh-protocol.

/// What a run of bytes is.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// A short name: `sequence number`.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub note: &'static str,
    /// Where it is described: the module of zenoh-protocol, and the field's name there.
    pub place: &'static str,
}

macro_rules! fields {
    ($($id:ident: $name:literal, $place:literal, $note:literal;)*) => {
        $(pub(super) const $id: &Field = &Field { name: $name, note: $note, place: $place };)*
    };
}

fields! {
    INIT_SYN: "InitSyn", "transport::init", "The first message of a session: who we are, and what we offer.";
    INIT_ACK: "InitAck", "transport::init", "The router’s answer: what of the offer it takes, and a cookie to be given back.";
    OPEN_SYN: "OpenSyn", "transport::open", "Gives the cookie back, and says how long a silence means that we are gone.";
    OPEN_ACK: "OpenAck", "transport::open", "The session is open.";
    CLOSE: "Close", "transport::close", "The session ends, for a reason.";
    KEEP_ALIVE: "KeepAlive", "transport::keepalive", "A sign of life, when there was nothing else to say.";
    FRAME: "Frame", "transport::frame", "Whole messages of one lane, one after the other.";
    FRAGMENT: "Fragment", "transport::fragment", "A part of a message that is too long for one batch. It takes all the rest of its batch.";
    JOIN: "Join", "transport::join", "Announces a peer on a multicast link. There is none on a WebSocket.";
    OAM: "OAM", "transport::oam, network::oam", "Operation, administration and maintenance: what routers tell each other.";
    PUSH: "Push", "network::push", "A put or a delete on its way to the subscribers of its key.";
    REQUEST: "Request", "network::request", "A query on its way to the queryables of its key expression.";
    RESPONSE: "Response", "network::response", "One answer to a request.";
    RESPONSE_FINAL: "ResponseFinal", "network::response", "The answers to a request have ended.";
    INTEREST: "Interest", "network::interest", "Asks to be told what others have declared: now, from now on, or both.";
    DECLARE: "Declare", "network::declare", "Tells what its sender has declared, or undeclared.";
    PUT: "Put", "zenoh::put", "A value under a key.";
    DEL: "Del", "zenoh::del", "A key has no value any more.";
    QUERY: "Query", "zenoh::query", "What is asked, beside the key expression.";
    REPLY: "Reply", "zenoh::reply", "An answer that is a put or a delete.";
    ERR: "Err", "zenoh::err", "An answer that is an error.";
    D_KEYEXPR: "DeclareKeyExpr", "network::declare::keyexpr", "From now on a number stands for this key expression.";
    U_KEYEXPR: "UndeclareKeyExpr", "network::declare::keyexpr", "The number stands for nothing any more.";
    D_SUBSCRIBER: "DeclareSubscriber", "network::declare::subscriber", "Its sender wants what is put under this key expression.";
    U_SUBSCRIBER: "UndeclareSubscriber", "network::declare::subscriber", "Its sender wants that no more.";
    D_QUERYABLE: "DeclareQueryable", "network::declare::queryable", "Its sender answers queries under this key expression.";
    U_QUERYABLE: "UndeclareQueryable", "network::declare::queryable", "Its sender answers no more.";
    D_TOKEN: "DeclareToken", "network::declare::token", "A liveliness token: its key is alive as long as its session is.";
    U_TOKEN: "UndeclareToken", "network::declare::token", "The token is gone.";
    D_FINAL: "DeclareFinal", "network::declare::common", "Everything that an interest asked for has been told.";

    HEADER: "header", "common::imsg", "The lower five bits name the message; the upper three are flags, each message’s own.";
    SN: "sequence number", "transport::frame, sn", "Counts the frames and fragments of one lane. What comes twice, or late, is passed over.";
    VERSION: "version", "transport::init, version", "The version of the protocol.";
    WHO: "role and id length", "transport::init, whatami and zid length", "The lower two bits: router, peer or client. The upper four: bytes of the id, less one.";
    ZID: "zenoh id", "core::ZenohIdProto", "Names a session’s owner. Up to 16 bytes, lowest first, chosen at random.";
    RESOLUTION: "resolution", "core::resolution", "How many bits the sequence numbers and the numbers of requests have.";
    BATCH_SIZE: "batch size", "transport::init, batch_size", "The longest batch, in bytes. 16 bits, lowest byte first.";
    COOKIE_LEN: "length of the cookie", "transport::init, cookie", "In bytes.";
    COOKIE: "cookie", "transport::init, cookie", "What the router wants to know again. It keeps nothing of a session until it is given back.";
    LEASE: "lease", "transport::open, lease", "After how long a silence the sender counts as gone.";
    INITIAL_SN: "initial sequence number", "transport::open, initial_sn", "The number of the sender’s first frame, in every lane.";
    REASON: "reason", "transport::close, reason", "Why the session ends.";
    PART: "part of a message", "transport::fragment, payload", "Goes on with the message of the fragment before. What it means is known only from the first one on.";
    BETWEEN: "part of the head", "transport::fragment, payload", "Goes on with the head of a message that began in an earlier fragment.";

    SCOPE: "scope", "core::wire_expr, scope", "A number that stands for the beginning of the key. 0 means that all of it is written out.";
    SUFFIX_LEN: "length of the key", "core::wire_expr, suffix", "In bytes.";
    SUFFIX: "key", "core::wire_expr, suffix", "The key, or the rest of it behind what the scope stands for.";
    REQUEST_ID: "request id", "network::request, id", "Names the request in its answers.";
    INTEREST_ID: "interest id", "network::interest, id", "Names the interest in what is told because of it.";
    OPTIONS: "options", "network::interest, options", "What is asked for, and whether for one key expression only.";
    DECLARED_ID: "id", "network::declare, id", "Names what is declared, so that it can be undeclared.";
    KEYEXPR_ID: "number", "network::declare::keyexpr, id", "Stands for the key expression in later scopes.";
    OAM_ID: "OAM id", "network::oam, id", "What kind of OAM this is.";
    OAM_VALUE: "value", "network::oam, body", "A number.";
    OAM_LEN: "length", "network::oam, body", "In bytes.";
    OAM_BODY: "body", "network::oam, body", "Nothing that a client has a use for.";
    TIME: "time", "core::Timestamp, time", "Seconds since 1970 in the upper 32 bits, their fraction in the lower (NTP64).";
    TIME_ID_LEN: "length of the clock’s id", "core::Timestamp, id", "In bytes.";
    TIME_ID: "clock’s id", "core::Timestamp, id", "Whose hybrid logical clock it was: two times are never equal.";
    ENCODING: "encoding", "core::encoding, id", "What the payload is, by zenoh’s list. The lowest bit says whether a schema follows.";
    SCHEMA_LEN: "length of the schema", "core::encoding, schema", "In bytes.";
    SCHEMA: "schema", "core::encoding, schema", "More about what the payload is.";
    PAYLOAD_LEN: "length of the payload", "zenoh::put, payload", "In bytes. The payload is the last field of its message, so it can be sent from wherever it is.";
    PAYLOAD: "payload", "zenoh::put, payload", "The bytes that the application wants to send. This is what was gathered from the segments.";
    ERROR_LEN: "length of the payload", "zenoh::err, payload", "In bytes.";
    ERROR: "payload", "zenoh::err, payload", "The error, in whatever form the queryable gives it.";
    CONSOLIDATION: "consolidation", "zenoh::query, consolidation", "Which of several replies under one key are told.";
    PARAMETERS_LEN: "length of the parameters", "zenoh::query, parameters", "In bytes.";
    PARAMETERS: "parameters", "zenoh::query, parameters", "What stands behind the ? of a selector.";

    EXT_HEADER: "extension header", "common::iext", "The lower four bits name the extension, then: whether it must be understood, how it is encoded, whether more follow.";
    EXT_VALUE: "value", "common::extension, z64", "A number.";
    EXT_LEN: "length", "common::extension, zbuf", "In bytes.";
    EXT_BYTES: "bytes", "common::extension, zbuf", "Bytes.";
    EXT_UNKNOWN: "unknown extension", "common::extension", "Passed over: it need not be understood.";
    EXT_QOS_INIT: "extension: QoS", "transport::init::ext, QoS", "Priorities: eight lanes in each reliability, with sequence numbers of their own.";
    EXT_QOS_LINK: "extension: QoS of the link", "transport::init::ext, QoSLink", "Which priorities and what reliability this link is for.";
    EXT_AUTH: "extension: authentication", "transport::init::ext, Auth", "A user and a proof.";
    EXT_MULTILINK: "extension: multilink", "transport::init::ext, MultiLink", "One session over several links.";
    EXT_LOW_LATENCY: "extension: low latency", "transport::init::ext, LowLatency", "No batches and no fragments.";
    EXT_COMPRESSION: "extension: compression", "transport::init::ext, Compression", "Batches are compressed.";
    EXT_PATCH: "extension: patch", "transport::init::ext, Patch", "Revision of the protocol: from 1 on, first and given-up fragments are marked.";
    EXT_REGION: "extension: region", "transport::init::ext, RegionName", "A name for a part of the network.";
    EXT_BOUND: "extension: bound", "transport::open::ext, RemoteBound", "Which side of a region’s border the other is on.";
    EXT_LANE: "extension: priority", "transport::frame::ext, QoS", "The priority of the lane. Without it, the default: data.";
    EXT_FIRST: "extension: first", "transport::fragment::ext, First", "Marks the first fragment of a message.";
    EXT_DROP: "extension: drop", "transport::fragment::ext, Drop", "The sender gives the message up. Forget what has come of it.";
    EXT_QOS: "extension: QoS", "network::ext, QoSType", "Priority; whether it waits or may be dropped when a link is full; whether it goes alone and at once.";
    EXT_TIMESTAMP: "extension: timestamp", "network::ext, TimestampType", "When the message was made, for routers.";
    EXT_NODE: "extension: node id", "network::ext, NodeIdType", "For routing among routers.";
    EXT_STACK: "extension: timestamps", "network::timestamp_stack", "Times on the way of a message, for tracing.";
    EXT_TARGET: "extension: target", "network::request::ext, Target", "Which queryables are asked.";
    EXT_BUDGET: "extension: budget", "network::request::ext, Budget", "How many answers are wanted at most.";
    EXT_TIMEOUT: "extension: timeout", "network::request::ext, Timeout", "How long answers are waited for.";
    EXT_RESPONDER: "extension: responder", "network::response::ext, ResponderId", "Who answers.";
    EXT_INFO: "extension: queryable info", "network::declare::queryable::ext, QueryableInfo", "Whether it has everything under its key expression, and how far away it is.";
    EXT_WIRE_EXPR: "extension: key expression", "network::declare::common::ext, WireExprExt", "Of what is undeclared.";
    EXT_SOURCE: "extension: source info", "zenoh::ext, SourceInfoType", "Who published it, and its number there: so a subscriber sees what it missed.";
    EXT_ATTACHMENT: "extension: attachment", "zenoh::ext, AttachmentType", "Bytes that go along with the payload.";
    EXT_BODY: "extension: body", "zenoh::ext, ValueType", "A payload that goes along with a query.";
    ATTACHMENT_LEN: "length of the attachment", "zenoh::ext, AttachmentType", "In bytes.";
    ATTACHMENT: "attachment", "zenoh::ext, AttachmentType", "The application’s, as the payload is.";
    BODY: "body", "zenoh::ext, ValueType", "The payload of the query. Its length is what is left of the extension’s.";
    ID_LEN: "id length", "zenoh::ext, zid length", "The upper four bits: bytes of the id, less one.";
    ENTITY: "entity id", "core::EntityGlobalIdProto, eid", "Which of a session’s publishers, queryables and so on.";
    SOURCE_SN: "sample number", "zenoh::ext, SourceInfoType, sn", "Counts the samples of one publisher.";
    EXPR_FLAGS: "flags", "network::declare::common::ext, WireExprType", "Whether a key is written out, and whose numbers are meant.";
    UNKNOWN: "not understood", "", "These bytes are not zenoh, or nothing is known of them.";
}
