// Loads texts from outside: at most so many bytes, in at most so many milliseconds, and nothing else with them.

export async function loadText(address, most, millis) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), millis);
  try {
    const options = { signal: stop.signal, credentials: "omit", referrerPolicy: "no-referrer", cache: "no-cache" };
    const answer = await fetch(address, options);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return await text(answer.body, most);
  } catch (error) {
    throw stop.signal.aborted ? new Error(`nothing whole has come in ${millis / 1000} s`) : error;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

export const readText = (file, most) => text(file.stream(), most);

// A server may send without end, so it is counted as it comes.
async function text(stream, most) {
  const reader = stream.getReader();
  const parts = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    if (length > most) {
      reader.cancel().catch(() => {});
      throw new Error(`it is longer than ${most} B`);
    }
    parts.push(next.value);
  }
  const bytes = await new Blob(parts).arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("it is not a text in UTF-8");
  }
}
