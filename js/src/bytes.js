// Payloads of many segments.
import { refuse, ZError } from "./error.js";
import { program } from "./load.js";

const encoder = new TextEncoder();
const MODES = ["copy", "borrow", "move"];
const INSIDE = Symbol("made inside of the module");
const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

export function modeNumber(mode) {
    const number = MODES.indexOf(mode);
    return number < 0 ? refuse(`the mode ${String(mode)} is unknown; expected "copy", "borrow" or "move"`) : number;
}

// A text as bytes that nothing else refers to; anything else as it is.
export function asArray(value) {
    return typeof value === "string" || value instanceof String ? encoder.encode(value) : value;
}

// Adds a source to those of a payload.
function add(parts, source, mode, orCopy) {
    const own = source !== null && typeof source === "object" && "bytes" in source;
    const value = own ? source.bytes : source;
    // A mode that is unknown is an error also where none is needed.
    const number = modeNumber(own ? (source.mode ?? mode) : mode);
    if (value instanceof ZBytes) return value.addTo(parts);
    const array = asArray(value);
    // The bytes of a text are the payload's alone: a copy would be one too many.
    parts.array(array, array === value ? number : 1, orCopy);
}

function build(sources, { mode = "copy", unsupported = "refuse" } = {}) {
    if (unsupported !== "refuse" && unsupported !== "copy") refuse(`unsupported is "refuse" or "copy"`);
    const parts = new (program().Parts)();
    try {
        for (const source of sources) add(parts, source, mode, unsupported === "copy");
    } catch (error) {
        parts.free();
        throw error;
    }
    return parts.build();
}

export class ZBytes {
    // Either a handle of the program, or arrays in the JavaScript heap.
    #payload;
    #views;
    #length;

    constructor(bytes = "", options = {}) {
        const given = bytes === INSIDE ? options : build([bytes], options);
        if (Array.isArray(given)) {
            this.#views = given;
            this.#length = given.reduce((sum, view) => sum + view.length, 0);
        } else {
            this.#payload = given;
            this.#length = given.length();
        }
    }

    static fromSegments(segments, options) {
        if (segments === null || typeof segments?.[Symbol.iterator] !== "function" || typeof segments === "string") {
            refuse("fromSegments takes an array of segments");
        }
        return new ZBytes(INSIDE, build(segments, options));
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
        return this.#views ? [...this.#views] : this.#payload.segments();
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
        if (!this.#views) return this.#payload.toBytes();
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

    constructor(payload) {
        [this.#payload, this.#segments] = [payload, payload.segments()];
    }

    get position() {
        return this.#position;
    }

    set position(to) {
        if (!(Number.isInteger(to) && to >= 0 && to <= this.#payload.length)) {
            throw new ZError("RANGE", `position ${to} is outside of a payload of ${this.#payload.length} B`);
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
        if (!(Number.isInteger(length) && length >= 0 && length <= this.remaining)) {
            throw new ZError("RANGE", `${length} B cannot be read: ${this.remaining} B are left of ${this.#payload.length}`);
        }
        while (this.#index < this.#segments.length - 1 && from >= this.#begin + this.#segments[this.#index].length) {
            this.#begin += this.#segments[this.#index++].length;
        }
        this.#position += length;
        const part = this.#segments[this.#index]?.subarray(from - this.#begin, from - this.#begin + length);
        return part?.length === length ? part : this.#payload.slice(from, from + length).toBytes();
    }

    // The next bytes, for numbers: a DataView takes them at any place.
    view(length) {
        const { buffer, byteOffset } = this.bytes(length);
        return new DataView(buffer, byteOffset, length);
    }

    text(length) {
        return new TextDecoder().decode(this.bytes(length));
    }

    skip(length) {
        this.position += length;
        return this;
    }
}

// A handle of a payload for the program to keep; none for undefined.
export function handleOf(value) {
    return value === undefined ? undefined : value instanceof ZBytes ? value.handle() : build([value]);
}
