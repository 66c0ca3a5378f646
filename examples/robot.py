#!/usr/bin/env python3
"""Receives the frames that the lab's page puts: of its robot, of a camera or a screen, or blocks of a microphone. Prints of each its number
and, of every plane, its shape and SHA-256.

Start the lab (scripts/serve), choose the preset "robot: image, depth, mask", and put it once or at a rate. Then:

    pip install eclipse-zenoh==1.10.2 numpy
    python3 examples/robot.py
    python3 examples/robot.py --key lab/video    # the preset "camera: planes Y, U, V"
"""

import argparse
import hashlib
import json
import os
import sys

import numpy
import zenoh

# How long to try to reach a router, in milliseconds.
CONNECT_WITHIN = 5000
# How many samples may wait in this program. When the queue is full, the router waits.
WAITING = 16
# The planes that a frame may have: type of the elements, elements of a pixel, and pixels of a side that share one.
PLANES = {
    "image": (numpy.uint8, 4, 1),
    "depth": (numpy.float32, 1, 1),
    "mask": (numpy.uint8, 1, 1),
    # Brightness, and how blue and red: I420. With both colours in one plane it is NV12.
    "y": (numpy.uint8, 1, 1),
    "u": (numpy.uint8, 1, 2),
    "v": (numpy.uint8, 1, 2),
    "uv": (numpy.uint8, 2, 2),
}
# The channels of a sound: samples from -1 to 1, head["rate"] of them in a second.
CHANNELS = ["left", "right"]

parser = argparse.ArgumentParser(description="Prints the frames of a robot that arrive from a zenoh router.")
parser.add_argument("--endpoint", default="tcp/127.0.0.1:7447", help="the router (default: %(default)s)")
parser.add_argument("--key", default="lab/robot", help="key expression to subscribe to (default: %(default)s)")
parser.add_argument("--frames", type=int, help="end after so many frames (default: go on)")
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


def planes(head, payload):
    """The planes of a frame, each a view of the payload: nothing is copied."""
    for name, (kind, channels, shared) in PLANES.items():
        if name in head:
            height, width = (-(-head[side] // shared) for side in ("height", "width"))
            plane = numpy.frombuffer(payload, kind, height * width * channels, head[name])
            yield name, plane.reshape((height, width) + ((channels,) if channels > 1 else ()))
    for name in CHANNELS:
        if name in head:
            yield name, numpy.frombuffer(payload, numpy.float32, head["samples"], head[name])


def frame(sample):
    """What a frame says of itself, and its planes; None when the sample is not a frame, or does not have what it says."""
    if sample.attachment is None:
        return None
    try:
        head = json.loads(sample.attachment.to_bytes())
        # One block of bytes: a copy, if they arrived in several pieces.
        return head, dict(planes(head, sample.payload.to_bytes()))
    except (KeyError, TypeError, ValueError):
        return None


def main():
    waiting = zenoh.handlers.FifoChannel(WAITING)
    with connect() as session, session.declare_subscriber(options.key, waiting) as subscriber:
        print(f"{options.key} at {options.endpoint}; Ctrl+C ends it", file=sys.stderr, flush=True)
        frames = 0
        for sample in subscriber:
            found = frame(sample)
            if found is None:
                print(f"{sample.key_expr}: not a frame", file=sys.stderr)
                continue
            head, arrays = found
            of = [f"{name} {array.shape} {array.dtype} {hashlib.sha256(array).hexdigest()}" for name, array in arrays.items()]
            print(sample.key_expr, head["seq"], "; ".join(of), flush=True)
            frames += 1
            if frames == options.frames:
                break


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
