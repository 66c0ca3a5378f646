"""The official Python client as the other side of tests: a command a line on stdin, an answer a
line on stdout, both JSON.

    usage: peer.py ENDPOINT

A command is {"do": NAME, ...}; its answer {"ok": VALUE} or {"error": TEXT}. Each declaration gets a
"name", by which later commands refer to it. Bytes are hexadecimal, enumerations are written as
zenoh names them, timestamps as zenoh prints them. The Rust side writes samples, queries and replies
in the same form, so whole values can be compared.

A payload that is a number is a pattern of so many bytes, byte i being i * 31 mod 251. A subscriber
with "digests" reports the length and the SHA-256 of payloads, which may be large then.
"""

import hashlib
import json
import os
import queue
import sys
import threading

import zenoh

PATIENCE = float(os.environ.get("PEER_PATIENCE", "60"))
PERIOD = bytes(i * 31 % 251 for i in range(251))


def name_of(value):
    return str(value).rsplit(".", 1)[-1]


def hexadecimal(value):
    return None if value is None else value.to_bytes().hex()


def bytes_of(given):
    if isinstance(given, int):
        return (PERIOD * (given // 251 + 1))[:given]
    return bytes.fromhex(given)


def digest(payload):
    payload = payload.to_bytes()
    return {"len": len(payload), "sha256": hashlib.sha256(payload).hexdigest()}


def described(sample, payload=hexadecimal):
    # The first versions do not tell it, and some later ones have it without an id where there is none.
    source = getattr(sample, "source_info", None)
    source = source if source and source.source_id else None
    return {
        "key": str(sample.key_expr),
        "kind": name_of(sample.kind),
        "payload": payload(sample.payload),
        "encoding": str(sample.encoding),
        "attachment": hexadecimal(sample.attachment),
        "timestamp": None if sample.timestamp is None else str(sample.timestamp),
        "priority": name_of(sample.priority),
        "congestion": name_of(sample.congestion_control),
        "express": sample.express,
        "source": source and [str(source.source_id.zid), source.source_id.eid, source.source_sn],
    }


def asked(query):
    return {
        "key": str(query.key_expr),
        "parameters": str(query.parameters),
        "payload": hexadecimal(query.payload),
        "encoding": None if query.encoding is None else str(query.encoding),
        "attachment": hexadecimal(query.attachment),
        "any_key": query.accepts_replies() == zenoh.ReplyKeyExpr.ANY if hasattr(query, "accepts_replies") else None,
    }


def replied(reply):
    if reply.ok is not None:
        return {"ok": described(reply.ok)}
    return {"err": {"payload": hexadecimal(reply.err.payload), "encoding": str(reply.err.encoding)}}


def timestamp(seconds, nanos, identity):
    return zenoh.Timestamp(zenoh.NTP64(seconds, nanos), zenoh.TimestampId(bytes.fromhex(identity)))


# How each argument becomes a value of zenoh.
READ = {
    "encoding": zenoh.Encoding,
    "attachment": bytes.fromhex,
    "timestamp": lambda parts: timestamp(*parts),
    "priority": lambda text: getattr(zenoh.Priority, text),
    "congestion_control": lambda text: getattr(zenoh.CongestionControl, text),
    "reliability": lambda text: getattr(zenoh.Reliability, text),
    "allowed_destination": lambda text: getattr(zenoh.Locality, text),
    "allowed_origin": lambda text: getattr(zenoh.Locality, text),
    "target": lambda text: getattr(zenoh.QueryTarget, text),
    "consolidation": lambda text: getattr(zenoh.ConsolidationMode, text),
    "accept_replies": lambda text: getattr(zenoh.ReplyKeyExpr, text),
    "payload": bytes_of,
}


def arguments(given, *without):
    return {
        key: READ.get(key, lambda value: value)(value)
        for key, value in given.items()
        if key not in ("do", "name", "key", "with") + without and value is not None
    }


class Peer:
    def __init__(self, session):
        self.session = session
        self.declared = {}
        self.inbox = {}
        self.kept = []

    def keep(self, name, make):
        inbox = self.inbox[name] = queue.Queue()
        self.declared[name] = make(inbox)

    # Declarations.

    def subscriber(self, name, key, digests=False, **rest):
        shown = digest if digests else hexadecimal
        tell = lambda inbox: lambda sample: inbox.put(described(sample, shown))
        self.keep(name, lambda inbox: self.session.declare_subscriber(key, tell(inbox), **arguments(rest)))

    def channel(self, name, key, kind, capacity):
        handler = getattr(zenoh.handlers, kind)(capacity)
        self.declared[name] = self.session.declare_subscriber(key, handler)

    def queryable(self, name, key, answers=(), keep=False, **rest):
        """Answers each query with all of `answers`. Ends it then, unless `keep` holds."""

        def answer(inbox):
            def answered(query):
                inbox.put(asked(query))
                for one in answers:
                    try:
                        reply(query, one)
                    except zenoh.ZError as error:
                        inbox.put({"refused": str(error)})
                if keep:
                    self.kept.append(query)

            return answered

        self.keep(name, lambda inbox: self.session.declare_queryable(key, answer(inbox), **arguments(rest)))

    def publisher(self, name, key, **rest):
        self.declared[name] = self.session.declare_publisher(key, **arguments(rest))

    def querier(self, name, key, **rest):
        self.declared[name] = self.session.declare_querier(key, **arguments(rest))

    def token(self, name, key):
        self.declared[name] = self.session.liveliness().declare_token(key)

    def liveliness(self, name, key, history):
        tell = lambda inbox: lambda sample: inbox.put(described(sample))
        declare = self.session.liveliness().declare_subscriber
        self.keep(name, lambda inbox: declare(key, tell(inbox), history=history))

    def matching(self, name, of):
        """Listens to the matching status of a publisher or a querier."""
        declare = self.declared[of].declare_matching_listener
        self.keep(name, lambda inbox: declare(lambda status: inbox.put(status.matching)))

    def is_matching(self, name):
        return self.declared[name].matching_status.matching

    def undeclare(self, name):
        self.declared.pop(name).undeclare()

    # Both ways.

    def next(self, name):
        return self.inbox[name].get(timeout=PATIENCE)

    def drained(self, name, count):
        """The content of a channel, after waiting for `count` values of it."""
        subscriber, values = self.declared[name], []
        while len(values) < count:
            values.append(described(subscriber.recv()))
        while (sample := subscriber.try_recv()) is not None:
            values.append(described(sample))
        return values

    def is_empty(self, name):
        return self.inbox[name].empty()

    def put(self, key, payload, count=1, source=None, **rest):
        for _ in range(count):
            self.session.put(key, bytes_of(payload), **self.source(source), **arguments(rest))

    def delete(self, key, **rest):
        self.session.delete(key, **arguments(rest))

    def publish(self, name, payload, sn=None, **rest):
        publisher = self.declared[name]
        source = {} if sn is None else {"source_info": zenoh.SourceInfo(publisher.id, sn)}
        publisher.put(bytes_of(payload), **source, **arguments(rest))

    def unpublish(self, name, **rest):
        self.declared[name].delete(**arguments(rest))

    def source(self, sn):
        return {} if sn is None else {"source_info": zenoh.SourceInfo(self.session.id, sn)}

    def get(self, selector, **rest):
        return self.replies(self.session.get(selector, **arguments(rest)))

    def query(self, name, **rest):
        return self.replies(self.declared[name].get(**arguments(rest)))

    def alive(self, key):
        replies = self.replies(self.session.liveliness().get(key, timeout=PATIENCE))
        return sorted(reply["ok"]["key"] for reply in replies)

    def replies(self, handler):
        return [replied(reply) for reply in handler]

    # Facts.

    def info(self):
        info = self.session.info
        return {"zid": str(info.zid()), "routers": [str(zid) for zid in info.routers_zid()]}

    def numbered(self, name):
        return [str(self.declared[name].id.zid), self.declared[name].id.eid]

    def encodings(self):
        return sorted(str(value) for value in vars(zenoh.Encoding).values() if isinstance(value, zenoh.Encoding))

    def algebra(self, pairs):
        """zenoh's result for each pair of texts; null where zenoh refuses one."""
        return [
            {
                "canonical": tried(lambda: str(zenoh.KeyExpr.autocanonize(first))),
                "is_key": tried(lambda: str(zenoh.KeyExpr(first))) is not None,
                "joined": tried(lambda: str(zenoh.KeyExpr(first).join(second))),
                "intersects": tried(lambda: zenoh.KeyExpr(first).intersects(zenoh.KeyExpr(second))),
                "includes": tried(lambda: zenoh.KeyExpr(first).includes(zenoh.KeyExpr(second))),
            }
            for first, second in pairs
        ]


def reply(query, one):
    kind, rest = one["with"], arguments(one)
    if kind == "reply":
        query.reply(one["key"], rest.pop("payload"), **rest)
    elif kind == "del":
        query.reply_del(one["key"], **rest)
    else:
        query.reply_err(rest.pop("payload"), **rest)


def tried(what):
    try:
        return what()
    except zenoh.ZError:
        return None


def joined(endpoint):
    config = zenoh.Config()
    config.insert_json5("mode", '"client"')
    config.insert_json5("connect/endpoints", f'["{endpoint}"]')
    config.insert_json5("scouting/multicast/enabled", "false")
    return zenoh.open(config)


def main(endpoint):
    with joined(endpoint) as session:
        peer = Peer(session)
        for line in sys.stdin:
            command = json.loads(line)
            try:
                answer = {"ok": getattr(peer, command.pop("do"))(**command)}
            except Exception as error:  # the test must see every error
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    # A failed thread of the client must not be overlooked.
    threading.excepthook = lambda failed: (sys.__excepthook__(*failed[:3]), sys.stderr.flush())
    main(sys.argv[1])
