// The frame in which own code runs. It has an origin of its own, so nothing there is the page's: no session, no storage, no network.

let frame;

// Opens the frame with this document, in place of the one before, and hands it the engine's port.
export function open(html, port) {
  close();
  frame = document.createElement("iframe");
  frame.id = "own-code";
  frame.sandbox = "allow-scripts";
  frame.hidden = true;
  frame.title = "where own code runs";
  frame.srcdoc = html;
  // Its origin has no name.
  frame.addEventListener("load", ({ target }) => target.contentWindow.postMessage(0, "*", [port]), { once: true });
  document.body.append(frame);
}

// Closes it, and ends what runs there.
export function close() {
  frame?.remove();
}

const page = globalThis.document;

// In the editor Tab indents, as an input that the browser can undo. Escape, then Tab leaves it.
let leaves = false;
page?.addEventListener("keydown", (event) => {
  const { key, shiftKey, target } = event;
  if (target.id !== "row-program" || key === "Shift") return;
  const indents = key === "Tab" && !shiftKey && !leaves;
  leaves = key === "Escape";
  if (indents) page.execCommand("insertText", false, "  ");
  if (indents || leaves) event.preventDefault();
});

// A program to start from gets into the editor as if it was typed there.
page?.addEventListener("change", async ({ target }) => {
  if (target.id !== "program-examples") return;
  const { value } = target;
  target.value = "";
  const text = await fetch(`programs/${value}.js`).then(
    (answer) => (answer.ok ? answer.text() : `// It could not be loaded: the server answered ${answer.status}.`),
    (error) => `// It could not be loaded: ${error.message}.`,
  );
  const field = page.getElementById("row-program");
  if (!field) return;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
