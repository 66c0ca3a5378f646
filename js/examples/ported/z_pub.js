// Publishes numbered values, and tells when a subscriber comes or goes:  node z_pub.js [LOCATOR [KEY [COUNT [MILLIS]]]]
import { CongestionControl, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "demo/example/zbytes-pub", count = "10", millis = "1000"] = process.argv.slice(2);

const session = await Session.open(where);
const publisher = await session.declarePublisher(key, { congestionControl: CongestionControl.BLOCK });
const listener = await publisher.matchingListener({
    handler: (matching) => console.log(matching ? "a subscriber is there" : "no subscriber is there"),
});
// The router's answer to this comes behind the first thing that the listener is told.
await session.flush();
for (let number = 0; number < Number(count); number++) {
    await publisher.put(`[${number}] Pub from JavaScript`, { attachment: `number ${number}` });
    await new Promise((resolve) => setTimeout(resolve, Number(millis)));
}
await listener.undeclare();
await publisher.undeclare();
await session.close();
