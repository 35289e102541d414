#!/usr/bin/env python3
"""Measures what connections and webhooks cost a running server, and fails when a bound is passed.

    scripts/measure-serving.py [--binary target/release/autolynx] [--only streams,slow]

Starts the binary with the built-in provider and a throw-away SQLite file for each measurement. Talks to 127.0.0.1
only, and ends what it started. Linux only: it reads /proc. Takes about two minutes.
"""

import argparse
import hashlib
import hmac
import os
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time

KB, MB = 1024, 1024 * 1024
SECRET = b"a secret of the measurement, long enough"
HOST = "127.0.0.1"
# A server that does not answer at all must not hold the measurement up.
TIMEOUT_S = 60


class Server:
    """A node of its own, with a sandbox as its provider."""

    def __init__(self, binary, **settings):
        self.folder = tempfile.TemporaryDirectory(prefix="autolynx-measure-")
        plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.sandbox, provider = self._start(binary, ["sandbox", "--address", f"{HOST}:0"], plain)
        self.process, address = self._start(binary, ["serve", "--listen", f"{HOST}:0"], {
            **plain,
            "DATABASE_URL": f"sqlite:{self.folder.name}/measure.db",
            "VAPI_API_KEY": "sandbox-key",
            "VAPI_BASE_URL": provider,
            "WEBHOOK_AUTH": "hmac",
            "WEBHOOK_SHARED_SECRET": SECRET.decode(),
            "LOG_LEVEL": "error",
            **settings,
        })
        self.port = int(address.rsplit(":", 1)[1])

    def _start(self, binary, arguments, environment):
        process = subprocess.Popen(
            [binary, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        for line in process.stdout:
            for word in line.split():
                if word.startswith(f"http://{HOST}:"):
                    return process, word.rstrip("/.")
        raise SystemExit(f"{binary} {' '.join(arguments)} did not start")

    def __enter__(self):
        # What a server takes once, for its first requests and pages, is no cost of connections.
        for path in ("/api/health", "/campaigns", "/events", "/nothing") * 3:
            with self.connect() as warm:
                ask(warm, path)
                warm.recv(KB)
        time.sleep(0.5)
        self.before = self.memory()
        return self

    def __exit__(self, *_):
        for process in (self.process, self.sandbox):
            process.terminate()
        for process in (self.process, self.sandbox):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.folder.cleanup()

    def memory(self):
        """What the process holds, in bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * KB
        raise SystemExit("the server died")

    def growth(self):
        return self.memory() - self.before

    def connect(self):
        return socket.create_connection((HOST, self.port), timeout=TIMEOUT_S)


class Peak:
    """The largest growth while something happens."""

    def __init__(self, server):
        self.server, self.bytes, self.over = server, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.over.wait(0.01):
            self.bytes = max(self.bytes, self.server.growth())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def ask(stream, path):
    stream.sendall(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())


def until(stream, text):
    read = b""
    while text not in read:
        piece = stream.recv(64 * KB)
        if not piece:
            raise SystemExit(f"the connection ended before {text!r}: {read[:300]!r}")
        read += piece


def post(server, headers, pieces, length):
    """Sends a webhook, and gives the status of the answer; None when the connection broke without one."""
    with server.connect() as stream:
        head = ["POST /api/webhooks/vapi HTTP/1.1", "host: localhost", f"content-length: {length}", "connection: close"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        try:
            stream.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
            for piece in pieces:
                stream.sendall(piece)
        except OSError:
            pass  # It may have answered already, and closed.
        try:
            answer = stream.recv(KB)
        except OSError:
            return None
        return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else None


def together(work, count):
    """Does the work for 0 up to count, all at once."""
    results = [None] * count

    def one(number):
        results[number] = work(number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def idle(binary):
    """Connections that were answered and kept, and connections whose headers are not complete."""
    count = 1_000
    for what in ("kept open after an answer", "headers not complete"):
        with Server(binary) as server:
            streams = [server.connect() for _ in range(count)]
            for stream in streams:
                if what.startswith("kept"):
                    ask(stream, "/api/health")
                    until(stream, b"healthy")
                else:
                    stream.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: a")
            time.sleep(1)
            yield f"a connection, {what}", server.growth() / count / KB, 20, "KB"
            for stream in streams:
                stream.close()


def streams(binary):
    """Live pages, while they are open and after they are gone."""
    count = 2_000
    with Server(binary) as server:
        pages = []
        for _ in range(count):
            page = server.connect()
            ask(page, "/events")
            pages.append(page)
        for page in pages:
            until(page, b"connected")
        time.sleep(1)
        yield f"{count:,} live pages", server.growth() / MB, 100, "MB"
        for page in pages:
            page.close()
        # A machine that is busy with other things takes a while to close them all.
        end = time.monotonic() + 30
        while server.growth() > 10 * MB and time.monotonic() < end:
            time.sleep(0.2)
        yield "after they ended", server.growth() / MB, 25, "MB"
        # Another time: what was freed is used again.
        pages = [server.connect() for _ in range(count)]
        for page in pages:
            ask(page, "/events")
        for page in pages:
            until(page, b"connected")
        yield "the same a second time", server.growth() / MB, 100, "MB"
        for page in pages:
            page.close()


def strangers(binary):
    """Webhooks of 16 MB by somebody without the secret."""
    count, piece = 64, b" " * MB
    for what, headers in (
        ("no signature", lambda: {}),
        ("a signature that is wrong", lambda: {"x-signature": "0" * 64, "x-timestamp": str(int(time.time() * 1_000))}),
    ):
        with Server(binary) as server, Peak(server) as peak:
            answers = together(lambda _: post(server, headers(), [piece] * 16, 16 * MB), count)
            taken = sum(1 for answer in answers if answer is not None and answer < 300)
            yield f"{count} webhooks of 16 MB, {what}", peak.bytes / MB, 50, "MB"
            yield "  of them taken", taken, 0, ""


def reports(binary):
    """Reports of 15 MB by the provider, which sends again what was not taken."""
    third = b"Hello there. " * (5 * MB // 13)

    def send(server, number):
        now = int(time.time() * 1_000)
        pieces = [
            b'{"message":{"type":"end-of-call-report","endedReason":"customer-ended-call","timestamp":%d,' % now,
            b'"call":{"id":"call-%d"},"artifact":{"transcript":"' % number, third,
            b'","messages":[{"role":"user","message":"', third,
            b'"}],"messagesOpenAIFormatted":[{"role":"user","content":"', third, b'"}]}}}',
        ]
        for _ in range(30):
            now = str(int(time.time() * 1_000))
            signature = hmac.new(SECRET, f"{now}.".encode(), hashlib.sha256)
            for piece in pieces:
                signature.update(piece)
            headers = {"x-signature": signature.hexdigest(), "x-timestamp": now}
            if post(server, headers, pieces, sum(map(len, pieces))) == 200:
                return True
            time.sleep(2)
        return False

    with Server(binary) as server, Peak(server) as peak:
        send(server, 0)
        yield "one report of 15 MB", peak.bytes / MB, 180, "MB"
    count = 32
    with Server(binary) as server, Peak(server) as peak:
        taken = together(lambda number: send(server, number), count)
        yield f"{count} reports of 15 MB at once", peak.bytes / MB, 300, "MB"
        yield "  of them lost", count - sum(taken), 0, ""


def slow(binary):
    """Peers that say nothing, or a byte a second."""
    count, limit_s = 400, 60
    openings = (
        b"",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ",
        b"POST /api/suppressions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n",
        b"POST /api/campaigns HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\n"
        b"content-length: 100000\r\n\r\n",
    )
    with Server(binary) as server:
        selector, began, last = selectors.DefaultSelector(), time.monotonic(), 0.0
        open_now = {}
        for number in range(count):
            stream = server.connect()
            opening = openings[number % len(openings)]
            stream.sendall(opening)
            stream.setblocking(False)
            selector.register(stream, selectors.EVENT_READ)
            open_now[stream] = bool(opening)
        drip = began
        while open_now and time.monotonic() - began < limit_s + 10:
            for key, _ in selector.select(0.2):
                try:
                    ended = not key.fileobj.recv(64 * KB)
                except OSError:
                    ended = True
                if ended:
                    selector.unregister(key.fileobj)
                    del open_now[key.fileobj]
                    last = time.monotonic() - began
            if time.monotonic() - drip >= 1:
                drip = time.monotonic()
                for stream in [stream for stream, drips in open_now.items() if drips]:
                    try:
                        stream.send(b"a")
                    except OSError:
                        pass
        yield f"{count} slow peers, still open after {limit_s + 10} s", len(open_now), 0, ""
        yield "  the last was closed after", last, limit_s, "s"


def crowd(binary):
    """More connections than the server allows."""
    allowed, more = 64, 40
    with Server(binary, MAX_CONNECTIONS=str(allowed)) as server:
        held = [server.connect() for _ in range(allowed)]
        for stream in held:
            ask(stream, "/api/health")
            until(stream, b"healthy")
        answers = []
        for _ in range(more):
            with server.connect() as stream:
                ask(stream, "/api/health")
                answers.append(stream.recv(KB))
        told = sum(1 for answer in answers if answer.startswith(b"HTTP/1.1 503") and b"retry-after" in answer)
        yield f"{more} connections too many, not told so", more - told, 0, ""
        for stream in held:
            stream.close()


MEASURES = {work.__name__: work for work in (idle, streams, strangers, reports, slow, crowd)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--binary", default="target/release/autolynx", help="what to measure [%(default)s]")
    arguments.add_argument("--only", default=",".join(MEASURES), help="some of: %(default)s")
    arguments = arguments.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    passed = 0
    print(f"{'':<58} {'measured':>10}  {'bound':>6}")
    for name in arguments.only.split(","):
        for what, measured, bound, unit in MEASURES[name](arguments.binary):
            good = measured <= bound
            passed += not good
            print(f"{what:<58} {measured:>10.1f}  {bound:>6} {unit:<2} {'' if good else '  PASSED THE BOUND'}", flush=True)
    if passed:
        sys.exit(f"{passed} bounds were passed")


if __name__ == "__main__":
    main()
