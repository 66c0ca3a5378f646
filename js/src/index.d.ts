/**
 * Zenoh in JavaScript: sessions over a WebSocket to a stock router, and payloads of many segments.
 *
 * Names are those of zenoh and of `@eclipse-zenoh/zenoh-ts` where the thing is the same.
 */

/** Every error of the module. `code` is for programs; `message` says what was wrong and what to do. */
export class ZError extends Error {
    constructor(code: Code, words: string, options?: { cause?: unknown });
    readonly code: Code;
    /** What was wrong, without what can be done about it. */
    readonly words: string;
}

/** The codes of errors. A later version may have further ones. */
export type Code =
    // What was handed over.
    | "ARGUMENT" | "KEY_EXPR" | "ENCODING" | "NOT_BYTES" | "DETACHED" | "SHARED" | "RESIZABLE" | "PARTIAL" | "IMMUTABLE"
    | "WASM_MEMORY" | "TAKEN_TWICE" | "LENT" | "NOT_LET_GO" | "RANGE" | "OUT_OF_MEMORY" | "TOO_LONG" | "DISPOSED" | "SEGMENT"
    // Opening.
    | "LOCATOR" | "NO_WEBSOCKET" | "NOT_LOADED" | "NOT_READY" | "NOT_OPENED" | "NO_ANSWER" | "NOT_ZENOH" | "CLOSED_BY_ROUTER"
    // A session.
    | "NOT_OPEN" | "LOST" | "CLOSED" | "QUEUE_FULL" | "DROPPED" | "CANCELLED" | "TOO_MANY" | "REFUSED"
    // Gets and answers.
    | "TIMEOUT" | "TOO_MUCH" | "QUERY_OVER" | "REPLY_KEY" | "CHANNEL_CLOSED"
    // Messages of Cap'n Proto.
    | "MESSAGE"
    | (string & {});

/**
 * Loads the WebAssembly program, once. {@link Session.open} does so by itself; only a program that builds a payload
 * before needs it.
 *
 * @param program where the program is, if not in the module itself: the address or the bytes of `zbytes/program.wasm`.
 */
export function ready(program?: Program): Promise<void>;
export type Program = string | URL | Response | BufferSource | WebAssembly.Module | Promise<Response | BufferSource | WebAssembly.Module>;

// --- Payloads ---

/**
 * How a payload takes a segment. `copy`: its bytes are copied, and the array is free for anything. `borrow`: the
 * payload refers to the array; do not write it until the put has left. `move`: the payload takes the whole buffer
 * over, and the array is detached.
 */
export type Mode = "copy" | "borrow" | "move";

/** Memory with bytes, of which all are taken: an `Int32Array` of two elements has eight. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

/** What becomes a payload. A text is written in UTF-8. */
export type IntoZBytes = Bytes | string | String | ZBytes;

/** A segment with a mode of its own. The segments of a `ZBytes` are taken by reference. */
export type Segment = IntoZBytes | { bytes: IntoZBytes; mode?: Mode };

export interface BuildOptions {
    /** How segments without a mode of their own are taken. Default: `copy`. */
    mode?: Mode;
    /** What becomes of a segment that its mode cannot take safely. Default: `refuse`. */
    unsupported?: "refuse" | "copy";
}

/** A line of what building a payload copied. */
export interface LedgerLine {
    stage: string;
    reason: string;
    from: string;
    to: string;
    bytes: number;
}

/** A payload: an ordered list of segments, each of which has one owner. */
export class ZBytes {
    /** A payload of one segment. */
    constructor(bytes?: IntoZBytes, options?: BuildOptions);
    /**
     * A payload of several segments, without making them contiguous. All are looked at before any is taken: a
     * payload that is refused leaves all of them as they were.
     *
     * @throws {ZError} `NOT_BYTES`, `DETACHED`, `SHARED`, `RESIZABLE`, `PARTIAL` and others, with the segment's number.
     */
    static fromSegments(segments: Iterable<Segment>, options?: BuildOptions): ZBytes;
    /** Bytes of all segments. */
    readonly length: number;
    /**
     * The segments. Those in the JavaScript heap are where they were, as those of received payloads are: do not write
     * them. Segments that were taken by copy are copied once more.
     */
    segments(): Uint8Array[];
    /** A part, over the same owners. Negative numbers count from the end, as for arrays. Copies nothing. */
    slice(start?: number, end?: number): ZBytes;
    /** All bytes in an array of their own. Copies each once. */
    toBytes(): Uint8Array<ArrayBuffer>;
    /** The bytes as UTF-8. */
    toString(): string;
    /** Reads it piece by piece, from the start. */
    reader(): ZBytesReader;
    /** What building it copied. Empty for a received payload and for a part. */
    readonly ledger: LedgerLine[];
    /** Lets go of the bytes now. Without it they go when the collector finds the payload. */
    [Symbol.dispose](): void;
}

