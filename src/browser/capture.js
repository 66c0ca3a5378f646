// Captures a device. The page asks for it (`capture`) and hands what it gives to the engine, where `Newest` keeps the newest of it.
// An AudioWorklet loads this file as well. src/web/capture.rs and src/engine/capture.rs say what is for what.

const SILENT_MILLIS = 10000;
const MOST_FREE = 12;

// What the page captures of each device.
const running = [];

const since1970 = () => performance.timeOrigin + performance.now();
const ended = (name) => Object.assign(new Error(), { name });

export function capture(device, width, height, planes, told) {
  const before = running[device];
  running[device] = undefined;
  if (before) stop(before);
  if (!told) return;
  const { port1: port, port2 } = new MessageChannel();
  const one = (running[device] = { port });
  const tell = (words) => running[device] === one && told(words);
  port.onmessage = ({ data }) => {
    if (!data) return one.taken();
    one.gives = true;
    tell(data);
  };
  begin(one, device, width, height, planes).catch(({ name, message }) => tell([name, message]));
  return port2;
}

function stop(one) {
  one.over = true;
  one.stream?.getTracks().forEach((track) => track.stop());
  one.context?.close();
  one.port.postMessage(null);
}

async function begin(one, device, width, height, planes) {
  const media = navigator.mediaDevices;
  if (!isSecureContext || !media) throw ended("insecure");
  const ask = device === 1 ? "getDisplayMedia" : "getUserMedia";
  if (!media[ask]) throw ended("unasked");
  const hears = device === 2;
  const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  one.stream = await media[ask](hears ? { audio: sound } : { video: { width, height } });
  // The person may have pressed Stop meanwhile.
  if (one.over) return stop(one);
  const [track] = one.stream.getTracks();
  return new Promise((_, failed) => {
    track.onended = () => failed(ended("ended"));
    setTimeout(() => one.gives || failed(ended("silent")), SILENT_MILLIS);
    feed(one, track, { planes, samples: hears ? width : 0 }).catch(failed);
  });
}

async function feed(one, track, order) {
  const { port, stream } = one;
  if ("MediaStreamTrackProcessor" in globalThis) {
    const { readable } = new MediaStreamTrackProcessor({ track });
    port.postMessage({ ...order, readable }, [readable]);
  } else if (order.samples) {
    if (!("AudioWorkletNode" in globalThis)) throw ended("lacking");
    const context = (one.context = new AudioContext());
    await context.audioWorklet.addModule(import.meta.url);
    const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0 });
    context.createMediaStreamSource(stream).connect(tap);
    port.postMessage({ ...order, tap: tap.port, rate: context.sampleRate }, [tap.port]);
  } else {
    const video = (one.video = document.createElement("video"));
    if (!("VideoFrame" in globalThis && video.requestVideoFrameCallback)) throw ended("lacking");
    Object.assign(video, { muted: true, srcObject: stream });
    await video.play();
    for (;;) {
      await new Promise((comes) => video.requestVideoFrameCallback(comes));
      if (one.over) return;
      const frame = new VideoFrame(video, { timestamp: 0 });
      port.postMessage({ ...order, frame }, [frame]);
      // The engine may be busy: no frames pile up meanwhile.
      await new Promise((taken) => Object.assign(one, { taken }));
    }
  }
}

globalThis.registerProcessor?.("tap", class extends AudioWorkletProcessor {
  process([channels]) {
    if (channels.length) {
      const copies = channels.map((channel) => channel.slice());
      this.port.postMessage(copies, copies.map(({ buffer }) => buffer));
    }
    return true;
  }
});

export class Newest {
  constructor(port) {
    Object.assign(this, { port, free: [], frames: 0, passed: 0, made: 0 });
    port.onmessage = ({ data }) => {
      if (!data) return this.end();
      const { readable, frame, tap } = Object.assign(this, data);
      const failed = (error) => this.end(error);
      if (readable) this.reads(readable.getReader()).catch(failed);
      else if (tap) tap.onmessage = ({ data: channels }) => this.tapped(channels);
      else this.saw(frame).then(() => port.postMessage(null), failed);
    };
    this.clock = setInterval(() => this.tell(), 1000);
  }

