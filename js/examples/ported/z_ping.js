// Measures the way to z_pong.js and back:  node z_ping.js [LOCATOR [BYTES [COUNT]]]
import { CongestionControl, FifoChannel, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", bytes = "64", count = "100"] = process.argv.slice(2);

const session = await Session.open(where);
const publisher = await session.declarePublisher("test/ping", { congestionControl: CongestionControl.BLOCK, express: true });
const pongs = new FifoChannel(1);
await session.declareSubscriber("test/pong", { handler: pongs });
await session.flush();
const payload = new Uint8Array(Number(bytes)).fill(7);
const times = [];
for (let number = 0; number < Number(count); number++) {
    const begun = performance.now();
    await publisher.put(payload);
    const pong = await pongs.receive();
    if (pong.payload().length !== payload.length) throw new Error("another pong came back");
    times.push(performance.now() - begun);
}
times.sort((a, b) => a - b);
console.log(`${times.length} pings of ${bytes} B, median ${times[times.length >> 1].toFixed(2)} ms`);
await session.close();
