// Starts the page: loads the program that trunk built, shows how far that is, and says what went wrong if it fails, then or later.
// A file of its own, because the content security policy allows no inline script.

const { js, wasm } = document.querySelector("script[data-js]").dataset;
const notice = document.getElementById("boot");

// A program that has died answers to nothing any more: its memory may be half-written, and every click would end in the next error.
addEventListener("error", ({ error }) => error instanceof WebAssembly.RuntimeError && crashed(error));
addEventListener("unhandledrejection", ({ reason }) => reason instanceof WebAssembly.RuntimeError && crashed(reason));

try {
  const [{ default: init }, program] = await Promise.all([import(js), download(wasm)]);
  const exports = await init({ module_or_path: program });
  notice?.remove();
  keepForLater().catch(() => {});
  dispatchEvent(new CustomEvent("TrunkApplicationStarted", { detail: { wasm: exports } }));
} catch (error) {
  fail(error);
}

// The answer as it streams in, so that compiling keeps pace with the network, counted as it passes.
async function download(url) {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url}: the server answered ${response.status} ${response.statusText}`);
  }
  let received = 0;
  const counter = new TransformStream({
    transform(chunk, controller) {
      received += chunk.byteLength;
      if (notice) {
        notice.textContent = `Loading ZBytes Lab: ${(received / 2 ** 20).toFixed(1)} MiB`;
      }
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counter), { headers: { "content-type": "application/wasm" } });
}

function fail(error) {
  const box = notice ?? document.body.appendChild(document.createElement("div"));
  box.setAttribute("role", "alert");
  box.replaceChildren(
    element("h1", "ZBytes Lab could not start"),
    element("p", outside(error?.message ?? error)),
    element(
      "p",
      "Perhaps the connection was cut, or the lab was rebuilt or stopped meanwhile: then loading the page again helps. " +
        "The lab needs a browser with WebAssembly.",
    ),
    button("Try again", () => location.reload()),
    button("Start afresh", startAfresh),
  );
}

// Without the rows and keys that this tab had.
function startAfresh() {
  try {
    sessionStorage.removeItem("zbytes-lab.setup");
    // A link that the program died of would be set up again.
    history.replaceState(null, "", location.pathname);
  } finally {
    location.reload();
  }
}

// Has a service worker keep the page for when its server is away. Where the browser has none, nothing is kept.
async function keepForLater() {
  const workers = navigator.serviceWorker;
  const registration = await workers?.register("service-worker.js");
  if (!registration) return;
  workers.addEventListener("message", ({ data: { waits, besides } }) => {
    if (waits) newVersion(registration);
    if (besides) document.querySelector("#new-version span").textContent = closeOthers(besides);
  });
  if (registration.waiting && workers.controller) newVersion(registration);
}

const closeOthers = (besides) =>
  `Close the other tabs of the lab first (${besides}): they run the version before, and each tab has files of one version only.`;

// Said once. The page loads the new version when the person wants it.
function newVersion(registration) {
  if (document.getElementById("new-version")) return;
  const box = document.createElement("div");
  box.id = "new-version";
  box.setAttribute("role", "status");
  box.append(
    element("span", "A new version of ZBytes Lab is there. Your rows, the locator and the keys stay; the session ends."),
    button("Load it", () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      registration.waiting?.postMessage({});
    }),
    button("Later", () => box.remove()),
  );
  document.body.append(box);
}

// Shown once, over the page as it was when it died, which can still be read and copied from.
function crashed(error) {
  if (document.getElementById("crash")) return;
  const dialog = document.createElement("dialog");
  dialog.id = "crash";
  dialog.setAttribute("aria-labelledby", "head-crash");
  const headline = element("h2", "ZBytes Lab has stopped");
  headline.id = "head-crash";
  const cause = element("pre", outside(globalThis.zbytesLabPanic ?? error.stack ?? error));
  cause.tabIndex = 0;
  const tools = document.createElement("div");
  tools.className = "ways";
  tools.append(
    button("Start again with my rows", () => location.reload()),
    button("Start afresh", startAfresh),
    button("Look at the page", () => dialog.close()),
  );
  dialog.append(
    headline,
    element(
      "p",
      "A defect of the lab, or a lack of memory, has ended it. The session is lost, and puts that were under way have not ended. " +
        "Your rows, the locator and the keys were kept, apart from files; kept runs are untouched.",
    ),
    cause,
    element("p", "Please report what is written above, with what you did before."),
    tools,
  );
  tools.firstChild.autofocus = true;
  document.body.append(dialog);
  dialog.showModal();
}

// Words of the browser, of the server and of a panic: at most so many, and nothing in them that turns the line round.
function outside(words) {
  const text = String(words).replace(/[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/gu, (sign) => `‹U+${sign.codePointAt(0).toString(16).toUpperCase()}›`);
  return text.length > 4000 ? `${text.slice(0, 4000)}… ‹of ${text.length} characters›` : text;
}

function element(name, words) {
  const made = document.createElement(name);
  made.textContent = words;
  return made;
}

function button(words, act) {
  const made = element("button", words);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}
