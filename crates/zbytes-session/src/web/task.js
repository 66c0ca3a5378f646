// Tasks of the event loop. Browsers slow down timers, and those that set each other the more; a message of a channel
// comes at once, also in a page that is hidden.

export class Tasks {
    constructor(run) {
        const { port1, port2 } = new MessageChannel();
        [this.inward, this.outward] = [port1, port2];
        this.inward.onmessage = run;
        // Node would not end while a port listens.
        this.inward.unref?.();
    }

    // Has `run` called in a task of its own.
    post() {
        this.outward.postMessage(0);
    }

    // `run` is not called any more.
    stop() {
        this.inward.onmessage = null;
        this.inward.close();
    }
}
