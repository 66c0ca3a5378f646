// Is alive, until its input ends:  node z_liveliness.js [LOCATOR [KEY]]
import { Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "group1/zbytes"] = process.argv.slice(2);

const session = await Session.open(where);
const token = await session.liveliness().declareToken(key);
await session.flush();
console.log(`${key} is alive`);
for await (const _ of process.stdin);
await token.undeclare();
await session.close();
