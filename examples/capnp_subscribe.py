#!/usr/bin/env python3
"""Receives messages of Cap'n Proto that the lab's page puts, and prints of every sample the key, which message it is, its name, the
type of its elements, its shape, and the least and the greatest finite element of each array. What is not finite is counted apart.

Start the lab (scripts/serve), then:

    pip install pycapnp==2.2.4 eclipse-zenoh==1.10.2
    python3 examples/capnp_subscribe.py

The schema is crates/zbytes-capnp/src/lab.capnp. A message does not say which of its structs it is: the first that fits is taken.
"""

import argparse
import ctypes
import json
import math
import os
import pathlib
import struct
import sys

import capnp
import zenoh

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "crates" / "zbytes-capnp" / "src" / "lab.capnp"
lab = capnp.load(str(SCHEMA))

# How long to try to reach a router, in milliseconds.
CONNECT_WITHIN = 5000
# How many samples may wait in this program. zenoh's default is 256, which are gigabytes when
# samples are large. When the queue is full, the router waits.
WAITING = 16
# How many elements are converted at a time: as Python numbers they take several times their bytes.
PART = 1 << 16
# The element types, as the module `struct` calls them.
CODES = {
    "int8": "b", "uint8": "B", "uint8Clamped": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I",
    "float16": "e", "float32": "f", "float64": "d", "int64": "q", "uint64": "Q",
}
# Values of a pixel, and the type of each.
PIXELS = {"mono8": (1, "uint8"), "mono16": (1, "uint16"), "rgb8": (3, "uint8"), "rgba8": (4, "uint8")}

parser = argparse.ArgumentParser(description="Prints the Cap'n Proto messages that arrive from a zenoh router.")
parser.add_argument("--endpoint", default="tcp/127.0.0.1:7447", help="the router (default: %(default)s)")
parser.add_argument("--key", default="lab/**", help="key expression to subscribe to (default: %(default)s)")
options = parser.parse_args()


def connect():
    config = zenoh.Config()
    config.insert_json5("mode", '"client"')
    config.insert_json5("connect/endpoints", json.dumps([options.endpoint]))
    config.insert_json5("connect/timeout_ms", str(CONNECT_WITHIN))
    config.insert_json5("scouting/multicast/enabled", "false")
    try:
        return zenoh.open(config)
    except zenoh.ZError as error:
        sys.exit(f"error: no router at {options.endpoint}: start scripts/serve, or name another with --endpoint\n({error})")


def elements(data, element):
    """The elements in bytes, little-endian, some at a time."""
    code = CODES[element]
    step = PART * struct.calcsize(code)
    for at in range(0, len(data), step):
        part = data[at : at + step]
        yield struct.unpack(f"<{len(part) // struct.calcsize(code)}{code}", part)


def shown(number, element):
    """With as few digits as tell a number from its neighbours of the same type."""
    if element in ("float16", "float32"):
        for digits in range(1, 10):
            shorter = float(f"{number:.{digits}g}")
            if ctypes.c_float(shorter).value == number:
                return str(shorter)
    return str(number)


def extent(parts, element):
    """The least and the greatest finite number, and how many are not finite."""
    ends, odd = [], {"NaN": 0, "infinity": 0, "-infinity": 0}
    for numbers in parts:
        if element.startswith("float") and not all(map(math.isfinite, numbers)):
            odd["NaN"] += sum(map(math.isnan, numbers))
            odd["infinity"] += numbers.count(math.inf)
            odd["-infinity"] += numbers.count(-math.inf)
            numbers = list(filter(math.isfinite, numbers))
        if numbers:
            ends = [min([*ends, *numbers]), max([*ends, *numbers])]
    counts = ", ".join(f"{count} {name}" for name, count in odd.items() if count)
    if not ends:
        return f"no finite value (not finite: {counts})" if counts else "empty"
    least, most = (shown(end, element) for end in ends)
    return f"min {least} max {most}" + (f" (not finite: {counts})" if counts else "")


def sides(shape):
    return "x".join(str(side) for side in shape) or "scalar"


def tensor(message):
    element, shape = str(message.elementType), list(message.shape)
    # A copy, which is freed after use. `get_data_as_view` copies nothing, but pycapnp 2.2.4 keeps
    # the message of each view for ever.
    data = message.data
    if len(data) != math.prod(shape) * struct.calcsize(CODES[element]):
        raise ValueError("the data do not have the shape")
    return f"{message.name!r} {element} {sides(shape)} {extent(elements(data, element), element)}"


def camera_frame(message):
    channels, element = PIXELS[str(message.format)]
    shape = [message.height, message.width, channels]
    size = struct.calcsize(CODES[element])
    data, row, step = message.data, message.width * channels * size, message.step
    if step < row or step % size or len(data) != message.height * step:
        raise ValueError("the data do not have the size of the picture")
    # The padding between the rows is not a part of the picture.
    rows = (data[at : at + row] for at in range(0, len(data), step)) if row else ()
    parts = (part for bytes_of_row in rows for part in elements(bytes_of_row, element))
    return f"{message.frameId!r} {message.format} {sides(shape)} {extent(parts, element)}"


def point_cloud(message):
    arrays = {name: list(getattr(message, name)) for name in ("x", "y", "z", "intensity")}
    count = len(arrays["x"])
    if any(len(numbers) != count for numbers in arrays.values()):
        raise ValueError("the lists are not of one length")
    types = {"intensity": "uint16"}
    extents = ", ".join(f"{name} {extent([numbers], types.get(name, 'float32'))}" for name, numbers in arrays.items())
    return f"{message.frameId!r} float32 {count} {extents}"


def words(payload):
    # The default limit is 64 MiB. Each word of a message is read once here, or twice where a struct
    # does not fit.
    limit = 2 * (len(payload) // 8) + 64
    for kind, tell in [("Tensor", tensor), ("CameraFrame", camera_frame), ("PointCloud", point_cloud)]:
        try:
            with getattr(lab, kind).from_bytes(payload, traversal_limit_in_words=limit) as message:
                return f"{kind} {tell(message)}"
        except (capnp.KjException, KeyError, RuntimeError, ValueError):
            # pycapnp raises RuntimeError for a number that the schema's enumeration does not name.
            continue
    return f"no message of lab.capnp ({len(payload)} B)"


def main():
    waiting = zenoh.handlers.FifoChannel(WAITING)
    with connect() as session, session.declare_subscriber(options.key, waiting) as subscriber:
        print(f"{options.key} at {options.endpoint}; Ctrl+C ends it", file=sys.stderr)
        for sample in subscriber:
            # One block of bytes: a copy, if they arrived in several pieces. pycapnp reads the block
            # in place.
            print(sample.key_expr, words(sample.payload.to_bytes()), flush=True)


try:
    main()
except KeyboardInterrupt:
    pass
except BrokenPipeError:
    # The program that read the output has ended, as `head -1` does. Python would write the rest of
    # the output at its exit, and fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
except zenoh.ZError as error:
    sys.exit(f"error: {error}")
