// Tasks of the event loop of their own. Timers are slowed down in a page that is hidden, and these are not.

const waiting = [];
let port;

// Calls `run` when the present task is over.
export function later(run) {
    if (port === undefined) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
            for (const next of waiting.splice(0)) next();
        };
        // Node would not end while a port listens.
        port1.unref?.();
        port = port2;
    }
    waiting.push(run);
    if (waiting.length === 1) port.postMessage(0);
}

// Calls a function of the program around the module. What it throws is that program's error, not the session's.
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
    // Node has no reportError: its own way is an uncaught exception.
    else queueMicrotask(() => { throw error; });
}
