// Sessions, and what is declared in them.
import { handleOf, ZBytes } from "./bytes.js";
import { FifoChannel } from "./channel.js";
import { refuse, ZError } from "./error.js";
import { ready } from "./load.js";
import { Link, QUEUED_BYTES, sinkOf } from "./link.js";
import { CongestionControl, Encoding, KeyExpr, Locality, oneOf, Sample, textOf, Timestamp } from "./values.js";

const asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

// The address of the WebSocket that a locator of zenoh, or an address, means.
export function websocketUrl(where) {
    const text = typeof where === "object" && where !== null ? String(where.locator ?? where) : where;
    if (typeof text !== "string") refuse("a session is opened with a locator, or with the address of a WebSocket");
    const [, scheme, rest] = /^(wss?)\/(?!\/)(.+)$/.exec(text) ?? [];
    const url = scheme ? `${scheme}://${rest}` : text;
    if (!/^wss?:\/\/[^/?#]+/.test(url)) {
        throw new ZError("LOCATOR", `“${text.slice(0, 200)}” is not the address of a WebSocket`);
    }
    return url;
}

export function hasWebSocket() {
    if (typeof WebSocket !== "function") throw new ZError("NO_WEBSOCKET", "this platform has no WebSocket");
}

// Whether it is one end of a channel of messages, on a page, in a Worker or in Node.
const isPort = (where) => typeof where?.postMessage === "function" && typeof where.start === "function";

// What a session tells as an event.
export class SessionEvent extends Event {
    constructor(type, facts) {
        super(type, { cancelable: true });
        Object.assign(this, facts);
    }
}

// What is said on the console of an event that has no other listener.
const WARNINGS = {
    dropped: ({ keyExpr, count }) => `a channel of ${keyExpr} was full and dropped ${count}: read faster, or give it a larger capacity`,
    missed: ({ keyExpr, count }) => `${count} samples of a numbered publisher did not come to ${keyExpr}`,
    putfailed: ({ error }) => `a put failed after it was taken: ${error.message}`,
    queriesrefused: ({ count }) => `${count} queries were answered with an error, because too many wait`,
};

// Handles that the program around the module has let go of: the last net.
const nets = new FinalizationRegistry((release) => release());

class Declared {
    #link;
    #id;
    #key;

    // `release` is for a handle that can be let go of. One with a callback goes on without its handle.
    constructor(session, link, id, key, channel) {
        [this.session, this.#link, this.#id, this.#key] = [session, link, id, key];
        if (channel) nets.register(this, () => link.undeclare(id), this);
    }

    keyExpr() {
        return KeyExpr.known(this.#key);
    }

    async undeclare() {
        nets.unregister(this);
        this.#link.undeclare(this.#id);
    }

    [asyncDispose]() {
        return this.undeclare();
    }
}

// What is declared and gets values: by its handler, or by a channel that is read through it.
class Receiving extends Declared {
    #channel;

    constructor(session, link, id, key, channel) {
        super(session, link, id, key, channel);
        this.#channel = channel;
    }

    receiver() {
        return this.#channel;
    }

    [Symbol.asyncIterator]() {
        if (!this.#channel) refuse("it has a callback: only what has a channel can be iterated over");
        return this.#channel[Symbol.asyncIterator]();
    }
}

export class Subscriber extends Receiving {}
export class Queryable extends Receiving {}
export class MatchingListener extends Receiving {}
export class LivelinessToken extends Declared {}

// Declares what gets values.
async function receiving(Class, session, link, key, handler, ask, more = {}) {
    const sink = { ...sinkOf(handler), ...more };
    // A callback keeps its session.
    if (!sink.channel) sink.session = session;
    const id = await link.declare(key, sink, ask);
    return new Class(session, link, id, textOf(key, "a key expression"), sink.channel);
}

export class Publisher {
    #link;
    #key;
    #options;
    #template;

    constructor(session, link, key, options) {
        this.session = session;
        [this.#link, this.#key, this.#options] = [link, textOf(key, "a key expression"), { ...options }];
        this.#template = link.template(this.#key, this.#options);
    }

    keyExpr() {
        return KeyExpr.known(this.#key);
    }

    encoding() {
        return Encoding.from(this.#options.encoding ?? "");
    }

    #mine() {
        if (this.#template === undefined) throw new ZError("DISPOSED", "this publisher was undeclared");
        return this.#template;
    }

    put(payload, options = {}) {
        if (payload === undefined) payload = null;
        if (options.encoding === undefined) return this.#link.put(() => this.#mine(), payload, options);
        const other = { ...this.#options, encoding: options.encoding };
        return this.#link.put(() => this.#mine() && this.#link.template(this.#key, other), payload, options, true);
    }

    delete(options) {
        return this.#link.put(() => this.#mine(), undefined, options);
    }

    async matchingStatus() {
        return matchingStatus(this.#link, this.#key, false);
    }

    matchingListener({ handler } = {}) {
        return matchingListener(this.session, this.#link, this.#key, handler, false);
    }

    async undeclare() {
        this.#template?.free();
        this.#template = undefined;
    }

    [asyncDispose]() {
        return this.undeclare();
    }
}

function matchingListener(session, link, key, handler, queryables) {
    const ask = (program, id, text) => program.declareMatchingListener(id, text, queryables);
    return receiving(MatchingListener, session, link, key, handler, ask);
}

// Whether a counterpart is there now: the first thing that a listener is told.
async function matchingStatus(link, key, queryables) {
    const channel = new FifoChannel(1);
    const ask = (program, id, text) => program.declareMatchingListener(id, text, queryables);
    const id = await link.declare(key, sinkOf(channel), ask);
    try {
        return await channel.receive();
    } finally {
        link.undeclare(id);
    }
}

export class Query {
    #link;
    #id;
    #local;
    #key;
    #parameters;
    #payload;
    #encoding;
    #attachment;

    constructor(link, id, local, key, parameters, payload, encoding, attachment) {
        [this.#link, this.#id, this.#local, this.#key, this.#parameters] = [link, id, local, key, parameters];
        this.#payload = payload === undefined ? undefined : ZBytes.crossed(payload);
        this.#attachment = attachment === undefined ? undefined : ZBytes.crossed(attachment);
        this.#encoding = encoding;
        nets.register(this, () => link.finish(id), this);
    }

    keyExpr() {
        return KeyExpr.known(this.#key);
    }

    parameters() {
        return this.#parameters;
    }

    selector() {
        return this.#parameters ? `${this.#key}?${this.#parameters}` : this.#key;
    }

    payload() {
        return this.#payload;
    }

    encoding() {
        return this.#payload && new Encoding(this.#encoding);
    }

    attachment() {
        return this.#attachment;
    }

    get size() {
        return (this.#payload?.length ?? 0) + (this.#attachment?.length ?? 0);
    }

    async reply(keyExpr, payload, options = {}) {
        this.#link.reply(this.#id, this.#local, () => this.#link.template(keyExpr, options), payload ?? null, options);
    }

    async replyDel(keyExpr, options = {}) {
        this.#link.reply(this.#id, this.#local, () => this.#link.template(keyExpr, options), undefined, options);
    }

    async replyErr(payload, { encoding = "" } = {}) {
        this.#link.replyErr(this.#id, this.#local, payload ?? null, encoding);
    }

    async finalize() {
        nets.unregister(this);
        this.#link.finish(this.#id);
    }

    [asyncDispose]() {
        return this.finalize();
    }
}

// Has a query finished when the handler is done with it, and the asker told when it fails.
function answering(handler) {
    return async (query) => {
        try {
            await handler(query);
        } catch (error) {
            await query.replyErr(`the queryable failed: ${error?.message ?? error}`).catch(() => {});
            throw error;
        } finally {
            await query.finalize();
        }
    };
}

export class Querier {
    #link;
    #key;
    #options;

    constructor(session, link, key, options) {
        [this.session, this.#link, this.#key, this.#options] = [session, link, textOf(key, "a key expression"), { ...options }];
        link.template(this.#key, { congestionControl: CongestionControl.BLOCK, ...options }).free();
    }

    keyExpr() {
        return KeyExpr.known(this.#key);
    }

    get(options = {}) {
        const { parameters = "", ...rest } = options;
        return get(this.#link, this.#key, String(parameters), { ...this.#options, ...rest });
    }

    async matchingStatus() {
        return matchingStatus(this.#link, this.#key, true);
    }

    matchingListener({ handler } = {}) {
        return matchingListener(this.session, this.#link, this.#key, handler, true);
    }

    async undeclare() {}

    [asyncDispose]() {
        return this.undeclare();
    }
}

// Many replies may come at once, and what is asked for is wanted.
const REPLIES = () => new FifoChannel(65_536, { bytes: 1 << 30 });

// Replies, as they come. A loop that is left early cancels the get.
export class Replies {
    #channel;
    #cancel;

    constructor(channel, cancel) {
        [this.#channel, this.#cancel] = [channel, cancel];
    }

    receive() {
        return this.#channel.receive();
    }

    async *[Symbol.asyncIterator]() {
        try {
            yield* this.#channel;
        } finally {
            this.#cancel();
        }
    }
}

function repliesOf(handler, ask) {
    const sink = sinkOf(handler ?? REPLIES());
    const end = sink.close;
    sink.close = (error) => {
        const lost = sink.channel?.dropped ? new ZError("DROPPED", `${sink.channel.dropped} replies were not read in time`) : undefined;
        end(error ?? lost);
    };
    const op = ask(sink);
    return sink.channel && { channel: sink.channel, op };
}

async function get(link, key, parameters, options) {
    const how = { congestionControl: CongestionControl.BLOCK, ...options };
    const template = () => link.template(key, how);
    const asked = repliesOf(options.handler, (sink) => link.get(template, how, sink, parameters));
    return asked && new Replies(asked.channel, () => link.cancel(asked.op));
}

export class Liveliness {
    #session;
    #link;

    constructor(session, link) {
        [this.#session, this.#link] = [session, link];
    }

    async declareToken(keyExpr) {
        const id = await this.#link.declare(keyExpr, { send() {}, close() {} }, (program, id, text) => program.declareToken(id, text));
        return new LivelinessToken(this.#session, this.#link, id, textOf(keyExpr));
    }

    declareSubscriber(keyExpr, { history = false, handler } = {}) {
        const ask = (program, id, text) => program.declareLivelinessSubscriber(id, text, Boolean(history));
        return receiving(Subscriber, this.#session, this.#link, keyExpr, handler, ask);
    }

    async get(keyExpr, { handler, signal } = {}) {
        const asked = repliesOf(handler, (sink) => this.#link.livelinessGet(keyExpr, sink, signal));
        return asked && new Replies(asked.channel, () => this.#link.cancel(asked.op));
    }
}

export class SessionInfo {
    #info;

    constructor(info) {
        this.#info = info;
    }

    zid() {
        return this.#info.zid;
    }

    routersZid() {
        return [this.#info.router];
    }

    peersZid() {
        return [];
    }

    batchSize() {
        return this.#info.batchSize;
    }
}

const OPENED = Symbol("opened by Session.open");

export class Session extends EventTarget {
    #link;
    #time = 0n;

    constructor(key, link) {
        if (key !== OPENED) refuse("a session is opened by Session.open()");
        super();
        this.#link = link;
    }

    static async open(where, { queuedBytes = QUEUED_BYTES, program } = {}) {
        const to = isPort(where) ? where : websocketUrl(where);
        await ready(program);
        if (!isPort(to)) hasWebSocket();
        let self;
        const link = new Link(to, queuedBytes, (type, facts) => self?.deref()?.#tell(type, facts));
        const session = new Session(OPENED, link);
        // The program holds the link, and the link must not hold the session.
        self = new WeakRef(session);
        await link.whenOpen;
        nets.register(session, () => link.close(), session);
        return session;
    }

    #tell(type, facts) {
        const isLeft = this.dispatchEvent(new SessionEvent(type, facts));
        if (isLeft && WARNINGS[type]) console.warn(`zbytes: ${WARNINGS[type](facts)}`);
    }

    put(keyExpr, payload, options) {
        if (payload === undefined) payload = null;
        return this.#link.put(() => this.#link.kept(keyExpr, options), payload, options);
    }

    delete(keyExpr, options) {
        return this.#link.put(() => this.#link.kept(keyExpr, options), undefined, options);
    }

    async get(selector, options = {}) {
        const text = textOf(selector, "a selector");
        const at = text.indexOf("?");
        const [key, parameters] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
        return get(this.#link, key, parameters, options);
    }

    async declarePublisher(keyExpr, options) {
        return new Publisher(this, this.#link, keyExpr, options);
    }

    declareSubscriber(keyExpr, { handler, allowedOrigin = Locality.ANY } = {}) {
        const ask = (program, id, text) => program.declareSubscriber(id, text, oneOf(Locality, allowedOrigin, "Locality"));
        return receiving(Subscriber, this, this.#link, keyExpr, handler, ask);
    }

    declareQueryable(keyExpr, { handler, complete = false, allowedOrigin = Locality.ANY } = {}) {
        const ask = (program, id, text) => program.declareQueryable(id, text, Boolean(complete), oneOf(Locality, allowedOrigin, "Locality"));
        const made = (...query) => new Query(this.#link, ...query);
        const [call, drop] = Array.isArray(handler) ? handler : [handler];
        const answers = typeof call === "function" ? [answering(call), drop] : handler;
        return receiving(Queryable, this, this.#link, keyExpr, answers, ask, { made });
    }

    async declareQuerier(keyExpr, options) {
        return new Querier(this, this.#link, keyExpr, options);
    }

    declareKeyexpr(keyExpr) {
        return new KeyExpr(keyExpr);
    }

    liveliness() {
        return new Liveliness(this, this.#link);
    }

    flush() {
        return this.#link.flush();
    }

    async info() {
        return new SessionInfo(this.#link.info);
    }

    stats() {
        return this.#link.stats();
    }

    // The time now, by the clock of this session. Two are never equal.
    async newTimestamp() {
        const now = Date.now();
        const time = (BigInt(Math.floor(now / 1000)) << 32n) | BigInt(Math.floor(((now % 1000) / 1000) * 2 ** 32));
        this.#time = time > this.#time ? time : this.#time + 1n;
        return new Timestamp(this.#link.info.zid, this.#time);
    }

    // An attempt to open the session again may succeed now.
    hint() {
        this.#link.hint();
    }

    isClosed() {
        return this.#link.isClosed;
    }

    async close() {
        nets.unregister(this);
        await this.#link.close();
    }

    [asyncDispose]() {
        return this.close();
    }
}

// As zenoh-ts has it.
export const open = (where, options) => Session.open(where, options);
