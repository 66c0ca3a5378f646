// The options that functions take. One that is misspelt is refused: nothing else would tell of it.
import { refuse, shown } from "./error.js";

const names = (text) => new Set(text.split(" "));

const HOW = "congestionControl priority express reliability allowedDestination";
const ONE = "attachment timestamp";

export const PUT = names(`encoding ${HOW} ${ONE} mode`);
export const DELETE = names(`${HOW} ${ONE}`);
export const PUBLISHER = names(`encoding ${HOW} numbered`);
export const PUBLISHER_PUT = names(`encoding ${ONE} mode`);
export const PUBLISHER_DELETE = names(ONE);
const ASKING = "handler payload encoding attachment timeout target consolidation congestionControl priority express allowedDestination signal";
export const GET = names(ASKING);
export const QUERIER_GET = names(`${ASKING} parameters`);
export const SUBSCRIBER = names("handler allowedOrigin");
export const QUERYABLE = names("handler complete allowedOrigin");
export const MATCHING = names("handler");
export const LIVELINESS_SUBSCRIBER = names("handler history");
export const LIVELINESS_GET = names("handler signal");
export const REPLY = names(`encoding congestionControl priority express reliability ${ONE}`);
export const REPLY_DEL = names(`congestionControl priority express reliability ${ONE}`);
export const REPLY_ERR = names("encoding");
export const OPEN = names("queuedBytes program");
export const BUILD = names("mode unsupported");
export const SEGMENT = names("bytes mode");
export const CHANNEL = names("bytes");

function unknown(name, known, what) {
    const meant = [...known].find((other) => other.toLowerCase() === name.toLowerCase().replace(/[^a-z]/g, ""));
    refuse(`the option ${name} of ${what} is unknown; ${meant ? `write ${meant}` : `expected one of ${[...known].join(", ")}`}`);
}

// Whether it was written as { … }, in this realm or another. A payload has no names that could be unknown.
function isPlain(value) {
    if (value === null || typeof value !== "object") return false;
    const prototype = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
}

// The options of `what`, all of which are `known`.
export function optionsOf(options, known, what) {
    if (options === undefined) return undefined;
    // A segment may be any object with bytes.
    if (known !== SEGMENT && !isPlain(options)) {
        const mode = known.has("mode") && ["copy", "borrow", "move"].includes(options) ? `; write { mode: "${options}" }` : "";
        const key = known === PUBLISHER_PUT && !mode ? "; a publisher has its key: write put(payload, options)" : "";
        const handler = known.has("handler") && typeof options === "function" ? "; write { handler: … }" : "";
        refuse(`the options of ${what} are an object, and this is ${shown(options)}${mode}${key}${handler}`);
    }
    for (const name in options) if (!known.has(name)) unknown(name, known, what);
    return options;
}
