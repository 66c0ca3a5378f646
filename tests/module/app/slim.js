// A program that a bundler packs without the program inside: that stays a file of its own.
import program from "zbytes/program.wasm";
import { CongestionControl, Session, ZBytes, ready } from "zbytes/slim";

async function main() {
    const where = new URLSearchParams(location.search).get("router");
    // Nothing is inside, and that is said.
    const early = await Session.open(where).catch((error) => error);
    if (early.code !== "NOT_LOADED" || !early.message.includes("zbytes/program.wasm")) throw early;
    await ready(new URL(program, import.meta.url));
    const [session, other] = [await Session.open(where), await Session.open(where)];
    const subscriber = await other.declareSubscriber("app/slim");
    await session.put("app/slim", ZBytes.fromSegments(["a", new Uint8Array(7)]), { congestionControl: CongestionControl.BLOCK });
    const { length } = (await subscriber.receiver().receive()).payload();
    await session.close();
    await other.close();
    return `slim: ${length}`;
}

main().then((said) => { document.title = said; }, (error) => { document.title = `${error}`; });
