// The module on this page, or in a Worker of it if the address says so.
if (location.hash === "#worker") {
    const worker = new Worker("worker.js", { type: "module" });
    const asked = [];
    worker.onmessage = ({ data }) => asked.shift()(data);
    window.ask = (command) => new Promise((resolve) => {
        asked.push(resolve);
        worker.postMessage(command);
    });
} else {
    const [z, { commander }] = await Promise.all([import("./zbytes/index.js"), import("./commands.js")]);
    await z.ready();
    window.ask = commander(z);
}
document.title = "ready";
