/// <reference lib="esnext.disposable" />
/**
 * Zenoh in JavaScript: sessions over a WebSocket to a stock router, and payloads of many segments.
 *
 * Names are those of zenoh and of `@eclipse-zenoh/zenoh-ts` where the thing is the same.
 */

/** Every error of the module. `code` is for programs; `message` says what was wrong and what to do. */
export class ZError extends Error {
    /** An error of this module. */
    constructor(code: Code, words: string, options?: { cause?: unknown });
    /** What went wrong, for programs. */
    readonly code: Code;
    /** What was wrong, without what can be done about it. */
    readonly words: string;
}

/**
 * The codes of errors. A later version may have further ones.
 *
 * | code | what it says |
 * |---|---|
 * | `ARGUMENT` | An argument or an option is not what the function takes. |
 * | `KEY_EXPR` | The text is not a key expression. |
 * | `ENCODING` | The part of an encoding behind the semicolon is too long. |
 * | `NOT_BYTES` | The value has no bytes. |
 * | `DETACHED` | The array was detached or resized, before or after it was taken. |
 * | `SHARED` | The array lies in shared memory, which is copied only. |
 * | `RESIZABLE` | The array lies in a resizable buffer, which is copied only. |
 * | `PARTIAL` | A view of a part of its buffer cannot be moved. |
 * | `IMMUTABLE` | An immutable buffer cannot be moved. |
 * | `WASM_MEMORY` | A view of the memory of a WebAssembly program is copied only. |
 * | `TAKEN_TWICE` | Another segment moves or borrows the same buffer. |
 * | `LENT` | A segment that borrows its bytes cannot be moved. |
 * | `NOT_LET_GO` | The platform does not let go of the buffer. |
 * | `RANGE` | More was asked for than there is. |
 * | `OUT_OF_MEMORY` | There is no memory for the bytes. |
 * | `TOO_LONG` | A message has at most 1 GiB. |
 * | `DISPOSED` | The payload was disposed of, or the publisher undeclared. |
 * | `SEGMENT` | A segment cannot be taken or read, for another reason. |
 * | `LOCATOR` | This is not the address of a WebSocket, or the browser refuses it. |
 * | `NO_WEBSOCKET` | The platform has no WebSocket. |
 * | `NOT_LOADED` | The WebAssembly program cannot be loaded. |
 * | `NOT_READY` | The WebAssembly program is not loaded yet. |
 * | `NOT_OPENED` | The WebSocket did not open. In Node the message has the cause; a browser hides it. |
 * | `NO_ANSWER` | The server has not answered in time. |
 * | `NOT_ZENOH` | What answers is not a zenoh router. |
 * | `CLOSED_BY_ROUTER` | The router has closed the session. |
 * | `NOT_OPEN` | The session is lost and opens again: nothing is taken meanwhile. |
 * | `LOST` | The session was lost while this was under way. |
 * | `CLOSED` | The program has closed the session. |
 * | `QUEUE_FULL` | Too many bytes wait that were not awaited. |
 * | `DROPPED` | The put was dropped, because too much waited; or replies were, because they were not read in time. |
 * | `CANCELLED` | A signal, or a loop that was left, has cancelled it. |
 * | `TOO_MANY` | A session has no more of these. |
 * | `REFUSED` | It was refused, for another reason. |
 * | `TIMEOUT` | Not all queryables have finished their answers in time. |
 * | `TOO_MUCH` | The replies are more than a get keeps. |
 * | `QUERY_OVER` | The query has ended before. |
 * | `REPLY_KEY` | The key of the reply is not one that was asked for. |
 * | `CHANNEL_CLOSED` | No more values come through the channel. |
 * | `MESSAGE` | The bytes are not one whole message of Cap'n Proto. |
 */
export type Code =
    // What was handed over.
    | "ARGUMENT" | "KEY_EXPR" | "ENCODING" | "NOT_BYTES" | "DETACHED" | "SHARED" | "RESIZABLE" | "PARTIAL"
    | "IMMUTABLE" | "WASM_MEMORY" | "TAKEN_TWICE" | "LENT" | "NOT_LET_GO" | "RANGE" | "OUT_OF_MEMORY" | "TOO_LONG"
    | "DISPOSED" | "SEGMENT"
    // Opening.
    | "LOCATOR" | "NO_WEBSOCKET" | "NOT_LOADED" | "NOT_READY" | "NOT_OPENED" | "NO_ANSWER" | "NOT_ZENOH"
    | "CLOSED_BY_ROUTER"
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
/** Where the WebAssembly program is: an address, its bytes, or what comes to them. */
export type Program = ProgramSource | string | URL | Promise<ProgramSource>;
/** The WebAssembly program: its bytes, an answer that has them, or the program as it was compiled. */
export type ProgramSource = Response | ArrayBuffer | ArrayBufferView | CompiledProgram;
/** A `WebAssembly.Module`, where the `lib` of TypeScript has that. */
export type CompiledProgram = typeof globalThis extends {
    /** The namespace. */
    WebAssembly: {
        /** The class. */
        Module: {
            /** Its instances. */
            prototype: infer Module;
        };
    };
} ? Module : never;

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
export type Segment = IntoZBytes | {
    /** Its bytes. */
    bytes: IntoZBytes;
    /** How they are taken, if not as the options say. */
    mode?: Mode;
};

