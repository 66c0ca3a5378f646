/**
 * The same as `zbytes`, without the WebAssembly program inside: a page loads `zbytes/program.wasm` beside it, and gives
 * its address to `ready` before all else.
 */
export * from "./index.js";
