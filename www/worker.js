// A Worker of the lab. It measures away from the page, with the same program, which the page has compiled already; and it sends
// back whatever it is sent, so that the way to a Worker can be measured; and it keeps the time for a page that is hidden.

let program;

addEventListener("messageerror", () => {
  // Told as an error of this Worker, which the page hears of.
  setTimeout(() => {
    throw new Error("what the page sent could not be read, perhaps for want of memory");
  });
});

addEventListener("message", async ({ data }) => {
  if ("echo" in data) {
    postMessage(data.echo, data.transfer ? [data.echo] : []);
    return;
  }
  if ("wake" in data) {
    const [number, millis] = data.wake;
    setTimeout(() => postMessage(number), millis);
    return;
  }
  if (data.stop) {
    await (await program)?.stop_apart();
    return;
  }
  program = import(data.js).then(async (bindings) => {
    await bindings.default({ module_or_path: data.module });
    return bindings;
  });
  try {
    await (await program).measure_apart(data.request, data.files);
  } catch (error) {
    postMessage({ failed: String(error?.message ?? error) });
  }
});
