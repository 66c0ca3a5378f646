// Tasks of the event loop of their own. Timers are slowed down in a page that is hidden, and these are not.

let waiting = [];
let post;

function run() {
    const due = waiting;
    waiting = [];
    for (const next of due) next();
}

function posting() {
    // In Node messages of a channel come before those of sockets.
    if (typeof setImmediate === "function") return () => setImmediate(run);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = run;
    return () => port2.postMessage(0);
}

// Calls `next` when the present task is over.
export function later(next) {
    post ??= posting();
    if (waiting.push(next) === 1) post();
}

// Calls a function of the program around the module. What it throws is that program's error, not the session's. It is
// reported, and ends nothing: a queryable whose handler fails still answers the next query.
export function guarded(call, ...values) {
    try {
        const result = call(...values);
        if (typeof result?.then === "function") result.then(undefined, report);
        return result;
    } catch (error) {
        report(error);
        return undefined;
    }
}

function report(error) {
    if (typeof reportError === "function") reportError(error);
    else console.error(error);
}
