// Puts one value:  node z_put.js [LOCATOR [KEY [VALUE]]]
import { CongestionControl, Encoding, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "demo/example/zbytes-put", value = "Put from JavaScript"] = process.argv.slice(2);

const session = await Session.open(where);
await session.put(key, value, { encoding: Encoding.TEXT_PLAIN, congestionControl: CongestionControl.BLOCK });
console.log(`put ${key}: ${value}`);
await session.close();
