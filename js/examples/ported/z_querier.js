// Asks again and again, and tells whether a queryable is there:  node z_querier.js [LOCATOR [KEY [COUNT]]]
import { Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "demo/example/**", count = "3"] = process.argv.slice(2);

const session = await Session.open(where);
const querier = await session.declareQuerier(key, { timeout: 10_000 });
console.log(`a queryable is there: ${await querier.matchingStatus()}`);
for (let number = 0; number < Number(count); number++) {
    for await (const reply of await querier.get({ parameters: `n=${number}`, payload: `[${number}]` })) {
        console.log(`${number}: ${reply.result().payload()}`);
    }
}
await session.close();
