// A Worker with an engine: loads the engine's program, and tells the page when it has died.

// The first message says whether another engine has compiled the program already. What arrives until the program listens is kept.
const early = [];
const keep = (event) => early.push(event.data);
let died = false;

addEventListener("message", keep);
addEventListener("messageerror", () => die("what the page sent could not be read, perhaps for want of memory"));
// A program that has trapped answers to nothing any more: its memory may be half-written.
addEventListener("error", ({ error, message }) => die(error ?? message));
addEventListener("unhandledrejection", ({ reason }) => die(reason));

function die(cause) {
  if (died) return;
  died = true;
  postMessage({ died: String(globalThis.zbytesLabPanic ?? cause?.message ?? cause) });
}

addEventListener(
  "message",
  async ({ data }) => {
    // Both are asked for at the same time: one after the other takes a round trip more.
    const program = data.program ?? fetch(new URL("engine_bg.wasm", import.meta.url));
    const { default: init } = await import("./engine.js");
    await init({ module_or_path: program });
    removeEventListener("message", keep);
    for (const message of early.slice(1)) dispatchEvent(new MessageEvent("message", { data: message }));
  },
  { once: true },
);
