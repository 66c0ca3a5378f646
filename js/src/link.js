// What the program tells, and what it is asked: one link for each session. It knows operations and declarations by
// their numbers.
import { asArray, handleOf, modeNumber, NOTHING, payloadOf, withoutBytes, ZBytes } from "./bytes.js";
import { FifoChannel, RingChannel } from "./channel.js";
import { asking, made, refuse, shown, ZError } from "./error.js";
import { program } from "./load.js";
import { guarded, later } from "./tasks.js";
import { ConsolidationMode, Locality, oneOf, QueryTarget, Reply, ReplyError, Sample, textOf, treatment } from "./values.js";

// How many bytes may wait before a put waits to be taken.
export const QUEUED_BYTES = 24 << 20;

// How many bytes of puts that were not awaited may wait beyond that.
const NOT_AWAITED = 512 << 20;

// A put counts as so many bytes at least: it is not for nothing either.
const LEAST = 1024;

// How many puts are taken in one task, so that a loop of them does not hold up the page.
const PUTS_IN_A_TASK = 256;

// How many keys have their templates kept.
const TEMPLATES = 256;

// For how many ms a session that is closed waits for what was taken to leave.
const CLOSING = 10_000;

const ignore = () => {};

// A promise and its two ends.
function promised() {
    const made = {};
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
    return made;
}

// A put from its call to its end. Very many are made in a loop, so a promise is made only where something waits for it.
class Put {
    size = 0;
    isTaken = false;
    // Whether it waits to be taken, and then the ends of the promise of that.
    waits = false;
    taken = undefined;
    #sent = undefined;
    // How it has ended.
    hasEnded = false;
    result = undefined;
    error = undefined;

    // The promise of its last byte. It may reject without being looked at.
    get sent() {
        if (this.#sent === undefined) {
            this.#sent = promised();
            this.#sent.promise.catch(ignore);
            if (this.hasEnded) this.#settle();
        }
        return this.#sent.promise;
    }

    #settle() {
        if (this.error === undefined) this.#sent.resolve(this.result);
        else this.#sent.reject(this.error);
    }

    end(result, error) {
        [this.hasEnded, this.result, this.error] = [true, result, error];
        if (this.#sent !== undefined) this.#settle();
        if (error === undefined) this.taken?.resolve();
        else this.taken?.reject(error);
    }
}

// What a program gets of a put is a promise with one property more. It stays a promise of the language: a class of its own
// would cost several times as much.
const PUT = Symbol("put");
const promiseOfPut = Object.create(Promise.prototype, {
    sent: {
        get() {
            // Who looks at this end need not look at the other one: both say the same error.
            this.catch(ignore);
            return this[PUT].sent;
        },
    },
});

function promiseOf(put) {
    let promise;
    if (put.error !== undefined) promise = Promise.reject(put.error);
    else if (!put.waits) promise = Promise.resolve();
    else promise = new Promise((resolve, reject) => { put.taken = { resolve, reject }; });
    promise[PUT] = put;
    return Object.setPrototypeOf(promise, promiseOfPut);
}

// What a handler does with values: it calls back, or puts them into a channel.
export function sinkOf(handler) {
    const channel = handler === undefined ? new FifoChannel() : handler;
    if (channel instanceof FifoChannel || channel instanceof RingChannel) {
        return { channel, send: (value) => channel.send(value), close: (error) => channel.close(error) };
    }
    const [call, drop] = Array.isArray(handler) ? handler : [handler];
    if (typeof call !== "function") {
        refuse(`the handler is ${shown(handler)}; expected a function, a FifoChannel or a RingChannel`);
    }
    return { send: (value) => void guarded(call, value), close: () => drop && guarded(drop) };
}

export class Link {
    #program;
    #tell;
    #templates = new Map();
    #puts = new Map();
    #asked = new Map();
    #declared = new Map();
    #op = 0;
    #id = 0;
    // Bytes of the puts that were taken and have not ended, and the puts that wait to be taken.
    #taken = 0;
    #takers = [];
    // Where the first of them is: taking it off the front would move all others.
    #firstTaker = 0;
    #waiting = 0;
    #inTask = 0;
    #bound;
    // The put that is being handed over: what fails then is made an error where its caller is.
    #putting = 0;
    #isFull = false;
    #opening = promised();
    #closing = promised();
    #dropping = new Set();
    #stats;
    info;
    isClosed = false;

