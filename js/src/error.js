// Every error of the module: a code for programs, and words for persons.

// What a person can do about it, by code. `words` says what was wrong.
const WHAT_TO_DO = {
    CLOSED: "Open another session",
    DETACHED: "Hand over an array before it is transferred, and copy or move what changes later",
    DROPPED: "Await each put, or give congestionControl: CongestionControl.BLOCK",
    ENCODING: "Shorten the part behind the semicolon",
    IMMUTABLE: "Borrow it: nothing can write it",
    LENT: "Copy the segment, or borrow it",
    LOCATOR: "Give ws://HOST:PORT or wss://HOST:PORT, or a locator such as ws/HOST:PORT",
    MESSAGE: "Give the segments of one message, and its payload as it came",
    NOT_BYTES: "Give a typed array, a DataView, an ArrayBuffer, a text or a ZBytes",
    NOT_LET_GO: "Copy or borrow it",
    NOT_OPEN: "The session opens again by itself: try again after its event \"resumed\"",
    NOT_READY: "Await Session.open() or ready() first",
    NO_ANSWER: "Look whether the address is right, and whether a firewall is between",
    NO_WEBSOCKET: "Use Node 22 or newer, or install the package ws where zbytes is installed: npm install ws",
    OUT_OF_MEMORY: "Send less at once, or borrow instead of copying",
    PARTIAL: "Copy or borrow the view, or move an array that has its buffer alone",
    QUERY_OVER: "Reply before finalize(), and before the promise of the handler ends",
    QUEUE_FULL: "Await each put",
    REPLY_KEY: "Reply under a key that the query asks for",
    RESIZABLE: "Copy it, or give unsupported: \"copy\"",
    SHARED: "Copy it, or give unsupported: \"copy\"",
    TAKEN_TWICE: "Copy it the second time",
    TIMEOUT: "Give a longer timeout, or look why a queryable does not finish its answer",
    TOO_LONG: "Send it in several puts",
    WASM_MEMORY: "Copy it, or give unsupported: \"copy\"",
};

// The same for a key expression, by words of zenoh's own reason.
const CHUNKS = "Write chunks with a slash between them, as in robot/1/camera, and no slash at either end";
const OF_KEYS = [
    ["preceded by", "Write $* for a part of a chunk, as in fr$*nt: a star alone stands for a whole chunk"],
    ["`$`", "Write $* for a part of a chunk, as in fr$*nt"],
    ["forbidden characters", "Leave them out: only the selector of a get has a question mark, with parameters behind it"],
    ["canon-form", "Write it so, or take KeyExpr.autocanonize()"],
    ["wire format", "Shorten it"],
];

// And for a WebSocket that did not open, by what its platform knows of it.
const LISTENS = "Look whether zenohd listens for WebSockets there (zenohd --listen ws/0.0.0.0:PORT)";
const OF_OPENING = [
    [/ENOTFOUND|EAI_AGAIN/, "Look whether the name of the host is right"],
    [/answers 40[13]/, "This server takes other programs there: give the ws port of the router behind it, or an address with its code"],
    [/answers \d/, "Look at the path of the address: the ws port of a router needs none"],
    [/EPROTO|CERT|certificate|SSL/i, "Look whether this server speaks https, and whether its certificate is trusted here: ws:// goes without one"],
    [/a browser/, `${LISTENS}. An endpoint such as /zenoh of ZBytes Lab takes pages of its own origin alone: others use the ws port`],
];

function whatToDo(code, words) {
    const by = (list) => list.find(([reason]) => (typeof reason === "string" ? words.includes(reason) : reason.test(words)))?.[1];
    if (code === "KEY_EXPR") return by(OF_KEYS) ?? CHUNKS;
    if (code === "NOT_OPENED") return by(OF_OPENING) ?? LISTENS;
    return WHAT_TO_DO[code];
}

export class ZError extends Error {
    constructor(code, words, options) {
        const todo = whatToDo(code, words);
        super(`${words[0].toUpperCase()}${words.slice(1)}.${todo ? ` ${todo}.` : ""}`, options);
        this.name = "ZError";
        this.code = code;
        this.words = words;
    }
}

// What went wrong in the program. It is not an error yet: that is made where the lines of the caller are on the stack.
export class Fault {
    constructor(code, words) {
        [this.code, this.words] = [code, words];
    }
}

// The error of a fault; anything else as it is.
export const made = (thrown) => (thrown instanceof Fault ? new ZError(thrown.code, thrown.words) : thrown);

// Calls the program.
export function asking(call) {
    try {
        return call();
    } catch (thrown) {
        throw made(thrown);
    }
}

// A value as the words of an error have it.
export function shown(value) {
    if (typeof value === "string") return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`;
    if (typeof value === "number" || typeof value === "bigint") return `the number ${value}`;
    if (Array.isArray(value)) return `a list of ${value.length} value${value.length === 1 ? "" : "s"}`;
    if (typeof value === "function") return "a function";
    if (value === null || typeof value !== "object") return String(value);
    const name = value.constructor?.name;
    if (name && name !== "Object") return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
    const keys = Object.keys(value).slice(0, 5);
    return keys.length > 0 ? `an object with ${keys.join(", ")}` : "an empty object";
}

// Refuses an argument.
export function refuse(words) {
    throw new ZError("ARGUMENT", words);
}
