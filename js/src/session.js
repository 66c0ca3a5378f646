// Sessions, and what is declared in them.
import { NOTHING, ZBytes } from "./bytes.js";
import { FifoChannel } from "./channel.js";
import { made, refuse, shown, ZError } from "./error.js";
import { ready } from "./load.js";
import { Link, QUEUED_BYTES, sinkOf } from "./link.js";
import * as options from "./options.js";
import { optionsOf } from "./options.js";
import { CongestionControl, Encoding, flag, KeyExpr, Locality, oneOf, textOf, Timestamp } from "./values.js";

const asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

// The address of the WebSocket that a locator of zenoh, or an address, means.
export function websocketUrl(where) {
    const text = where instanceof URL || where instanceof String ? String(where) : (where?.locator ?? where);
    if (typeof text !== "string") {
        refuse(`a session is opened with a locator such as ws/127.0.0.1:7446, or an object with a locator, and this is ${shown(where)}`);
    }
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
    dropped: ({ keyExpr, bound, most }, count) => {
        const held = bound === "bytes" ? `its bound of ${most} B` : `its capacity of ${most} values`;
        const give = bound === "bytes" ? "new FifoChannel(capacity, { bytes })" : "new FifoChannel(capacity)";
        return `a channel of ${keyExpr} reached ${held} and dropped ${count}: read faster, or give a larger one: ${give}`;
    },
    missed: ({ keyExpr }, count) => `${count} samples of a numbered publisher did not come to ${keyExpr}`,
    putfailed: ({ error }, count) => `puts that failed after they were taken: ${count}. ${error.message}`,
    queriesrefused: (_, count) => `${count} queries were answered with an error, because too many wait`,
};

// Handles that the program around the module has let go of: the last net.
const nets = new FinalizationRegistry((release) => release());

class Declared {
    #link;
    #id;
    #key;