  end(error) {
    if (this.over) return;
    clearInterval(this.clock);
    Object.assign(this, { over: true, ready: undefined, free: [], block: undefined });
    if (error) this.port.postMessage([error.name, error.message]);
  }

  tell() {
    const now = performance.now();
    if (this.seen) this.port.postMessage([...this.seen, (this.frames * 1000) / (now - this.since), this.passed]);
    Object.assign(this, { frames: 0, since: now });
  }

  async reads(reader) {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw ended("ended");
      if (this.samples) this.heard(value);
      else await this.saw(value);
    }
  }

  buffer(size) {
    const at = this.free.findIndex((one) => one.byteLength === size);
    if (at >= 0) return this.free.splice(at, 1)[0];
    this.made += 1;
    return new ArrayBuffer(size);
  }

  give(buffer) {
    if (!this.over && this.free.push(buffer) > MOST_FREE) this.free.shift();
  }

  is(...frame) {
    if (this.over) return;
    if (this.ready) {
      this.passed += 1;
      this.ready[7].forEach((one) => this.give(one));
    }
    this.ready = frame;
    this.frames += 1;
    const seen = frame.slice(0, 3);
    if (String(seen) !== String(this.seen)) {
      this.seen = seen;
      this.since ??= performance.now();
      this.port.postMessage([...seen, 0, this.passed]);
    }
  }

  async saw(frame) {
    if (this.over) return frame.close();
    const time = since1970();
    const { format, colorSpace: { matrix, fullRange }, visibleRect: { width, height } } = frame;
    // Whatever else the browser has, it converts.
    const kind = { I420: 0, NV12: 2 }[this.planes && format] ?? 1;
    const [wide, high] = [(width + 1) >> 1, (height + 1) >> 1];
    const [luma, chroma] = [width * height, wide * high];
    const plane = (offset, stride) => ({ offset, stride });
    const layout = [
      [plane(0, width), plane(luma, wide), plane(luma + chroma, wide)],
      [plane(0, 4 * width)],
      [plane(0, width), plane(luma, 2 * wide)],
    ][kind];
    const buffer = this.buffer(kind === 1 ? 4 * luma : luma + 2 * chroma);
    try {
      await frame.copyTo(buffer, kind === 1 ? { layout, format: "RGBA" } : { layout });
    } finally {
      frame.close();
    }
    const by = { bt709: 709, "bt2020-ncl": 2020 }[matrix] ?? 601;
    this.is(kind, width, height, time, by, +!!fullRange, this.made, [buffer]);
  }

  heard(data) {
    const write = (into, planeIndex, frameOffset, frameCount) =>
      data.copyTo(into, { planeIndex, frameOffset, frameCount, format: "f32-planar" });
    this.sound(data.numberOfChannels, data.numberOfFrames, data.sampleRate, write);
    data.close();
  }

  tapped(channels) {
    const write = (into, channel, from, count) => into.set(channels[channel].subarray(from, from + count));
    this.sound(channels.length, channels[0].length, this.rate, write);
  }

  // Fills blocks with what has come, and `write` copies it.
  sound(channels, frames, rate, write) {
    const { samples } = this;
    const most = Math.min(channels, 2);
    for (let from = 0; from < frames && !this.over; ) {
      if (this.block?.buffers.length !== most) {
        const buffers = Array.from({ length: most }, () => this.buffer(4 * samples));
        this.block = { time: since1970(), filled: 0, buffers };
      }
      const { block } = this;
      const count = Math.min(samples - block.filled, frames - from);
      block.buffers.forEach((buffer, at) => write(new Float32Array(buffer, 4 * block.filled, count), at, from, count));
      block.filled += count;
      from += count;
      if (block.filled === samples) {
        this.block = undefined;
        this.is(most - 1, samples, 1, block.time, rate, 0, this.made, block.buffers);
      }
    }
  }

  look(takes) {
    const { ready, over } = this;
    if (takes) this.ready = undefined;
    return over ? null : ready;
  }
}
