// Bounded queues between a session and a reader that may be slow. A page cannot make a router wait, so a channel that
// is full drops, and counts what it drops.
import { Fault, made, refuse, shown } from "./error.js";
import { CHANNEL, optionsOf } from "./options.js";

// What a sample, a query or a reply occupies.
const sizeOf = (value) => value?.size ?? 0;

class Channel {
    #ring;
    #values = [];
    #first = 0;
    #capacity;
    #bytes;
    #held = 0;
    #readers = [];
    #closed = false;
    #error;
    #dropped = 0;
    #fullBy;

    constructor(ring, capacity, options) {
        const { bytes = BYTES } = optionsOf(options, CHANNEL, "a channel") ?? {};
        if (!(capacity >= 1)) refuse(`the capacity of a channel is ${shown(capacity)}; expected a number of values, 1 or more`);
        if (!(bytes >= 1)) refuse(`the bytes of a channel are ${shown(bytes)}; expected a number, 1 or more`);
        [this.#ring, this.#capacity, this.#bytes] = [ring, capacity, bytes];
    }

    get length() {
        return this.#values.length - this.#first;
    }

    get dropped() {
        return this.#dropped;
    }

    // Which bound has made it drop last, and how much that is.
    get fullBy() {
        return this.#fullBy;
    }

    get fullAt() {
        return this.#fullBy === "bytes" ? this.#bytes : this.#capacity;
    }

    #drops() {
        this.#dropped += 1;
        this.#fullBy = this.length >= this.#capacity ? "capacity" : "bytes";
    }

    // Puts a value in. One value always fits, however long it is. Returns what had to go for it, if anything.
    send(value) {
        if (this.#closed) return;
        const reader = this.#readers.shift();
        if (reader) {
            reader.resolve(value);
            return;
        }
        const size = sizeOf(value);
        const full = () => this.length > 0 && (this.length >= this.#capacity || this.#held + size > this.#bytes);
        if (full() && !this.#ring) {
            this.#drops();
            return [value];
        }
        let gone;
        while (full()) {
            this.#drops();
            (gone ??= []).push(this.#take());
        }
        this.#values.push(value);
        this.#held += size;
        return gone;
    }

    #take() {
        const value = this.#values[this.#first];
        this.#values[this.#first] = undefined;
        this.#first += 1;
        // Moved to the front from time to time, not for each value.
        if (this.#first * 2 > this.#values.length) {
            this.#values = this.#values.slice(this.#first);
            this.#first = 0;
        }
        this.#held -= sizeOf(value);
        return value;
    }

    tryReceive() {
        return this.length > 0 ? this.#take() : undefined;
    }

    receive() {
        if (this.length > 0) return Promise.resolve(this.#take());
        if (this.#closed) return Promise.reject(made(this.#end()));
        // The error is made here, so that it has the lines of those who wait.
        const value = new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
        return value.catch((fault) => {
            throw made(fault);
        });
    }

    #end() {
        return this.#error ?? new Fault("CHANNEL_CLOSED", "no more values come through this channel");
    }

    // No more values come. Readers get those that are there, and then the error, if there is one.
    close(error) {
        if (this.#closed) return;
        [this.#closed, this.#error] = [true, error];
        for (const reader of this.#readers.splice(0)) reader.reject(this.#end());
    }

    async *[Symbol.asyncIterator]() {
        for (;;) {
            let value;
            try {
                value = await this.receive();
            } catch (error) {
                if (error.code === "CHANNEL_CLOSED") return;
                throw error;
            }
            yield value;
        }
    }
}

const BYTES = 256 << 20;

export class FifoChannel extends Channel {
    constructor(capacity = 1024, options) {
        super(false, capacity, options);
    }
}

export class RingChannel extends Channel {
    constructor(capacity = 1024, options) {
        super(true, capacity, options);
    }
}
