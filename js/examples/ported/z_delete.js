// Deletes what is under a key:  node z_delete.js [LOCATOR [KEY]]
import { CongestionControl, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "demo/example/zbytes-put"] = process.argv.slice(2);

const session = await Session.open(where);
await session.delete(key, { congestionControl: CongestionControl.BLOCK });
console.log(`deleted ${key}`);
await session.close();
