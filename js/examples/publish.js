// Publishes frames as a camera makes them: a head, a text and an image, each in memory of its own.
//
//     node publish.js [LOCATOR [KEY [COUNT]]]
import { CongestionControl, Session, ZBytes } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "camera/front", count = "10"] = process.argv.slice(2);
const [width, height] = [640, 480];

const session = await Session.open(where);
const publisher = await session.declarePublisher(key, { congestionControl: CongestionControl.BLOCK });
for (let number = 0; number < Number(count); number++) {
    const head = Uint32Array.of(number, width, height);
    const image = new Uint8Array(width * height * 3).fill(number);
    const frame = ZBytes.fromSegments([head, "front camera", image], { mode: "borrow" });
    const copied = frame.ledger.reduce((sum, line) => sum + line.bytes, 0);
    // The arrays are free again when the frame has left.
    await publisher.put(frame).sent;
    const length = frame.length.toLocaleString("en");
    console.log(`frame ${number}: ${length} B in ${frame.segments().length} segments, ${copied} B copied to build it`);
}
await session.flush();
await session.close();
