#!/usr/bin/python3
"""A monitor of the feed as a stranger would write one from proto/FEED.md: prints every event as a line of JSON.

    feed_subscriber.py ENDPOINT [TOPIC ...]     topics are prefixes; none means all

The first line is {"subscribed": true}; bytes of both frames go along as hex, for tests that look for secrets.
"""
import json
import sys
import uuid

import msgpack
import zmq


def plain(value):
    """Ids are bin 16 on the feed."""
    if isinstance(value, bytes):
        return str(uuid.UUID(bytes=value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def main():
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    for topic in sys.argv[2:] or [""]:
        socket.setsockopt(zmq.SUBSCRIBE, topic.encode())
    socket.connect(sys.argv[1])
    print(json.dumps({"subscribed": True}), flush=True)
    while True:
        topic, payload = socket.recv_multipart()
        epoch, seq, time, name, body = msgpack.unpackb(payload, raw=False)[:5]
        print(json.dumps({
            "topic": topic.decode(), "epoch": epoch, "seq": seq, "time": time, "name": name,
            "body": plain(body), "bytes": (topic + payload).hex(),
        }), flush=True)


if __name__ == "__main__":
    main()
