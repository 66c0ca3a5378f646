// A port with a router behind it, for a Worker or a frame that shall open no WebSocket of its own. What goes over it is
// what goes over a port to a hub: runs of batches, each behind its length in two bytes; numbers, which say how many bytes
// were taken; and at the end a text, which says why.
import { hasWebSocket, websocketUrl } from "./session.js";

// So many bytes may wait in the WebSocket before the other end is told to wait too.
const HIGH_WATER = 4 << 20;

// A batch behind its length.
function framed(batch) {
    const run = new Uint8Array(2 + batch.byteLength);
    new DataView(run.buffer).setUint16(0, batch.byteLength, true);
    run.set(new Uint8Array(batch), 2);
    return run.buffer;
}

// The batches of a run. The session at the other end posts whole ones.
function* batches(run) {
    const bytes = new Uint8Array(run);
    for (let at = 0; at < bytes.length; ) {
        const end = at + 2 + (bytes[at] | (bytes[at + 1] << 8));
        yield bytes.subarray(at + 2, end);
        at = end;
    }
}

export function portTo(where) {
    const url = websocketUrl(where);
    hasWebSocket();
    const isStream = /[?&]framing=stream(&|$)/.test(url);
    const socket = new WebSocket(url);
    const { port1: port, port2 } = new MessageChannel();
    let taken = 0;
    let waits = false;

    // Tells what was taken, once it has left far enough.
    const tell = () => {
        waits = socket.bufferedAmount > HIGH_WATER;
        if (waits) return void setTimeout(tell, 1);
        port.postMessage(taken);
        taken = 0;
    };

    socket.binaryType = "arraybuffer";
    socket.onopen = () => port.postMessage(0);
    socket.onmessage = ({ data }) => {
        const run = isStream || typeof data === "string" ? data : framed(data);
        port.postMessage(run, typeof run === "string" ? [] : [run]);
    };
    // What went wrong ends it, and that is told. In Node an error that is not listened to ends the program.
    socket.onerror = () => {};
    socket.onclose = ({ code }) => {
        port.postMessage(`the WebSocket has ended (code ${code})`);
        port.close();
    };
    port.onmessage = ({ data }) => {
        // A number says what the session has taken, which holds back no WebSocket.
        if (typeof data === "number") return;
        if (typeof data === "string") return socket.close();
        if (isStream) socket.send(data);
        else for (const batch of batches(data)) socket.send(batch);
        taken += data.byteLength;
        if (!waits) tell();
    };
    return port2;
}
