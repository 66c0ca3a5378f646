// The values of zenoh: key expressions, encodings, timestamps, samples.
import { ZBytes } from "./bytes.js";
import { asking, refuse, shown } from "./error.js";
import { program } from "./load.js";

// The values of each of them, and what it is called.
const allowed = new Map();

function names(what, object) {
    allowed.set(object, { what, values: new Set(Object.values(object)) });
    return Object.freeze(object);
}

export const Priority = names("Priority", {
    REAL_TIME: 1, INTERACTIVE_HIGH: 2, INTERACTIVE_LOW: 3, DATA_HIGH: 4, DATA: 5, DATA_LOW: 6, BACKGROUND: 7, DEFAULT: 5,
});
export const CongestionControl = names("CongestionControl", {
    DROP: 0, BLOCK: 1, DEFAULT_PUSH: 0, DEFAULT_REQUEST: 1, DEFAULT_RESPONSE: 1,
});
export const Reliability = names("Reliability", { BEST_EFFORT: 0, RELIABLE: 1, DEFAULT: 1 });
export const Locality = names("Locality", { SESSION_LOCAL: 0, REMOTE: 1, ANY: 2, DEFAULT: 2 });
export const SampleKind = names("SampleKind", { PUT: 0, DELETE: 1 });
export const QueryTarget = names("QueryTarget", { BEST_MATCHING: 0, ALL: 1, ALL_COMPLETE: 2, DEFAULT: 0 });
export const ConsolidationMode = names("ConsolidationMode", { AUTO: 0, NONE: 1, MONOTONIC: 2, LATEST: 3, DEFAULT: 0 });

// The value of an option, if it is one of `all`.
export function oneOf(all, value, option) {
    const { what, values } = allowed.get(all);
    if (values.has(value)) return value;
    const names = Object.keys(all).filter((name) => !name.startsWith("DEFAULT"));
    const meant = names.find((name) => typeof value === "string" && name === value.toUpperCase().replace(/^.*\./, ""));
    const expected = meant ? `write ${what}.${meant}` : `expected one of ${names.map((name) => `${what}.${name}`).join(", ")}`;
    return refuse(`the option ${option} is ${shown(value)}; ${expected}`);
}

// The value of an option that is true or false.
export function flag(value, option) {
    return typeof value === "boolean" ? value : refuse(`the option ${option} is ${shown(value)}; expected true or false`);
}

// A text of `value`, which must be a text or one of the module's own values.
export function textOf(value, what) {
    if (typeof value === "string") return value;
    if (value instanceof KeyExpr || value instanceof Encoding || value instanceof String) return value.toString();
    return refuse(`${what} is a text, and this is ${shown(value)}`);
}

const KNOWN = Symbol("known to be right");

export class KeyExpr {
    #text;

