"""pycapnp and the official zenoh client as a peer of tests/capnp.rs: commands on stdin, answers on
stdout, a line of JSON each.

    usage: capnp_peer.py ENDPOINT SCHEMA

It subscribes to page/** and reads each sample with pycapnp. It compares every element with the
pattern of the page's arrays, which is written here a second time. Up to 1 MiB, Cap'n Proto's own
tool reads the sample too. The answer to a sample holds the results.

Commands: {"put": KEY, "schema": ..., "first": WORDS, ...} publishes a message that pycapnp makes.
Its first segment has so many words (null: the message has one segment). The end of stdin closes the
session.
"""

import array
import hashlib
import json
import struct
import subprocess
import sys
import threading

import capnp
import zenoh
from peer import joined

endpoint, schema = sys.argv[1:]
lab = capnp.load(schema)
lock = threading.Lock()

# The default is 64 MiB. Here it is as large as a count can be.
LIMIT = 2**61
# The most bytes that the tool reads as text.
TOOL = 1 << 20
# Of `array` and `struct`, little-endian.
CODES = {
    "int8": "b", "uint8": "B", "uint8Clamped": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "float16": "e",
    "float32": "f", "float64": "d", "int64": "q", "uint64": "Q",
}
PIXELS = {"mono8": 1, "mono16": 2, "rgb8": 3, "rgba8": 4}


def say(**words):
    with lock:
        print(json.dumps(words), flush=True)


def ramp(element, count):
    """`count` elements 0, 1, 2 and so on, wrapped where their type ends, as in the page."""
    code = CODES[element]
    size = struct.calcsize(code)
    if code == "e":
        return struct.pack(f"<{count}e", *(float(at) for at in range(count)))
    if code in "fd":
        return array.array(code, map(float, range(count))).tobytes()
    # The bits of a wrapped value are those of an unsigned counter.
    period = min(count, 2 ** (8 * min(size, 3)))
    once = array.array({1: "B", 2: "H", 4: "I", 8: "Q"}[size], range(period)).tobytes()
    if size >= 4:
        return once if period == count else array.array({4: "I", 8: "Q"}[size], range(count)).tobytes()
    whole, rest = divmod(count, max(period, 1))
    return once * whole + once[: rest * size]


def product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def expected(kind, message):
    """The fields that hold arrays, with the expected bytes."""
    if kind == "Tensor":
        return {"data": ramp(str(message.elementType), product(message.shape))}
    if kind == "CameraFrame":
        element = "uint16" if str(message.format) == "mono16" else "uint8"
        return {"data": ramp(element, message.height * message.step // struct.calcsize(CODES[element]))}
    count = len(message.x)
    return {**{name: ramp("float32", count) for name in ("x", "y", "z")}, "intensity": ramp("uint16", count)}


def bytes_of(message, name):
    value = getattr(message, name)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)
    return array.array("H" if name == "intensity" else "f", value).tobytes()


def tool(kind, payload, fields):
    """Whether Cap'n Proto's own tool reads the same elements from the same bytes as pycapnp."""
    command = ["capnp", "convert", "binary:json", schema, kind]
    said = json.loads(subprocess.run(command, input=payload, capture_output=True, check=True).stdout)
    for name, data in fields.items():
        found = said.get(name, [])
        if kind == "PointCloud":
            code = "H" if name == "intensity" else "f"
            found = array.array(code, found).tobytes()
        else:
            found = bytes(found)
        if found != data:
            return f"{name} differs"
    return "equal"


def look(sample):
    payload = sample.payload.to_bytes()
    kind = str(sample.key_expr).rsplit("/", 1)[1]
    with getattr(lab, kind).from_bytes(payload, traversal_limit_in_words=LIMIT) as message:
        plain = message.to_dict() if len(payload) <= TOOL else {}
        plain = {name: value for name, value in plain.items() if not isinstance(value, (bytes, memoryview, list))}
        if kind == "Tensor":
            plain |= {"name": message.name, "elementType": str(message.elementType), "shape": list(message.shape)}
        fields = expected(kind, message)
        for name, data in fields.items():
            found = bytes_of(message, name)
            if found != data:
                at = next((at for at, pair in enumerate(zip(found, data)) if pair[0] != pair[1]), min(len(found), len(data)))
                return say(key=str(sample.key_expr), len=len(payload), wrong=f"{name} has {len(found)} B, differs at {at}")
    read = tool(kind, payload, fields) if len(payload) <= TOOL else "too long"
    bytes_in = sum(len(data) for data in fields.values())
    say(key=str(sample.key_expr), len=len(payload), plain=plain, bytes=bytes_in, tool=read)


def on_sample(sample):
    try:
        look(sample)
    except Exception as error:  # the test must see every error
        say(key=str(sample.key_expr), wrong=f"{type(error).__name__}: {error}")


def make(order):
    """A message of the page's own schema, and the SHA-256 of the bytes of its arrays together."""
    kind, first = order["schema"], order["first"]
    fields = dict(order["fields"])
    message = getattr(lab, kind).new_message(**({} if first is None else {"num_first_segment_words": first}), **fields)
    digest = hashlib.sha256()
    for name, data in expected_of(kind, fields, order).items():
        digest.update(data)
        if kind == "PointCloud":
            data = array.array("H" if name == "intensity" else "f", data).tolist()
        setattr(message, name, data)
    return message, digest.hexdigest()


def expected_of(kind, fields, order):
    if kind == "Tensor":
        return {"data": ramp(fields["elementType"], product(fields["shape"]))}
    if kind == "CameraFrame":
        return {"data": ramp("uint8", fields["height"] * fields["step"])}
    count = order["points"]
    return {**{name: ramp("float32", count) for name in ("x", "y", "z")}, "intensity": ramp("uint16", count)}


with joined(endpoint) as session:
    subscriber = session.declare_subscriber("page/**", on_sample)
    say(ready=True)
    for line in sys.stdin:
        order = json.loads(line)
        message, digest = make(order)
        payload = message.to_bytes()
        session.put(order["put"], payload, congestion_control=zenoh.CongestionControl.BLOCK)
        # The segment table holds the number of segments, less one.
        say(put=order["put"], len=len(payload), segments=1 + int.from_bytes(payload[:4], "little"), sha256=digest)