    // `to` is the address of a WebSocket, or a port.
    constructor(to, bound, tell) {
        [this.#bound, this.#tell] = [bound, tell];
        this.#closing.promise.catch(ignore);
        const Session = program().Session;
        this.#program = typeof to === "string" ? new Session(to, this) : Session.over(to, this);
    }

    get whenOpen() {
        return this.#opening.promise;
    }

    // The program, if the session has not ended.
    #open() {
        if (this.isClosed) throw new ZError("CLOSED", "the session is closed");
        return this.#program;
    }

    #ask(what) {
        return asking(() => what(this.#open()));
    }

    // --- Puts ---

    // One that is `numbered` numbers what is put by it.
    template(key, options = {}, numbered = undefined) {
        const { encoding = "", allowedDestination = Locality.ANY } = options;
        oneOf(Locality, allowedDestination, "allowedDestination");
        const Template = program().Template;
        const [text, format, how] = [textOf(key, "a key expression"), textOf(encoding, "an encoding"), treatment(options)];
        return asking(() => new Template(text, format, how, allowedDestination, numbered));
    }

    // The same for puts of a session, which has no publisher to keep it.
    kept(key, options = {}) {
        const { encoding = "", allowedDestination = Locality.ANY } = options;
        oneOf(Locality, allowedDestination, "allowedDestination");
        const format = textOf(encoding, "an encoding");
        // Two that differ have different names, whatever is in the texts.
        const name = `${treatment(options)}#${allowedDestination}#${format.length}#${format}${textOf(key, "a key expression")}`;
        let template = this.#templates.get(name);
        if (template === undefined) {
            template = this.template(key, options);
            if (this.#templates.size >= TEMPLATES) {
                for (const old of this.#templates.values()) old.free();
                this.#templates.clear();
            }
            this.#templates.set(name, template);
        }
        return template;
    }

    // A number that nothing else in this session has.
    number() {
        return ++this.#id;
    }

    // Puts `payload`, or deletes for NOTHING. `template` finds the template, so that an error in it is one of
    // the put. It is freed if it is for this put alone.
    put(template, payload, options, forThisAlone = false) {
        const op = ++this.#op;
        const put = new Put();
        this.#puts.set(op, put);
        const outer = this.#putting;
        this.#putting = op;
        try {
            const how = template();
            put.size = Math.max(LEAST, this.#send(this.#open(), op, how, payload, options));
            if (forThisAlone) how.free();
        } catch (error) {
            this.#fail(op, error);
        }
        this.#putting = outer;
        if (!put.hasEnded) this.#take(put);
        else if (put.error !== undefined) put.error = made(put.error);
        return promiseOf(put);
    }

    #send(session, op, template, payload, { mode = "copy", attachment, timestamp } = {}) {
        if (this.#waiting > NOT_AWAITED) {
            throw new ZError("QUEUE_FULL", `more than ${NOT_AWAITED >> 20} MiB of puts wait that were not awaited`);
        }
        const number = modeNumber(mode);
        const more = handleOf(attachment);
        const time = timestamp?.toString();
        if (payload === NOTHING || payload instanceof ZBytes) {
            return session.putPayload(op, template, payloadOf(payload), more, time);
        }
        const array = asArray(payload);
        try {
            return session.put(op, template, array, array === payload ? number : 1, more, time);
        } catch (fault) {
            throw fault.code === "NOT_BYTES" ? withoutBytes(payload, "payload") : fault;
        }
    }

    // Whether one more put is taken now. Once the bound is reached, half of it must have left: if each that leaves let one in,
    // small puts would leave one by one.
    #hasRoom() {
        this.#isFull = this.#taken > (this.#isFull ? this.#bound / 2 : this.#bound);
        return !this.#isFull && this.#inTask < PUTS_IN_A_TASK;
    }

    // The put is taken: now, or when enough of those before it have left.
    #take(put) {
        if (this.#takers.length === 0 && this.#hasRoom()) {
            return this.#isTaken(put);
        }
        this.#takers.push(put);
        this.#waiting += put.size;
        put.waits = true;
    }

    #isTaken(put) {
        // However it comes that one is taken, the next task begins a new count.
        if (this.#inTask++ === 0) later(this.#nextTask);
        put.isTaken = true;
        this.#taken += put.size;
        put.taken?.resolve();
    }

