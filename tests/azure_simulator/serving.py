"""HTTP on loopback: connections, requests read, answers written whole or spoilt on the way."""

import socket
import ssl
import struct
import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from tests.azure_simulator.answers import Answer, Asked

LOOPBACK = "127.0.0.1"
_OF_THE_CLIENT = (ConnectionError, ssl.SSLError, TimeoutError)


class Way(Enum):
    """How an answer travels."""

    WHOLE = auto()
    RESET = auto()  # not at all: the connection is reset
    STALLED = auto()  # half of it, then nothing, then the end
    CUT_JSON = auto()  # half of it, with the length of the half
    CUT_BODY = auto()  # half of it, with the length of the whole, then the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An answer and how it travels. seconds: of real time, that a STALLED one waits."""

    answer: Answer
    way: Way = Way.WHOLE
    seconds: float = 0.0


Respond = Callable[[Asked], Delivery]


class Listener(ThreadingHTTPServer):
    """Answers on a port of loopback, with a thread for each connection, until it is closed."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, respond: Respond, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        self.respond = respond
        self.stopping = threading.Event()
        self.failures: list[BaseException] = []
        self._context = context
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((LOOPBACK, port), _Handler)
        self._thread = threading.Thread(target=self._accept, name="azure simulator")
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def _accept(self) -> None:
        """Accept connections until it is closed; never looks at the clock."""
        while not self.stopping.is_set():
            self.handle_request()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the handshake happens in the thread of the connection."""
        plain, address = super().get_request()
        if self._context is not None:
            plain = self._wrapped(plain, self._context)
        with self._lock:
            self._open.add(plain)
        return plain, address

    def _wrapped(self, plain: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Return a connection as one that speaks TLS; one that has ended meanwhile is closed."""
        try:
            return context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        except OSError:
            plain.close()
            raise

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as the base class has it
        """End a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - as the base class has it
        """Keep what went wrong in the simulator itself; a client that goes away is no fault."""
        fault = sys.exception()
        if fault is not None and not isinstance(fault, _OF_THE_CLIENT) and not self.stopping.is_set():
            self.failures.append(fault)

    def close(self) -> None:
        """Stop listening, end every connection and wait for the threads."""
        self.stopping.set()
        with suppress(OSError):
            socket.create_connection((LOOPBACK, self.port)).close()  # wakes the thread that accepts
        self._thread.join()
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    socket.socket.shutdown(each, socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Reads requests from one connection and writes the answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def do_GET(self) -> None:
        """Answer a request, whatever its method."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        url = urlsplit(self.path)
        asked = Asked(
            method=self.command,
            path=unquote(url.path),
            parameters=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=_decoded(body),
        )
        self._deliver(self.server.respond(asked))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names the base class looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class has
        """Say nothing: the simulator keeps its own log."""

    def _deliver(self, delivery: Delivery) -> None:
        """Write an answer the way it travels."""
        data = msgspec.json.encode(delivery.answer.body)
        half = data[: len(data) // 2]
        match delivery.way:
            case Way.WHOLE:
                self._write(delivery.answer, data, len(data))
            case Way.CUT_JSON:
                self._write(delivery.answer, half, len(half))
            case Way.CUT_BODY:
                self._write(delivery.answer, half, len(data))
                self.close_connection = True
            case Way.STALLED:
                self._write(delivery.answer, half, len(data))
                self.server.stopping.wait(delivery.seconds)
                self.close_connection = True
            case Way.RESET:
                self._reset()

    def _write(self, answer: Answer, data: bytes, length: int) -> None:
        """Write the head of an answer, which says `length`, and then `data`."""
        self.send_response(HTTPStatus(answer.status))
        own = {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(length),
            "Cache-Control": "no-cache",
            "x-ms-request-id": str(uuid.uuid4()),
            "x-ms-correlation-request-id": self.headers.get("x-ms-correlation-request-id") or str(uuid.uuid4()),
        }
        if echoed := self.headers.get("x-ms-client-request-id"):
            own["x-ms-client-request-id"] = echoed
        for name, value in {**own, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _reset(self) -> None:
        """Reset the connection: closing a socket that does not linger sends RST instead of FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())


def _decoded(body: bytes) -> object:
    """Return a body as a JSON value, None where it is none."""
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
