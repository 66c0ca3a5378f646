#!/usr/bin/env python3
"""Measures in CPython what the proposal behind this lab is about: how long `to_segments()` of a Cap'n Proto message takes, and
how long the copy into zenoh's `ZBytes`. Prints it as Markdown, beside the figures that the proposal published.

Nothing is sent, so no router is needed:

    pip install pycapnp eclipse-zenoh==1.10.2
    python3 examples/seed.py

The default is the page's own tensor of 1920x1536 elements (11.25 MiB), in a message with a name, an element type, a shape and a
timestamp. A copy into memory that is new to the process takes several times as long. CPython leaves that to the allocator, and
the output says how often it happened. With glibc, the first of these takes fresh memory always, the second never:

    MALLOC_MMAP_THRESHOLD_=131072 python3 examples/seed.py
    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=2000000000 python3 examples/seed.py
"""

import argparse
import array
import gc
import hashlib
import math
import os
import platform
import random
import re
import sys
import tempfile
import time
from importlib import metadata

try:
    import resource
except ImportError:  # Windows
    resource = None

PIP = "pip install pycapnp eclipse-zenoh==1.10.2"
# The most elements, of 4 B each. About six times their bytes are in memory at once.
MOST = 64 << 20
# Rounds before the first that counts.
WARM_UP = 5
# A sample lasts at least this many steps of the clock.
STEPS = 50
# The seed for the order in which the steps take turns.
SEED = 732
# Nanoseconds since 1970; always the same, so that the message has the same bytes everywhere.
TIMESTAMP = 1_780_000_000_000_000_000

# The words for each row, and its figure for 1920x1536 in
# <https://github.com/eclipse-zenoh/zenoh-python/pull/732>.
ROWS = {
    "build": ("the message, before the path", "not published"),
    "segments": ("`msg.to_segments()`, copies", "about 5 ms"),
    "copy": ("`ZBytes(block)`, copies", "4.1 ms"),
    "with": ("publisher's path with that copy, segments + copy", "about 9 ms"),
    "share": ("of copy in that path", "roughly 45 %"),
    "from": ("`ZBytes.from_segments(segments, copy=False)`", "0.007 ms"),
    "without": ("publisher's path without that copy, segments + from", "about 5 ms"),
    "views": ("`msg.to_segment_views()`, in place of segments", "not published"),
    "join": ("`block = b''.join(segments)`, since `ZBytes` takes one block", "not published"),
    "whole": ("what today's packages need: segments, join and copy in one go", "not published"),
}

SCHEMA = """@0xd1f2a6c07b3e9458;
enum ElementType { int32 @0; float32 @1; uint8 @2; }
struct Tensor {
  name @0 :Text;
  elementType @1 :ElementType;
  shape @2 :List(UInt32);
  data @3 :Data;
  timestamp @4 :Int64;
}
"""


def shape(text):
    if not re.fullmatch(r"[0-9]{1,9}(x[0-9]{1,9}){0,7}", text):
        raise argparse.ArgumentTypeError(f"expected 1 to 8 numbers with x between them, as in 1920x1536, got {text!r}")
    numbers = [int(number) for number in text.split("x")]
    if not 1 <= math.prod(numbers) <= MOST:
        raise argparse.ArgumentTypeError(f"expected a shape of 1 to {MOST:,} elements, {text} has {math.prod(numbers):,}")
    return numbers


def rounds(text):
    # With fewer than 6 samples, no two of them enclose the median with 95 %.
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 6 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"expected a whole number from 6 to 10000, got {text!r}")
    return int(text)


def packages():
    """pycapnp and zenoh; without them the program ends, and says what to install."""
    try:
        import capnp
        import zenoh
    except ImportError as error:
        print(f"error: pycapnp and eclipse-zenoh are needed: {error}\ninstall them with: {PIP}", file=sys.stderr)
        sys.exit(2)
    return capnp, zenoh


def ramp(length):
    """`length` little-endian integers that count up, as bytes."""
    numbers = array.array("i", range(length))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def load(capnp):
    """The struct Tensor. pycapnp reads schemas from files only."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tensor.capnp")
        with open(path, "w", encoding="ascii") as file:
            file.write(SCHEMA)
        return capnp.load(path).Tensor


def faults():
    """How often this process touched a page of memory that it did not have yet."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt if resource else 0


