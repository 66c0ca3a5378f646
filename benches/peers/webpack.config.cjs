// Packs zenoh-ts for the page of scripts/bench peers. zenoh-ts imports WebAssembly as a module, which a browser does not.
module.exports = ({ entry, modules, out }) => ({
    mode: "production",
    entry,
    resolve: { modules: [modules] },
    output: { path: out, filename: "zenoh-ts.js", module: true, library: { type: "module" }, publicPath: "./" },
    experiments: { outputModule: true, asyncWebAssembly: true },
});