/**
 * Reads a payload piece by piece. A piece that lies in one segment is a view of it, and is not to be written. One that
 * lies in several is copied.
 */
export interface ZBytesReader {
    /** Where the next piece begins. May be set. @throws {ZError} `RANGE`. */
    position: number;
    /** Bytes from there to the end. */
    readonly remaining: number;
    /** The next bytes; all that remain without a length. @throws {ZError} `RANGE` when there are fewer. */
    bytes(length?: number): Uint8Array;
    /** The next bytes, to take numbers from: `reader.view(4).getUint32(0, true)`. @throws {ZError} `RANGE`. */
    view(length: number): DataView;
    /** The next bytes as UTF-8; all that remain without a length. @throws {ZError} `RANGE`. */
    text(length?: number): string;
    /** Passes over so many bytes. @throws {ZError} `RANGE`. */
    skip(length: number): this;
}

// --- Values ---

export const Priority: {
    readonly REAL_TIME: 1; readonly INTERACTIVE_HIGH: 2; readonly INTERACTIVE_LOW: 3; readonly DATA_HIGH: 4; readonly DATA: 5;
    readonly DATA_LOW: 6; readonly BACKGROUND: 7; readonly DEFAULT: 5;
};
export type Priority = 1 | 2 | 3 | 4 | 5 | 6 | 7;
export const CongestionControl: {
    readonly DROP: 0; readonly BLOCK: 1; readonly DEFAULT_PUSH: 0; readonly DEFAULT_REQUEST: 1; readonly DEFAULT_RESPONSE: 1;
};
export type CongestionControl = 0 | 1;
export const Reliability: { readonly BEST_EFFORT: 0; readonly RELIABLE: 1; readonly DEFAULT: 1 };
export type Reliability = 0 | 1;
export const Locality: { readonly SESSION_LOCAL: 0; readonly REMOTE: 1; readonly ANY: 2; readonly DEFAULT: 2 };
export type Locality = 0 | 1 | 2;
export const SampleKind: { readonly PUT: 0; readonly DELETE: 1 };
export type SampleKind = 0 | 1;
export const QueryTarget: { readonly BEST_MATCHING: 0; readonly ALL: 1; readonly ALL_COMPLETE: 2; readonly DEFAULT: 0 };
export type QueryTarget = 0 | 1 | 2;
export const ConsolidationMode: {
    readonly AUTO: 0; readonly NONE: 1; readonly MONOTONIC: 2; readonly LATEST: 3; readonly DEFAULT: 0;
};
export type ConsolidationMode = 0 | 1 | 2 | 3;

export type IntoKeyExpr = string | String | KeyExpr;

/** A key expression, such as `robot/1/camera`, `robot/*` or `robot/**`. */
export class KeyExpr {
    /** @throws {ZError} `KEY_EXPR` for a text that is not one in canonical form. */
    constructor(text: IntoKeyExpr);
    static autocanonize(text: IntoKeyExpr): KeyExpr;
    /** This one, a slash, and `other`. */
    join(other: IntoKeyExpr): KeyExpr;
    /** This one, and `other` directly behind it. */
    concat(other: IntoKeyExpr): KeyExpr;
    /** Whether it means every key that `other` means. */
    includes(other: IntoKeyExpr): boolean;
    /** Whether both mean a common key. */
    intersects(other: IntoKeyExpr): boolean;
    toString(): string;
    toJSON(): string;
}

export type IntoEncoding = string | String | Encoding;

