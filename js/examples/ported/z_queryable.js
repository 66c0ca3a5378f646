// Answers, until its input ends:  node z_queryable.js [LOCATOR [KEY [VALUE]]]
import { Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "demo/example/zbytes-queryable", value = "Queryable from JavaScript"] = process.argv.slice(2);

const session = await Session.open(where);
await session.declareQueryable(key, {
    complete: true,
    handler: async (query) => {
        console.log(`asked ${query.selector()}${query.payload() ? ` with ${query.payload()}` : ""}`);
        if (query.parameters() === "fail") await query.replyErr("as was asked for");
        else await query.reply(key, value);
    },
});
await session.flush();
console.log(`answering ${key}`);
for await (const _ of process.stdin);
await session.close();