/** How a payload takes its segments. */
export interface BuildOptions {
    /** How segments without a mode of their own are taken. Default: `copy`. */
    mode?: Mode;
    /** What becomes of a segment that its mode cannot take safely. Default: `refuse`. */
    unsupported?: "refuse" | "copy";
}

/** A line of what building a payload copied. */
export interface LedgerLine {
    /** When: `Build`, or `Read` by a reader. */
    stage: string;
    /** Why: `CopyMode`, `Unsupported`; a reader has `Contiguous` and `Unaligned`. */
    reason: string;
    /** Where the bytes were: `JsHeap` for arrays, `Linear` for the memory of the program. */
    from: string;
    /** Where they were copied to. */
    to: string;
    /** How many. */
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
     *
     * Those of a received payload are the pieces in which it came: they are not the segments that were sent.
     */
    segments(): Uint8Array<ArrayBuffer>[];
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
    /**
     * The next bytes; all that remain without a length. They lie anywhere in their buffer, so take numbers out of them by
     * {@link ZBytesReader.array} or {@link ZBytesReader.view}. Do not transfer their buffer: it holds the rest of the
     * payload too. Transfer a copy, as in `bytes(n).slice().buffer`.
     *
     * @throws {ZError} `RANGE` when there are fewer.
     */
    bytes(length?: number): Uint8Array<ArrayBuffer>;
    /**
     * The next numbers, as in `reader.array(Float64Array, 3)`; all that remain without a length. It is a view of the
     * payload where the bytes lie at a multiple of the size of a number. Elsewhere they are copied once. The bytes are
     * in the order of this machine, which is little-endian wherever JavaScript runs today.
     *
     * @throws {ZError} `RANGE` when there are fewer bytes, or a part of a number is left.
     */
    array<A>(type: ArrayOf<A>, length?: number): A;
    /** What reading has copied: pieces that lay in several segments, and numbers that were not aligned. */
    readonly ledger: LedgerLine[];
    /** The next bytes, to take numbers from: `reader.view(4).getUint32(0, true)`. @throws {ZError} `RANGE`. */
    view(length: number): DataView<ArrayBuffer>;
    /** The next bytes as UTF-8; all that remain without a length. @throws {ZError} `RANGE`. */
    text(length?: number): string;
    /** Passes over so many bytes. @throws {ZError} `RANGE`. */
    skip(length: number): this;
}

/** A class of typed arrays, such as `Float64Array`. */
export interface ArrayOf<A> {
    /** Bytes of a number. */
    readonly BYTES_PER_ELEMENT: number;
    /** An array over a buffer. */
    new (buffer: ArrayBuffer, byteOffset: number, length: number): A;
}

// --- Values ---

/** The priorities. A higher one overtakes between batches. */
export const Priority: {
    /** Before all others. */
    readonly REAL_TIME: 1;
    /** For what a person waits for. */
    readonly INTERACTIVE_HIGH: 2;
    /** For what a person waits for, a little later. */
    readonly INTERACTIVE_LOW: 3;
    /** Data before other data. */
    readonly DATA_HIGH: 4;
    /** Data. */
    readonly DATA: 5;
    /** Data after other data. */
    readonly DATA_LOW: 6;
    /** After all others. */
    readonly BACKGROUND: 7;
    /** `DATA`. */
    readonly DEFAULT: 5;
};
/** One of {@link Priority}. */
export type Priority = 1 | 2 | 3 | 4 | 5 | 6 | 7;
/** What becomes of a message where a link is full. */
export const CongestionControl: {
    /** It is discarded. */
    readonly DROP: 0;
    /** It waits, and arrives. */
    readonly BLOCK: 1;
    /** Of a put: `DROP`. */
    readonly DEFAULT_PUSH: 0;
    /** Of a get: `BLOCK`. */
    readonly DEFAULT_REQUEST: 1;
    /** Of a reply: `BLOCK`. */
    readonly DEFAULT_RESPONSE: 1;
};
/** One of {@link CongestionControl}. */
export type CongestionControl = 0 | 1;
/** Whether routers may lose a message on its way. */
export const Reliability: {
    /** A router may drop it on a full link, whatever its congestion control. */
    readonly BEST_EFFORT: 0;
    /** A link keeps it and its order. */
    readonly RELIABLE: 1;
    /** `RELIABLE`. */
    readonly DEFAULT: 1;
};
/** One of {@link Reliability}. */
export type Reliability = 0 | 1;
/** On which side of a session something is heard, or comes from. */
export const Locality: {
    /** In this session alone. */
    readonly SESSION_LOCAL: 0;
    /** Everywhere but in this session. */
    readonly REMOTE: 1;
    /** On both. */
    readonly ANY: 2;
    /** `ANY`. */
    readonly DEFAULT: 2;
};
/** One of {@link Locality}. */
export type Locality = 0 | 1 | 2;
/** What a sample says. */
export const SampleKind: {
    /** The key has this payload. */
    readonly PUT: 0;
    /** The key is gone. */
    readonly DELETE: 1;
};
/** One of {@link SampleKind}. */
export type SampleKind = 0 | 1;
/** Which queryables a get asks. */
export const QueryTarget: {
    /** The nearest complete one, or all if none is complete. */
    readonly BEST_MATCHING: 0;
    /** All that match. */
    readonly ALL: 1;
    /** All that are complete. */
    readonly ALL_COMPLETE: 2;
    /** `BEST_MATCHING`. */
    readonly DEFAULT: 0;
};
/** One of {@link QueryTarget}. */
export type QueryTarget = 0 | 1 | 2;
/** Which replies of a get with the same key are kept. */
export const ConsolidationMode: {
    /** `LATEST`, or `NONE` for a selector with a time in it. */
    readonly AUTO: 0;
    /** All. */
    readonly NONE: 1;
    /** None that is older than one that came before. */
    readonly MONOTONIC: 2;
    /** The newest, once all have come. */
    readonly LATEST: 3;
    /** `AUTO`. */
    readonly DEFAULT: 0;
};
/** One of {@link ConsolidationMode}. */
export type ConsolidationMode = 0 | 1 | 2 | 3;

