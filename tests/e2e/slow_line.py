"""A slow line: takes one connection on a port that the system gives (printed as a line), connects it on, and carries what comes
back no faster than so many bytes a second.  It holds little itself, as a line does: its buffers in the kernel are small.

    slow_line.py HOST PORT SOURCE-ADDRESS BYTES-PER-SECOND

Ends with either side.  node cannot set the buffers of a socket, hence another language."""
import select
import socket
import sys
import time

BUFFER = 32 * 1024
PIECE = 16 * 1024

host, port, source, rate = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
near, _ = listener.accept()
far = socket.socket()
far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
far.bind((source, 0))
far.connect((host, port))
for end in (near, far):
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

free_at = time.monotonic()
while True:
    wait = free_at - time.monotonic()
    readable, _, _ = select.select([near] if wait > 0 else [near, far], [], [], wait if wait > 0 else None)
    for end in readable:
        data = end.recv(PIECE)
        if not data:
            sys.exit(0)
        if end is near:
            far.sendall(data)
        else:
            near.sendall(data)
            free_at = max(free_at, time.monotonic() - 0.02) + len(data) / rate
