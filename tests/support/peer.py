"""The official Python client as a peer of the end-to-end tests: commands on stdin, answers on stdout, a line each.

    usage: peer.py ENDPOINT KEY

It subscribes to KEY and prints "sample KEY LENGTH SHA256" for each sample. Commands: "put KEY LENGTH" publishes LENGTH bytes
of a pattern, byte i being i * 31 mod 251; "end" closes the session.
"""

import hashlib
import sys
import threading

import zenoh

endpoint, key = sys.argv[1:]
lock = threading.Lock()


def say(*words):
    with lock:
        print(*words, flush=True)


def on_sample(sample):
    payload = sample.payload.to_bytes()
    say("sample", sample.key_expr, len(payload), hashlib.sha256(payload).hexdigest())


config = zenoh.Config()
config.insert_json5("mode", '"client"')
config.insert_json5("connect/endpoints", f'["{endpoint}"]')
config.insert_json5("scouting/multicast/enabled", "false")
period = bytes(i * 31 % 251 for i in range(251))

with zenoh.open(config) as session:
    subscriber = session.declare_subscriber(key, on_sample)
    say("ready")
    for line in sys.stdin:
        words = line.split()
        if words[0] == "end":
            break
        _, put_key, length = words
        payload = (period * (int(length) // 251 + 1))[: int(length)]
        session.put(put_key, payload, congestion_control=zenoh.CongestionControl.BLOCK)
        say("put", put_key, length)
say("ended")
