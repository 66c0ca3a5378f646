// Payloads of many segments, and zenoh sessions over a WebSocket to a stock router. The program is not in it: a page
// loads that beside it.
export { ZBytes } from "./bytes.js";
export { FifoChannel, RingChannel } from "./channel.js";
export { ZError } from "./error.js";
export { ready } from "./load.js";
export { portTo } from "./port.js";
export {
    Liveliness, LivelinessToken, MatchingListener, open, Publisher, Querier, Query, Queryable, Replies, Session, SessionEvent,
    SessionInfo, Subscriber,
} from "./session.js";
export {
    CongestionControl, ConsolidationMode, Encoding, KeyExpr, Locality, Priority, QueryTarget, Reliability, Reply, ReplyError, Sample,
    SampleKind, Timestamp,
} from "./values.js";