/** What becomes a key expression. */
export type IntoKeyExpr = string | String | KeyExpr;

/** A key expression, such as `robot/1/camera`, `robot/*` or `robot/**`. */
export class KeyExpr {
    /** @throws {ZError} `KEY_EXPR` for a text that is not one in canonical form. */
    constructor(text: IntoKeyExpr);
    /** The canonical form of a text: that of `a/$*` is `a/*`. @throws {ZError} `KEY_EXPR`. */
    static autocanonize(text: IntoKeyExpr): KeyExpr;
    /** This one, a slash, and `other`. */
    join(other: IntoKeyExpr): KeyExpr;
    /** This one, and `other` directly behind it. */
    concat(other: IntoKeyExpr): KeyExpr;
    /** Whether it means every key that `other` means. */
    includes(other: IntoKeyExpr): boolean;
    /** Whether both mean a common key. */
    intersects(other: IntoKeyExpr): boolean;
    /** Its text. */
    toString(): string;
    /** Its text, for `JSON.stringify`. */
    toJSON(): string;
}

/** What becomes an encoding. */
export type IntoEncoding = string | String | Encoding;

/** What a payload is, as in `text/plain;utf-8`. Any text is one; those that zenoh numbers are shorter on the wire. */
export class Encoding {
    /** The encoding that a text names. */
    constructor(text: IntoEncoding);
    /** The encoding that a text names; one that is an encoding, as it is. */
    static from(value: IntoEncoding): Encoding;
    /** The same with another part behind the semicolon. */
    withSchema(schema: string): Encoding;
    /** Its text. */
    toString(): string;
    /** Its text, for `JSON.stringify`. */
    toJSON(): string;
    /** `zenoh/bytes` */
    static readonly ZENOH_BYTES: Encoding;
    /** `zenoh/string` */
    static readonly ZENOH_STRING: Encoding;
    /** `zenoh/serialized` */
    static readonly ZENOH_SERIALIZED: Encoding;
    /** `application/octet-stream` */
    static readonly APPLICATION_OCTET_STREAM: Encoding;
    /** `text/plain` */
    static readonly TEXT_PLAIN: Encoding;
    /** `application/json` */
    static readonly APPLICATION_JSON: Encoding;
    /** `text/json` */
    static readonly TEXT_JSON: Encoding;
    /** `application/cdr` */
    static readonly APPLICATION_CDR: Encoding;
    /** `application/cbor` */
    static readonly APPLICATION_CBOR: Encoding;
    /** `application/yaml` */
    static readonly APPLICATION_YAML: Encoding;
    /** `text/yaml` */
    static readonly TEXT_YAML: Encoding;
    /** `text/json5` */
    static readonly TEXT_JSON5: Encoding;
    /** `application/python-serialized-object` */
    static readonly APPLICATION_PYTHON_SERIALIZED_OBJECT: Encoding;
    /** `application/protobuf` */
    static readonly APPLICATION_PROTOBUF: Encoding;
    /** `application/java-serialized-object` */
    static readonly APPLICATION_JAVA_SERIALIZED_OBJECT: Encoding;
    /** `application/openmetrics-text` */
    static readonly APPLICATION_OPENMETRICS_TEXT: Encoding;
    /** `image/png` */
    static readonly IMAGE_PNG: Encoding;
    /** `image/jpeg` */
    static readonly IMAGE_JPEG: Encoding;
    /** `image/gif` */
    static readonly IMAGE_GIF: Encoding;
    /** `image/bmp` */
    static readonly IMAGE_BMP: Encoding;
    /** `image/webp` */
    static readonly IMAGE_WEBP: Encoding;
    /** `application/xml` */
    static readonly APPLICATION_XML: Encoding;
    /** `application/x-www-form-urlencoded` */
    static readonly APPLICATION_X_WWW_FORM_URLENCODED: Encoding;
    /** `text/html` */
    static readonly TEXT_HTML: Encoding;
    /** `text/xml` */
    static readonly TEXT_XML: Encoding;
    /** `text/css` */
    static readonly TEXT_CSS: Encoding;
    /** `text/javascript` */
    static readonly TEXT_JAVASCRIPT: Encoding;
    /** `text/markdown` */
    static readonly TEXT_MARKDOWN: Encoding;
    /** `text/csv` */
    static readonly TEXT_CSV: Encoding;
    /** `application/sql` */
    static readonly APPLICATION_SQL: Encoding;
    /** `application/coap-payload` */
    static readonly APPLICATION_COAP_PAYLOAD: Encoding;
    /** `application/json-patch+json` */
    static readonly APPLICATION_JSON_PATCH_JSON: Encoding;
    /** `application/json-seq` */
    static readonly APPLICATION_JSON_SEQ: Encoding;
    /** `application/jsonpath` */
    static readonly APPLICATION_JSONPATH: Encoding;
    /** `application/jwt` */
    static readonly APPLICATION_JWT: Encoding;
    /** `application/mp4` */
    static readonly APPLICATION_MP4: Encoding;
    /** `application/soap+xml` */
    static readonly APPLICATION_SOAP_XML: Encoding;
    /** `application/yang` */
    static readonly APPLICATION_YANG: Encoding;
    /** `audio/aac` */
    static readonly AUDIO_AAC: Encoding;
    /** `audio/flac` */
    static readonly AUDIO_FLAC: Encoding;
    /** `audio/mp4` */
    static readonly AUDIO_MP4: Encoding;
    /** `audio/ogg` */
    static readonly AUDIO_OGG: Encoding;
    /** `audio/vorbis` */
    static readonly AUDIO_VORBIS: Encoding;
    /** `video/h261` */
    static readonly VIDEO_H261: Encoding;
    /** `video/h263` */
    static readonly VIDEO_H263: Encoding;
    /** `video/h264` */
    static readonly VIDEO_H264: Encoding;
    /** `video/h265` */
    static readonly VIDEO_H265: Encoding;
    /** `video/h266` */
    static readonly VIDEO_H266: Encoding;
    /** `video/mp4` */
    static readonly VIDEO_MP4: Encoding;
    /** `video/ogg` */
    static readonly VIDEO_OGG: Encoding;
    /** `video/raw` */
    static readonly VIDEO_RAW: Encoding;
    /** `video/vp8` */
    static readonly VIDEO_VP8: Encoding;
    /** `video/vp9` */
    static readonly VIDEO_VP9: Encoding;
}

