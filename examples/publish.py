#!/usr/bin/env python3
"""Puts one array of 32-bit integers 0, 1, 2, ... for the lab's page to receive, and prints its key, length and SHA-256.

Start the lab (scripts/serve), connect and subscribe in the page, then:

    pip install eclipse-zenoh==1.10.2
    python3 examples/publish.py

The default is the page's own tensor of 1920x1536 elements (11.25 MiB), byte for byte.
"""

import argparse
import array
import hashlib
import json
import os
import sys

import zenoh

# How long to try to reach a router, in milliseconds.
CONNECT_WITHIN = 5000
# A router takes messages of at most 2^30 B; this leaves room for the header before the
# payload.
MOST = 1000 << 20


def size(text):
    number = int(text.replace(",", ""))
    if not 0 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"expected 0 to {MOST:,} B, got {number:,}")
    return number


parser = argparse.ArgumentParser(description="Puts one array through a zenoh router.")
parser.add_argument("--endpoint", default="tcp/127.0.0.1:7447", help="the router (default: %(default)s)")
parser.add_argument("--key", default="lab/from-python", help="key to put under (default: %(default)s)")
parser.add_argument("--size", type=size, default=1920 * 1536 * 4, help="bytes (default: %(default)s)")
options = parser.parse_args()


def ramp(length):
    """`length` bytes of little-endian integers that count up."""
    numbers = array.array("i", range(-(-length // 4)))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()[:length]


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
    data = ramp(options.size)
    with connect() as session:
        # zenoh's default drops the message when the link is not free; BLOCK waits.
        session.put(options.key, data, congestion_control=zenoh.CongestionControl.BLOCK)
        # A put returns before its last bytes are sent, and closing the session at once can cut them
        # off. A query follows them on the same link. Once the router has answered it, the router
        # has all bytes.
        for _ in session.get(options.key):
            pass
    print(options.key, len(data), hashlib.sha256(data).hexdigest(), flush=True)


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
