// Answers queries for a temperature, until its input ends.
//
//     node queryable.js [LOCATOR [KEY]]
import { Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "room/1/temperature"] = process.argv.slice(2);

const session = await Session.open(where);
await session.declareQueryable(key, {
    handler: async (query) => {
        console.log(`asked for ${query.selector()}`);
        const celsius = 21;
        const value = query.parameters().includes("unit=K") ? celsius + 273.15 : celsius;
        await query.reply(key, String(value), { encoding: "text/plain" });
    },
});
await session.flush();
console.log(`answering ${key}`);
process.stdin.resume().on("end", () => session.close());
