// Keeps the newest samples, and takes them when it has time:  node z_pull.js [LOCATOR [KEY [SIZE]]]. Each line on its input is such a time.
import { createInterface } from "node:readline";
import { RingChannel, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "demo/example/**", size = "3"] = process.argv.slice(2);

const session = await Session.open(where);
session.addEventListener("dropped", (event) => event.preventDefault());
const subscriber = await session.declareSubscriber(key, { handler: new RingChannel(Number(size)) });
await session.flush();
console.log(`subscribed to ${key}`);
for await (const _ of createInterface({ input: process.stdin })) {
    for (let sample; (sample = subscriber.receiver().tryReceive()) !== undefined; ) {
        console.log(`${sample.keyexpr()}: ${sample.payload()}`);
    }
    console.log("nothing more now");
}
await session.close();
