// Payloads of many segments.
import { asking, Fault, made, refuse, shown, ZError } from "./error.js";
import { program } from "./load.js";
import { BUILD, optionsOf, SEGMENT } from "./options.js";

const encoder = new TextEncoder();
const MODES = ["copy", "borrow", "move"];
const INSIDE = Symbol("made inside of the module");
const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

export function modeNumber(mode) {
    const number = MODES.indexOf(mode);
    return number < 0 ? refuse(`the mode is ${shown(mode)}; expected "copy", "borrow" or "move"`) : number;
}

// A text as bytes that nothing else refers to; anything else as it is.
export function asArray(value) {
    return typeof value === "string" || value instanceof String ? encoder.encode(value) : value;
}

// The fault of a value that is a payload, or an attachment, alone.
export function withoutBytes(value, what) {
    const list = Array.isArray(value) && value.some((one) => typeof one === "object" || typeof one === "string");
    const segment = value !== null && typeof value === "object" && "bytes" in value;
    const instead =
        value === undefined || value === null ? ""
        : list ? "; several arrays become one payload by ZBytes.fromSegments([…])"
        : ArrayBuffer.isView(value.data) ? "; its bytes are in its property data"
        : Array.isArray(value) ? "; write Uint8Array.from(list)"
        : segment ? "; one with a mode is a segment: write ZBytes.fromSegments([{ bytes, mode }]), or give the mode as an option"
        : ", which has no bytes";
    return new Fault("NOT_BYTES", `the ${what} is ${value === undefined ? "missing" : shown(value)}${instead}`);
}

// Adds a source to those of a payload. `at` is its number, where there are several.
function add(parts, source, mode, orCopy, at) {
    const own = source !== null && typeof source === "object" && "bytes" in source;
    const value = own ? source.bytes : source;
    if (at !== undefined && Array.isArray(value)) throw made(withoutBytes(value, `source of segment ${at}`));
    if (own) optionsOf(source, SEGMENT, "a segment");
    // A mode that is unknown is an error also where none is needed.
    const number = modeNumber(own ? (source.mode ?? mode) : mode);
    if (value instanceof ZBytes) return value.addTo(parts);
    const array = asArray(value);
    // The bytes of a text are the payload's alone: a copy would be one too many.
    parts.array(array, array === value ? number : 1, orCopy);
}

function build(sources, { mode = "copy", unsupported = "refuse" } = {}, alone = false) {
    if (unsupported !== "refuse" && unsupported !== "copy") {
        refuse(`the option unsupported is ${shown(unsupported)}; expected "refuse" or "copy"`);
    }
    modeNumber(mode);
    const parts = new (program().Parts)();
    try {
        let at = 0;
        for (const source of sources) add(parts, source, mode, unsupported === "copy", alone ? undefined : at++);
    } catch (error) {
        parts.free();
        throw error;
    }
    return asking(() => parts.build(alone));
}

// A value that is a payload, or an attachment, alone.
function buildOne(value, what, options) {
    const isSegment = value !== null && typeof value === "object" && "bytes" in value;
    return asking(() => {
        if (isSegment) throw withoutBytes(value, what);
        try {
            return build([value], options, true);
        } catch (error) {
            throw error.code === "NOT_BYTES" ? withoutBytes(value, what) : error;
        }
    });
}

export class ZBytes {
    // Either a handle of the program, or arrays in the JavaScript heap.
    #payload;
    #views;
    #length;

    constructor(bytes = "", options = {}) {
        const given = bytes === INSIDE ? options : buildOne(bytes, "payload", optionsOf(options, BUILD, "ZBytes"));
        if (Array.isArray(given)) {
            this.#views = given;
            this.#length = given.reduce((sum, view) => sum + view.length, 0);
        } else {
            this.#payload = given;
            this.#length = given.length();
        }
    }

    static fromSegments(segments, options) {
        const isOne = typeof segments === "string" || ArrayBuffer.isView(segments) || segments instanceof ZBytes;
        if (isOne || typeof segments?.[Symbol.iterator] !== "function") {
            const inList = isOne || segments instanceof ArrayBuffer || (segments && typeof segments === "object" && "bytes" in segments);
            refuse(`ZBytes.fromSegments takes a list of segments, and this is ${shown(segments)}${inList ? "; put it in [ ]" : ""}`);
        }
        return new ZBytes(INSIDE, build(segments, optionsOf(options, BUILD, "fromSegments")));
    }

    // A payload that came over the border: one array, several, or a handle.
    static crossed(value) {
        return new ZBytes(INSIDE, value instanceof Uint8Array ? [value] : value);
    }

    get length() {
        return this.#length;
    }

    #check() {
        if (this.#length === undefined) throw new ZError("DISPOSED", "this payload was disposed of");
    }

    segments() {
        this.#check();
        return this.#views ? [...this.#views] : asking(() => this.#payload.segments());
    }