/** When a sample was made, by whose clock. */
export class Timestamp {
    /** @param ntp64 seconds since 1970 in the upper 32 bits, their fraction in the lower. */
    constructor(id: string, ntp64: bigint | number | string);
    /** The id of the session or router of whose clock it is. */
    getId(): string;
    /** Seconds since 1970 in the upper 32 bits, their fraction in the lower. */
    getNtp64(): bigint;
    /** Milliseconds since 1970, with their fraction. */
    getMsSinceUnixEpoch(): number;
    /** The time as a date, to the millisecond. */
    asDate(): Date;
    /** As zenoh writes it: the number, a slash, and the id. */
    toString(): string;
    /** As {@link Timestamp.toString}. */
    toJSON(): string;
}

/** What a subscriber or a get receives. */
export class Sample {
    private constructor();
    /** The key that it was put under. It has wildcards if the publisher gave some. */
    keyexpr(): KeyExpr;
    /** Empty for a delete. It lies where the browser has received it. */
    payload(): ZBytes;
    /** Whether it is a put or a delete. */
    kind(): SampleKind;
    /** What its payload is. */
    encoding(): Encoding;
    /** Further bytes of the publisher. */
    attachment(): ZBytes | undefined;
    /** Routers stamp samples that have none. */
    timestamp(): Timestamp | undefined;
    /** Its priority. */
    priority(): Priority;
    /** What became of it where a link was full. */
    congestionControl(): CongestionControl;
    /** Whether it was sent without waiting for others. */
    express(): boolean;
    /** Whether routers might lose it. */
    reliability(): Reliability;
    /** Whether this same session has put it. */
    isLocal(): boolean;
    /** Bytes of payload and attachment. */
    readonly size: number;
}

/** The error that a queryable gave for an answer. */
export class ReplyError {
    private constructor();
    /** What the queryable says. */
    payload(): ZBytes;
    /** What its payload is. */
    encoding(): Encoding;
}

