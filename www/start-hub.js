// A SharedWorker with a hub: starts the page's own program in it, and tells the pages when it has died.

// A SharedWorker cannot be handed a compiled program, because it may run in another process. So its address names the program.
const { js, wasm } = Object.fromEntries(new URLSearchParams(location.search));

// Pages that have connected, until they leave. What they post waits until the program hears them.
const pages = new Set();
const early = [];
const keep = ({ ports }) => early.push(ports);

// Whether a page has connected, and why the program has died. It may die first: then the first page must still hear why.
let met = false;
let cause;

addEventListener("connect", keep);
addEventListener("connect", ({ ports: [page] }) => {
  pages.add(page);
  page.addEventListener("message", ({ data }) => typeof data === "string" && pages.delete(page));
  met = true;
  if (cause !== undefined) end();
});

// A program that has trapped answers to nothing any more: its memory may be half-written. The next page starts another one.
addEventListener("error", ({ error, message }) => die(error ?? message));
addEventListener("unhandledrejection", ({ reason }) => die(reason));

function die(error) {
  cause ??= String(globalThis.zbytesLabPanic ?? error?.message ?? error);
  if (met) end();
}

function end() {
  for (const page of pages) page.postMessage(cause);
  close();
}

(async () => {
  const { default: init } = await import(js);
  await init({ module_or_path: wasm });
  removeEventListener("connect", keep);
  for (const ports of early) dispatchEvent(new MessageEvent("connect", { ports: [...ports] }));
})();
