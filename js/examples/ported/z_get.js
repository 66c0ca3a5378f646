// Asks, and prints what is answered:  node z_get.js [LOCATOR [SELECTOR [VALUE]]]
import { QueryTarget, Sample, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", selector = "demo/example/**", value] = process.argv.slice(2);

const session = await Session.open(where);
for await (const reply of await session.get(selector, { payload: value, target: QueryTarget.ALL, timeout: 10_000 })) {
    const result = reply.result();
    if (result instanceof Sample) console.log(`${result.keyexpr()}: ${result.payload()}`);
    else console.log(`an error: ${result.payload()}`);
}
console.log("that was all");
await session.close();
