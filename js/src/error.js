// Every error of the module: a code for programs, and words for persons.

// What a person can do about it, by code. `words` says what was wrong.
const WHAT_TO_DO = {
    ARGUMENT: "See the documentation of the function that was called",
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
    NOT_OPENED: "Look whether zenohd listens for WebSockets at this address (zenohd --listen ws/0.0.0.0:PORT)",
    NOT_READY: "Await Session.open() or ready() first",
    NO_ANSWER: "Look whether the address is right, and whether a firewall is between",
    NO_WEBSOCKET: "Use Node 22 or newer, or install the package ws where zbytes is installed: npm install ws",
    OUT_OF_MEMORY: "Send less at once, or borrow instead of copying",
    PARTIAL: "Copy or borrow the view, or move an array that has its buffer alone",
    QUERY_OVER: "Reply before finalize(), and before the promise of the handler ends",
    QUEUE_FULL: "Await each put",
    REPLY_KEY: "Reply under a key that the query asks for",
    RANGE: "Look at its length first",
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

function whatToDo(code, words) {
    if (code !== "KEY_EXPR") return WHAT_TO_DO[code];
    return OF_KEYS.find(([reason]) => words.includes(reason))?.[1] ?? CHUNKS;
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

// Refuses an argument.
export function refuse(words) {
    throw new ZError("ARGUMENT", words);
}
