// Tasks of the event loop. Browsers slow down timers, and those that set each other the more; a message of a channel
// comes at once, also in a page that is hidden.

export class Tasks {
    constructor(run) {
        this.run = run;
        // In Node messages of a channel come before those of sockets, and a port keeps the program running.
        if (typeof setImmediate === "function") return;
        const { port1, port2 } = new MessageChannel();
        [this.inward, this.outward] = [port1, port2];
        this.inward.onmessage = () => this.run();
    }

    // Has `run` called in a task of its own.
    post() {
        if (this.outward) this.outward.postMessage(0);
        else setImmediate(() => this.run());
    }

    // `run` is not called any more.
    stop() {
        this.run = () => {};
        this.inward?.close();
    }
}
