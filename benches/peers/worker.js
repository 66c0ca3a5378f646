// The other side of the hub: a session in a Worker, which counts what the page puts and puts what the page counts.
import * as z from "./zbytes/index.js";

let session;
let publisher;
let seen = 0;
let wanted = 0;
let first = 0;
let done = () => {};
let arrived;

const commands = {
    async open({ port, up, down }) {
        session = await z.Session.open(port);
        publisher = await session.declarePublisher(down, { congestionControl: z.CongestionControl.BLOCK });
        await session.declareSubscriber(up, { handler: note });
        await session.flush();
    },
    expect({ count }) {
        [seen, wanted] = [0, count];
        arrived = new Promise((resolve) => { done = resolve; });
    },
    arrived: () => arrived,
    async put({ length, count }) {
        const bytes = new Uint8Array(length).fill(7);
        for (let i = 0; i < count; i++) await publisher.put(bytes);
    },
};

let last;
function note(sample) {
    last = sample.payload().toBytes();
    seen += 1;
    if (seen === 1) first = performance.now();
    if (seen === wanted) done(performance.now() - first);
}

onmessage = async ({ data }) => postMessage((await commands[data.do](data)) ?? null);