    // A program that `forgets` such a handle has it undeclared. Another one goes on without its handle, until the session ends.
    constructor(session, link, id, key, forgets) {
        [this.session, this.#link, this.#id, this.#key] = [session, link, id, key];
        if (forgets) nets.register(this, () => link.undeclare(id), this);
    }

    // It goes on without its handle from now on.
    keep() {
        nets.unregister(this);
        this.#link.keep(this.#id, this.session);
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

    constructor(session, link, id, key, channel, forgets) {
        super(session, link, id, key, forgets);
        this.#channel = channel;
    }

    receiver() {
        // Who reads it may have let go of the handle.
        if (this.#channel) this.keep();
        return this.#channel;
    }

    [Symbol.asyncIterator]() {
        if (!this.#channel) refuse("it has a callback as its handler, and only a channel is read by a loop; leave the handler out");
        return new Loop(this.#channel, this);
    }
}

// The values of a channel, for a loop. It holds the handle: a variable that a program does not name again holds nothing.
class Loop {
    #values;
    #handle;

    constructor(channel, handle) {
        [this.#values, this.#handle] = [channel[Symbol.asyncIterator](), handle];
    }

    next() {
        return this.#values.next();
    }

    return(value) {
        return this.#values.return(value);
    }

    throw(error) {
        return this.#values.throw(error);
    }

    [Symbol.asyncIterator]() {
        return this;
    }

    [asyncDispose]() {
        return this.#handle && this.return();
    }
}

export class Subscriber extends Receiving {}
export class Queryable extends Receiving {}
export class MatchingListener extends Receiving {}
export class LivelinessToken extends Declared {}

// Declares what gets values.
async function receiving(Class, session, link, key, handler, ask, more = {}) {
    const sink = { ...sinkOf(handler), ...more };
    // A callback keeps its session, and so does a channel that the program has already.
    const forgets = handler === undefined;
    if (!forgets) sink.session = session;
    const id = await link.declareAndTell(key, sink, ask);
    return new Class(session, link, id, textOf(key, "a key expression"), sink.channel, forgets);
}

export class Publisher {
    #link;
    #key;
    #options;
    #number;
    #template;

    constructor(session, link, key, how) {
        this.session = session;
        [this.#link, this.#key, this.#options] = [link, textOf(key, "a key expression"), { ...how }];
        this.#number = flag(this.#options.numbered ?? false, "numbered") ? link.number() : undefined;
        this.#template = link.template(this.#key, this.#options, this.#number);
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

    put(payload, how) {
        const checked = () => optionsOf(how, options.PUBLISHER_PUT, "put of a publisher");
        if (how?.encoding === undefined) return this.#link.put(() => (checked(), this.#mine()), payload, how);
        const other = () => ({ ...this.#options, encoding: checked().encoding });
        return this.#link.put(() => this.#mine() && this.#link.template(this.#key, other(), this.#number), payload, how, true);
    }

    delete(how) {
        const template = () => (optionsOf(how, options.PUBLISHER_DELETE, "delete of a publisher"), this.#mine());
        return this.#link.put(template, NOTHING, how);
    }

    async matchingStatus() {
        return matchingStatus(this.#link, this.#key, false);
    }

    async matchingListener(how) {
        const { handler } = optionsOf(how, options.MATCHING, "matchingListener") ?? {};
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

    async reply(keyExpr, payload, how) {
        const checked = optionsOf(how, options.REPLY, "reply") ?? {};
        this.#link.reply(this.#id, this.#local, () => this.#link.template(keyExpr, checked), payload, checked);
    }

    async replyDel(keyExpr, how) {
        const checked = optionsOf(how, options.REPLY_DEL, "replyDel") ?? {};
        this.#link.reply(this.#id, this.#local, () => this.#link.template(keyExpr, checked), NOTHING, checked);
    }

    async replyErr(payload, how) {
        const { encoding = "" } = optionsOf(how, options.REPLY_ERR, "replyErr") ?? {};
        this.#link.replyErr(this.#id, this.#local, payload, encoding);
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

    constructor(session, link, key, how) {
        [this.session, this.#link, this.#key, this.#options] = [session, link, textOf(key, "a key expression"), { ...how }];
        link.template(this.#key, { congestionControl: CongestionControl.BLOCK, ...how }).free();
    }

    keyExpr() {
        return KeyExpr.known(this.#key);
    }

    async get(how) {
        const { parameters = "", ...rest } = optionsOf(how, options.QUERIER_GET, "get of a querier") ?? {};
        return get(this.session, this.#link, this.#key, String(parameters), { ...this.#options, ...rest });
    }

    async matchingStatus() {
        return matchingStatus(this.#link, this.#key, true);
    }

    async matchingListener(how) {
        const { handler } = optionsOf(how, options.MATCHING, "matchingListener") ?? {};
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

// The session lasts until the last reply.
function repliesOf(session, handler, ask) {
    const sink = { ...sinkOf(handler ?? REPLIES()), session };
    const end = sink.close;
    sink.close = (error) => {
        const lost = sink.channel?.dropped ? new ZError("DROPPED", `${sink.channel.dropped} replies were not read in time`) : undefined;
        end(error ?? lost);
    };
    const op = ask(sink);
    return sink.channel && { channel: sink.channel, op };
}

async function get(session, link, key, parameters, given) {
    const how = { congestionControl: CongestionControl.BLOCK, ...given };
    const template = () => link.template(key, how);
    const asked = repliesOf(session, how.handler, (sink) => link.get(template, how, sink, parameters));
    return asked && new Replies(asked.channel, () => link.cancel(asked.op));
}

export class Liveliness {
    #session;
    #link;

    constructor(session, link) {
        [this.#session, this.#link] = [session, link];
    }

    async declareToken(keyExpr) {
        // A token lives as its session does, whether or not the program names either again.
        const sink = { send() {}, close() {}, session: this.#session };
        const id = await this.#link.declareAndTell(keyExpr, sink, (program, id, text) => program.declareToken(id, text));
        return new LivelinessToken(this.#session, this.#link, id, textOf(keyExpr));
    }

    async declareSubscriber(keyExpr, how) {
        const { history = false, handler } = optionsOf(how, options.LIVELINESS_SUBSCRIBER, "declareSubscriber of liveliness") ?? {};
        flag(history, "history");
        const ask = (program, id, text) => program.declareLivelinessSubscriber(id, text, history);
        return receiving(Subscriber, this.#session, this.#link, keyExpr, handler, ask);
    }

    async get(keyExpr, how) {
        const { handler, signal } = optionsOf(how, options.LIVELINESS_GET, "get of liveliness") ?? {};
        const asked = repliesOf(this.#session, handler, (sink) => this.#link.livelinessGet(keyExpr, sink, signal));
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

// A warning that was written is written again when so many times as much has come together.
const MORE = 10;

const OPENED = Symbol("opened by Session.open");

export class Session extends EventTarget {
    #link;
    #time = 0n;
    #told = new Map();

    constructor(key, link) {
        if (key !== OPENED) refuse("a session is not opened by new; write await Session.open(where)");
        super();
        this.#link = link;
    }

    static async open(where, how) {
        const { queuedBytes = QUEUED_BYTES, program } = optionsOf(how, options.OPEN, "open") ?? {};
        if (!(queuedBytes >= 0)) refuse(`the option queuedBytes is ${shown(queuedBytes)}; expected a number of bytes`);
        const to = isPort(where) ? where : websocketUrl(where);
        await ready(program);
        if (!isPort(to)) hasWebSocket();
        let self;
        const link = new Link(to, queuedBytes, (type, facts) => self?.deref()?.#tell(type, facts));
        const session = new Session(OPENED, link);
        // The program holds the link, and the link must not hold the session.
        self = new WeakRef(session);
        try {
            await link.whenOpen;
        } catch (fault) {
            // Made here, it has the lines of those who wait.
            throw made(fault);
        }
        nets.register(session, () => link.close(), session);
        return session;
    }

    #tell(type, facts) {
        const isLeft = this.dispatchEvent(new SessionEvent(type, facts));
        if (isLeft && WARNINGS[type]) this.#warn(type, facts);
    }

    // The same warning is written once, and then when ten times as much has come together.
    #warn(type, facts) {
        const name = `${type} ${facts.keyExpr ?? ""} ${facts.bound ?? ""} ${facts.error?.code ?? ""}`;
        const told = this.#told.get(name) ?? { count: 0, next: 0 };
        told.count += facts.count ?? 1;
        this.#told.set(name, told);
        if (told.count < told.next) return;
        const soFar = told.next === 0 ? "" : " so far";
        told.next = told.count * MORE;
        console.warn(`zbytes: ${WARNINGS[type](facts, `${told.count}${soFar}`)}`);
    }

    put(keyExpr, payload, how) {
        return this.#link.put(() => this.#link.kept(keyExpr, optionsOf(how, options.PUT, "put")), payload, how);
    }

    delete(keyExpr, how) {
        return this.#link.put(() => this.#link.kept(keyExpr, optionsOf(how, options.DELETE, "delete")), NOTHING, how);
    }

    async get(selector, how) {
        const text = textOf(selector, "a selector");
        const at = text.indexOf("?");
        const [key, parameters] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
        return get(this, this.#link, key, parameters, optionsOf(how, options.GET, "get"));
    }

    async declarePublisher(keyExpr, how) {
        return new Publisher(this, this.#link, keyExpr, optionsOf(how, options.PUBLISHER, "declarePublisher"));
    }

    async declareSubscriber(keyExpr, how) {
        const { handler, allowedOrigin = Locality.ANY } = optionsOf(how, options.SUBSCRIBER, "declareSubscriber") ?? {};
        oneOf(Locality, allowedOrigin, "allowedOrigin");
        const ask = (program, id, text) => program.declareSubscriber(id, text, allowedOrigin);
        return receiving(Subscriber, this, this.#link, keyExpr, handler, ask);
    }

    async declareQueryable(keyExpr, how) {
        const { handler, complete = false, allowedOrigin = Locality.ANY } = optionsOf(how, options.QUERYABLE, "declareQueryable") ?? {};
        flag(complete, "complete");
        oneOf(Locality, allowedOrigin, "allowedOrigin");
        const ask = (program, id, text) => program.declareQueryable(id, text, complete, allowedOrigin);
        const made = (...query) => new Query(this.#link, ...query);
        const [call, drop] = Array.isArray(handler) ? handler : [handler];
        const answers = typeof call === "function" ? [answering(call), drop] : handler;
        return receiving(Queryable, this, this.#link, keyExpr, answers, ask, { made });
    }

    async declareQuerier(keyExpr, how) {
        return new Querier(this, this.#link, keyExpr, optionsOf(how, options.GET, "declareQuerier"));
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
export const open = (where, how) => Session.open(where, how);