class Step:
    """Something to measure: `run` is timed, on what `prepare` has made before."""

    def __init__(self, prepare, run):
        self.prepare, self.run = prepare, run
        # How many runs are timed together. Then for each sample the nanoseconds and the page faults
        # of one run.
        self.runs, self.times, self.faults = 1, [], []

    def sample(self):
        """Takes a sample and returns the last result. What the runs made is released after the clock was read."""
        run, inputs = self.run, [self.prepare() for _ in range(self.runs)]
        before = faults()
        begin = time.perf_counter_ns()
        results = [run(value) for value in inputs]
        end = time.perf_counter_ns()
        self.faults.append((faults() - before) / self.runs)
        self.times.append((end - begin) / self.runs)
        return results[-1]


def content(result):
    """The bytes of what a step made: a message, segments or views of them, a block, a payload, or all on the way to it."""
    if isinstance(result, tuple):
        result = result[-1]
    if hasattr(result, "to_segments"):
        result = result.to_segments()
    elif hasattr(result, "to_bytes"):
        result = result.to_bytes()
    return result if isinstance(result, bytes) else b"".join(result)


def steps(message, payload):
    """What these packages can do, by the names of the rows."""
    def segments():
        return message().to_segments()

    def whole(made):
        # All three stay alive until the clock was read, as in the other steps.
        parts = made.to_segments()
        block = b"".join(parts)
        return parts, block, payload(block)

    found = {
        "build": Step(lambda: None, lambda _: message()),
        "segments": Step(message, lambda made: made.to_segments()),
        "join": Step(segments, b"".join),
        "copy": Step(lambda: b"".join(segments()), payload),
        "whole": Step(message, whole),
    }
    if hasattr(message(), "to_segment_views"):
        found["views"] = Step(message, lambda made: made.to_segment_views())
    if hasattr(payload, "from_segments"):
        found["from"] = Step(segments, lambda made: payload.from_segments(made, copy=False))
    return found


def measure(found, expected, count, clock):
    """Takes `count` samples of every step, in turns. In the first and the last round all have to give the bytes `expected`."""
    draw = random.Random(SEED)
    gc.collect()
    gc.disable()
    for turn in range(-WARM_UP, count):
        order = list(found)
        draw.shuffle(order)
        for name in order:
            try:
                result = found[name].sample()
            except (TypeError, ValueError, RuntimeError) as error:
                sys.exit(f"error: the step {name!r} fails with these packages: {error}\ntry those it was made for: {PIP}")
            if turn in (-WARM_UP, count - 1) and content(result) != expected:
                sys.exit(f"error: the step {name!r} gives other bytes than the message has, so its time means nothing")
            del result
        if turn == -1:
            for row in found.values():
                row.runs = math.ceil(STEPS * clock / max(1, min(row.times)))
                row.times, row.faults = [], []
    gc.enable()


def ranks(n):
    """Which two of `n` sorted samples, from 1, enclose the true median with at least 95 %, and with how much (binomial)."""
    rank, tail = 0, 0.0
    while tail + math.comb(n, rank) / 2**n <= 0.025:
        tail += math.comb(n, rank) / 2**n
        rank += 1
    return rank, n + 1 - rank, 1 - 2 * tail


def figures(samples, unit=None):
    """Lower end, median, upper end and unit as text, with three digits of the median; of nanoseconds, if no `unit` is given."""
    ordered, n = sorted(samples), len(samples)
    lower, upper, _ = ranks(n)
    median = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    scale = 1
    if unit is None:
        scale, unit = (1e6, "ms") if median >= 1e6 else (1e3, "µs") if median >= 1e3 else (1, "ns")
    digits = max(0, 2 - math.floor(math.log10(max(median / scale, 0.01))))
    return [f"{value / scale:.{digits}f}" for value in (ordered[lower - 1], median, ordered[upper - 1])] + [unit]


def listed(values):
    return ", ".join(f"{name} {value}" for name, value in values.items())


