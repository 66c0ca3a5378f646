// Prints samples as they come:  node z_sub.js [LOCATOR [KEY [COUNT]]]
import { SampleKind, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "demo/example/**", count = "Infinity"] = process.argv.slice(2);

const session = await Session.open(where);
const subscriber = await session.declareSubscriber(key);
await session.flush();
console.log(`subscribed to ${key}`);
let seen = 0;
for await (const sample of subscriber) {
    const kind = sample.kind() === SampleKind.PUT ? "PUT" : "DELETE";
    const attachment = sample.attachment() ? `, with ${sample.attachment()}` : "";
    console.log(`${kind} ${sample.keyexpr()}: ${sample.payload()}${attachment}`);
    if (++seen === Number(count)) break;
}
await session.close();
