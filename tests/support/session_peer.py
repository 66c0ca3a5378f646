"""The official Python client as a peer of tests/session_page.rs: a JSON command a line on stdin, an answer a line on stdout.

    usage: session_peer.py ENDPOINT KEY

It subscribes to KEY. What comes unasked is {"sample": ...} and {"query": ...}; every command is answered by {"answer": ...}. Payloads are patterns,
byte i being i * 31 mod 251; what is received is described by length and SHA-256. tests/support/session_peers.rs says the same in Rust.
"""

import hashlib
import json
import sys
import threading

import zenoh

endpoint, key = sys.argv[1:]
lock = threading.Lock()
period = bytes(i * 31 % 251 for i in range(251))


def say(what):
    with lock:
        print(json.dumps(what), flush=True)


def pattern(length):
    return (period * (length // 251 + 1))[:length]


def text(payload):
    return None if payload is None else payload.to_string()


def described(sample):
    payload = sample.payload.to_bytes()
    return {
        "key": str(sample.key_expr),
        "deleted": sample.kind == zenoh.SampleKind.DELETE,
        "len": len(payload),
        "digest": hashlib.sha256(payload).hexdigest(),
        "encoding": str(sample.encoding),
        "attachment": text(sample.attachment),
        "priority": str(sample.priority).split(".")[-1],
        "block": sample.congestion_control == zenoh.CongestionControl.BLOCK,
        "express": sample.express,
        "number": sample.source_info.source_sn if sample.source_info else None,
        "stamped": str(sample.timestamp.get_id()) if sample.timestamp else None,
    }


config = zenoh.Config()
config.insert_json5("mode", '"client"')
config.insert_json5("connect/endpoints", f'["{endpoint}"]')
config.insert_json5("scouting/multicast/enabled", "false")
zenoh.init_log_from_env_or("error")

with zenoh.open(config) as session:
    subscriber = session.declare_subscriber(key, lambda sample: say({"sample": described(sample)}))
    publisher = session.declare_publisher("unused")
    kept = {}

    def answer(query, command):
        payload = query.payload
        say({"query": {"selector": str(query.selector), "len": None if payload is None else len(payload.to_bytes()),
                       "attachment": text(query.attachment)}})
        if "error" in command:
            query.reply_err(command["error"], encoding="text/plain")
        else:
            query.reply(command["key"], pattern(command["len"]), encoding=command["encoding"], attachment=command["attachment"])
        query.drop()

    def obey(command):
        do = command["do"]
        if do == "put":
            number = command["number"]
            session.put(
                command["key"], pattern(command["len"]), encoding=command["encoding"], attachment=command["attachment"],
                priority=getattr(zenoh.Priority, command["priority"]), express=command["express"],
                congestion_control=zenoh.CongestionControl.BLOCK if command["block"] else zenoh.CongestionControl.DROP,
                source_info=None if number is None else zenoh.SourceInfo(publisher.id, number),
            )
        elif do == "delete":
            session.delete(command["key"], attachment=command["attachment"], congestion_control=zenoh.CongestionControl.BLOCK)
        elif do == "queryable":
            kept[do] = session.declare_queryable(command["key"], lambda query: answer(query, command))
        elif do == "get":
            replies = session.get(command["selector"], payload=command["payload"], attachment=command["attachment"])
            replies = list(replies)
            return {
                "replies": [described(reply.ok) for reply in replies if reply.ok],
                "errors": [reply.err.payload.to_string() for reply in replies if not reply.ok],
            }
        elif do == "token":
            kept[do] = session.liveliness().declare_token(command["key"])
        elif do == "alive":
            return sorted(str(reply.ok.key_expr) for reply in session.liveliness().get(command["key"]))
        elif do == "matching":
            return session.declare_publisher(command["key"]).matching_status.matching
        elif do == "undeclare":
            kept.pop(command["what"]).undeclare()
        return None

    say({"answer": "ready"})
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "end":
            break
        say({"answer": obey(command)})
say({"answer": "ended"})
