// What tests/module.rs asks of the module, on a page, in a Worker and in Node. A command is {do: NAME, ...}; its answer
// {ok: VALUE} or {error: {...}}.

// Byte i is i * 31 mod 251, as in peer.py.
export function pattern(length) {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < Math.min(length, 251); i++) bytes[i] = (i * 31) % 251;
    for (let done = 251; done < length; done *= 2) bytes.copyWithin(done, 0, Math.min(done, length - done));
    return bytes;
}

export async function digest(bytes) {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return { len: bytes.length, sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}

async function described(sample) {
    return {
        key: `${sample.keyexpr()}`,
        kind: sample.kind(),
        payload: await digest(sample.payload().toBytes()),
        segments: sample.payload().segments().length,
        encoding: `${sample.encoding()}`,
        attachment: sample.attachment()?.toString() ?? null,
        stamped: sample.timestamp() !== undefined,
        priority: sample.priority(),
        congestion: sample.congestionControl(),
        express: sample.express(),
        local: sample.isLocal(),
    };
}

// The code of what a function throws or rejects with; null if it does neither.
async function codeOf(call) {
    try {
        await call();
        return null;
    } catch (error) {
        return error.code ?? `${error}`;
    }
}

// What a function says is wrong, and on which lines of whose functions.
async function wordsOf(call) {
    try {
        return `taken: ${await call()}`;
    } catch (error) {
        return error.message;
    }
}

// `capnp` is where the second entry point of the module is.
export function commander(z, capnp) {
    const { ZBytes, Session, FifoChannel, RingChannel } = z;
    let session;
    const kept = {};
    const events = [];

    const commands = {
        async open({ where, port }) {
            session = await Session.open(port ?? where);
            for (const type of ["lost", "resumed", "closed", "dropped", "putfailed"]) {
                session.addEventListener(type, (event) => {
                    event.preventDefault();
                    events.push({ type, code: event.error?.code ?? null, puts: event.puts ?? null, count: event.count ?? null });
                });
            }
            return (await session.info()).routersZid();
        },

        // The events so far, or once one of this type has come.
        async events({ until }) {
            while (until && !events.some(({ type }) => type === until)) await new Promise((resolve) => setTimeout(resolve, 10));
            return events.splice(0);
        },

        async close() {
            await session.close();
            return session.isClosed();
        },

        async subscribe({ name, key, ring, capacity, local }) {
            const handler = ring ? new RingChannel(capacity) : capacity ? new FifoChannel(capacity) : undefined;
            const allowedOrigin = local ? z.Locality.SESSION_LOCAL : z.Locality.ANY;
            kept[name] = await session.declareSubscriber(key, { handler, allowedOrigin });
            await session.flush();
            return `${kept[name].keyExpr()}`;
        },

        async next({ name }) {
            return described(await kept[name].receiver().receive());
        },

        // What a channel has, and how much it dropped.
        async drained({ name }) {
            const channel = kept[name].receiver();
            const texts = [];
            for (let sample; (sample = channel.tryReceive()) !== undefined; ) texts.push(`${sample.payload()}`);
            return { texts, dropped: channel.dropped };
        },

        // A payload of so many bytes in three segments.
        async put({ key, len, mode, ...options }) {
            const all = pattern(len);
            const [one, two] = [Math.floor(len / 3), Math.floor(len / 2)];
            const parts = [all.slice(0, one), all.slice(one, two), all.slice(two)];
            const payload = ZBytes.fromSegments(parts, { mode });
            const copied = payload.ledger.reduce((sum, line) => sum + line.bytes, 0);
            const { batches, copied: gathered } = await session.put(key, payload, options).sent;
            return { copied, gathered, sent: batches > 0, detached: parts.filter((part) => len > 6 && part.length === 0).length };
        },

        async putText({ key, text, ...options }) {
            await session.put(key, text, options);
        },

        // A session that is closed behind its puts.
        async putAndClose({ where, key, lens }) {
            const other = await Session.open(where);
            for (const len of lens) await other.put(key, pattern(len), { congestionControl: z.CongestionControl.BLOCK });
            await other.close();
            // An error that is looked at by one end is not one that nothing looks at: Node would end.
            const code = await codeOf(() => other.put(key, "late").sent);
            await new Promise((resolve) => setTimeout(resolve, 20));
            return code;
        },

        async remove({ key }) {
            await session.delete(key);
        },

        async queryable({ key, answers }) {
            kept.queryable = await session.declareQueryable(key, {
                handler: async (query) => {
                    for (const answer of answers) await query.reply(query.keyExpr(), `${answer} to ${query.parameters()} ${query.payload() ?? ""}`);
                    if (answers.length === 0) throw new Error("nothing is here");
                },
            });
            await session.flush();
        },

        async get({ selector, ...options }) {
            const found = [];
            for await (const reply of await session.get(selector, options)) {
                const result = reply.result();
                found.push([result instanceof z.Sample ? `${result.keyexpr()}` : null, `${result.payload()}`]);
            }
            return found.sort();
        },

        async token({ key }) {
            kept.token = await session.liveliness().declareToken(key);
            await session.flush();
        },

        async alive({ key }) {
            const keys = [];
            for await (const reply of await session.liveliness().get(key)) keys.push(`${reply.result().keyexpr()}`);
            return keys.sort();
        },

        async undeclare({ name }) {
            await kept[name].undeclare();
            await session.flush();
        },

        async matching({ key }) {
            const publisher = await session.declarePublisher(key);
            return publisher.matchingStatus();
        },

        // Puts so many times in a loop, behind a burst of long puts if wanted. Returns how many messages and batches that took.
        async loop({ key, count, awaited, express, burst = 0 }) {
            const publisher = await session.declarePublisher(key, { express, congestionControl: z.CongestionControl.BLOCK });
            await Promise.all(Array.from({ length: burst }, () => publisher.put(new Uint8Array(10 << 20)).sent));
            await session.flush();
            const before = session.stats().sent;
            const puts = [];
            const payload = new Uint8Array(8);
            for (let i = 0; i < count; i++) {
                new DataView(payload.buffer).setFloat64(0, i);
                const put = publisher.put(payload);
                puts.push(put.sent);
                if (awaited) await put;
            }
            await Promise.all(puts);
            const after = session.stats().sent;
            return { messages: after.messages - before.messages, batches: after.batches - before.batches };
        },

        // Whether puts of different lengths that are not awaited come in their order.
        async order({ key, lens }) {
            const subscriber = await session.declareSubscriber(key, { allowedOrigin: z.Locality.SESSION_LOCAL });
            await Promise.all(lens.map((len) => session.put(key, pattern(len), { congestionControl: z.CongestionControl.BLOCK })));
            const seen = [];
            for await (const sample of subscriber) {
                seen.push(sample.payload().length);
                if (seen.length === lens.length) break;
            }
            return seen;
        },

        // The code of opening a session there.
        async opening({ where }) {
            return codeOf(() => Session.open(where));
        },

        // What cannot be taken, with the code of its error.
        async refusals() {
            const detached = new Uint8Array(4);
            structuredClone(detached.buffer, { transfer: [detached.buffer] });
            const whole = new Uint8Array(64);
            const free = new Uint8Array(8);
            const shared = typeof SharedArrayBuffer === "function" ? new Uint8Array(new SharedArrayBuffer(8)) : undefined;
            const build = (segments, options) => () => ZBytes.fromSegments(segments, options);
            const found = {
                detached: await codeOf(build([detached])),
                partial: await codeOf(build([free, whole.subarray(8)], { mode: "move" })),
                resizable: await codeOf(build([new ArrayBuffer(8, { maxByteLength: 16 })], { mode: "borrow" })),
                twice: await codeOf(build([whole, whole], { mode: "move" })),
                list: await codeOf(build([[1, 2, 3]])),
                number: await codeOf(() => session.put("lab/a", 7)),
                nothing: await codeOf(() => session.put("lab/a")),
                object: await codeOf(() => session.put("lab/a", { length: 3 })),
                mode: await codeOf(build([free], { mode: "steal" })),
                modeOfText: await codeOf(build(["x"], { mode: "lend" })),
                modeOfPayload: await codeOf(build([{ bytes: new ZBytes("x"), mode: "lend" }])),
                key: await codeOf(() => session.put("lab//a", free)),
                keyOfPublisher: await codeOf(() => session.declarePublisher("/lab")),
                keyOfSubscriber: await codeOf(() => session.declareSubscriber("lab/")),
                keyOfGet: await codeOf(() => session.get("lab/a#b")),
                keyOfNumber: await codeOf(() => session.put(7, free)),
                encoding: await codeOf(() => session.put("lab/a", free, { encoding: `text/plain;${"x".repeat(256)}` })),
                priority: await codeOf(() => session.put("lab/a", free, { priority: 9 })),
                shared: shared ? await codeOf(build([shared], { mode: "borrow" })) : "SHARED",
            };
            // A payload that was refused has left its other segments as they were.
            return { ...found, left: free.length, instead: ZBytes.fromSegments([whole.subarray(8)], { mode: "move", unsupported: "copy" }).length };
        },

        // Every kind of array has all of its bytes.
        async lengths() {
            const arrays = [
                new Int32Array(2), new ArrayBuffer(5), new Float64Array(3), new DataView(new ArrayBuffer(7), 2), new Uint8Array(9).subarray(4),
                "äöü", "",
            ];
            return arrays.map((array) => new ZBytes(array).length);
        },

        // A copy does not show what is written later; what is borrowed does.
        async modes() {
            const [copied, borrowed, moved] = [1, 2, 3].map((byte) => new Uint8Array(3).fill(byte));
            const payload = ZBytes.fromSegments([copied, { bytes: borrowed, mode: "borrow" }, { bytes: moved, mode: "move" }, "é"]);
            copied.fill(9);
            borrowed.fill(9);
            const part = payload.slice(2, -2);
            return {
                bytes: [...payload.toBytes()],
                part: [...part.toBytes()],
                segments: payload.segments().map((segment) => segment.length),
                moved: moved.length,
                same: payload.segments()[1].buffer === borrowed.buffer,
                ledger: payload.ledger,
                nested: [...ZBytes.fromSegments([payload.slice(0, 1), part]).toBytes()],
            };
        },

        // What a bad key is told to be.
        async keyWords({ key }) {
            try {
                await session.put(key, "x");
            } catch (error) {
                return error.message;
            }
        },

        // What is said of arguments and options that are wrong, by a name for each.
        async words() {
            const bytes = new Uint8Array(8);
            const publisher = await session.declarePublisher("lab/words");
            const put = (options) => () => session.put("lab/words", bytes, options);
            const calls = {
                missing: () => session.put("lab/words"),
                nothing: () => session.put("lab/words", null),
                list: () => session.put("lab/words", [bytes, bytes]),
                segment: () => publisher.put({ bytes, mode: "borrow" }),
                attachment: put({ attachment: 7 }),
                ofPayload: () => new ZBytes([bytes]),
                typedArray: () => ZBytes.fromSegments(Int32Array.of(1, 2)),
                buffer: () => ZBytes.fromSegments(bytes.buffer),
                second: () => ZBytes.fromSegments([bytes, 7]),
                listInList: () => ZBytes.fromSegments([bytes, [1, 2]]),
                notOptions: () => ZBytes.fromSegments([bytes], "borrow"),
                misspelt: put({ congestioncontrol: 1 }),
                unknown: put({ retries: 3 }),
                ofPublisher: () => publisher.put(bytes, { priority: 1 }),
                keyOfPublisher: () => publisher.put("lab/words", ZBytes.fromSegments([bytes])),
                noOptions: () => session.put("lab/words", "text", bytes.buffer),
                ofDeclared: () => session.declarePublisher("lab/words", { number: true }),
                ofSubscriber: () => session.declareSubscriber("lab/words", { handlers: [] }),
                ofGet: () => session.get("lab/words", { time_out: 3 }),
                ofQueryable: () => session.declareQueryable("lab/words", { completed: true }),
                ofSegment: () => ZBytes.fromSegments([{ bytes, Mode: "copy" }]),
                ofChannel: () => new FifoChannel(3, { size: 1 }),
                ofLiveliness: () => session.liveliness().declareSubscriber("lab/words", { histories: true }),
                ofSession: () => Session.open("ws/127.0.0.1:1", { queue: 1 }),
                constant: put({ congestionControl: "BLOCK" }),
                number: put({ priority: 9 }),
                flag: put({ express: "yes" }),
                target: () => session.get("lab/words", { target: "all" }),
                timeout: () => session.get("lab/words", { timeout: "soon" }),
                stamp: put({ timestamp: "now" }),
                mode: put({ mode: "Borrow" }),
                handler: () => session.declareSubscriber("lab/words", { handler: "log" }),
                where: () => Session.open({ connect: "x" }),
                key: () => session.put(7, bytes),
                array: () => new ZBytes("x").reader().array("Float64Array"),
                lengthOfBytes: () => new ZBytes("text").reader().bytes("4"),
                lengthOfSkip: () => new ZBytes("text").reader().skip("1"),
                position: () => { new ZBytes("text").reader().position = 5; },
                picture: () => session.put("lab/words", { data: bytes, width: 1 }),
                function: () => session.declareSubscriber("lab/words", () => {}),
            };
            const found = {};
            for (const [name, call] of Object.entries(calls)) found[name] = await wordsOf(call);
            return found;
        },

        // What is said where no session opens.
        async openingWords({ where }) {
            return wordsOf(() => Session.open(where));
        },

        // The stack of errors, of a function that has a name.
        async stacks({ nowhere }) {
            const channel = new FifoChannel(1);
            const stackOf = (call) => call().then(() => "none", (error) => error.stack);
            return [
                await stackOf(async function theCaller() { await session.put("lab//a", "x"); }),
                await stackOf(async function theCaller() { await session.put("lab/a", 7); }),
                await stackOf(async function theCaller() { await session.declareSubscriber("lab//a"); }),
                await stackOf(async function theCaller() { new ZBytes([1]); }),
                await stackOf(async function theCaller() { await Session.open(nowhere); }),
                await stackOf(async function theCaller() {
                    setTimeout(() => channel.close(), 1);
                    await channel.receive();
                }),
            ];
        },

        // What another session puts directly behind a declaration, so many times. Returns how much of it came.
        async heardAtOnce({ where, times }) {
            const other = await Session.open(where);
            let heard = 0;
            for (let i = 0; i < times; i++) {
                const key = `lab/at/once/${i}`;
                const subscriber = await session.declareSubscriber(key);
                await other.put(key, "x", { congestionControl: z.CongestionControl.BLOCK }).sent;
                await other.flush();
                // The same way, and behind it.
                await other.put(key, "last", { congestionControl: z.CongestionControl.BLOCK });
                if (`${(await subscriber.receiver().receive()).payload()}` === "x") heard += 1;
                await subscriber.undeclare();
            }
            await other.close();
            return heard;
        },

        // A publisher that numbers its samples, and drops some. Returns how many it dropped, and how many were missed.
        async numbered({ where, key, count, numbered }) {
            const other = await Session.open(where);
            let missed = 0;
            other.addEventListener("missed", (event) => {
                event.preventDefault();
                missed += event.count;
            });
            const subscriber = await other.declareSubscriber(key, { handler: new FifoChannel(2 * count, { bytes: 1 << 30 }) });
            const publisher = await session.declarePublisher(key, { numbered });
            const payload = new Uint8Array(10 << 20);
            await publisher.put("first").sent;
            const ends = await Promise.allSettled(Array.from({ length: count }, () => publisher.put(payload, { mode: "borrow" }).sent));
            await session.flush();
            await publisher.put("last", { encoding: "text/plain" }).sent;
            let arrived = 0;
            for await (const sample of subscriber) {
                if (sample.payload().length === 4) break;
                if (sample.payload().length === payload.length) arrived += 1;
            }
            // The event comes in a task of its own.
            await new Promise((resolve) => setTimeout(resolve, 20));
            await other.close();
            return { dropped: ends.filter(({ status }) => status === "rejected").length, arrived, missed };
        },

        // What a session writes on the console of a channel that drops so many values, one in each task.
        async warnings({ where, key, count, bytes }) {
            const other = await Session.open(where);
            const lines = [];
            const warn = console.warn;
            console.warn = (line) => lines.push(line);
            const told = [];
            try {
                const handler = new FifoChannel(3, bytes ? { bytes } : undefined);
                other.addEventListener("dropped", ({ count, bound, most }) => told.push({ count, bound, most }));
                const subscriber = await other.declareSubscriber(key, { handler });
                const sum = () => told.reduce((sum, { count }) => sum + count, 0);
                while (sum() < count) {
                    await session.put(key, "12345678", { congestionControl: z.CongestionControl.BLOCK }).sent;
                    await session.flush();
                    await new Promise((resolve) => setTimeout(resolve, 1));
                }
                await subscriber.undeclare();
            } finally {
                console.warn = warn;
            }
            await other.close();
            return { lines, ...told[0] };
        },

        // Numbers behind a text: aligned in memory of their own, and wherever a payload has arrived.
        async numbers() {
            const parts = ["abc", Float64Array.of(1.5, -2, 1e300), Uint16Array.of(7, 65_535), new Uint8Array(3)];
            const payload = ZBytes.fromSegments(parts, { mode: "borrow" });
            // Longer texts before it, so that it lies at every place of eight.
            const read = [];
            const take = (from) => {
                const reader = from.reader().skip(3);
                const [doubles, shorts] = [reader.array(Float64Array, 3), reader.array(Uint16Array, 2)];
                const copied = reader.ledger.reduce((sum, { bytes }) => sum + bytes, 0);
                const same = doubles.buffer === parts[1].buffer;
                return { values: [...doubles, ...shorts], copied, same, rest: reader.array(Uint8Array).length, reasons: reader.ledger.map(({ reason }) => reason) };
            };
            const here = take(payload);
            for (let i = 0; i < 8; i++) {
                const whole = ZBytes.fromSegments(["x".repeat(i), payload]).toBytes();
                read.push(take(new ZBytes(whole, { mode: "borrow" }).slice(i)));
            }
            const reader = payload.reader();
            return {
                here, read, partly: await codeOf(() => reader.skip(1).array(Float64Array)), tooFar: await codeOf(() => reader.array(Float64Array, 99)),
                position: reader.position,
            };
        },

        // A payload of three arrays, read piece by piece.
        async read() {
            const parts = [Uint16Array.of(258), "äb", new Uint8Array(6).fill(7)];
            const reader = ZBytes.fromSegments(parts, { mode: "borrow" }).reader();
            const number = reader.view(2).getUint16(0, true);
            const text = reader.text(3);
            // A view of all that remains ends with the payload, also where its buffer goes on.
            const whole = new ZBytes(new Uint8Array(8).subarray(1, 3), { mode: "borrow" }).reader().view().byteLength;
            const across = [...reader.skip(-1).bytes(3)];
            const rest = reader.bytes();
            reader.position = 5;
            const again = reader.bytes(6);
            return {
                number, text, whole, across, rest: rest.length, left: reader.remaining, same: again.buffer === parts[2].buffer,
                tooFar: await codeOf(() => reader.bytes(1)), negative: await codeOf(() => reader.skip(-12)),
                part: await codeOf(() => reader.view(0.5)), empty: new ZBytes().reader().bytes().length,
            };
        },

        // A message of Cap'n Proto, there and back over a router, and what is not one.
        async message({ key, lens }) {
            const { messageOf, segmentsOf } = await import(capnp);
            const segments = lens.map((len) => pattern(len));
            const subscriber = await session.declareSubscriber(key, { handler: new FifoChannel(1) });
            const message = messageOf(segments, { mode: "borrow" });
            await session.put(key, message, { congestionControl: z.CongestionControl.BLOCK });
            const arrived = (await subscriber.receiver().receive()).payload();
            await subscriber.undeclare();
            const found = await Promise.all(segmentsOf(arrived).map(digest));
            const refused = [[], [new Uint8Array(7)], ["12345678"], Array(513).fill(new Uint8Array(8))];
            const broken = [message.slice(0, 3), message.slice(0, 8), message.slice(0, -1), ZBytes.fromSegments([message, "x"]),
                new ZBytes(new Uint8Array(8).fill(255))];
            return {
                table: [...message.slice(0, message.length - lens.reduce((sum, len) => sum + len, 0)).toBytes()],
                copied: message.ledger.length,
                found,
                refused: await Promise.all([...refused.map((all) => codeOf(() => messageOf(all))), ...broken.map((all) => codeOf(() => segmentsOf(all)))]),
            };
        },

        // Opens a session over a port of this thread, with a WebSocket at its other end.
        async openOver({ where }) {
            session = await Session.open(z.portTo(where));
            session.addEventListener("closed", (event) => events.push({ type: "closed", code: event.error?.code ?? null }));
            return (await session.info()).routersZid();
        },

        // Asks a queryable whose channel holds one query three times.
        async droppedQueries({ key }) {
            const handler = new FifoChannel(1);
            const queryable = await session.declareQueryable(key, { handler });
            const gets = [1, 2, 3].map(async () => {
                const found = [];
                for await (const reply of await session.get(key, { timeout: 600_000 })) found.push(`${reply.result().payload()}`);
                return found;
            });
            while (handler.dropped < 2) await new Promise((resolve) => setTimeout(resolve, 1));
            const query = await handler.receive();
            await query.reply(key, "one");
            await query.finalize();
            const found = await Promise.all(gets);
            await queryable.undeclare();
            return found;
        },

        // Lets go of a subscriber and has the collector find it. Resolves when no subscriber matches any more.
        async forgotten({ key }) {
            const forget = async (handler) => void (await session.declareSubscriber(key, { handler }));
            const publisher = await session.declarePublisher(key);
            await forget(undefined);
            const before = await publisher.matchingStatus();
            while (await publisher.matchingStatus()) {
                globalThis.gc();
                await new Promise((resolve) => setTimeout(resolve, 10));
            }
            // One with a callback goes on.
            let heard = 0;
            await forget(() => { heard += 1; });
            for (let i = 0; i < 10; i++) {
                globalThis.gc();
                await new Promise((resolve) => setTimeout(resolve, 1));
            }
            await session.put(key, "still there").sent;
            return { before, after: await publisher.matchingStatus(), heard };
        },

        // What a loop gets whose subscriber the program does not name again, while the collector runs: of a loop, of a
        // receiver, and of a channel that the program made.
        async unnamed({ key }) {
            const count = 5;
            const read = {
                async loop() {
                    let got = 0;
                    for await (const _ of await session.declareSubscriber(key)) if (++got === count) break;
                    return got;
                },
                async receiver() {
                    const channel = (await session.declareSubscriber(key)).receiver();
                    let got = 0;
                    while (got < count && (await channel.receive())) got += 1;
                    return got;
                },
                async own() {
                    const handler = new FifoChannel(100);
                    await session.declareSubscriber(key, { handler });
                    let got = 0;
                    for await (const _ of handler) if (++got === count) break;
                    return got;
                },
            };
            const found = {};
            for (const [name, reads] of Object.entries(read)) {
                let over = false;
                const reading = reads().finally(() => { over = true; });
                while (!over) {
                    globalThis.gc();
                    await session.put(key, "x");
                    await new Promise((resolve) => setTimeout(resolve, 5));
                }
                found[name] = await reading;
            }
            return found;
        },

        // What askers get of a queryable whose handler fails each time.
        async failing({ key }) {
            const queryable = await session.declareQueryable(key, { handler: () => { throw new Error("on purpose"); } });
            const found = [];
            for (let i = 0; i < 2; i++) {
                for await (const reply of await session.get(key)) found.push(String(reply.result().payload()));
            }
            await queryable.undeclare();
            return found;
        },

        // Puts into a session that is lost.
        async lostPut() {
            return codeOf(() => session.put("lab/lost", "x"));
        },
    };

    return async ({ do: what, ...rest }) => {
        try {
            return { ok: (await commands[what](rest)) ?? null };
        } catch (error) {
            return { error: { code: error.code ?? null, message: `${error.message ?? error}` } };
        }
    };
}