/** One answer to a get. */
export class Reply {
    private constructor();
    /** The sample, or the error that a queryable gave: `reply.result() instanceof Sample` says which. */
    result(): Sample | ReplyError;
    /** Bytes of payload and attachment. */
    readonly size: number;
}

// --- Handlers ---

/** A bounded queue between a session and a reader. */
interface Channel<T> extends AsyncIterable<T> {
    /** Values in it. */
    readonly length: number;
    /** Values that it has dropped. */
    readonly dropped: number;
    /** Which of its bounds has made it drop last. */
    readonly fullBy: "capacity" | "bytes" | undefined;
    /** How much that bound is. */
    readonly fullAt: number;
    /** The next value, at once or when it comes. @throws {ZError} `CHANNEL_CLOSED` when none will come. */
    receive(): Promise<T>;
    /** The next value, if there is one. */
    tryReceive(): T | undefined;
    /** The values as they come. */
    [Symbol.asyncIterator](): AsyncGenerator<T, void, void>;
}

/** How much a channel holds. */
export interface ChannelOptions {
    /** The most bytes that its values may have together. One value always fits. Default: 256 MiB. */
    bytes?: number;
}

/** Keeps the oldest values: one that does not fit is dropped. A router cannot be made to wait. */
export class FifoChannel<T = Sample> implements Channel<T> {
    /** A channel for so many values, 1,024 without a number, as in `new FifoChannel(50, { bytes: 1 << 30 })`. */
    constructor(capacity?: number, options?: ChannelOptions);
    /** Values in it. */
    readonly length: number;
    /** Values that it has dropped. */
    readonly dropped: number;
    /** Which of its bounds has made it drop last. */
    readonly fullBy: "capacity" | "bytes" | undefined;
    /** How much that bound is. */
    readonly fullAt: number;
    /** Puts a value in. Returns what had to go for it, if anything. */
    send(value: T): T[] | undefined;
    /** No more values come. Readers get those that are in it, and then the error. */
    close(error?: Error): void;
    /** The next value, at once or when it comes. @throws {ZError} `CHANNEL_CLOSED` when none will come. */
    receive(): Promise<T>;
    /** The next value, if there is one. */
    tryReceive(): T | undefined;
    /** The values as they come. */
    [Symbol.asyncIterator](): AsyncGenerator<T, void, void>;
}

/** Keeps the newest values: the oldest is dropped for one that does not fit. */
export class RingChannel<T = Sample> extends FifoChannel<T> {}

/** A function, with one that is called at the end if wanted; or a channel. Without one: a `FifoChannel` of 1,024. */
export type Handler<T> = ((value: T) => unknown) | [(value: T) => unknown, () => unknown] | FifoChannel<T> | RingChannel<T>;

// --- Sessions ---

/** How a session is opened. */
export interface OpenOptions {
    /** How many bytes of puts may wait in the browser before a put waits to be taken. Default: 24 MiB. */
    queuedBytes?: number;
    /** As for {@link ready}. */
    program?: Program;
}

/** How what is put is treated on its way. */
export interface PublisherOptions {
    /** What the payloads are. Default: `zenoh/bytes`. */
    encoding?: IntoEncoding;
    /**
     * What becomes of it where a link is full. `DROP`, which is zenoh's default: it is discarded. A put that is dropped
     * here rejects; what routers drop on the way, zenoh tells to none. `BLOCK`: it waits, and arrives.
     */
    congestionControl?: CongestionControl;
    /** Default: `DATA`. */
    priority?: Priority;
    /** Sent at once, without sharing batches with others of the same task. */
    express?: boolean;
    /** Default: `RELIABLE`. */
    reliability?: Reliability;
    /** Who gets it. Default: `ANY`. */
    allowedDestination?: Locality;
}

/** How what a publisher puts is treated on its way. */
export interface DeclarePublisherOptions extends PublisherOptions {
    /**
     * Whether each put and each delete gets the next number. Then subscribers are told how many did not come, by the event
     * `missed`. A put that is dropped takes a number too. Default: `false`.
     */
    numbered?: boolean;
}

/** What a delete of a publisher carries. */
export interface PublisherDeleteOptions {
    /** Further bytes, beside the payload. */
    attachment?: IntoZBytes;
    /** When it was made. A router stamps what has none. */
    timestamp?: Timestamp;
}

/** What a put of a publisher carries. */
export interface PublisherPutOptions extends PublisherDeleteOptions {
    /** What the payload is, if not what the publisher says. */
    encoding?: IntoEncoding;
    /** How a payload is taken that is not a `ZBytes`. Default: `copy`. */
    mode?: Mode;
}

/** How one put is treated, and what it carries. */
export interface PutOptions extends PublisherOptions, PublisherPutOptions {}
/** How one delete is treated, and what it carries. */
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

