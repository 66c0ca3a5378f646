// Asks queryables, and prints their answers.
//
//     node get.js [LOCATOR [SELECTOR]]
import { Sample, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", selector = "room/*/temperature"] = process.argv.slice(2);

const session = await Session.open(where);
for await (const reply of await session.get(selector, { timeout: 5_000 })) {
    const result = reply.result();
    if (result instanceof Sample) console.log(`${result.keyexpr()}: ${result.payload()}`);
    else console.error(`an error: ${result.payload()}`);
}
await session.close();