    constructor(text, known) {
        this.#text = textOf(text, "a key expression");
        if (known !== KNOWN) asking(() => program().check(this.#text));
    }

    static autocanonize(text) {
        return new KeyExpr(asking(() => program().canonical(textOf(text, "a key expression"))), KNOWN);
    }

    static known(text) {
        return new KeyExpr(text, KNOWN);
    }

    join(other) {
        return KeyExpr.autocanonize(`${this.#text}/${textOf(other, "a key expression")}`);
    }

    concat(other) {
        return new KeyExpr(this.#text + textOf(other, "a key expression"));
    }

    includes(other) {
        return asking(() => program().includes(this.#text, textOf(other, "a key expression")));
    }

    intersects(other) {
        return asking(() => program().intersects(this.#text, textOf(other, "a key expression")));
    }

    toString() {
        return this.#text;
    }

    toJSON() {
        return this.#text;
    }
}

// The encodings that have a number in zenoh 1.10.
const ENCODINGS = "zenoh/bytes zenoh/string zenoh/serialized application/octet-stream text/plain application/json text/json \
application/cdr application/cbor application/yaml text/yaml text/json5 application/python-serialized-object application/protobuf \
application/java-serialized-object application/openmetrics-text image/png image/jpeg image/gif image/bmp image/webp \
application/xml application/x-www-form-urlencoded text/html text/xml text/css text/javascript text/markdown text/csv \
application/sql application/coap-payload application/json-patch+json application/json-seq application/jsonpath application/jwt \
application/mp4 application/soap+xml application/yang audio/aac audio/flac audio/mp4 audio/ogg audio/vorbis video/h261 \
video/h263 video/h264 video/h265 video/h266 video/mp4 video/ogg video/raw video/vp8 video/vp9".split(" ");

export class Encoding {
    #text;

    constructor(text) {
        this.#text = textOf(text, "an encoding");
    }

    static from(value) {
        return value instanceof Encoding ? value : new Encoding(value);
    }

    withSchema(schema) {
        return new Encoding(`${this.#text.split(";")[0]};${schema}`);
    }

    toString() {
        return this.#text || ENCODINGS[0];
    }

    toJSON() {
        return this.toString();
    }

    static {
        for (const name of ENCODINGS) {
            Encoding[name.toUpperCase().replace(/[^A-Z0-9]/g, "_")] = Object.freeze(new Encoding(name));
        }
    }
}

export class Timestamp {
    #id;
    #ntp64;

    constructor(id, ntp64) {
        [this.#id, this.#ntp64] = [String(id), BigInt(ntp64)];
    }

    getId() {
        return this.#id;
    }

    getNtp64() {
        return this.#ntp64;
    }

    getMsSinceUnixEpoch() {
        const [seconds, fraction] = [this.#ntp64 >> 32n, this.#ntp64 & 0xffff_ffffn];
        return Number(seconds) * 1000 + (Number(fraction) * 1000) / 2 ** 32;
    }

    asDate() {
        return new Date(this.getMsSinceUnixEpoch());
    }

    toString() {
        return `${this.#ntp64}/${this.#id}`;
    }

    toJSON() {
        return this.toString();
    }
}

// How a sample was treated, as the program tells it in one number.
const [BLOCK, EXPRESS, BEST_EFFORT, LOCAL] = [8, 16, 32, 64];

// The same for what is sent.
export function treatment({ priority = 5, congestionControl = 0, express = false, reliability = 1 }) {
    oneOf(Priority, priority, "priority");
    oneOf(CongestionControl, congestionControl, "congestionControl");
    oneOf(Reliability, reliability, "reliability");
    flag(express, "express");
    return priority | (congestionControl ? BLOCK : 0) | (express ? EXPRESS : 0) | (reliability ? 0 : BEST_EFFORT);
}

export class Sample {
    #key;
    #payload;
    #encoding;
    #attachment;
    #treatment;
    #time;

    constructor(key, payload, encoding, attachment, treatment, seconds, fraction, clock) {
        [this.#key, this.#encoding, this.#treatment] = [key, encoding, treatment];
        this.#payload = payload === undefined ? undefined : ZBytes.crossed(payload);
        this.#attachment = attachment === undefined ? undefined : ZBytes.crossed(attachment);
        this.#time = clock === undefined ? undefined : [seconds, fraction, clock];
    }

    keyexpr() {
        return KeyExpr.known(this.#key);
    }

    // Empty for a delete.
    payload() {
        return (this.#payload ??= ZBytes.crossed([]));
    }

    kind() {
        return this.#encoding === undefined ? SampleKind.DELETE : SampleKind.PUT;
    }

    encoding() {
        return new Encoding(this.#encoding ?? "");
    }

    attachment() {
        return this.#attachment;
    }

    timestamp() {
        if (this.#time === undefined) return undefined;
        const [seconds, fraction, clock] = this.#time;
        return new Timestamp(clock, (BigInt(seconds) << 32n) | BigInt(fraction));
    }

    priority() {
        return this.#treatment & 7;
    }

    congestionControl() {
        return this.#treatment & BLOCK ? CongestionControl.BLOCK : CongestionControl.DROP;
    }

    express() {
        return (this.#treatment & EXPRESS) !== 0;
    }

    reliability() {
        return this.#treatment & BEST_EFFORT ? Reliability.BEST_EFFORT : Reliability.RELIABLE;
    }

    // Whether this same session has put it.
    isLocal() {
        return (this.#treatment & LOCAL) !== 0;
    }

    // What it occupies in a channel.
    get size() {
        return (this.#payload?.length ?? 0) + (this.#attachment?.length ?? 0);
    }
}

export class ReplyError {
    #payload;
    #encoding;

    constructor(payload, encoding) {
        [this.#payload, this.#encoding] = [ZBytes.crossed(payload), encoding];
    }

    payload() {
        return this.#payload;
    }

    encoding() {
        return new Encoding(this.#encoding);
    }
}

export class Reply {
    #result;

    constructor(result) {
        this.#result = result;
    }

    result() {
        return this.#result;
    }

    get size() {
        return this.#result instanceof Sample ? this.#result.size : this.#result.payload().length;
    }
}