/** What a payload is, as in `text/plain;utf-8`. Any text is one; those that zenoh numbers are shorter on the wire. */
export class Encoding {
    constructor(text: IntoEncoding);
    static from(value: IntoEncoding): Encoding;
    /** The same with another part behind the semicolon. */
    withSchema(schema: string): Encoding;
    toString(): string;
    toJSON(): string;
    static readonly ZENOH_BYTES: Encoding; static readonly ZENOH_STRING: Encoding;
    static readonly ZENOH_SERIALIZED: Encoding; static readonly APPLICATION_OCTET_STREAM: Encoding;
    static readonly TEXT_PLAIN: Encoding; static readonly APPLICATION_JSON: Encoding;
    static readonly TEXT_JSON: Encoding; static readonly APPLICATION_CDR: Encoding;
    static readonly APPLICATION_CBOR: Encoding; static readonly APPLICATION_YAML: Encoding;
    static readonly TEXT_YAML: Encoding; static readonly TEXT_JSON5: Encoding;
    static readonly APPLICATION_PYTHON_SERIALIZED_OBJECT: Encoding; static readonly APPLICATION_PROTOBUF: Encoding;
    static readonly APPLICATION_JAVA_SERIALIZED_OBJECT: Encoding;
    static readonly APPLICATION_OPENMETRICS_TEXT: Encoding; static readonly IMAGE_PNG: Encoding;
    static readonly IMAGE_JPEG: Encoding; static readonly IMAGE_GIF: Encoding; static readonly IMAGE_BMP: Encoding;
    static readonly IMAGE_WEBP: Encoding; static readonly APPLICATION_XML: Encoding;
    static readonly APPLICATION_X_WWW_FORM_URLENCODED: Encoding; static readonly TEXT_HTML: Encoding;
    static readonly TEXT_XML: Encoding; static readonly TEXT_CSS: Encoding; static readonly TEXT_JAVASCRIPT: Encoding;
    static readonly TEXT_MARKDOWN: Encoding; static readonly TEXT_CSV: Encoding;
    static readonly APPLICATION_SQL: Encoding; static readonly APPLICATION_COAP_PAYLOAD: Encoding;
    static readonly APPLICATION_JSON_PATCH_JSON: Encoding; static readonly APPLICATION_JSON_SEQ: Encoding;
    static readonly APPLICATION_JSONPATH: Encoding; static readonly APPLICATION_JWT: Encoding;
    static readonly APPLICATION_MP4: Encoding; static readonly APPLICATION_SOAP_XML: Encoding;
    static readonly APPLICATION_YANG: Encoding; static readonly AUDIO_AAC: Encoding;
    static readonly AUDIO_FLAC: Encoding; static readonly AUDIO_MP4: Encoding; static readonly AUDIO_OGG: Encoding;
    static readonly AUDIO_VORBIS: Encoding; static readonly VIDEO_H261: Encoding;
    static readonly VIDEO_H263: Encoding; static readonly VIDEO_H264: Encoding; static readonly VIDEO_H265: Encoding;
    static readonly VIDEO_H266: Encoding; static readonly VIDEO_MP4: Encoding; static readonly VIDEO_OGG: Encoding;
    static readonly VIDEO_RAW: Encoding; static readonly VIDEO_VP8: Encoding; static readonly VIDEO_VP9: Encoding;
}

/** When a sample was made, by whose clock. */
export class Timestamp {
    /** @param ntp64 seconds since 1970 in the upper 32 bits, their fraction in the lower. */
    constructor(id: string, ntp64: bigint | number | string);
    /** The id of the session or router of whose clock it is. */
    getId(): string;
    getNtp64(): bigint;
    getMsSinceUnixEpoch(): number;
    asDate(): Date;
    /** As zenoh writes it: the number, a slash, and the id. */
    toString(): string;
    toJSON(): string;
}

/** What a subscriber or a get receives. */
export class Sample {
    private constructor();
    keyexpr(): KeyExpr;
    /** Empty for a delete. It lies where the browser has received it. */
    payload(): ZBytes;
    kind(): SampleKind;
    encoding(): Encoding;
    attachment(): ZBytes | undefined;
    /** Routers stamp samples that have none. */
    timestamp(): Timestamp | undefined;
    priority(): Priority;
    congestionControl(): CongestionControl;
    express(): boolean;
    reliability(): Reliability;
    /** Whether this same session has put it. */
    isLocal(): boolean;
    /** Bytes of payload and attachment. */
    readonly size: number;
}

export class ReplyError {
    private constructor();
    payload(): ZBytes;
    encoding(): Encoding;
}

export class Reply {
    private constructor();
    /** The sample, or the error that a queryable gave: `reply.result() instanceof Sample` says which. */
    result(): Sample | ReplyError;
    readonly size: number;
}

// --- Handlers ---

interface Channel<T> extends AsyncIterable<T> {
    /** Values in it. */
    readonly length: number;
    /** Values that it has dropped. */
    readonly dropped: number;
    /** The next value, at once or when it comes. @throws {ZError} `CHANNEL_CLOSED` when none will come. */
    receive(): Promise<T>;
    /** The next value, if there is one. */
    tryReceive(): T | undefined;
    [Symbol.asyncIterator](): AsyncGenerator<T, void, void>;
}