/** How queryables are asked. */
export interface GetOptions {
    /** What takes the replies. Default: a channel that the loop over {@link Replies} reads. */
    handler?: Handler<Reply>;
    /** Bytes for the queryables. */
    payload?: IntoZBytes;
    /** What the payload is. */
    encoding?: IntoEncoding;
    /** Further bytes for the queryables. */
    attachment?: IntoZBytes;
    /** Milliseconds. Default: 10,000. */
    timeout?: number;
    /** Which queryables are asked. Default: `BEST_MATCHING`. */
    target?: QueryTarget;
    /** Which replies with the same key are kept. Default: `AUTO`. */
    consolidation?: ConsolidationMode;
    /** What becomes of the question where a link is full. Default: `BLOCK`. */
    congestionControl?: CongestionControl;
    /** Default: `DATA`. */
    priority?: Priority;
    /** Sent at once, without sharing batches. */
    express?: boolean;
    /** Who is asked. Default: `ANY`. */
    allowedDestination?: Locality;
    /** Cancels the get. */
    signal?: AbortSignal;
}

/** How a subscriber listens. */
export interface SubscriberOptions {
    /** What takes the samples. Default: a {@link FifoChannel} of 1,024, which a loop over the subscriber reads. */
    handler?: Handler<Sample>;
    /** Whose samples it hears. Default: `ANY`. */
    allowedOrigin?: Locality;
}

/** How a queryable answers. */
export interface QueryableOptions {
    /** A function may be asynchronous: the query is finished when its promise ends. */
    handler?: Handler<Query>;
    /** Whether it has an answer for every key that its key expression means. Default: `false`. */
    complete?: boolean;
    /** Whose queries it hears. Default: `ANY`. */
    allowedOrigin?: Locality;
}

/**
 * What a session tells as events. The last four, from `dropped` on, are told on the console too, unless a listener
 * calls `preventDefault()`.
 */
export interface SessionEvents {
    /** The session was lost, and is opened again by itself after `retryIn` ms. So many puts and gets ended with it. */
    lost: SessionEvent & {
        /** Why it was lost. */
        error: ZError;
        /** Puts that ended with it. */
        puts: number;
        /** Gets that ended with it. */
        gets: number;
        /** Milliseconds until it is opened again. */
        retryIn: number;
    };
    /** The session is open again, and everything is declared again. For `gap` ms nothing was heard. */
    resumed: SessionEvent & {
        /** Milliseconds for which nothing was heard. */
        gap: number;
    };
    /** The session has ended for good: with an error, or by `close()`. */
    closed: SessionEvent & {
        /** Why, unless by `close()`. */
        error: ZError | undefined;
    };
    /** A channel was full and dropped so many values: it had reached its `bound`, and that is the `most` it holds. */
    dropped: SessionEvent & {
        /** What the channel is declared for. */
        keyExpr: string;
        /** Values that it has dropped. */
        count: number;
        /** The bound that it had reached. */
        bound: "capacity" | "bytes";
        /** How much that bound is. */
        most: number;
    };
    /**
     * So many samples of a publisher that numbers them did not come: see {@link DeclarePublisherOptions.numbered}. A gap
     * shows when the next sample is there, so the event follows that sample. A sample does not show its number.
     */
    missed: SessionEvent & {
        /** What the subscriber is declared for. */
        keyExpr: string;
        /** Samples that did not come. */
        count: number;
    };
    /** A put failed after it was taken. */
    putfailed: SessionEvent & {
        /** Why it failed. */
        error: ZError;
    };
    /** So many queries were answered with an error, because too many wait. */
    queriesrefused: SessionEvent & {
        /** Queries that were answered so. */
        count: number;
    };
}

/** What a session tells as an event. {@link SessionEvents} has the properties of each type. */
export class SessionEvent extends Event {}

