#!/usr/bin/env python3
"""Receives what the lab's page puts, and prints the key, the length in bytes and the SHA-256 of every sample.

Start the lab (scripts/serve), then:

    pip install eclipse-zenoh==1.10.2
    python3 examples/subscribe.py
"""

import argparse
import hashlib
import json
import os
import sys

import zenoh

# How long to try to reach a router, in milliseconds.
CONNECT_WITHIN = 5000
# How many samples may wait in this program. zenoh's default is 256, which are gigabytes when
# samples are large. When the queue is full, the router waits.
WAITING = 16

parser = argparse.ArgumentParser(description="Prints the samples that arrive from a zenoh router.")
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


def main():
    waiting = zenoh.handlers.FifoChannel(WAITING)
    with connect() as session, session.declare_subscriber(options.key, waiting) as subscriber:
        print(f"{options.key} at {options.endpoint}; Ctrl+C ends it", file=sys.stderr)
        for sample in subscriber:
            # One block of bytes: a copy, if they arrived in several pieces.
            data = sample.payload.to_bytes()
            print(sample.key_expr, len(data), hashlib.sha256(data).hexdigest(), flush=True)


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
