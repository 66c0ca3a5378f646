// Looks at what a caller hands over. Most sources are ordinary: an array, or a buffer, of fixed length, that nobody shares and
// nobody has detached. Whatever is not, or is not known to be, is looked at closely by js.rs, which also finds the words.

// The buffer behind `value` if it is ordinary, else undefined. `memory` is the buffer of this program's own memory.
function ordinary(value, memory) {
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value instanceof ArrayBuffer ? value : undefined;
    // Shared buffers have no `resizable`; immutable buffers say of themselves that they are.
    return buffer?.resizable === false && !buffer.detached && buffer !== memory && !buffer.immutable ? buffer : undefined;
}

// Its length, or -1 if it is not ordinary.
export function ordinaryLength(value, memory) {
    return ordinary(value, memory) === undefined ? -1 : value.byteLength;
}

// The same for an array that is to be moved: of its whole buffer, which is put behind `moved`.
export function ordinaryWhole(value, memory, moved) {
    const buffer = ordinary(value, memory);
    if (buffer === undefined || value.byteLength !== buffer.byteLength) return -1;
    moved.push(buffer);
    return buffer.byteLength;
}

// Hands the memory behind `value` to a buffer of its own; every array over the old one is detached.
export function transfer(value) {
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
    // Engines of before 2024 have an older and slower way.
    return buffer.transfer ? buffer.transfer() : structuredClone(buffer, { transfer: [buffer] });
}
