// Is alive under a key, or watches who is, until its input ends.
//
//     node liveliness.js [LOCATOR [KEY [be]]]
import { SampleKind, Session } from "zbytes";

const [where = "ws/127.0.0.1:7446", key = "robot/*", what] = process.argv.slice(2);

const session = await Session.open(where);
if (what === "be") {
    await session.liveliness().declareToken(key);
    await session.flush();
    console.log(`${key} is alive`);
} else {
    await session.liveliness().declareSubscriber(key, {
        history: true,
        handler: (sample) => console.log(`${sample.keyexpr()} has ${sample.kind() === SampleKind.PUT ? "come" : "gone"}`),
    });
    await session.flush();
    console.log(`watching ${key}`);
}
process.stdin.resume().on("end", () => session.close());
