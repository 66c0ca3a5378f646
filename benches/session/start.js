// Starts the page that scripts/bench session drives, and adds the comparison for the session:
// a bare WebSocket.

import init, * as session from "./session_page.js";

await init();

// As the driver does: so many bytes may wait in the browser's buffer, and a timer checks it each
// millisecond.
const HIGH_WATER = 4 << 20;

const sockets = new Map();
const messages = new Map();

async function bareOpen(url) {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await new Promise((opened, failed) => {
    socket.onopen = opened;
    socket.onerror = () => failed(new Error(`no connection to ${url}`));
  });
  sockets.set(url, socket);
}

// Makes the message for the session and for the bare WebSocket, outside of the measured time.
function prepare(length) {
  session.prepare(length);
  messages.set(length, new Uint8Array(length).fill(7));
}

// Sends a message of `length` bytes `count` times, and waits until the last has left the browser.
// Two of the largest may wait, so that one is always on its way.
function barePut(url, length, count) {
  const socket = sockets.get(url);
  const bytes = messages.get(length);
  const most = Math.max(HIGH_WATER, length + 1);
  return new Promise((done) => {
    const more = () => {
      while (count > 0 && socket.bufferedAmount < most) {
        socket.send(bytes);
        count -= 1;
      }
      if (count === 0 && socket.bufferedAmount === 0) done();
      else setTimeout(more, 1);
    };
    more();
  });
}

// Asks for `count` messages of `length` bytes; resolves with the milliseconds from the first to the
// last.
function bareTake(url, length, count) {
  const socket = sockets.get(url);
  return new Promise((done) => {
    let seen = 0;
    let first = 0;
    socket.onmessage = () => {
      seen += 1;
      if (seen === 1) first = performance.now();
      if (seen === count) done(performance.now() - first);
    };
    socket.send(`${length} ${count}`);
  });
}

globalThis.bench = { ...session, prepare, bareOpen, barePut, bareTake };
document.documentElement.dataset.state = "ready";
