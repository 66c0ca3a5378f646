// Starts the page: loads the program that trunk built, shows how far that is, and says what went wrong if it fails.
// A file of its own, because the content security policy allows no inline script.

const { js, wasm } = document.querySelector("script[data-js]").dataset;
const notice = document.getElementById("boot");

try {
  const [{ default: init }, program] = await Promise.all([import(js), download(wasm)]);
  const exports = await init({ module_or_path: program });
  notice?.remove();
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
  const headline = document.createElement("h1");
  headline.textContent = "ZBytes Lab could not start";
  const cause = document.createElement("p");
  cause.textContent = String(error?.message ?? error);
  const advice = document.createElement("p");
  advice.textContent =
    "Perhaps the connection was cut, or the lab was rebuilt or stopped meanwhile: then loading the page again helps. " +
    "The lab needs a browser with WebAssembly.";
  const retry = document.createElement("button");
  retry.type = "button";
  retry.textContent = "Try again";
  retry.addEventListener("click", () => location.reload());
  box.setAttribute("role", "alert");
  box.replaceChildren(headline, cause, advice, retry);
}
