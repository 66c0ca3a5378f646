// Loads the program that speaks zenoh. It is WebAssembly. The file embedded.js has it packed in JavaScript, so that it
// needs no setting of a bundler and no second request.
import init, * as binding from "./binding.js";
import { ZError } from "./error.js";

let loading;
let loaded;

// What has the program where none is given.
let unpack = () => {
    throw new Error("zbytes/slim has none inside; first await ready(ADDRESS) with the address of zbytes/program.wasm");
};

export function embed(how) {
    unpack = how;
}

async function load(program) {
    await init({ module_or_path: await (program ?? unpack()) });
    loaded = binding;
}

// Loads the program, once. Only what is synchronous needs to wait for it: Session.open does so by itself.
export function ready(program) {
    loading ??= load(program).catch((cause) => {
        loading = undefined;
        const from = typeof program === "string" || program instanceof URL ? ` from ${program}` : "";
        const words = `the WebAssembly program cannot be loaded${from}: ${cause?.message ?? cause}`;
        throw new ZError("NOT_LOADED", words, { cause });
    });
    return loading;
}

// What the program exports.
export function program() {
    if (loaded === undefined) throw new ZError("NOT_READY", "the WebAssembly program is not loaded yet");
    return loaded;
}
