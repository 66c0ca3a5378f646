// The program inside of the module, for every entry point but zbytes/slim.
import { embed } from "./load.js";
import { packed } from "./packed.js";

embed(async () => {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
});