export interface ChannelOptions {
    /** The most bytes that its values may have together. One value always fits. Default: 256 MiB. */
    bytes?: number;
}

/** Keeps the oldest values: one that does not fit is dropped. A router cannot be made to wait. */
export class FifoChannel<T = Sample> implements Channel<T> {
    constructor(capacity?: number, options?: ChannelOptions);
    readonly length: number;
    readonly dropped: number;
    /** Puts a value in. Returns what had to go for it, if anything. */
    send(value: T): T[] | undefined;
    close(error?: Error): void;
    receive(): Promise<T>;
    tryReceive(): T | undefined;
    [Symbol.asyncIterator](): AsyncGenerator<T, void, void>;
}

/** Keeps the newest values: the oldest is dropped for one that does not fit. */
export class RingChannel<T = Sample> extends FifoChannel<T> {}

/** A function, with one that is called at the end if wanted; or a channel. Without one: a `FifoChannel` of 1,024. */
export type Handler<T> = ((value: T) => unknown) | [(value: T) => unknown, () => unknown] | FifoChannel<T> | RingChannel<T>;

// --- Sessions ---

export interface OpenOptions {
    /** How many bytes of puts may wait in the browser before a put waits to be taken. Default: 24 MiB. */
    queuedBytes?: number;
    /** As for {@link ready}. */
    program?: Program;
}

export interface PublisherOptions {
    encoding?: IntoEncoding;
    /**
     * What becomes of it where a link is full. `DROP`, which is zenoh's default: it is discarded. A put that is dropped
     * here rejects; what routers drop on the way, zenoh tells to none. `BLOCK`: it waits, and arrives.
     */
    congestionControl?: CongestionControl;
    priority?: Priority;
    /** Sent at once, without sharing batches with others of the same task. */
    express?: boolean;
    reliability?: Reliability;
    allowedDestination?: Locality;
}

export interface PublisherDeleteOptions {
    attachment?: IntoZBytes;
    timestamp?: Timestamp;
}

export interface PublisherPutOptions extends PublisherDeleteOptions {
    encoding?: IntoEncoding;
    /** How a payload is taken that is not a `ZBytes`. Default: `copy`. */
    mode?: Mode;
}

export interface PutOptions extends PublisherOptions, PublisherPutOptions {}
export interface DeleteOptions extends Omit<PublisherOptions, "encoding">, PublisherDeleteOptions {}

/** What it took to send a put. */
export interface Sent {
    /** Messages of zenoh's transport that carried it. */
    batches: number;
    /** Payload bytes that were copied into them. */
    copied: number;
    /** Milliseconds from the put to its last byte. */
    took: number;
}

/**
 * A put or a delete. It resolves when it is *taken*: its bytes are copied, or referred to, and wait to leave within
 * the bound of {@link OpenOptions.queuedBytes}. Beyond the bound it waits. An array that was copied is free again as
 * soon as the function returns.
 */
export interface Put extends Promise<void> {
    /**
     * Resolves when the last byte has left, and an array that was borrowed is free again. That is not delivery, which
     * zenoh does not confirm; {@link Session.flush} says more. It may reject without being looked at: the session
     * tells of it by an event. Who awaits this need not await the put itself.
     */
    readonly sent: Promise<Sent>;
}

export interface GetOptions {
    handler?: Handler<Reply>;
    payload?: IntoZBytes;
    encoding?: IntoEncoding;
    attachment?: IntoZBytes;
    /** Milliseconds. Default: 10,000. */
    timeout?: number;
    target?: QueryTarget;
    consolidation?: ConsolidationMode;
    congestionControl?: CongestionControl;
    priority?: Priority;
    express?: boolean;
    allowedDestination?: Locality;
    /** Cancels the get. */
    signal?: AbortSignal;
}

export interface SubscriberOptions {
    handler?: Handler<Sample>;
    allowedOrigin?: Locality;
}

export interface QueryableOptions {
    /** A function may be asynchronous: the query is finished when its promise ends. */
    handler?: Handler<Query>;
    complete?: boolean;
    allowedOrigin?: Locality;
}

