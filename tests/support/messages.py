"""pycapnp as the other side of tests/message.rs: it reads the messages that were made there, and
writes others.

    usage: messages.py SCHEMA FOLDER

FOLDER/table.json lists the work. A "read" entry names a file and the expected content of its
message. A "write" entry names a file, the content, and the words of the builder's first segment
(null: pycapnp's default). The elements of all arrays follow one pattern, which is written here a
second time. The script ends with the numbers of messages read and written, or with the differences.
"""

import json
import pathlib
import struct
import sys

import capnp

schema, folder = sys.argv[1], pathlib.Path(sys.argv[2])
lab = capnp.load(schema)
table = json.loads((folder / "table.json").read_text())

# The default is 64 MiB. Here it is as large as a count can be.
LIMIT = 2**61
# Of `struct`, little-endian.
CODES = {
    "Int8": "b", "Uint8": "B", "Uint8Clamped": "B", "Int16": "h", "Uint16": "H", "Int32": "i", "Uint32": "I",
    "Float16": "e", "Float32": "f", "Float64": "d", "BigInt64": "q", "BigUint64": "Q",
}
ENUMERANTS = {name: name.removeprefix("Big")[0].lower() + name.removeprefix("Big")[1:] for name in CODES}
known = {}


def elements(element, count, index):
    """The elements of array `index`: `count` elements of that type."""
    key = (element, count, index)
    if key not in known:
        code = CODES[element]
        bits = 8 * struct.calcsize(code)
        base = index * 0xD1B54A32D192ED03
        mixed = ((at * 0x9E3779B97F4A7C15 + base) % 2**64 for at in range(1, count + 1))
        if code in "efd":
            known[key] = [((value >> 48) % 2001 - 1000) / 8 for value in mixed]
        elif code.isupper():
            known[key] = [value >> (64 - bits) for value in mixed]
        else:
            known[key] = [(value ^ 2**63) - 2**63 >> (64 - bits) for value in mixed]
    return known[key]


def product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def plan(spec):
    """The kind of message, its plain fields, the element type of its `Data`, and the arrays.

    Each array is a pair (field, elements).
    """
    ((kind, fields),) = spec.items()
    if kind == "Tensor":
        element = fields["element"]
        plain = {
            "name": fields["name"], "elementType": ENUMERANTS[element], "shape": fields["shape"],
            "timestamp": fields["timestamp"],
        }
        return kind, plain, element, [("data", elements(element, product(fields["shape"]), 0))]
    if kind == "CameraFrame":
        pixel = fields["format"]
        plain = {
            "frameId": fields["frame_id"], "sequence": fields["sequence"], "timestamp": fields["timestamp"],
            "width": fields["width"], "height": fields["height"], "step": fields["step"],
            "format": pixel[0].lower() + pixel[1:],
        }
        element = "Uint16" if pixel == "Mono16" else "Uint8"
        count = fields["height"] * fields["step"] // struct.calcsize(CODES[element])
        return kind, plain, element, [("data", elements(element, count, 0))]
    plain = {"frameId": fields["frame_id"], "timestamp": fields["timestamp"]}
    lists = [("x", "Float32"), ("y", "Float32"), ("z", "Float32"), ("intensity", "Uint16")]
    arrays = [(name, elements(element, fields["points"], index)) for index, (name, element) in enumerate(lists)]
    return kind, plain, None, arrays


def same(file, what, found, expected):
    if found != expected:
        sys.exit(f"{file}: {what} is {str(found)[:200]}, expected {str(expected)[:200]}")


def read(entry):
    kind, plain, element, arrays = plan(entry["spec"])
    file = folder / entry["file"]
    with file.open("rb") as stream:
        message = getattr(lab, kind).read(stream, traversal_limit_in_words=LIMIT)
        for name, expected in plain.items():
            found = getattr(message, name)
            if isinstance(expected, list):
                found = list(found)
            elif name in ("elementType", "format"):
                found = str(found)
            same(file, name, found, expected)
        for name, expected in arrays:
            found = getattr(message, name)
            if element is not None:
                size = struct.calcsize(CODES[element])
                same(file, f"the length of {name}", len(found), len(expected) * size)
                found = struct.unpack(f"<{len(expected)}{CODES[element]}", found)
            same(file, name, list(found), expected)


def write(entry):
    kind, plain, element, arrays = plan(entry["spec"])
    message = getattr(lab, kind).new_message(num_first_segment_words=entry["first"], **plain)
    for name, values in arrays:
        if element is not None:
            values = struct.pack(f"<{len(values)}{CODES[element]}", *values)
        setattr(message, name, values)
    with (folder / entry["file"]).open("wb") as stream:
        message.write(stream)


for entry in table["read"]:
    read(entry)
for entry in table["write"]:
    write(entry)
print(len(table["read"]), len(table["write"]))
