// Receives the frames of publish.js, and ends after some.
//
//     node subscribe.js [LOCATOR [KEY [COUNT]]]
import { Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "camera/front", count = "10"] = process.argv.slice(2);

const session = await Session.open(where);
session.addEventListener("lost", (event) => console.error(`lost: ${event.error.message}`));
const subscriber = await session.declareSubscriber(key);
await session.flush();
console.log(`subscribed to ${key}`);
let seen = 0;
for await (const sample of subscriber) {
    const frame = sample.payload();
    const [number, width, height] = new Uint32Array(frame.slice(0, 12).toBytes().buffer);
    const text = frame.slice(12, frame.length - width * height * 3).toString();
    console.log(`frame ${number}: ${width} x ${height}, ${frame.length.toLocaleString("en")} B, text: ${text}`);
    seen += 1;
    if (seen === Number(count)) break;
}
await session.close();
