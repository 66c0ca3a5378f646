"""Files as people bring them, each made by its own tool: numpy, Pillow, and Python's wave and csv.

Writes them into a folder, and prints a line of JSON for each: its name, what the page has to say of it, the rows that it becomes (name,
type of the array, elements), and the bytes of those rows one after the other, in a file beside it.
"""

import csv
import io
import json
import pathlib
import struct
import sys
import wave
import zlib

import numpy as np
from PIL import Image

folder = pathlib.Path(sys.argv[1])


def told(name, says, rows, data, **more):
    if data is not None:
        (folder / f"{name}.bytes").write_bytes(data)
    print(json.dumps({"name": name, "says": says, "rows": rows, **more}))


def little(array, order="C"):
    return array.astype(array.dtype.newbyteorder("<")).tobytes(order)


def npy(name, array, says, element, **more):
    np.save(folder / name, array)
    order = "F" if np.isfortran(array) else "C"
    told(name, says, [[name, element, array.size]], little(array, order), **more)


values = np.arange(12).reshape(3, 4)
npy("c.npy", values.astype("<f4") / 3, "numpy <f4, shape 3 × 4, order C", "Float32Array")
npy("f.npy", np.asfortranarray(values.astype("<f8") / 7), "order Fortran", "Float64Array")
npy("big.npy", (values - 5).astype(">i2"), "big-endian", "Int16Array")
npy("long.npy", (values - 2).astype("<i8") * 10**15, "numpy <i8", "BigInt64Array")
npy("bool.npy", values % 2 == 0, "numpy |b1", "Uint8Array")
npy("scalar.npy", np.uint32(7), "a single number", "Uint32Array")
npy("half.npy", (values / 4).astype("<f2"), "numpy <f2", "Float16Array")
for version in (2, 3):
    with open(folder / f"v{version}.npy", "wb") as file:
        np.lib.format.write_array(file, values.astype("<u2"), version=(version, 0))
    told(f"v{version}.npy", f"Format version {version}", [[f"v{version}.npy", "Uint16Array", 12]], values.astype("<u2").tobytes())


def sound(name, width, channels, element, widened=None):
    samples = (np.sin(np.arange(40 * channels)) * (2 ** (8 * width - 1) - 1)).astype("<i8")
    raw = b"".join(int(s).to_bytes(width, "little", signed=True) for s in samples)
    if width == 1:
        raw = (samples + 128).astype("u1").tobytes()
    with wave.open(str(folder / name), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(48000)
        file.writeframes(raw)
    data = samples.astype(widened).tobytes() if widened else raw
    says = f"{channels} channel{'s in turn' if channels > 1 else ''}, 48,000 Hz, PCM of {8 * width} bits"
    told(name, says, [[name, element, 40 * channels]], data)


sound("s8.wav", 1, 1, "Uint8Array")
sound("s16.wav", 2, 2, "Int16Array")
sound("s24.wav", 3, 2, "Int32Array", "<i4")
sound("s32.wav", 4, 1, "Int32Array")
floats = np.linspace(-1, 1, 30).astype("<f4").tobytes()
chunk = struct.pack("<HHIIHH", 3, 1, 8000, 32000, 4, 32)
body = b"WAVEfmt " + struct.pack("<I", len(chunk)) + chunk + b"data" + struct.pack("<I", len(floats)) + floats
(folder / "float.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
told("float.wav", "floating point of 32 bits", [["float.wav", "Float32Array", 30]], floats)

with open(folder / "table.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["step", "height, m", "who"])
    for step in range(50):
        writer.writerow([step - 3, step / 7 * 10 ** (step - 25), f'the "{step}"'])
steps = np.arange(-3, 47, dtype="<i4").tobytes()
heights = np.array([step / 7 * 10 ** (step - 25) for step in range(50)]).tobytes()
told("table.csv", "Table, 50 lines; 2 of 3 columns are numbers.", [["step", "Int32Array", 50], ["height, m", "Float64Array", 50]], steps + heights)
np.savetxt(folder / "saved.tsv", values / 3, delimiter="\t")
rows = [[f"column {at + 1}", "Float64Array", 3] for at in range(4)]
saved = np.loadtxt(folder / "saved.tsv")
told("saved.tsv", "Table, 3 lines; 4 of 4 columns are numbers.", rows, saved.T.copy().tobytes())

# Not of one colour anywhere, so that a row or a channel that is exchanged is seen.
y, x = np.mgrid[0:48, 0:64]
pixels = np.dstack([x * 4, y * 5, (x + y) * 2, np.full_like(x, 255)]).astype("u1")
picture = Image.fromarray(pixels, "RGBA")
picture.save(folder / "p.png")
told("p.png", "PNG picture, 64 × 48 pixels.", [["p.png", "file", 0]], (folder / "p.png").read_bytes(), pixels="p.png.pixels")
(folder / "p.png.pixels").write_bytes(pixels.tobytes())
picture.convert("RGB").save(folder / "p.jpg", quality=95, subsampling=0)
told("p.jpg", "JPEG picture, 64 × 48 pixels.", [["p.jpg", "file", 0]], (folder / "p.jpg").read_bytes(), pixels="p.jpg.pixels")
(folder / "p.jpg.pixels").write_bytes(np.asarray(Image.open(folder / "p.jpg").convert("RGBA")).tobytes())

for name in ("log.mcap", "message.capnp", "any.bin"):
    data = np.random.default_rng(5).bytes(1000)
    (folder / name).write_bytes(data)
    told(name, "", [[name, "file", 0]], data)


# Damaged, lying and huge files: an error in words, and the bytes of the file.
def damaged(name, data, problem):
    (folder / name).write_bytes(data)
    told(name, "", [[name, "file", 0]], data, problem=problem)


whole = (folder / "c.npy").read_bytes()
damaged("cut.npy", whole[:-5], "Its beginning promises 48 B of values, and 43 B are there.")
lying = io.BytesIO()
np.lib.format.write_array_header_1_0(lying, {"descr": "<f8", "fortran_order": False, "shape": (10**7, 10**7)})
damaged("lying.npy", lying.getvalue() + bytes(64), "promises 800,000,000,000,000 B of values, and 64 B are there")
for name, array, problem in (
    ("complex.npy", np.ones(3, "<c8"), "Its type is <c8, and no typed array holds complex numbers"),
    ("text.npy", np.array(["a", "bc"]), "no typed array holds texts"),
    ("fields.npy", np.zeros(2, [("a", "<i4"), ("b", "<f8")]), "Its type is of several fields"),
):
    saved = io.BytesIO()
    np.save(saved, array)
    damaged(name, saved.getvalue(), problem)
damaged("cut.wav", (folder / "s16.wav").read_bytes()[:-7], "promises 160 B of values, and 153 B are there")
damaged("ragged.csv", b"a,b\n1,2\n3\n", "Line 3 has 1 cells, and the first one 2.")
damaged("words.csv", b"a,b\nc,d\n", "None of its columns has numbers alone.")
png = (folder / "p.png").read_bytes()
header = b"IHDR" + struct.pack(">II", 60000, 60000) + png[24:29]
huge = png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]
damaged("huge.png", huge, "It has 3,600,000,000 pixels; the page decodes at most 67,108,864.")
damaged("cut.jpg", (folder / "p.jpg").read_bytes()[:100], "It does not say its size")
# The beginning is right, and the pixels are not.
(folder / "broken.png").write_bytes(png[: len(png) // 2])
with open(folder / "long.csv", "wb") as file:
    file.truncate((64 << 20) + 1)
with open(folder / "long.bin", "wb") as file:
    file.truncate((1 << 30) + 1)
