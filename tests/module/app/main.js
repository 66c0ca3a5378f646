// A program that a bundler packs: it puts a message of two segments, and gets it by its own subscription over a router.
import { CongestionControl, Locality, Session } from "zbytes";
import { messageOf, segmentsOf } from "zbytes/capnp";

async function main() {
    const session = await Session.open(new URLSearchParams(location.search).get("router"));
    const other = await Session.open(new URLSearchParams(location.search).get("router"));
    const arrived = new Promise((handler) => void other.declareSubscriber("app/**", { handler, allowedOrigin: Locality.REMOTE }));
    await other.flush();
    const message = messageOf([new Uint8Array(8), new Float64Array(20_000)], { mode: "borrow" });
    await session.put("app/message", message, { congestionControl: CongestionControl.BLOCK });
    const segments = segmentsOf((await arrived).payload());
    await session.close();
    await other.close();
    return segments.map((segment) => segment.length).join(" and ");
}

main().then((said) => { document.title = said; }, (error) => { document.title = `${error}`; });
