// Sends back what z_ping.js sends, until its input ends:  node z_pong.js [LOCATOR]
import { CongestionControl, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446"] = process.argv.slice(2);

const session = await Session.open(where);
const publisher = await session.declarePublisher("test/pong", { congestionControl: CongestionControl.BLOCK, express: true });
// What came is handed on where it lies.
await session.declareSubscriber("test/ping", { handler: (ping) => publisher.put(ping.payload()) });
await session.flush();
console.log("ready to send back");
for await (const _ of process.stdin);
await session.close();
