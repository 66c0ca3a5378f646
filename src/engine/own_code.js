// The engine's end of own code: a program in a Worker inside of a frame of the page. What comes from there is of any program.
// So each message is one that was asked for and of a shape that is looked at, or the program is ended.

// Bounds; src/app/build/own_code.rs has the same.
const MOST = { run: 5000, place: 20000, bytes: 268435456, arrays: 64, letters: 64 };

let place, program, timer, waits, run;
let number = 0;

// Runs a text behind `harness` in place of the one before. `tell` gets the frame's end of a port, for the page; or what is in a result,
// its arrays and number, and whether there are others; or a word for what went wrong, what that is about, and the line of the text.
export function start(harness, text, tell) {
  end();
  number++;
  const before = harness.split("\n").length;
  run = { tell, before, lines: text.split("\n").length, seq: 0, begun: performance.now() };
  const script = `"use strict";const MOST=${JSON.stringify(MOST)};\n${harness}${text}\n}\n//# sourceURL=program`;
  const { port1, port2 } = new MessageChannel();
  const isNew = !place;
  place ??= port1;
  place.onmessage = ({ data: [of, message, line, word], ports: [port] }) => {
    if (of === number && run) port ? take(port) : fail(message ? (word ?? "throw") : "unread", message?.replace("Uncaught ", ""), line);
  };
  place.postMessage([number, script]);
  after(MOST.place, () => {
    place = undefined;
    fail("place");
  });
  if (isNew) tell([port2]);
}

// Asks for the next result.
export function next() {
  if (!run) return;
  run.seq++;
  ask();
}

// Ends the program.
export function end() {
  clearTimeout(timer);
  program?.close();
  program = run = waits = undefined;
  place?.postMessage([number, ""]);
}

function take(port) {
  program = port;
  port.onmessageerror = () => fail("unasked");
  port.onmessage = ({ data }) => {
    try {
      heard(data);
    } catch {
      fail("unasked");
    }
  };
  ask();
}

function ask() {
  waits = performance.now();
  after(MOST.run, () => fail("late"));
  program.postMessage([run.seq, run.seq && (waits - run.begun) / 1000]);
}

function heard([seq, each, about, arrays]) {
  if (waits === undefined || seq !== run.seq) return fail("unasked");
  if (typeof each === "string") return fail(each, `${about}`, arrays.find((line) => line > run.before));
  // The program looks at its own result, unless it has changed what looks.
  const bytes = arrays.reduce((sum, array) => sum + (ArrayBuffer.isView(array) ? array.byteLength : NaN), 0);
  const fits = arrays.length === about.length && arrays.length <= MOST.arrays && about.every((name) => name.length <= MOST.letters);
  if (!fits || !(bytes <= MOST.bytes)) return fail("unasked");
  clearTimeout(timer);
  waits = undefined;
  run.tell([about.map((name, at) => `${arrays[at][Symbol.toStringTag]} ${arrays[at].length} ${name}`).join("\n"), arrays, seq, !!each]);
}

function after(millis, act) {
  clearTimeout(timer);
  timer = setTimeout(act, millis);
}

function fail(word, about = "", line = 0) {
  const { tell, before, lines } = run ?? {};
  end();
  // What is missing at the end of the text is found behind it.
  tell?.([word, about, line > before ? Math.min(line - before, lines) : 0]);
}