    #nextTask = () => {
        this.#inTask = 0;
        this.#release();
    };

    #release() {
        while (this.#takers.length > this.#firstTaker && this.#hasRoom()) {
            const put = this.#takers[this.#firstTaker];
            this.#takers[this.#firstTaker++] = undefined;
            if (put.hasEnded) continue;
            this.#waiting -= put.size;
            put.waits = false;
            this.#isTaken(put);
        }
        if (this.#takers.length === this.#firstTaker) [this.#takers, this.#firstTaker] = [[], 0];
    }

    #fail(op, thrown) {
        const error = op === this.#putting ? thrown : made(thrown);
        const put = this.#end(op, undefined, error);
        // The caller may look at this put no more.
        if (put?.isTaken && error.code !== "LOST") this.#tell("putfailed", { error });
    }

    #end(op, result, error) {
        const put = this.#puts.get(op);
        if (put === undefined) return undefined;
        this.#puts.delete(op);
        if (put.isTaken) this.#taken -= put.size;
        else if (put.waits) this.#waiting -= put.size;
        put.end(result, error);
        return put;
    }

    // --- Gets and answers ---

    get(template, options, sink, parameters = "") {
        const { payload, attachment, target = 0, consolidation = 0, timeout = 10_000, signal } = options;
        oneOf(QueryTarget, target, "target");
        oneOf(ConsolidationMode, consolidation, "consolidation");
        if (!(Number(timeout) >= 0)) refuse(`the option timeout is ${shown(timeout)}; expected a number of milliseconds`);
        return this.#begin(sink, signal, (session, op) => {
            const more = [handleOf(payload, "payload"), handleOf(attachment), target, consolidation, Number(timeout)];
            session.get(op, template(), parameters, ...more);
        });
    }

    livelinessGet(key, sink, signal) {
        return this.#begin(sink, signal, (session, op) => session.livelinessGet(op, textOf(key, "a key expression")));
    }

    #begin(sink, signal, ask) {
        signal?.throwIfAborted();
        const op = ++this.#op;
        this.#asked.set(op, sink);
        const cancel = () => this.cancel(op);
        signal?.addEventListener("abort", cancel, { once: true });
        sink.over = () => signal?.removeEventListener("abort", cancel);
        try {
            this.#ask((session) => ask(session, op));
        } catch (error) {
            this.#asked.delete(op);
            throw error;
        }
        return op;
    }

    cancel(op) {
        if (this.#asked.has(op) && !this.isClosed) this.#program.cancel(op);
    }

    async flush() {
        const { promise, resolve, reject } = promised();
        this.#begin({ close: (fault) => (fault ? reject(fault) : resolve()) }, undefined, (session, op) => session.flush(op));
        try {
            await promise;
        } catch (fault) {
            // Made here, it has the lines of those who wait.
            throw made(fault);
        }
    }

    reply(query, local, template, payload, { attachment, timestamp }) {
        return this.#answer((session, op) => {
            session.reply(op, query, local, template(), payloadOf(payload), handleOf(attachment), timestamp?.toString());
        });
    }

    replyErr(query, local, payload, encoding) {
        return this.#answer((session, op) => session.replyErr(op, query, local, payloadOf(payload), textOf(encoding, "an encoding")));
    }

    // An answer is taken at once: the asker waits for it.
    #answer(ask) {
        const op = ++this.#op;
        const answer = new Put();
        this.#puts.set(op, answer);
        const outer = this.#putting;
        this.#putting = op;
        try {
            this.#ask((session) => ask(session, op));
        } catch (error) {
            this.#end(op, undefined, error);
            throw error;
        } finally {
            this.#putting = outer;
        }
        if (answer.error) throw made(answer.error);
        answer.isTaken = true;
    }

    finish(query) {
        if (!this.isClosed) this.#program.finish(query);
    }

    // --- Declarations ---

    // Declares something that `sink` gets the values of. Resolves with its number.
    async declare(key, sink, ask) {
        const id = ++this.#id;
        const text = textOf(key, "a key expression");
        let refused;
        const entry = { ...sink, key: text, dropped: 0, refuse: (error) => { refused = error; } };
        this.#declared.set(id, entry);
        try {
            this.#ask((session) => ask(session, id, text));
            if (refused) throw made(refused);
        } catch (error) {
            this.#declared.delete(id);
            throw error;
        }
        return id;
    }

    // Declares, and waits until the router knows of it: what another session puts behind that is heard. A link that is
    // lost meanwhile is opened again, and declares it again.
    async declareAndTell(key, sink, ask) {
        const id = await this.declare(key, sink, ask);
        await this.flush().catch(ignore);
        return id;
    }

    // Has a declaration keep its session.
    keep(id, session) {
        const entry = this.#declared.get(id);
        if (entry) entry.session = session;
    }

    undeclare(id) {
        const entry = this.#declared.get(id);
        if (entry === undefined) return;
        this.#declared.delete(id);
        if (!this.isClosed) this.#program.undeclare(id);
        entry.close();
    }

    // What a channel has dropped since it was told last, once in a task.
    #look(entry) {
        if (!entry.channel || entry.channel.dropped === entry.dropped) return;
        if (this.#dropping.size === 0) later(this.#tellDropped);
        this.#dropping.add(entry);
    }

    #tellDropped = () => {
        for (const entry of this.#dropping) {
            const count = entry.channel.dropped - entry.dropped;
            entry.dropped += count;
            const { fullBy: bound, fullAt: most } = entry.channel;
            this.#tell("dropped", { keyExpr: entry.key, count, bound, most });
        }
        this.#dropping.clear();
    };

    stats() {
        this.#ask((session) => session.stats());
        return this.#stats;
    }

    hint() {
        if (!this.isClosed) this.#program.hint();
    }

    // What was taken leaves first, unless the link stands still for so long.
    async close() {
        let timer;
        const enough = new Promise((resolve) => {
            timer = setTimeout(resolve, CLOSING);
        });
        await Promise.race([Promise.allSettled([...this.#puts.values()].map((put) => put.sent)), enough]);
        clearTimeout(timer);
        if (!this.isClosed) this.#program.close();
        return this.#closing.promise.catch(ignore);
    }

    // --- What the program tells. None of these throws. ---

    onOpened(zid, router, batchSize, lease) {
        this.info = { zid, router, batchSize, lease };
        this.#opening.resolve();
    }

    onResumed(gap) {
        later(() => this.#tell("resumed", { gap }));
    }

    onLost(error, puts, gets, retryIn) {
        later(() => this.#tell("lost", { error: made(error), puts, gets, retryIn }));
    }

    onClosed(fault) {
        this.isClosed = true;
        this.#opening.reject(fault ?? new ZError("CLOSED", "the program closed the session"));
        for (const entry of this.#declared.values()) entry.close(fault);
        this.#declared.clear();
        later(() => {
            this.#program.free();
            for (const template of this.#templates.values()) template.free();
            this.#closing.resolve();
            this.#tell("closed", { error: made(fault) });
        });
    }

    onSample(id, ...sample) {
        const entry = this.#declared.get(id);
        if (entry === undefined) return;
        entry.send(new Sample(...sample));
        this.#look(entry);
    }

    onMissed(id, count) {
        const entry = this.#declared.get(id);
        if (entry) later(() => this.#tell("missed", { keyExpr: entry.key, count }));
    }

    onQuery(id, ...query) {
        const entry = this.#declared.get(id);
        // No queryable of this number is there any more: the asker must not wait for it.
        if (entry === undefined) return later(() => this.finish(query[0]));
        // An asker must not wait for an answer to a query that was dropped.
        entry.send(entry.made(...query))?.forEach((dropped) => dropped.finalize());
        this.#look(entry);
    }

    onQueriesRefused(count) {
        later(() => this.#tell("queriesrefused", { count }));
    }

    onReply(op, ...sample) {
        this.#asked.get(op)?.send(new Reply(new Sample(...sample)));
    }

    onReplyErr(op, payload, encoding) {
        this.#asked.get(op)?.send(new Reply(new ReplyError(payload, encoding)));
    }

    onEnded(op, fault) {
        const sink = this.#asked.get(op);
        if (sink === undefined) return this.#fail(op, fault);
        this.#asked.delete(op);
        sink.over?.();
        sink.close(fault);
    }

    onSent(op, batches, copied, took) {
        this.#end(op, { batches, copied, took });
        if (this.#takers.length > 0) this.#release();
    }

    onDeclared(id, error) {
        if (error) this.#declared.get(id)?.refuse(error);
    }

    onMatching(id, matching) {
        this.#declared.get(id)?.send(matching);
    }

    onStats(sent, received, dropped, sessions) {
        const traffic = ([messages, bytes, batches]) => ({ messages, bytes, batches });
        this.#stats = { sent: traffic(sent), received: traffic(received), dropped, sessions };
    }
}
