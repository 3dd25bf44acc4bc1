"""Servers on loopback that take notifications, and what goes wrong with them."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme


@dataclass(kw_only=True)
class Taken:
    """What a server was sent. answers: what it says to each request in turn, the last one for ever.

    An answer is a status; "hang" for none until the server ends; "die" for a connection that breaks in the middle of
    one. bodies: of the requests that were taken, those of status 200. requests: bodies of all.
    """

    port: int = 0
    answers: list[int | str] = field(default_factory=lambda: [200])
    requests: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    heard: Callable[[], object] = lambda: None
    """Called when a request was taken, before it is answered."""


@contextmanager
def http_server(*answers: int | str) -> Iterator[Taken]:
    """Yield a server that takes what is posted to it."""
    taken, over = Taken(answers=list(answers) or [200]), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken.requests.append(body)
            answer = taken.answers.pop(0) if len(taken.answers) > 1 else taken.answers[0]
            if answer == "hang":
                over.wait(60)
                self.close_connection = True
            elif answer == "die":
                self.wfile.write(b"HTTP")
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            else:
                if answer == 200:
                    taken.bodies.append(body)
                taken.heard()
                self.send_response(int(answer))
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        taken.port = server.server_address[1]
        with _serving(server):
            try:
                yield taken
            finally:
                over.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: object) -> None:
        """Say nothing of clients that are gone."""


@contextmanager
def smtp_server(*, refused: str = "") -> Iterator[Taken]:
    """Yield a mail server; it takes a message for anybody but the recipient `refused`."""
    taken = Taken()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 localhost")
            while line := self.rfile.readline():
                command = line.decode().strip()
                if command.upper() == "DATA":
                    self._say("354 go on")
                    body = "".join(iter(lambda: self.rfile.readline().decode(), ".\r\n"))
                    taken.bodies.append(body)
                    self._say("250 taken")
                elif refused and command.upper().startswith("RCPT") and refused in command:
                    self._say("550 nobody of that name")
                elif command.upper() == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 localhost")

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        taken.port = server.server_address[1]
        with _serving(server):
            yield taken


@contextmanager
def tls_proxy() -> Iterator[Taken]:
    """Yield a proxy that plays whatever service it is to lead to, with a certificate of its own."""
    taken = Taken()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            self.close_connection = False

        def do_POST(self) -> None:
            taken.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")
            self.close_connection = True

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        taken.port = server.server_address[1]
        with _serving(server):
            yield taken


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def free_port() -> int:
    """Return a port on loopback that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
