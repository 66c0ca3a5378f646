// The types of the module, used as a program would. tests/module.rs has it checked.
import {
    CongestionControl, Encoding, FifoChannel, KeyExpr, Priority, Reply, RingChannel, Sample, SampleKind, Session, ZBytes, ZError,
    type Code, type Put, type Sent,
} from "zbytes";

export async function main(): Promise<void> {
    const session = await Session.open("ws/127.0.0.1:7446", { queuedBytes: 1 << 20 });
    const image = new Uint8Array(10);
    const payload: ZBytes = ZBytes.fromSegments(["head", { bytes: image, mode: "move" }, new Float32Array(3)], { mode: "borrow" });
    const put: Put = session.put("a/b", payload, { encoding: Encoding.TEXT_PLAIN, priority: Priority.DATA_HIGH });
    await put;
    const sent: Sent = await put.sent;
    const publisher = await session.declarePublisher(new KeyExpr("a/b"), { congestionControl: CongestionControl.BLOCK });
    const numbered = await session.declarePublisher("a/c", { numbered: true });
    await numbered.put("x");
    await publisher.put("text", { attachment: new DataView(new ArrayBuffer(2)), timestamp: await session.newTimestamp() });
    const subscriber = await session.declareSubscriber("a/**", { handler: new RingChannel<Sample>(10) });
    for await (const sample of subscriber) {
        const bytes: Uint8Array<ArrayBuffer> = sample.payload().toBytes();
        const reader = sample.payload().reader();
        const numbers: Float64Array = reader.array(Float64Array, 2);
        const image = new ImageData(new Uint8ClampedArray(reader.bytes(4).buffer), 1, 1);
        console.log(numbers.length, image.width, reader.ledger.length, new Blob(sample.payload().segments()).size);
        if (sample.kind() === SampleKind.DELETE) console.log(bytes.length, sent.batches, `${sample.keyexpr()}`);
        break;
    }
    await session.declareSubscriber("a", { handler: (sample) => console.log(sample.size) });
    await session.declareQueryable("a", { handler: async (query) => query.reply(query.keyExpr(), "x") });
    const channel = new FifoChannel<Reply>();
    for await (const reply of await session.get("a?b=1", { timeout: 100, signal: AbortSignal.timeout(5), handler: channel })) {
        const result = reply.result();
        if (result instanceof Sample) console.log(result.encoding().toString());
    }
    session.addEventListener("lost", (event) => console.log(event.error.code, event.puts, event.retryIn));
    try {
        await session.put("a//b", "x");
    } catch (error) {
        const code: Code | undefined = error instanceof ZError ? error.code : undefined;
        if (code === "KEY_EXPR") console.log("as expected");
    }
    await using other = await Session.open("wss://example.org/zenoh");
    await other.flush();
}
