// The same in Node: version 20 has no WebSocket of its own, and takes that of the package ws.
if (globalThis.WebSocket === undefined) {
    try {
        globalThis.WebSocket = (await import("ws")).WebSocket;
    } catch {
        // Session.open says what is missing.
    }
}
export * from "./index.js";