    slice(start = 0, end = this.#length) {
        this.#check();
        const at = (index) => Math.min(Math.max(index < 0 ? index + this.#length : index, 0), this.#length);
        const [from, to] = [at(Math.trunc(start)), Math.max(at(Math.trunc(start)), at(Math.trunc(end)))];
        if (!this.#views) return new ZBytes(INSIDE, this.#payload.slice(from, to));
        const parts = [];
        let offset = 0;
        for (const view of this.#views) {
            const part = view.subarray(Math.max(from - offset, 0), Math.max(to - offset, 0));
            if (part.length > 0) parts.push(part);
            offset += view.length;
        }
        return new ZBytes(INSIDE, parts);
    }

    toBytes() {
        this.#check();
        if (!this.#views) return asking(() => this.#payload.toBytes());
        if (this.#views.length === 1) return this.#views[0].slice();
        const all = new Uint8Array(this.#length);
        let offset = 0;
        for (const view of this.#views) {
            all.set(view, offset);
            offset += view.length;
        }
        return all;
    }

    toString() {
        const decoder = new TextDecoder();
        return this.segments().reduce((text, view) => text + decoder.decode(view, { stream: true }), "") + decoder.decode();
    }

    // Reads from the start, piece by piece.
    reader() {
        this.#check();
        return new Reader(this);
    }

    // What building it copied.
    get ledger() {
        this.#check();
        const lines = this.#payload?.ledger() ?? [];
        return lines.map(([stage, reason, from, to, bytes]) => ({ stage, reason, from, to, bytes }));
    }

    // Adds its segments to those of another payload, by reference.
    addTo(parts) {
        this.#check();
        if (this.#payload) parts.payload(this.#payload);
        else for (const view of this.#views) parts.array(view, 1, false);
    }

    // A handle for the program to keep.
    handle() {
        this.#check();
        return this.#payload ? this.#payload.share() : build([this]);
    }

    [dispose]() {
        this.#payload?.free();
        this.#payload = this.#views = this.#length = undefined;
    }
}

// Reads a payload piece by piece. A piece that lies in one segment stays where it is.
class Reader {
    #payload;
    #segments;
    #position = 0;
    // The segment that the position is in, and where that one begins.
    #index = 0;
    #begin = 0;
    // Bytes that were copied, by reason.
    #copied = new Map();

    constructor(payload) {
        [this.#payload, this.#segments] = [payload, payload.segments()];
    }

    get position() {
        return this.#position;
    }

    set position(to) {
        if (!(Number.isInteger(to) && to >= 0 && to <= this.#payload.length)) {
            throw new ZError("RANGE", `the position is ${shown(to)}; expected a whole number from 0 to ${this.#payload.length}`);
        }
        if (to < this.#begin) this.#index = this.#begin = 0;
        this.#position = to;
    }

    get remaining() {
        return this.#payload.length - this.#position;
    }

    // The next bytes. They are copied only where they lie in several segments.
    bytes(length = this.remaining) {
        const from = this.#position;
        if (!(Number.isInteger(length) && length >= 0)) {
            throw new ZError("RANGE", `the length is ${shown(length)}; expected a whole number of bytes`);
        }
        if (length > this.remaining) {
            throw new ZError("RANGE", `${length} B cannot be read: ${this.remaining} B are left of ${this.#payload.length}, as its property remaining says`);
        }
        while (this.#index < this.#segments.length - 1 && from >= this.#begin + this.#segments[this.#index].length) {
            this.#begin += this.#segments[this.#index++].length;
        }
        this.#position += length;
        const part = this.#segments[this.#index]?.subarray(from - this.#begin, from - this.#begin + length);
        if (part?.length === length) return part;
        this.#copies("Contiguous", length);
        return this.#payload.slice(from, from + length).toBytes();
    }

    // The next numbers. A payload lies anywhere in its buffer, and numbers must lie at a multiple of their size: so the
    // bytes are copied, once, where they do not.
    array(Type, length) {
        const each = Type?.BYTES_PER_ELEMENT;
        if (typeof Type !== "function" || !(each >= 1)) {
            refuse(`the first argument of array is a class of typed arrays, such as Float64Array, and this is ${shown(Type)}`);
        }
        const count = length ?? this.remaining / each;
        if (!Number.isInteger(count) || count < 0) {
            const why = length === undefined ? `${this.remaining} B are left, which is not a multiple of ${each}`
                : `the length is ${shown(length)}; expected a whole number of elements`;
            throw new ZError("RANGE", why);
        }
        let { buffer, byteOffset } = this.bytes(count * each);
        if (byteOffset % each !== 0) {
            this.#copies("Unaligned", count * each);
            [buffer, byteOffset] = [buffer.slice(byteOffset, byteOffset + count * each), 0];
        }
        return new Type(buffer, byteOffset, count);
    }

    #copies(reason, bytes) {
        if (bytes > 0) this.#copied.set(reason, (this.#copied.get(reason) ?? 0) + bytes);
    }

    // What reading has copied.
    get ledger() {
        return Array.from(this.#copied, ([reason, bytes]) => ({ stage: "Read", reason, from: "JsHeap", to: "JsHeap", bytes }));
    }

    // The next bytes, for numbers: a DataView takes them at any place.
    view(length) {
        const { buffer, byteOffset, byteLength } = this.bytes(length);
        return new DataView(buffer, byteOffset, byteLength);
    }

    text(length) {
        return new TextDecoder().decode(this.bytes(length));
    }

    skip(length) {
        if (!Number.isInteger(length)) throw new ZError("RANGE", `the length is ${shown(length)}; expected a whole number of bytes`);
        this.position += length;
        return this;
    }
}

// What is put by a delete.
export const NOTHING = Symbol("nothing");

// A handle of a payload for the program to keep; none for NOTHING.
export function payloadOf(value) {
    return value === NOTHING ? undefined : value instanceof ZBytes ? value.handle() : buildOne(value, "payload");
}

// The same for what may be left out.
export function handleOf(value, what = "attachment") {
    return value === undefined ? undefined : value instanceof ZBytes ? value.handle() : buildOne(value, what);
}