/** Where a router is: a locator, an address, or a port to one. */
export type Where = string | MessagePort | {
    /** The locator, as the `Config` of zenoh-ts has it. */
    locator: string;
};

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
    /**
     * Puts a payload under a key. A put is discarded on a full link unless it has `congestionControl:
     * CongestionControl.BLOCK`. A key with wildcards is taken, as in all of zenoh: every subscriber that it
     * intersects gets the sample, with the wildcards in its key. What is wrong with the arguments rejects.
     */
    put(keyExpr: IntoKeyExpr, payload: IntoZBytes, options?: PutOptions): Put;
    /** Says that a key is gone. */
    delete(keyExpr: IntoKeyExpr, options?: DeleteOptions): Put;
    /** Asks queryables. The selector is a key expression, and parameters behind a question mark. */
    get(selector: IntoKeyExpr, options: GetOptions & { handler: (reply: Reply) => unknown }): Promise<undefined>;
    /** The same, with the replies for a loop. */
    get(selector: IntoKeyExpr, options?: GetOptions): Promise<Replies>;
    /**
     * Declares how to publish under a key, for many puts. With `numbered` each of its puts and deletes gets the next
     * number, so that subscribers are told by `missed` how many did not come. Subscribers of zenoh-ext see the
     * numbers too.
     */
    declarePublisher(keyExpr: IntoKeyExpr, options?: DeclarePublisherOptions): Promise<Publisher>;
    /**
     * Declares interest in a key expression. When it resolves the router knows of it, so that what is put behind that
     * is heard.
     */
    declareSubscriber(keyExpr: IntoKeyExpr, options?: SubscriberOptions): Promise<Subscriber>;
    /** Declares that queries under a key expression are answered here. When it resolves the router knows of it. */
    declareQueryable(keyExpr: IntoKeyExpr, options?: QueryableOptions): Promise<Queryable>;
    /** Declares how to ask under a key, for many gets. */
    declareQuerier(keyExpr: IntoKeyExpr, options?: GetOptions): Promise<Querier>;
    /** A key expression that was looked at once. @throws {ZError} `KEY_EXPR`. */
    declareKeyexpr(keyExpr: IntoKeyExpr): KeyExpr;
    /** Who is there: tokens, and those who watch them. */
    liveliness(): Liveliness;
    /** Resolves when the router has handed on everything that was put before. */
    flush(): Promise<void>;
    /** Who is at both ends, and the longest batch. */
    info(): Promise<SessionInfo>;
    /** What went over the link so far. */
    stats(): Stats;
    /** The time now, by the clock of this session. */
    newTimestamp(): Promise<Timestamp>;
    /** A lost session is tried again at once: a Worker can be told that its page is looked at. */
    hint(): void;
    /** Whether it has ended for good. */
    isClosed(): boolean;
    /**
     * Closes the session, after what was taken has left. On a link that stands still it waits at most 10 s, and tells of
     * each put that was lost by `putfailed`. Await `flush()` before, if the router shall have handed on all of it.
     */
    close(): Promise<void>;
    /** As {@link Session.close}, for `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
    /** Hears what the session tells: see {@link SessionEvents}. */
    addEventListener<K extends keyof SessionEvents>(type: K, listener: (event: SessionEvents[K]) => unknown, options?: boolean | AddEventListenerOptions): void;
    /** Hears it no more. */
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

/** Who is at both ends of a session. */
export class SessionInfo {
    private constructor();
    /** The id of this session. */
    zid(): string;
    /** The id of its router, in a list of one. */
    routersZid(): string[];
    /** Empty: a session has a router, and no peers. */
    peersZid(): string[];
    /** The longest batch, in bytes. */
    batchSize(): number;
}

/** What went over a link in one direction. */
export interface Traffic {
    /** Messages of zenoh. */
    messages: number;
    /** Bytes of their batches. */
    bytes: number;
    /** Batches, in which messages share. */
    batches: number;
}

/** What went over the link of a session. */
export interface Stats {
    /** What has left. */
    sent: Traffic;
    /** What has come. */
    received: Traffic;
    /** Puts that were dropped because too much waited. */
    dropped: number;
    /** Sessions that were opened, the first included. */
    sessions: number;
}