def report(found, options, expected, lengths, clock):
    """Prints the table, a sentence and the conditions."""
    versions = {name: metadata.version(name) for name in ("pycapnp", "eclipse-zenoh")}
    times = {name: row.times for name, row in found.items()}
    times["with"] = [a + b for a, b in zip(times["segments"], times["copy"])]
    times["share"] = [100 * b / path for b, path in zip(times["copy"], times["with"])]
    if "from" in times:
        times["without"] = [a + b for a, b in zip(times["segments"], times["from"])]

    print(f"# The seed's rows in CPython: {'x'.join(map(str, options.shape))} int32 tensor in Cap'n Proto\n")
    print("| step | lower | median | upper | unit | another machine, 1920x1536 |\n|---|---:|---:|---:|---|---|")
    for name, (what, published) in ROWS.items():
        package = "pycapnp" if name == "views" else "eclipse-zenoh"
        cells = ["", f"not in {package} {versions[package]}", "", ""]
        if name in times:
            cells = figures(times[name], "%" if name == "share" else None)
        print("| " + " | ".join([f"{name}: {what}", *cells, published]) + " |")

    lower, share, upper, _ = figures(times["share"], "%")
    _, path, _, unit = figures(times["with"])
    print(f"\nHere the copy into `ZBytes` is {share} % ({lower} to {upper} %) of a publisher's path of {path} {unit}; the "
          f"proposal says {ROWS['share'][1]} of {ROWS['with'][1]}, measured on another machine.")
    # Fresh memory: at least half as many page faults as the message has pages. A few faults happen
    # in any case.
    enough = max(8, len(expected) / 2 / (resource.getpagesize() if resource else 1))
    fresh = {name: sum(number >= enough for number in row.faults) for name, row in found.items()}
    if len(set(fresh.values())) > 1:
        print("Not all steps got fresh memory equally often, see below: compare only those that did.")

    first, last, cover = ranks(options.rounds)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cut = f"{len(lengths)} segments of {' and '.join(lengths)} B" if len(lengths) > 1 else "one segment, so join copies nothing"
    for condition in (
        f"Message: {len(expected):,} B, of which {4 * math.prod(options.shape):,} B are data; {cut}.",
        "Checked: the message reads back as written, and each step gave its bytes, in the first round and in the last. SHA-256: "
        f"{hashlib.sha256(expected).hexdigest()}",
        f"Median of n = {options.rounds} samples; the ends are those of rank {first} and {last}, which by the binomial "
        f"distribution enclose the true median with {100 * cover:.1f} % (at least 95 %), if samples are independent.",
        f"The steps took turns, in an order shuffled with seed {SEED}, after {WARM_UP} rounds of warm-up. No sample is left out. "
        "The rows with, without and share are made of the others, round by round.",
        f"Clock: time.perf_counter_ns, resolution {time.get_clock_info('perf_counter').resolution * 1e9:.3g} ns, smallest step "
        f"seen {clock} ns. Runs in a sample: {listed({name: row.runs for name, row in found.items()})}.",
        "A time holds a call from Python, and not the release of what was made. Garbage collector off.",
        "Fresh or reused memory: CPython does not let a program choose. Samples in fresh memory, by page faults: "
        + (f"{listed(fresh)}, of {options.rounds} each." if resource else "not known on this system."),
        f"{platform.python_implementation()} {platform.python_version()}, {listed(versions)}, {platform.system()} "
        f"{platform.machine()}, {usable} of {os.cpu_count()} processors.",
    ):
        print(f"\n- {condition}" if condition.startswith("Message") else f"- {condition}")


def main():
    parser = argparse.ArgumentParser(description="Measures Cap'n Proto's segments and zenoh's ZBytes in CPython.")
    parser.add_argument("--shape", type=shape, default="1920x1536", help="of the tensor of int32 (default: %(default)s)")
    parser.add_argument("--rounds", type=rounds, default=60, help="samples of each step (default: %(default)s)")
    options = parser.parse_args()
    capnp, zenoh = packages()
    # For the micro sign, when the output is written to a file.
    sys.stdout.reconfigure(encoding="utf-8")

    tensor, data = load(capnp), ramp(math.prod(options.shape))

    def message():
        return tensor.new_message(name="tensor", elementType="int32", shape=options.shape, data=data, timestamp=TIMESTAMP)

    segments = message().to_segments()
    read = tensor.from_segments(segments, traversal_limit_in_words=len(data) + 1000)
    if read.data != data or list(read.shape) != options.shape:
        sys.exit("error: the message does not read back as it was written, so there is nothing to measure")
    expected, lengths = b"".join(segments), [f"{len(segment):,}" for segment in segments]
    del read, segments

    print(f"measuring, {options.rounds} rounds; Ctrl+C ends it", file=sys.stderr)
    readings = [time.perf_counter_ns() for _ in range(10_000)]
    clock = min(b - a for a, b in zip(readings, readings[1:]) if b > a)
    found = steps(message, zenoh.ZBytes)
    measure(found, expected, options.rounds, clock)
    report(found, options, expected, lengths, clock)
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The program that read the output has ended, as `head -1` does. Python would write the rest
        # of the output at its exit, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except MemoryError:
        sys.exit("error: not enough memory: take a smaller --shape")
