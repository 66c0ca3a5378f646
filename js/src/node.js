// The same in Node: version 20 has no WebSocket of its own, and takes that of the package ws. And here a program can find
// out why a WebSocket did not open.
import { askBy } from "./why.js";

if (globalThis.WebSocket === undefined) {
    try {
        globalThis.WebSocket = (await import("ws")).WebSocket;
    } catch {
        // Session.open says what is missing.
    }
}

// For how many ms a server is asked why it refused, and how much of its answer is told.
const PATIENCE = 2_000;
const ANSWER = 300;

// What a WebSocket asks for, so that a server answers as it has answered the WebSocket.
const headers = {
    Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": btoa("why did it fail?"),
};

// What the server has answered instead of an upgrade.
async function answerOf(response) {
    let text = "";
    try {
        for await (const chunk of response.setEncoding("utf8")) if ((text += chunk).length > ANSWER) break;
    } catch {
        // What came is told.
    }
    const said = text.trim().slice(0, ANSWER).replace(/[.\s]+$/, "");
    return `the server answers ${response.statusCode} ${response.statusMessage}${said ? `: ${said}` : ""}`;
}

askBy(async (url) => {
    const { request } = await import(url.startsWith("wss:") ? "node:https" : "node:http");
    return new Promise((resolve) => {
        const asked = request(url.replace(/^ws/, "http"), { headers, timeout: PATIENCE, agent: false });
        const end = (why) => {
            resolve(why);
            asked.destroy();
        };
        asked.on("response", (response) => answerOf(response).then(end));
        asked.on("upgrade", () => end("it has ended, and the server would take another one"));
        asked.on("timeout", () => end("the server does not answer"));
        // Of an address with several places, each has an error of its own.
        asked.on("error", (error) => end(error.errors?.map(({ message }) => message).join(", ") || error.message || error.code));
        asked.end();
    });
});

export * from "./index.js";
