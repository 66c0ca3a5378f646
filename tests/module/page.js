// The module on this page, or in a Worker of it if the address says so.
if (location.hash === "#worker") {
    const worker = new Worker("worker.js", { type: "module" });
    const asked = [];
    worker.onmessage = ({ data }) => asked.shift()(data);
    const post = (command, transfer) => new Promise((resolve) => {
        asked.push(resolve);
        worker.postMessage(command, transfer);
    });
    // A Worker that opens no WebSocket: its page hands it a port.
    window.ask = async (command) => {
        if (!command.handOver) return post(command, []);
        const { portTo } = await import("./zbytes/index.js");
        const port = portTo(command.where);
        return post({ ...command, port }, [port]);
    };
} else {
    const [z, { commander }] = await Promise.all([import("./zbytes/index.js"), import("./commands.js")]);
    await z.ready();
    window.ask = commander(z, "./zbytes/capnp.js");
}
document.title = "ready";
