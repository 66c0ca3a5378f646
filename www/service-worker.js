// Keeps the files of one build, so that the page opens without its server, and so that each tab has files of one build only.
//
// The build writes the three constants (notices/src/offline.rs). So this file is another one after each build, and the browser
// installs it as a new worker beside the one in use. A worker serves its own build. It takes over when no page uses the one
// before, or when the person wants it in the only tab there is.
//
// It knows the files of its build and no other address: lab.json and the endpoint of the router never pass through it.

// The name of the build; each file with its SHA-256; what the lab says of each file, so that every host gives the same page.
const BUILD = "";
const FILES = {};
const HEADERS = {};

// A host may have several labs, each in its folder.
const OURS = `zbytes-lab ${registration.scope} `;
const CACHE = OURS + BUILD;
const PAGE = "./";

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
addEventListener("message", (event) => event.waitUntil(takeOver(event.source)));
addEventListener("fetch", (event) => {
  const { request } = event;
  const address = request.url.split(/[?#]/)[0];
  const name = address.startsWith(registration.scope) ? address.slice(registration.scope.length) : undefined;
  const file = ["", "index.html"].includes(name) ? PAGE : name;
  if (request.method !== "GET" || !Object.hasOwn(FILES, file)) return;
  event.respondWith(file === PAGE ? page() : kept(file).then((found) => found ?? fetch(request)));
});

// All files or none: the browser compares each with its SHA-256. While the server changes builds, this fails and the browser
// tries again later.
async function install() {
  const names = Object.keys(FILES);
  const files = await Promise.all(names.map((file) => fetch(file, { cache: "no-cache", integrity: FILES[file] })));
  const before = await others();
  try {
    const cache = await caches.open(CACHE);
    await Promise.all(names.map((file, at) => cache.put(file, files[at])));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
  // Without an earlier build there is nothing to mix with.
  if (!before.length) return skipWaiting();
  for (const page of await pages()) page.postMessage({ waits: true });
}

async function others() {
  return (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
}

async function forgetOthers() {
  await Promise.all((await others()).map((name) => caches.delete(name)));
}

async function pages() {
  const all = await clients.matchAll({ includeUncontrolled: true, type: "window" });
  return all.filter(({ url }) => url.startsWith(registration.scope));
}

// Other tabs would get files of this build for a page of the one before.
async function takeOver(asked) {
  const besides = (await pages()).length - 1;
  return besides > 0 ? asked.postMessage({ besides }) : skipWaiting();
}

async function kept(file) {
  const found = await caches.match(new URL(file, registration.scope), { cacheName: CACHE, ignoreVary: true });
  if (!found) return undefined;
  const headers = new Headers(found.headers);
  // The body is kept unpacked.
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(found.body, { headers });
}

// A lab is asked each time, because it may have been built again. Its page names the build. Then this worker keeps nothing any
// more: it passes on what the lab gives, until the worker of the new build has taken over.
async function page() {
  const mine = await kept(PAGE);
  const given = await fetch(registration.scope, { cache: "no-cache" }).catch((error) => {
    if (!mine) throw error;
  });
  if (mine && !given?.ok) return mine;
  const isFresh = mine && given.headers.has("x-zbytes-lab") && (await given.clone().text()) !== (await mine.clone().text());
  if (mine && !isFresh) return mine;
  await caches.delete(CACHE);
  // A new answer, because the address of a page may not be one that was led elsewhere.
  return new Response(given.body, given);
}
