// Loads the program that speaks zenoh. It is WebAssembly, and stands packed in a file of JavaScript: so it needs no
// setting of a bundler and no second request.
import init, * as binding from "./binding.js";
import { ZError } from "./error.js";
import { packed } from "./packed.js";

let loading;
let loaded;

async function unpack() {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
}

async function load(program) {
    await init({ module_or_path: await (program ?? unpack()) });
    loaded = binding;
}

// Loads the program, once. Only what is synchronous needs to wait for it: Session.open does so by itself.
export function ready(program) {
    loading ??= load(program).catch((cause) => {
        loading = undefined;
        const words = `the WebAssembly program cannot be loaded: ${cause?.message ?? cause}`;
        throw new ZError("NOT_LOADED", words, { cause });
    });
    return loading;
}

// What the program exports.
export function program() {
    if (loaded === undefined) throw new ZError("NOT_READY", "the WebAssembly program is not loaded yet");
    return loaded;
}