/** What a session tells as events. One without a listener that calls `preventDefault()` is told on the console. */
export interface SessionEvents {
    /** The session was lost, and is opened again by itself after `retryIn` ms. So many puts and gets ended with it. */
    lost: SessionEvent & { error: ZError; puts: number; gets: number; retryIn: number };
    /** The session is open again, and everything is declared again. For `gap` ms nothing was heard. */
    resumed: SessionEvent & { gap: number };
    /** The session has ended for good: with an error, or by `close()`. */
    closed: SessionEvent & { error: ZError | undefined };
    /** A channel was full and dropped so many values. */
    dropped: SessionEvent & { keyExpr: string; count: number };
    /** So many samples of a publisher that numbers them did not come. */
    missed: SessionEvent & { keyExpr: string; count: number };
    /** A put failed after it was taken. */
    putfailed: SessionEvent & { error: ZError };
    /** So many queries were answered with an error, because too many wait. */
    queriesrefused: SessionEvent & { count: number };
}

export class SessionEvent extends Event {}

/** Where a router is: a locator, an address, or a port to one. */
export type Where = string | { locator: string } | MessagePort;

/** A session with a router. When it is lost, it opens again by itself and declares everything again. */
export class Session {
    private constructor();
    /**
     * Opens a session.
     *
     * @param where a locator such as `ws/127.0.0.1:7446`, an address such as `wss://example.org/zenoh`, or a port of
     * {@link portTo} that was handed over. Over a port it cannot open again by itself: when it is lost, it is closed.
     * @throws {ZError} `LOCATOR`, `NOT_OPENED`, `NO_ANSWER` (after 10 s), `NOT_ZENOH`, `NO_WEBSOCKET`.
     */
    static open(where: Where, options?: OpenOptions): Promise<Session>;
    put(keyExpr: IntoKeyExpr, payload: IntoZBytes, options?: PutOptions): Put;
    delete(keyExpr: IntoKeyExpr, options?: DeleteOptions): Put;
    /** Asks queryables. The selector is a key expression, and parameters behind a question mark. */
    get(selector: IntoKeyExpr, options: GetOptions & { handler: (reply: Reply) => unknown }): Promise<undefined>;
    get(selector: IntoKeyExpr, options?: GetOptions): Promise<Replies>;
    declarePublisher(keyExpr: IntoKeyExpr, options?: PublisherOptions): Promise<Publisher>;
    declareSubscriber(keyExpr: IntoKeyExpr, options?: SubscriberOptions): Promise<Subscriber>;
    declareQueryable(keyExpr: IntoKeyExpr, options?: QueryableOptions): Promise<Queryable>;
    declareQuerier(keyExpr: IntoKeyExpr, options?: GetOptions): Promise<Querier>;
    declareKeyexpr(keyExpr: IntoKeyExpr): KeyExpr;
    liveliness(): Liveliness;
    /** Resolves when the router has handed on everything that was put before. */
    flush(): Promise<void>;
    info(): Promise<SessionInfo>;
    /** What went over the link so far. */
    stats(): Stats;
    /** The time now, by the clock of this session. */
    newTimestamp(): Promise<Timestamp>;
    /** A lost session is tried again at once: a Worker can be told that its page is looked at. */
    hint(): void;
    isClosed(): boolean;
    /**
     * Closes the session, after what was taken has left. On a link that stands still it waits at most 10 s, and tells of
     * each put that was lost by `putfailed`. Await `flush()` before, if the router shall have handed on all of it.
     */
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    addEventListener<K extends keyof SessionEvents>(type: K, listener: (event: SessionEvents[K]) => unknown, options?: boolean | AddEventListenerOptions): void;
    removeEventListener<K extends keyof SessionEvents>(type: K, listener: (event: SessionEvents[K]) => unknown, options?: boolean | EventListenerOptions): void;
}

/** The same as {@link Session.open}. */
export function open(where: Where, options?: OpenOptions): Promise<Session>;

/**
 * A port with a router behind it, to be handed to a Worker or a frame, which opens a session over it:
 *
 * ```js
 * const port = portTo("ws/127.0.0.1:7446");
 * worker.postMessage({ port }, [port]);      // in the Worker: await Session.open(event.data.port)
 * ```
 *
 * The WebSocket is opened here and ends with this page. The bytes pass through unread.
 *
 * @throws {ZError} `LOCATOR`, `NO_WEBSOCKET`. What fails later is told to the session.
 */
export function portTo(where: string | { locator: string }): MessagePort;

export class SessionInfo {
    private constructor();
    zid(): string;
    routersZid(): string[];
    peersZid(): string[];
    /** The longest batch, in bytes. */
    batchSize(): number;
}

export interface Traffic {
    messages: number;
    bytes: number;
    batches: number;
}