/** What is declared, until it is undeclared. */
interface Handle {
    /** The key expression. */
    keyExpr(): KeyExpr;
    /** Ends it. */
    undeclare(): Promise<void>;
    /** Ends it, for `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** A key and how to publish under it. */
export class Publisher implements Handle {
    private constructor();
    /** The key. */
    keyExpr(): KeyExpr;
    /** What its payloads are. */
    encoding(): Encoding;
    /** Puts a payload under the key of the publisher, as {@link Session.put} does. */
    put(payload: IntoZBytes, options?: PublisherPutOptions): Put;
    /** Says that the key is gone. */
    delete(options?: PublisherDeleteOptions): Put;
    /** Whether a subscriber is there. */
    matchingStatus(): Promise<boolean>;
    /** Tells whether a subscriber is there, now and whenever that changes. */
    matchingListener(options?: { handler?: Handler<boolean> }): Promise<MatchingListener>;
    /** Ends it: what is put through it later rejects with `DISPOSED`. */
    undeclare(): Promise<void>;
    /** Ends it, for `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** What is declared and receives values. */
interface Receiving<T> extends Handle, AsyncIterable<T> {
    /** The channel, unless the handler is a function. */
    receiver(): FifoChannel<T> | undefined;
    /** The values as they come. @throws {ZError} `ARGUMENT` if the handler is a function. */
    [Symbol.asyncIterator](): AsyncGenerator<T, void, void>;
}

/**
 * It gets samples until it is undeclared, or its session ends. One without a handler is also undeclared when the collector
 * finds that the program holds neither it nor a loop over it. After {@link Subscriber.receiver} it goes on.
 */
export class Subscriber implements Receiving<Sample> {
    private constructor();
    /** The key expression. */
    keyExpr(): KeyExpr;
    /** The channel, unless the handler is a function. */
    receiver(): FifoChannel<Sample> | undefined;
    /** Ends it. */
    undeclare(): Promise<void>;
    /** The samples as they come. @throws {ZError} `ARGUMENT` if the handler is a function. */
    [Symbol.asyncIterator](): AsyncGenerator<Sample, void, void>;
    /** Ends it, for `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** As {@link Subscriber}, for queries. */
export class Queryable implements Receiving<Query> {
    private constructor();
    /** The key expression. */
    keyExpr(): KeyExpr;
    /** The channel, unless the handler is a function. */
    receiver(): FifoChannel<Query> | undefined;
    /** Ends it. */
    undeclare(): Promise<void>;
    /** The queries as they come. @throws {ZError} `ARGUMENT` if the handler is a function. */
    [Symbol.asyncIterator](): AsyncGenerator<Query, void, void>;
    /** Ends it, for `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** Tells whether a counterpart is there: first as it is, and then each change. */
export class MatchingListener implements Receiving<boolean> {
    private constructor();
    /** The key expression. */
    keyExpr(): KeyExpr;
    /** The channel, unless the handler is a function. */
    receiver(): FifoChannel<boolean> | undefined;
    /** Ends it. */
    undeclare(): Promise<void>;
    /** `true` and `false`, as it changes. @throws {ZError} `ARGUMENT` if the handler is a function. */
    [Symbol.asyncIterator](): AsyncGenerator<boolean, void, void>;
    /** Ends it, for `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** How an answer is treated, and what it carries. */
export interface ReplyOptions extends Omit<PublisherOptions, "allowedDestination"> {
    /** Further bytes, beside the payload. */
    attachment?: IntoZBytes;
    /** When it was made. */
    timestamp?: Timestamp;
}

/** A query to be answered. It ends by {@link Query.finalize}; until then the asker waits. */
export class Query {
    private constructor();
    /** The key expression that is asked for. */
    keyExpr(): KeyExpr;
    /** What stands behind the question mark of the selector. */
    parameters(): string;
    /** The key expression, and the parameters behind a question mark. */
    selector(): string;
    /** What the asker sends along. */
    payload(): ZBytes | undefined;
    /** What that payload is. */
    encoding(): Encoding | undefined;
    /** Further bytes of the asker. */
    attachment(): ZBytes | undefined;
    /** Bytes of payload and attachment. */
    readonly size: number;
    /** Answers with a payload, as often as is needed. @throws {ZError} `REPLY_KEY`, `QUERY_OVER`. */
    reply(keyExpr: IntoKeyExpr, payload: IntoZBytes, options?: ReplyOptions): Promise<void>;
    /** Answers that a key is gone. @throws {ZError} `REPLY_KEY`, `QUERY_OVER`. */
    replyDel(keyExpr: IntoKeyExpr, options?: Omit<ReplyOptions, "encoding">): Promise<void>;
    /** Answers with an error. @throws {ZError} `QUERY_OVER`. */
    replyErr(payload: IntoZBytes, options?: { encoding?: IntoEncoding }): Promise<void>;
    /** No more answers come. A handler that is a function need not call it. */
    finalize(): Promise<void>;
    /** As {@link Query.finalize}, for `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** Replies as they come. A loop that is left early cancels the get. */
export class Replies implements AsyncIterable<Reply> {
    private constructor();
    /** The next reply. @throws {ZError} `CHANNEL_CLOSED` after the last, `TIMEOUT` and others. */
    receive(): Promise<Reply>;
    /** The replies as they come. */
    [Symbol.asyncIterator](): AsyncGenerator<Reply, void, void>;
}

/** A key and how to ask under it. */
export class Querier implements Handle {
    private constructor();
    /** The key. */
    keyExpr(): KeyExpr;
    /** Asks the queryables, with options that add to those of the querier. */
    get(options?: GetOptions & { parameters?: string }): Promise<Replies>;
    /** Whether a queryable is there. */
    matchingStatus(): Promise<boolean>;
    /** Tells whether a queryable is there, now and whenever that changes. */
    matchingListener(options?: { handler?: Handler<boolean> }): Promise<MatchingListener>;
    /** Ends it. */
    undeclare(): Promise<void>;
    /** Ends it, for `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** Says that its key is alive, until it is undeclared or its session ends. */
export class LivelinessToken implements Handle {
    private constructor();
    /** The key expression. */
    keyExpr(): KeyExpr;
    /** Ends it. */
    undeclare(): Promise<void>;
    /** Ends it, for `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** Who is there: tokens say that a key is alive. */
export class Liveliness {
    private constructor();
    /** Says that a key is alive. When it resolves the router knows of it. */
    declareToken(keyExpr: IntoKeyExpr): Promise<LivelinessToken>;
    /** A put for each token that appears, and a delete for each that disappears. With `history` also those that are there. */
    declareSubscriber(keyExpr: IntoKeyExpr, options?: { history?: boolean; handler?: Handler<Sample> }): Promise<Subscriber>;
    /** The tokens that are there: a reply for each. */
    get(keyExpr: IntoKeyExpr, options?: { handler?: Handler<Reply>; signal?: AbortSignal }): Promise<Replies>;
}
