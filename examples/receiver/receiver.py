"""A webhook receiver that checks Latch's signature, with Python's standard
library alone. The secret comes from LATCH_SECRET, the address from LISTEN. With
ORDERED=1 it handles the deliveries of a run in order."""

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ.get("LATCH_SECRET", "").encode()
if not SECRET:
    sys.exit("LATCH_SECRET is not set")
# What stands behind whsec_, decoded, or the secret itself.
KEY = base64.b64decode(SECRET[6:]) if SECRET.startswith(b"whsec_") else SECRET
TOLERANCE = 5 * 60  # seconds; an older request may be a replay
MAXIMUM = 1 << 20  # bytes of a body
ORDERED = os.environ.get("ORDERED") == "1"
# The ids that were handled. A receiver that runs in several processes, or
# restarts, keeps them in its database.
HANDLED = set()
LOCK = threading.Lock()


def verify(headers, body):
    """Tells whether one of the signatures is the HMAC of id, timestamp and body."""
    identifier = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    signed = f"{identifier}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    signatures = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(s.encode(), f"v1,{expected}".encode()) for s in signatures)


def take(headers, handle):
    """Handles a delivery unless it was handled before; False if it comes too early."""
    previous = headers.get("webhook-previous-id")
    with LOCK:
        if ORDERED and previous and previous not in HANDLED:
            return False
        if headers["webhook-id"] not in HANDLED:
            handle()
            HANDLED.add(headers["webhook-id"])
    return True


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if length > MAXIMUM:
            self.answer(413, {"error": "body too large"})
            return
        body = self.rfile.read(length)
        if not verify(self.headers, body):
            self.answer(401, {"error": "the signature does not fit"})
            return
        shown = body.replace(SECRET, b"***").decode()
        if not take(self.headers, lambda: print(self.headers["webhook-id"], shown, flush=True)):
            self.answer(425, {"error": "comes too early"})  # Latch tries again
            return
        self.answer(200, {"result": "pass"})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    host, port = os.environ.get("LISTEN", "127.0.0.1:8080").rsplit(":", 1)
    server = ThreadingHTTPServer((host, int(port)), Receiver)
    print(f"listening on {host}:{server.server_address[1]}", file=sys.stderr, flush=True)
    server.serve_forever()
