// What scripts/bench peers has the page do: the same work by zenoh-ts, by this project's module and by a bare WebSocket. Each function takes
// the name of a client first. Rates are taken where payloads arrive: here only for what comes to the page.
import * as z from "./zbytes/index.js";
import * as zts from "./zenoh-ts.js";

// As zenoh-ts does: a bare WebSocket waits while so many bytes are in the browser's buffer.
const HIGH_WATER = 2 << 20;

const clients = new Map();
const payloads = new Map();

function payload(length) {
    let bytes = payloads.get(length);
    if (bytes === undefined) payloads.set(length, (bytes = new Uint8Array(length).fill(7)));
    return bytes;
}

// Counts what arrives. What is received is one array in the end, with either client.
class Counter {
    #seen = 0;
    #wanted = 0;
    #first = 0;
    #done = () => {};

    // Resolves with the milliseconds from the first to the last.
    expect(count) {
        [this.#seen, this.#wanted] = [0, count];
        this.arrived = new Promise((resolve) => { this.#done = resolve; });
    }

    note() {
        this.#seen += 1;
        if (this.#seen === 1) this.#first = performance.now();
        if (this.#seen === this.#wanted) this.#done(performance.now() - this.#first);
    }
}

// A client by the module of this project, over a locator or a port.
async function zbytes(where, key) {
    const session = await z.Session.open(where);
    const counter = new Counter();
    let last;
    const handler = (sample) => {
        last = sample.payload().toBytes();
        counter.note();
    };
    const subscriber = await session.declareSubscriber(key, { handler });
    const how = { congestionControl: z.CongestionControl.BLOCK };
    return {
        session, counter, subscriber, last: () => last,
        publisher: (to) => session.declarePublisher(to, how),
        get: (selector) => session.get(selector, { timeout: 60_000 }),
        // Everything has left, so that the next turn has the link alone.
        quiet: () => session.flush(),
    };
}

async function zenohTs(where, key) {
    const session = await zts.Session.open(new zts.Config(where));
    const counter = new Counter();
    let last;
    const handler = (sample) => {
        last = sample.payload().toBytes();
        counter.note();
    };
    const subscriber = await session.declareSubscriber(key, { handler });
    const how = { congestionControl: zts.CongestionControl.BLOCK };
    return {
        session, counter, subscriber, last: () => last,
        publisher: (to) => session.declarePublisher(to, how),
        get: (selector) => session.get(selector, { timeout: zts.Duration.seconds.of(60) }),
        // A request with an answer: everything before it has left.
        quiet: () => session.info(),
    };
}

async function bare(url) {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    await new Promise((opened, failed) => {
        socket.onopen = opened;
        socket.onerror = () => failed(new Error(`no connection to ${url}`));
    });
    const counter = new Counter();
    socket.onmessage = () => counter.note();
    return { socket, counter };
}

// A Worker with a session of its own over the hub: the other side of this page.
let worker;
const replies = [];
const ask = (command, transfer = []) => new Promise((resolve) => {
    replies.push(resolve);
    worker.postMessage(command, transfer);
});

// A port to the hub, which is the lab's own program in a SharedWorker.
const pages = [];
function hub({ js, wasm }) {
    const shared = new SharedWorker(`start-hub.js?js=${encodeURIComponent(js)}&wasm=${encodeURIComponent(wasm)}`, { type: "module" });
    const { port1, port2 } = new MessageChannel();
    shared.port.start();
    shared.port.postMessage(port2, [port2]);
    pages.push(shared);
    return port1;
}

const bench = {
    async open(name, where, key) {
        if (name === "bare") clients.set(name, await bare(where));
        else clients.set(name, await (name.startsWith("zenoh-ts") ? zenohTs(where, key) : zbytes(where, key)));
        const client = clients.get(name);
        if (client.publisher) client.up = await client.publisher("bench/up");
    },

    async openHub(program, key) {
        worker = new Worker("worker.js", { type: "module" });
        worker.onmessage = ({ data }) => replies.shift()(data);
        const client = await zbytes(hub(program), key);
        client.up = await client.publisher("bench/hub/up");
        clients.set("hub", client);
        const port = hub(program);
        await ask({ do: "open", port, up: "bench/hub/up", down: key }, [port]);
    },

    // Puts `count` payloads. A caller that awaits each writes its array again after it.
    async put(name, length, count, awaited) {
        const client = clients.get(name);
        const bytes = payload(length);
        if (name === "bare") return barePut(client.socket, bytes, count);
        if (awaited) {
            for (let i = 0; i < count; i++) {
                bytes[i % length] = i;
                await client.up.put(bytes);
            }
            return;
        }
        const puts = [];
        for (let i = 0; i < count; i++) puts.push(client.up.put(bytes));
        await Promise.all(puts);
    },

    expect(name, count) {
        clients.get(name).counter.expect(count);
    },

    // Asks the bare server for what `expect` waits for.
    order(length, count) {
        clients.get("bare").socket.send(`${length} ${count}`);
    },

    arrived(name) {
        return clients.get(name).counter.arrived;
    },

    async quiet(name) {
        await clients.get(name).quiet?.();
    },

    // The Worker behind the hub: {do: "expect"}, {do: "arrived"} and {do: "put"}.
    worker: (command) => ask(command),

    // The milliseconds of gets, one after the other.
    async get(name, selector, count) {
        const client = clients.get(name);
        const times = [];
        for (let i = 0; i < count; i++) {
            const begun = performance.now();
            for await (const reply of await client.get(selector)) reply.result().payload().toBytes();
            times.push(performance.now() - begun);
        }
        return times;
    },

    // The milliseconds of a put of 64 B from one session of this page to another one, with pauses between.
    async lone(name, other, count) {
        const { counter } = clients.get(other);
        const publisher = await clients.get(name).publisher(`bench/down/${other}`);
        const bytes = payload(64);
        const times = [];
        for (let i = 0; i < count; i++) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            counter.expect(1);
            const begun = performance.now();
            publisher.put(bytes);
            await counter.arrived;
            times.push(performance.now() - begun);
        }
        await publisher.undeclare();
        return times;
    },
};

// As zenoh-ts: sends until too much waits, and looks again later.
async function barePut(socket, bytes, count) {
    for (let i = 0; i < count; i++) {
        while (socket.bufferedAmount > HIGH_WATER) await new Promise((resolve) => setTimeout(resolve, 1));
        socket.send(bytes);
    }
}

globalThis.bench = bench;
document.documentElement.dataset.state = "ready";