export interface Stats {
    sent: Traffic;
    received: Traffic;
    /** Puts that were dropped because too much waited. */
    dropped: number;
    /** Sessions that were opened, the first included. */
    sessions: number;
}

interface Handle {
    keyExpr(): KeyExpr;
    undeclare(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

/** A key and how to publish under it. */
export class Publisher implements Handle {
    private constructor();
    keyExpr(): KeyExpr;
    encoding(): Encoding;
    put(payload: IntoZBytes, options?: PublisherPutOptions): Put;
    delete(options?: PublisherDeleteOptions): Put;
    /** Whether a subscriber is there. */
    matchingStatus(): Promise<boolean>;
    /** Tells whether a subscriber is there, now and whenever that changes. */
    matchingListener(options?: { handler?: Handler<boolean> }): Promise<MatchingListener>;
    undeclare(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

interface Receiving<T> extends Handle, AsyncIterable<T> {
    /** The channel, unless the handler is a function. */
    receiver(): FifoChannel<T> | undefined;
    [Symbol.asyncIterator](): AsyncGenerator<T, void, void>;
}

/** Keep it while you read from it: one with a channel is undeclared when the collector finds it. */
export class Subscriber implements Receiving<Sample> {
    private constructor();
    keyExpr(): KeyExpr;
    receiver(): FifoChannel<Sample> | undefined;
    undeclare(): Promise<void>;
    [Symbol.asyncIterator](): AsyncGenerator<Sample, void, void>;
    [Symbol.asyncDispose](): Promise<void>;
}

/** As {@link Subscriber}, for queries. */
export class Queryable implements Receiving<Query> {
    private constructor();
    keyExpr(): KeyExpr;
    receiver(): FifoChannel<Query> | undefined;
    undeclare(): Promise<void>;
    [Symbol.asyncIterator](): AsyncGenerator<Query, void, void>;
    [Symbol.asyncDispose](): Promise<void>;
}

export class MatchingListener implements Receiving<boolean> {
    private constructor();
    keyExpr(): KeyExpr;
    receiver(): FifoChannel<boolean> | undefined;
    undeclare(): Promise<void>;
    [Symbol.asyncIterator](): AsyncGenerator<boolean, void, void>;
    [Symbol.asyncDispose](): Promise<void>;
}

export interface ReplyOptions extends Omit<PublisherOptions, "allowedDestination"> {
    attachment?: IntoZBytes;
    timestamp?: Timestamp;
}

/** A query to be answered. It ends by {@link Query.finalize}; until then the asker waits. */
export class Query {
    private constructor();
    keyExpr(): KeyExpr;
    /** What stands behind the question mark of the selector. */
    parameters(): string;
    selector(): string;
    payload(): ZBytes | undefined;
    encoding(): Encoding | undefined;
    attachment(): ZBytes | undefined;
    readonly size: number;
    reply(keyExpr: IntoKeyExpr, payload: IntoZBytes, options?: ReplyOptions): Promise<void>;
    replyDel(keyExpr: IntoKeyExpr, options?: Omit<ReplyOptions, "encoding">): Promise<void>;
    replyErr(payload: IntoZBytes, options?: { encoding?: IntoEncoding }): Promise<void>;
    finalize(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

/** Replies as they come. A loop that is left early cancels the get. */
export class Replies implements AsyncIterable<Reply> {
    private constructor();
    receive(): Promise<Reply>;
    [Symbol.asyncIterator](): AsyncGenerator<Reply, void, void>;
}

/** A key and how to ask under it. */
export class Querier implements Handle {
    private constructor();
    keyExpr(): KeyExpr;
    get(options?: GetOptions & { parameters?: string }): Promise<Replies>;
    /** Whether a queryable is there. */
    matchingStatus(): Promise<boolean>;
    matchingListener(options?: { handler?: Handler<boolean> }): Promise<MatchingListener>;
    undeclare(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

export class LivelinessToken implements Handle {
    private constructor();
    keyExpr(): KeyExpr;
    undeclare(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

/** Who is there: tokens say that a key is alive. */
export class Liveliness {
    private constructor();
    declareToken(keyExpr: IntoKeyExpr): Promise<LivelinessToken>;
    /** A put for each token that appears, and a delete for each that disappears. With `history` also those that are there. */
    declareSubscriber(keyExpr: IntoKeyExpr, options?: { history?: boolean; handler?: Handler<Sample> }): Promise<Subscriber>;
    get(keyExpr: IntoKeyExpr, options?: { handler?: Handler<Reply>; signal?: AbortSignal }): Promise<Replies>;
}
