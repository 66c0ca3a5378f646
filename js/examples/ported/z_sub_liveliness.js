// Tells who is alive now, and who comes and goes:  node z_sub_liveliness.js [LOCATOR [KEY [COUNT]]]
import { SampleKind, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "group1/**", count = "Infinity"] = process.argv.slice(2);

const session = await Session.open(where);
for await (const reply of await session.liveliness().get(key)) console.log(`there already: ${reply.result().keyexpr()}`);
const subscriber = await session.liveliness().declareSubscriber(key, { history: true });
let seen = 0;
for await (const sample of subscriber) {
    console.log(`${sample.kind() === SampleKind.PUT ? "has come" : "has gone"}: ${sample.keyexpr()}`);
    if (++seen === Number(count)) break;
}
await session.close();
