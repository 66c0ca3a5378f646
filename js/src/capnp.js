// Messages of Cap'n Proto as payloads, and back: a message is several segments behind a table of their lengths.
import { ZBytes } from "./bytes.js";
import { ZError } from "./error.js";

const WORD = 8;

// As many as the other implementations take.
const MOST_SEGMENTS = 512;

const refuse = (words) => {
    throw new ZError("MESSAGE", words);
};

// The table before `count` segments: their number less one, and the length of each in words.
const tableBytes = (count) => Math.ceil((count + 1) / 2) * WORD;

const bytesOf = (segment) => (segment !== null && typeof segment === "object" && "bytes" in segment ? segment.bytes : segment);

export function messageOf(segments, options) {
    const all = [...segments];
    if (all.length === 0 || all.length > MOST_SEGMENTS) {
        refuse(`a message has 1 to ${MOST_SEGMENTS} segments, and here are ${all.length}`);
    }
    const table = new DataView(new ArrayBuffer(tableBytes(all.length)));
    table.setUint32(0, all.length - 1, true);
    all.forEach((segment, index) => {
        const array = bytesOf(segment);
        const length = typeof array === "object" ? (array?.byteLength ?? array?.length) : undefined;
        if (!(length % WORD === 0)) refuse(`segment ${index} has ${length} B, and that is not a number of words of ${WORD} B`);
        table.setUint32(4 * (index + 1), length / WORD, true);
    });
    return ZBytes.fromSegments([{ bytes: table, mode: "borrow" }, ...all], options);
}

export function segmentsOf(payload) {
    const reader = payload.reader();
    const need = (length, what) => {
        if (reader.remaining < length) refuse(`the message ends within its ${what}: ${reader.remaining} of ${length} B are there`);
        return length;
    };
    const count = reader.view(need(4, "table")).getUint32(0, true) + 1;
    if (count > MOST_SEGMENTS) refuse(`the message says that it has ${count} segments, and ${MOST_SEGMENTS} are the most`);
    const table = reader.view(need(tableBytes(count) - 4, "table"));
    const lengths = Array.from({ length: count }, (_, index) => table.getUint32(4 * index, true) * WORD);
    const segments = lengths.map((length, index) => reader.bytes(need(length, `segment ${index}`)));
    if (reader.remaining > 0) refuse(`${reader.remaining} B stand behind the message`);
    return segments;
}
