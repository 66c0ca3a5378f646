{
  // The frame around this Worker hears nothing of it.
  for (const name of ["postMessage", "close"]) delete DedicatedWorkerGlobalScope.prototype[name];
  const tag = (value) => Object.prototype.toString.call(value).slice(8, -1);
  const wrong = (word, about) => Object.assign(new Error(about), { word });
  const isBuffer = (value) => tag(value).endsWith("ArrayBuffer");
  const array = (name, value, taken) => {
    const isView = ArrayBuffer.isView(value);
    if (!isView && !isBuffer(value)) throw wrong("kind", `${tag(value)} as ${name}`);
    const buffer = isView ? value.buffer : value;
    if (tag(buffer) === "SharedArrayBuffer") throw wrong("shared", name);
    try {
      new Uint8Array(buffer);
    } catch {
      throw wrong("detached", name);
    }
    const typed = isView && tag(value) !== "DataView" ? value : new Uint8Array(buffer, value.byteOffset ?? 0, value.byteLength);
    // A part of a buffer is cut out, so that nothing else of it goes.
    if (typed.byteLength < buffer.byteLength || buffer.resizable || taken.has(buffer)) return typed.slice();
    taken.add(buffer);
    return typed;
  };
  const list = (result) => {
    const isOne = ArrayBuffer.isView(result) || isBuffer(result);
    if (!isOne && (typeof result !== "object" || result === null)) throw wrong("nothing", tag(result));
    const named = isOne ? [["", result]] : Object.entries(result);
    const bytes = named.reduce((sum, [, value]) => sum + (value?.byteLength ?? 0), 0);
    if (!named.length) throw wrong("nothing", "an empty Object");
    if (named.length > MOST.arrays) throw wrong("many", named.length);
    if (bytes > MOST.bytes) throw wrong("long", bytes);
    const name = named.map(([name]) => name).find((name) => name.length > MOST.letters || name.includes("\n"));
    if (name) throw wrong("name", name.slice(0, MOST.letters));
    const taken = new Set();
    return named.map(([name, value]) => [name, array(name || "its result", value, taken)]);
  };
  const text = (of) => {
    try {
      return `${of()}`;
    } catch {
      return "something that has no text";
    }
  };
  let make;
  onmessage = ({ ports: [port] }) => {
    onmessage = null;
    port.onmessage = async ({ data: [seq, t] }) => {
      try {
        let result = await (make ? make({ seq, t }) : program());
        if (typeof result === "function") {
          make = result;
          result = await make({ seq, t });
        }
        const made = list(result);
        const arrays = made.map(([, array]) => array);
        port.postMessage([seq, !!make, made.map(([name]) => name), arrays], arrays.map(({ buffer }) => buffer));
      } catch (error) {
        const stack = text(() => error.stack).replaceAll(location.href, "program");
        const lines = Array.from(stack.matchAll(/program:(\d+):/g), ([, line]) => +line);
        port.postMessage([seq, error?.word ?? "throw", text(() => (error?.word ? error.message : error)).slice(0, 500), lines.slice(0, 50)]);
      }
    };
  };
}
async function program() {
