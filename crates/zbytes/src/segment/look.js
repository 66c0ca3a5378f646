// Looks at what a caller hands over. Most sources are ordinary: an array, or a buffer, of fixed length, neither shared nor
// detached. Whatever is not, or is not known to be, or throws when it is asked, is looked at closely by js.rs, which
// also finds the words.

// The buffer behind `value` if it is ordinary, else undefined. `memory` is the buffer of this program's own memory.
function ordinary(value, memory) {
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value instanceof ArrayBuffer ? value : undefined;
    // Shared buffers have no `resizable`; immutable buffers say of themselves that they are.
    const known = buffer?.resizable === false && buffer.detached === false;
    return known && buffer !== memory && !buffer.immutable ? buffer : undefined;
}

// Its length, or -1 if it is not ordinary.
export function ordinaryLength(value, memory) {
    try {
        return ordinary(value, memory) === undefined ? -1 : value.byteLength;
    } catch {
        return -1;
    }
}

// The same for an array that is to be moved: of its whole buffer, which is put behind `moved`.
export function ordinaryWhole(value, memory, moved) {
    try {
        const buffer = ordinary(value, memory);
        if (buffer === undefined || value.byteLength !== buffer.byteLength) return -1;
        moved.push(buffer);
        return buffer.byteLength;
    } catch {
        return -1;
    }
}

const lengthGetter = (prototype) => Object.getOwnPropertyDescriptor(prototype, "byteLength").get;

// Whether `value` really is a buffer, shared or not: any value can have its prototype and its tag, but only a buffer answers to this
// getter, and one of another frame does too.
export function isBuffer(value) {
    try {
        lengthGetter(ArrayBuffer.prototype).call(value);
        return true;
    } catch {
        // Shared memory, then, or nothing. The class has no global name in a page that is not isolated.
    }
    try {
        const shared = new WebAssembly.Memory({ initial: 0, maximum: 0, shared: true }).buffer;
        lengthGetter(Object.getPrototypeOf(shared)).call(value);
        return true;
    } catch {
        return false;
    }
}

// Whether `buffer` is detached. Engines of before 2024 do not say it, but a view of a detached buffer cannot be made.
export function isDetached(buffer) {
    if (buffer.detached !== undefined) return buffer.detached;
    try {
        new Uint8Array(buffer);
        return false;
    } catch {
        return true;
    }
}

// Hands the memory behind `value` to a buffer of its own; every array over the old one is detached.
export function transfer(value) {
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
    // Engines of before 2024 have an older and slower way.
    return buffer.transfer ? buffer.transfer() : structuredClone(buffer, { transfer: [buffer] });
}

// This program's memory as bytes, made anew when it has grown.
let bytes = new Uint8Array();

function inMemory(memory) {
  if (bytes.buffer !== memory.buffer) bytes = new Uint8Array(memory.buffer);
  return bytes;
}

// The length that an array really has, whatever it, or a subclass, says of itself.
const trueLength = lengthGetter(Object.getPrototypeOf(Uint8Array.prototype));

// Copies `length` bytes from `start` of `array`, which should have `whole` bytes, to `address` in this program's memory. Returns how
// many bytes it has; nothing is copied when that is another number, as it is of a detached array. Exactly `length` bytes are written,
// or none: an array that lies about itself counts as detached.
export function copyIn(memory, array, whole, start, length, address) {
  try {
    const found = array.byteLength;
    if (found !== whole || length === 0) return found;
    let source = array;
    if (length !== whole || !(array instanceof Uint8Array)) {
      const isView = ArrayBuffer.isView(array);
      source = new Uint8Array(isView ? array.buffer : array, (isView ? array.byteOffset : 0) + start, length);
    }
    if (trueLength.call(source) !== length) return 0;
    inMemory(memory).set(source, address);
    return found;
  } catch {
    // A DataView says in this way that its buffer is detached.
    return 0;
  }
}

// Copies `length` bytes from one address in this program's memory to another.
export function copyWithin(memory, from, length, address) {
  inMemory(memory).copyWithin(address, from, from + length);
}
