#!/usr/bin/env python3
"""Puts a Tensor of 32-bit integers 0, 1, 2, ... in a message of Cap'n Proto for the lab's page to receive, and prints its key, the
message's length and the SHA-256 of its data.

Start the lab (scripts/serve), connect and subscribe in the page, then:

    pip install pycapnp==2.2.4 eclipse-zenoh==1.10.2
    python3 examples/capnp_publish.py

The schema is crates/zbytes-capnp/src/lab.capnp. The default is the page's own tensor of 1920x1536 elements (11.25 MiB).
"""

import argparse
import array
import hashlib
import json
import math
import os
import pathlib
import re
import sys
import time

import capnp
import zenoh

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "crates" / "zbytes-capnp" / "src" / "lab.capnp"
lab = capnp.load(str(SCHEMA))

# How long to try to reach a router, in milliseconds.
CONNECT_WITHIN = 5000
# The length of a `Data` has 29 bits.
MOST = (2**29 - 1) // 4


def shape(text):
    if not re.fullmatch(r"[0-9]{1,9}(x[0-9]{1,9}){0,7}", text):
        raise argparse.ArgumentTypeError(f"expected 1 to 8 numbers with x between them, as in 1920x1536, got {text!r}")
    numbers = [int(number) for number in text.split("x")]
    if math.prod(numbers) > MOST:
        raise argparse.ArgumentTypeError(f"expected at most {MOST:,} elements, {text} has {math.prod(numbers):,}")
    return numbers


parser = argparse.ArgumentParser(description="Puts one Tensor through a zenoh router.")
parser.add_argument("--endpoint", default="tcp/127.0.0.1:7447", help="the router (default: %(default)s)")
parser.add_argument("--key", default="lab/tensor-from-python", help="key to put under (default: %(default)s)")
parser.add_argument("--name", default="from Python", help="what the tensor is called (default: %(default)s)")
parser.add_argument("--shape", type=shape, default=[1920, 1536], help="its dimensions (default: 1920x1536)")
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


def main():
    numbers = array.array("i", range(math.prod(options.shape)))
    if sys.byteorder == "big":
        numbers.byteswap()
    data = numbers.tobytes()
    message = lab.Tensor.new_message(
        name=options.name, elementType="int32", shape=options.shape, timestamp=time.time_ns(), data=data
    )
    # pycapnp copies the data into the message, and the message into one block. zenoh copies the
    # block into its own memory.
    block = message.to_bytes()
    with connect() as session:
        # zenoh's default drops the message when the link is not free; BLOCK waits.
        session.put(options.key, block, congestion_control=zenoh.CongestionControl.BLOCK)
        # A put returns before its last bytes are sent, and closing the session at once can cut them
        # off. A query follows them on the same link. Once the router has answered it, the router
        # has all bytes.
        for _ in session.get(options.key):
            pass
    print(options.key, len(block), hashlib.sha256(data).hexdigest(), flush=True)


try:
    main()
except KeyboardInterrupt:
    sys.exit(130)
except BrokenPipeError:
    # The program that read the output has ended, as `head -1` does. Python would write the rest of
    # the output at its exit, and fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
except zenoh.ZError as error:
    sys.exit(f"error: {error}")
