// A Worker with an engine: starts the page's own program in it, and tells the page when it has died.

// The first message has the program, which the page has compiled, and the name of the script around it. What arrives until the
// program listens is kept.
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
    const { default: init } = await import(data.script);
    await init({ module_or_path: data.program });
    removeEventListener("message", keep);
    for (const message of early.slice(1)) dispatchEvent(new MessageEvent("message", { data: message }));
  },
  { once: true },
);
